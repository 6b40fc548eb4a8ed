"""`optroll doctor`: whether this machine can run the rollup, shown by doing it in small.

One rule: a check does the thing itself (opens a store, signs, listens) and either says what it found or raises; a new check is
one function and one line in `CHECKS`.
"""

import os
import re
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType

import rich_click as click

from rollup.commands.output import Format, format_option, print_json, print_table

SIGNATURES = 200
"""Signatures whose recovery is timed."""

WRITES = 20
"""Synced writes that are timed."""

MEMORY_MIN_BYTES = 2 << 30
"""A devnet of five nodes fits into this."""

DISK_MIN_BYTES = 1 << 30
"""A devnet's data for some hours, and the compiled kernels."""

LOCK = Path(__file__).resolve().parents[2] / "configs" / "requirements.lock"
"""The lock file of a checkout."""


class Ailment(Exception):
    """What a check found wrong, and what to do about it."""


@click.command()
@format_option
@click.pass_context
def command(ctx: click.Context, output_format: str) -> None:
    """Check that this machine can run the rollup. Exit status 1 if something is wrong."""
    results = {name: examine(check) for name, check in CHECKS.items()}
    if output_format == Format.JSON:
        print_json({name: {"ok": is_well, "finding": finding} for name, (is_well, finding) in results.items()})
    else:
        print_table(
            "", ("check", "", "finding"), [(name, "ok" if is_well else "WRONG", finding) for name, (is_well, finding) in results.items()]
        )
    ctx.exit(0 if all(is_well for is_well, _ in results.values()) else 1)


def examine(check: Callable[[], str]) -> tuple[bool, str]:
    """Run one check. Whatever it raises is its finding: a doctor does not fall ill."""
    try:
        return True, check()
    except Ailment as ailment:
        return False, str(ailment)
    except Exception as error:  # noqa: BLE001  # broken libraries break in any way they like
        return False, f"{type(error).__name__}: {error}"


def check_python() -> str:
    """Compiled packages and kernels exist for CPython alone."""
    found = f"{sys.implementation.name} {sys.version_info[0]}.{sys.version_info[1]}"
    if sys.implementation.name != "cpython":
        raise Ailment(f"{found}: CPython is needed")
    return found


def check_packages() -> str:
    """Compare what is installed with the lock file."""
    if not LOCK.is_file():
        return "no lock file here to compare with"
    pins = re.findall(r"^([\w.-]+)==([^\s;\\]+)( ;)?", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    wanted = {name: pin for name, pin, marker in pins if not marker}
    differing = [f"{name} {installed(name) or 'missing'} (lock: {pin})" for name, pin in wanted.items() if installed(name) != pin]
    if differing:
        raise Ailment(f"{', '.join(differing)}; run: python3 -m rollup --version")
    return f"{len(wanted)} as in the lock file"


def installed(name: str) -> str:
    """Return the version of an installed package, or nothing."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def check_signatures() -> str:
    """Sign and recover with libsecp256k1."""
    from rollup.core.development import development_secret
    from rollup.core.signing import address_of, recover, sign

    secret, digest = development_secret("sequencer"), bytes(range(32))
    signature, address = sign(digest, secret), address_of(secret)
    began = time.perf_counter()
    if any(recover(digest, signature) != address for _ in range(SIGNATURES)):
        raise Ailment("a signature was recovered to another address")
    return f"{SIGNATURES / (time.perf_counter() - began):,.0f} recoveries a second on one core"


def check_store() -> str:
    """Write to a LevelDB with sync, and read back."""
    from rollup.store import LevelStore

    with tempfile.TemporaryDirectory(prefix="optroll-doctor-", dir=Path.cwd()) as folder:
        store = LevelStore(Path(folder) / "store")
        began = time.perf_counter()
        for number in range(WRITES):
            store.write([(b"key", bytes([number]))])
        took = time.perf_counter() - began
        kept = store.get(b"key")
        store.close()
    if kept != bytes([WRITES - 1]):
        raise Ailment("a value that was written is not what is read")
    return f"{took / WRITES * 1e3:.2f} ms a synced write in {Path.cwd()}"


def check_ports() -> str:
    """Listen where a devnet does by default."""
    from rollup.configuration import L1Config, SequencerConfig, VerifierConfig
    from rollup.net.addresses import parse_address

    kinds = (L1Config, SequencerConfig, VerifierConfig)
    addresses = [str(key.default) for kind in kinds for key in fields(kind) if key.name in {"listen", "ingest_listen"}]
    taken = [address for address in addresses if not can_listen(parse_address(address))]
    if taken:
        raise Ailment(f"{', '.join(taken)} in use; a devnet may be running: optroll devnet status")
    return f"{', '.join(addresses)} free"


def can_listen(endpoint: tuple[str, int]) -> bool:
    """Whether an address is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(tuple(endpoint))
        except OSError:
            return False
    return True


def check_room() -> str:
    """Memory and disk."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    disk = shutil.disk_usage(Path.cwd()).free
    found = f"{memory / (1 << 30):.1f} GiB of memory, {disk / (1 << 30):.1f} GiB free on this disk, {os.cpu_count()} cores"
    if memory < MEMORY_MIN_BYTES or disk < DISK_MIN_BYTES:
        raise Ailment(f"{found}: {MEMORY_MIN_BYTES >> 30} GiB of memory and {DISK_MIN_BYTES >> 30} GiB of disk are needed")
    return found


CHECKS = MappingProxyType(
    {
        "python": check_python,
        "packages": check_packages,
        "signatures": check_signatures,
        "store": check_store,
        "ports": check_ports,
        "room": check_room,
    }
)
"""What is checked, in this order."""
