"""Secret keys on disk: Web3 secret storage for Ethereum keys, and its EIP-2335 successor for BLS keys.

One rule: a secret is only ever written encrypted, and only ever read from a regular file that belongs to this user and that
nobody else may read; what is wrong with a file is said together with the command that mends it. Passphrases come from a file or a
descriptor, because arguments and environment variables are seen by others. No message holds a secret or a passphrase.
"""

import json
import os
import secrets
import shlex
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import cast

from rollup.configuration import KeyConfig
from rollup.core import bls
from rollup.core.development import TRADER_SECRETS, development_bls_secret, development_secret
from rollup.core.errors import RollupError
from rollup.core.genesis import DEVNET_CHAIN_ID
from rollup.core.signing import address_of

SECRET_BYTES = 32
"""Length of a secret key of either kind."""

FILE_BYTES_MAX = 1 << 16
"""Largest keystore or passphrase that is read."""

WORK = 1 << 18
"""scrypt's N, as geth's standard: a quarter of a gigabyte and about a second a guess."""

WORK_MAX = 1 << 20
"""Largest N * r * p / 8 that is accepted from a file, so that a planted one cannot eat the memory."""

ROLES = (
    "sequencer",
    "poster",
    "governor",
    "guardian",
    *(f"reporter-{number}" for number in range(1, 16)),
    *(f"verifier-{number}" for number in range(1, 65)),
)
"""Names of the devnet's keys, all of them public."""


class KeystoreError(RollupError):
    """A keystore or passphrase that cannot be used; `cure` is the command that mends it, where there is one."""

    def __init__(self, what: str, *, received: object, expected: object, cure: str = "") -> None:
        """Keep the evidence and the cure."""
        super().__init__(what, received=received, expected=expected)
        self.cure = cure

    def __str__(self) -> str:
        """Say what is wrong, and the whole cure."""
        return super().__str__() + (f"; mend it with: {self.cure}" if self.cure else "")


class Kind(Enum):
    """What a key is for, and the version of its file's format."""

    ETHEREUM = 3
    """secp256k1: L1 transactions, receipts, orders."""
    BLS = 4
    """BLS12-381: attestations."""


def load_secret(key: KeyConfig, *, l1_chain_id: int) -> bytes:
    """Return the secp256k1 secret that a configuration points at. Raises KeystoreError."""
    if key.devnet:
        refuse_devnet_name(key.devnet, l1_chain_id)
        return development_secret(key.devnet)
    secret = read_configured(key, Kind.ETHEREUM)
    if l1_chain_id != DEVNET_CHAIN_ID and secret in {*map(bytes.fromhex, TRADER_SECRETS), *map(development_secret, ROLES)}:
        raise refused(str(key.keystore), l1_chain_id)
    return secret


def load_bls_secret(key: KeyConfig, *, l1_chain_id: int) -> int:
    """Return the BLS secret that a configuration points at. Raises KeystoreError."""
    if key.devnet:
        refuse_devnet_name(key.devnet, l1_chain_id)
        return development_bls_secret(key.devnet)
    secret = int.from_bytes(read_configured(key, Kind.BLS), "big")
    if l1_chain_id != DEVNET_CHAIN_ID and secret in set(map(development_bls_secret, ROLES)):
        raise refused(str(key.keystore), l1_chain_id)
    return secret


def refuse_devnet_name(name: str, l1_chain_id: int) -> None:
    """Raise KeystoreError for a devnet's key on another chain, or for one that does not exist."""
    if l1_chain_id != DEVNET_CHAIN_ID:
        raise refused(f"devnet key {name}", l1_chain_id)
    if name not in ROLES:
        raise KeystoreError("devnet key", received=name, expected=f"one of {', '.join(ROLES[:4])}, reporter-1 …, verifier-1 …")


def refused(what: str, l1_chain_id: int) -> KeystoreError:
    """Say that a key is public knowledge."""
    expected = f"{DEVNET_CHAIN_ID}, because anyone can sign with this well-known key"
    return KeystoreError(f"{what}: L1 chain id", received=l1_chain_id, expected=expected, cure="optroll keys new --out FILE")


def read_configured(key: KeyConfig, kind: Kind) -> bytes:
    """Decrypt the keystore of a configuration. Raises KeystoreError."""
    if key.keystore is None:
        raise KeystoreError("key", received="nothing", expected="a keystore file or a devnet name")
    return read_keystore(key.keystore, read_passphrase(key.passphrase_file, key.passphrase_descriptor), kind)


def new_secret(kind: Kind) -> bytes:
    """Draw a secret from the system's randomness."""
    if kind is Kind.BLS:
        return bls.secret_from_seed(secrets.token_bytes(SECRET_BYTES)).to_bytes(SECRET_BYTES, "big")
    while True:
        secret = secrets.token_bytes(SECRET_BYTES)
        # All but one in 2^128 draws are in the group's range.
        with suppress(RollupError):
            address_of(secret)
            return secret


def public_identity(secret: bytes, kind: Kind) -> dict[str, str]:
    """Return what others know a key by: an address, or a BLS public key with its proof of possession."""
    if kind is Kind.ETHEREUM:
        return {"kind": "ethereum", "address": "0x" + address_of(secret).hex()}
    number = int.from_bytes(secret, "big")
    return {"kind": "bls", "public_key": "0x" + bls.public_key_of(number).hex(), "proof": "0x" + bls.prove_possession(number).hex()}


