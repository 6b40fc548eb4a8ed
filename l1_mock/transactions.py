"""Signed Ethereum transactions: bytes in, a checked record with its sender out, and back.

    legacy (EIP-155):   rlp([nonce, gas_price, gas, to, value, data, v, r, s]), v = 35 + 2 * chain_id + parity
    access list (2930): 01 ‖ rlp([chain_id, nonce, gas_price, gas, to, value, data, access_list, parity, r, s])
    dynamic fee (1559): 02 ‖ rlp([chain_id, nonce, tip, max_fee, gas, to, value, data, access_list, parity, r, s])

One rule: bytes decode to at most one transaction and only from its one canonical form. Errors are worded as geth's are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import rlp

from l1_mock.item_bounds import Item, MalformedError, split_list
from rollup.core.keccak import keccak256
from rollup.core.signing import recover

LEGACY = 0
"""Transaction type of the oldest form."""
WITH_ACCESS_LIST = 1
"""Transaction type of EIP-2930."""
DYNAMIC_FEE = 2
"""Transaction type of EIP-1559."""

AccessList: TypeAlias = tuple[tuple[bytes, tuple[bytes, ...]], ...]
"""Addresses, each with storage keys."""

FIELDS = {LEGACY: 9, WITH_ACCESS_LIST: 11, DYNAMIC_FEE: 12}
"""Items in the list of each type."""
EIP155_BASE = 35
"""Least v of a signature that names its chain (EIP-155)."""
UINT64_MAX = 2**64 - 1
"""Greatest nonce and gas limit (EIP-2681)."""
UINT256_MAX = 2**256 - 1
"""Greatest amount in wei."""
SECP256K1_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Order of the curve's group (SEC 2)."""


class TransactionError(Exception):
    """The transaction is refused, for the reason given in geth's words."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """A signed transaction and what follows from its bytes alone. Amounts in wei."""

    kind: int
    chain_id: int
    nonce: int
    max_tip: int
    """Most that the miner gets a gas; the gas price of the older types."""
    max_fee: int
    """Most that is paid a gas in all; the gas price of the older types."""
    gas_limit: int
    to: bytes | None
    value: int
    data: bytes
    access_list: AccessList
    v: int
    """As it stands in the transaction: the parity, or EIP-155's v."""
    r: int
    s: int
    raw: bytes
    hash: bytes
    sender: bytes

    @property
    def cost_max(self) -> int:
        """Wei that the sender must own: the most for gas, and the value."""
        return self.gas_limit * self.max_fee + self.value

    def gas_price(self, base_fee: int) -> int:
        """Compute what is paid a gas in a block with this base fee."""
        return min(self.max_fee, base_fee + self.max_tip)

    def tip(self, base_fee: int) -> int:
        """Compute what the miner gets a gas; negative where the block is too dear."""
        return min(self.max_tip, self.max_fee - base_fee)


def decode_transaction(raw: bytes, sender: bytes | None = None) -> Transaction:
    """Decode and check a signed transaction, and recover its sender unless it is known.

    Raises TransactionError.
    """
    kind = raw[0] if raw[:1] < b"\x7f" and raw else LEGACY
    if kind not in FIELDS or (kind == LEGACY and raw[:1] < b"\xc0"):
        raise TransactionError("transaction type not supported")
    try:
        items = split_list(raw, 0 if kind == LEGACY else 1, FIELDS[kind])
        return _assemble(kind, raw, items, sender)
    except MalformedError as error:
        raise TransactionError(str(error)) from error


def _assemble(kind: int, raw: bytes, items: Sequence[Item], known: bytes | None) -> Transaction:
    body, (v, r, s) = items[:-3], [_number(item, UINT256_MAX) for item in items[-3:]]
    if kind == LEGACY:
        chain_id, parity = _split_v(v)
        fields = (body[0], body[1], *body[1:])
    else:
        chain_id, parity = _number(body[0], UINT64_MAX), v
        fields = (*body[1:3], *body[2:]) if kind == WITH_ACCESS_LIST else tuple(body[1:])
    _check_signature(parity, r, s)
    nonce, tip, fee, gas, to, value, data = fields[:7]
    signer = known or recover(_signing_hash(kind, body, chain_id), r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([parity]))
    if signer is None:
        raise TransactionError("invalid sender")
    return Transaction(
        kind=kind,
        chain_id=chain_id,
        nonce=_number(nonce, UINT64_MAX),
        max_tip=_number(tip, UINT256_MAX),
        max_fee=_number(fee, UINT256_MAX),
        gas_limit=_number(gas, UINT64_MAX),
        to=_recipient(to),
        value=_number(value, UINT256_MAX),
        data=_bytes(data),
        access_list=_access_list(fields[7]) if kind != LEGACY else (),
        v=v,
        r=r,
        s=s,
        raw=raw,
        hash=keccak256(raw),
        sender=signer,
    )


def _split_v(v: int) -> tuple[int, int]:
    """Return chain id and parity of EIP-155's v."""
    if v < EIP155_BASE:
        raise TransactionError("only replay-protected (EIP-155) transactions allowed over RPC")
    return (v - EIP155_BASE) // 2, (v - EIP155_BASE) % 2


def _check_signature(parity: int, r: int, s: int) -> None:
    """Check ranges and that s is the lower of its two values (EIP-2)."""
    if parity > 1 or not 0 < r < SECP256K1_N or not 0 < s <= SECP256K1_N // 2:
        raise TransactionError("invalid transaction v, r, s values")


def _signing_hash(kind: int, body: Sequence[Item], chain_id: int) -> bytes:
    """Hash what the sender signed; a legacy transaction's ends in its chain id and two zeros (EIP-155)."""
    if kind == LEGACY:
        return keccak256(rlp.encode([*body, chain_id, 0, 0]))
    return keccak256(bytes([kind]) + rlp.encode(body))


def _bytes(item: Item) -> bytes:
    if not isinstance(item, bytes):
        raise MalformedError("rlp: expected input string or byte")
    return item


def _number(item: Item, most: int) -> int:
    data = _bytes(item)
    if data[:1] == b"\0":
        raise MalformedError("rlp: non-canonical integer (leading zero bytes)")
    value = int.from_bytes(data, "big")
    if value > most:
        raise MalformedError(f"rlp: integer too large (received {len(data)} bytes)")
    return value


def _recipient(item: Item) -> bytes | None:
    address = _bytes(item)
    if len(address) not in {0, 20}:
        raise MalformedError(f"rlp: input string of {len(address)} bytes for an address")
    return address or None


def _access_list(item: Item) -> AccessList:
    return tuple(_access_entry(entry) for entry in _list(item))


def _access_entry(item: Item) -> tuple[bytes, tuple[bytes, ...]]:
    parts = _list(item)
    if len(parts) != 2:
        raise MalformedError("rlp: expected an address and its storage keys")
    address, keys = _bytes(parts[0]), tuple(_bytes(key) for key in _list(parts[1]))
    if len(address) != 20 or any(len(key) != 32 for key in keys):
        raise MalformedError("rlp: address or storage key of a wrong length")
    return address, keys


def _list(item: Item) -> list[Item]:
    if isinstance(item, bytes):
        raise MalformedError("rlp: expected input list")
    return item
