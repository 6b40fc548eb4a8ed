"""`optroll keys`: encrypted keystores, made and shown. Secrets are never printed."""

from pathlib import Path

import rich_click as click

from rollup.commands.output import Format, format_option, print_fields, print_json
from rollup.keystore import Kind, new_secret, parse_keystore, public_identity, read_keystore, read_passphrase, read_private, write_keystore

KINDS = {"ethereum": Kind.ETHEREUM, "bls": Kind.BLS}
"""Kinds of key by the names that users give them."""

passphrase_file = click.option("--passphrase-file", type=click.Path(path_type=Path), help="File with the passphrase: yours, and mode 0600.")
passphrase_descriptor = click.option(
    "--passphrase-fd", "passphrase_descriptor", type=click.IntRange(0), help="Open file descriptor with the passphrase."
)


@click.group()
def command() -> None:
    """Make and show encrypted keys (Web3 secret storage: scrypt and AES; mode 0600)."""


@command.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="New file; an existing one is never overwritten.")
@click.option("--kind", type=click.Choice(list(KINDS)), default="ethereum", show_default=True, help="For L1 and receipts, or attestations.")
@passphrase_file
@passphrase_descriptor
@format_option
def new(out: Path, kind: str, passphrase_file: Path | None, passphrase_descriptor: int | None, output_format: str) -> None:
    """Draw a new key and write it, encrypted, to a file."""
    passphrase = read_passphrase(passphrase_file, passphrase_descriptor)
    secret = new_secret(KINDS[kind])
    write_keystore(out, secret, passphrase, KINDS[kind])
    show_identity(out, public_identity(secret, KINDS[kind]), output_format)


@command.command()
@click.argument("keystore", type=click.Path(path_type=Path))
@passphrase_file
@passphrase_descriptor
@format_option
def show(keystore: Path, passphrase_file: Path | None, passphrase_descriptor: int | None, output_format: str) -> None:
    """Show the public side of a key, after opening it: this also tells whether the passphrase is right."""
    passphrase = read_passphrase(passphrase_file, passphrase_descriptor)
    version = parse_keystore(keystore, read_private(keystore, "keystore")).get("version")
    kind = Kind.BLS if version == Kind.BLS.value else Kind.ETHEREUM
    show_identity(keystore, public_identity(read_keystore(keystore, passphrase, kind), kind), output_format)


def show_identity(path: Path, identity: dict[str, str], output_format: str) -> None:
    """Print what others know a key by."""
    shown = {"keystore": str(path), **identity}
    if output_format == Format.JSON:
        print_json(shown)
    else:
        print_fields(shown)