def write_keystore(path: Path, secret: bytes, passphrase: bytes, kind: Kind, *, work: int = WORK) -> None:
    """Encrypt a secret into a new file, mode 0600, on the disk when this returns. Raises KeystoreError where there is one already."""
    # eth_keyfile takes most of a second to import, and nodes with a devnet's keys never need it.
    from eth_keyfile.keyfile import create_keyfile_json

    document = create_keyfile_json(secret, passphrase, version=kind.value, kdf="scrypt", iterations=work)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise KeystoreError(f"keystore {path}", received="a file that exists", expected="a new name: keys are never overwritten") from error
    except OSError as error:
        raise KeystoreError(f"keystore {path}", received=error.strerror, expected="a folder that can be written to") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(descriptor)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Put a new file's name on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_keystore(path: Path, passphrase: bytes, kind: Kind) -> bytes:
    """Decrypt the secret of a keystore. Raises KeystoreError."""
    from eth_keyfile.keyfile import decode_keyfile_json

    document = parse_keystore(path, read_private(path, "keystore"))
    if document.get("version") != kind.value:
        raise KeystoreError(f"keystore {path}: version", received=document.get("version"), expected=f"{kind.value} ({kind.name.lower()})")
    limit_work(path, document)
    try:
        secret: bytes = decode_keyfile_json(document, passphrase)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # The library's own words may quote what it was given.
        raise KeystoreError(f"keystore {path}", received="a passphrase that does not open it", expected="the right one") from error
    if len(secret) != SECRET_BYTES:
        raise KeystoreError(f"keystore {path}", received=f"a secret of {len(secret)} bytes", expected=SECRET_BYTES)
    return secret


def parse_keystore(path: Path, content: bytes) -> dict[str, object]:
    """Return a keystore's JSON object, its keys in lower case as readers take them. Raises KeystoreError."""
    try:
        document = json.loads(content, object_pairs_hook=lower_keys)
    except (ValueError, RecursionError) as error:
        raise KeystoreError(f"keystore {path}", received=f"bad JSON ({error})", expected="Web3 secret storage") from error
    if not isinstance(document, dict):
        raise KeystoreError(f"keystore {path}", received="no JSON object", expected="Web3 secret storage")
    return document


def lower_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Build an object. Raises ValueError where two keys are the same but for their case."""
    made = {key.lower(): value for key, value in pairs}
    if len(made) != len(pairs):
        raise ValueError("a repeated key")
    return made


def limit_work(path: Path, document: Mapping[str, object]) -> None:
    """Refuse key derivations that need more memory or time than any honest file asks for. Raises KeystoreError."""
    crypto = cast("dict[str, object]", document.get("crypto"))
    try:
        found = crypto["kdfparams"] if "kdfparams" in crypto else cast("dict[str, object]", crypto["kdf"])["params"]
        n, r, p, rounds = (int(cast("dict[str, int]", found).get(name, 1)) for name in ("n", "r", "p", "c"))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise KeystoreError(f"keystore {path}", received="no parameters of a key derivation", expected="Web3 secret storage") from error
    if not (min(n, r, p) > 0 and n * r * p <= 8 * WORK_MAX and 0 < rounds <= 1 << 24):
        expected = f"n * r * p up to {8 * WORK_MAX} and c up to {1 << 24}"
        raise KeystoreError(f"keystore {path}: work of the key derivation", received=(n, r, p, rounds), expected=expected)


def read_passphrase(path: Path | None, descriptor: int | None) -> bytes:
    """Read a passphrase from a private file, or from a descriptor to its end; one line feed at its end is not part of it.

    Raises KeystoreError.
    """
    if (path is None) == (descriptor is None):
        raise KeystoreError("passphrase", received="no source, or two", expected="a file or a descriptor")
    content = read_private(path, "passphrase file") if path is not None else read_descriptor(cast("int", descriptor))
    passphrase = content.removesuffix(b"\n").removesuffix(b"\r")
    if not passphrase:
        raise KeystoreError("passphrase", received="nothing", expected="at least one character")
    return passphrase


def read_descriptor(descriptor: int) -> bytes:
    """Read an open descriptor to its end. Raises KeystoreError."""
    try:
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(FILE_BYTES_MAX)
    except OSError as error:
        raise KeystoreError(f"passphrase descriptor {descriptor}", received=error.strerror, expected="one that is open") from error


def read_private(path: Path, what: str) -> bytes:
    """Read a file that only its owner, this user, can read. Raises KeystoreError with the command that mends it."""
    with opened(path, what) as descriptor:
        found = os.fstat(descriptor)
        name = f"{what} {path}"
        quoted = shlex.quote(str(path))
        if not stat.S_ISREG(found.st_mode):
            raise KeystoreError(name, received="no regular file", expected="a regular file")
        if found.st_uid != os.geteuid():
            raise KeystoreError(name, received=f"owner {found.st_uid}", expected="your own", cure=f"sudo chown {os.geteuid()} {quoted}")
        if stat.S_IMODE(found.st_mode) & 0o077:
            raise KeystoreError(name, received=f"mode {stat.S_IMODE(found.st_mode):04o}", expected="0600", cure=f"chmod 600 {quoted}")
        content = os.read(descriptor, FILE_BYTES_MAX + 1)
        if len(content) > FILE_BYTES_MAX:
            raise KeystoreError(name, received="a larger file", expected=f"at most {FILE_BYTES_MAX} bytes")
        return content


@contextmanager
def opened(path: Path, what: str) -> Iterator[int]:
    """Open a file without following a link in its last part and without waiting for a pipe's writer. Raises KeystoreError."""
    if path.is_symlink():
        cure = f"cp --remove-destination {shlex.quote(str(path.resolve()))} {shlex.quote(str(path))}"
        raise KeystoreError(f"{what} {path}", received="a symbolic link", expected="the file itself", cure=cure)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise KeystoreError(f"{what} {path}", received=error.strerror, expected="a readable file") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)
