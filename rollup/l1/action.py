"""The EIP-712 digest that a record's signature covers, for one record or for thousands.

    Action(uint256 subaccountId,uint256 nonce,address module,bytes data,uint256 expiry,address owner,address signer)

as in Derive v3. `module` is `MODULE_BASE` plus the kind, `data` the ABI words of the kind's fields (`rollup.transition.kinds.FIELDS`),
a continuation's being those of its head's kind. The domain binds the rollup's chain id and its inbox.

One rule: the digest is a function of the record and the genesis alone. Kinds that nobody signs have none: theirs is zeros, and no
signature is valid for them.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from eth_abi.abi import encode

from rollup.core.address import address_from_words, addresses_from_rows
from rollup.core.genesis import Genesis
from rollup.core.keccak import HASH_BYTES, keccak256, keccak_many
from rollup.core.signing import DOMAIN_NAME, DOMAIN_VERSION, SignatureChecker, domain_separator
from rollup.l1.chunks import KeccakMany
from rollup.l1.records import ADDRESS_FIELDS, Records, effective_kinds, word_at, words_of
from rollup.transition.kinds import FIELDS, MODULE_BASE, SIGNED_FIRST, SIGNED_LAST, Kind

ACTION_TYPE = b"Action(uint256 subaccountId,uint256 nonce,address module,bytes data,uint256 expiry,address owner,address signer)"
"""The type that is signed."""

ACTION_TYPEHASH = keccak256(ACTION_TYPE)
"""Its hash."""

WORD_BYTES = 32
"""A word of the ABI."""

LANES = 4
"""64-bit integers of a word, the most significant first."""

STRUCT_WORDS = 8
"""Words of the struct: its type, and seven members."""

Words: TypeAlias = npt.NDArray[np.int64]
"""(rows, words, LANES), big-endian."""

Numbers: TypeAlias = npt.NDArray[np.int64]
"""(rows, numbers)."""

KIND_WORD = word_at("kind")
"""Where the kind is among a record's words."""

NUMBER_WORDS = [word_at("account"), word_at("nonce"), KIND_WORD, word_at("expiry_s")]
"""Where the struct's integers are among a record's words."""

NUMBER_PLACES = [1, 2, 3, 5]
"""Where they are in the struct."""


def digests(records: Records, genesis: Genesis, hash_many: KeccakMany = keccak_many) -> npt.NDArray[np.uint8]:
    """Return the digest of each record, (n, 32)."""
    kinds, words = effective_kinds(records), words_of(records)
    structs = np.zeros((len(records), STRUCT_WORDS, LANES), ">i8")
    _put_bytes(structs, 0, np.frombuffer(ACTION_TYPEHASH, np.uint8))
    numbers = words[:, NUMBER_WORDS]
    numbers[:, NUMBER_WORDS.index(KIND_WORD)] = kinds + MODULE_BASE
    _put_integers(structs, NUMBER_PLACES, numbers)
    _put_bytes(structs, 4, _data_hashes(words, kinds, hash_many))
    for place, name in ((6, "owner"), (7, "signer")):
        _put_bytes(structs, place, addresses_from_rows(records[name]))
    envelopes = np.empty((len(records), 2 + 2 * HASH_BYTES), np.uint8)
    envelopes[:, : 2 + HASH_BYTES] = np.frombuffer(b"\x19\x01" + separator_of(genesis), np.uint8)
    envelopes[:, 2 + HASH_BYTES :] = hash_many(_bytes(structs))
    hashes = np.array(hash_many(envelopes))
    hashes[~is_signed(kinds)] = 0
    return hashes


def authenticate(
    records: Records, signatures: npt.NDArray[np.uint8], genesis: Genesis, checker: SignatureChecker, hash_many: KeccakMany = keccak_many
) -> None:
    """Set `authentic` of each record: 1 where its signature, of (n, 64) or (n, 65), is valid for the signer that it claims."""
    records["authentic"] = 0
    signed = is_signed(effective_kinds(records))
    if not signed.all():
        claimed = records[signed]
        authenticate(claimed, signatures[signed], genesis, checker, hash_many)
        records["authentic"][signed] = claimed["authentic"]
        return
    signers = addresses_from_rows(records["signer"])
    records["authentic"] = checker.check_many(digests(records, genesis, hash_many), signatures, signers)


def typed_data(record: Records, genesis: Genesis) -> dict[str, object]:
    """Return the full EIP-712 message of a record (an array of one), as `eth_account.Account.sign_typed_data` takes it."""
    kind, row = int(effective_kinds(record)[0]), record[0]
    return {
        "types": {
            "EIP712Domain": _members("name string", "version string", "chainId uint256", "verifyingContract address"),
            "Action": _members(*_action_members()),
        },
        "primaryType": "Action",
        "domain": {
            "name": DOMAIN_NAME,
            "version": DOMAIN_VERSION,
            "chainId": genesis.chain.rollup_chain_id,
            "verifyingContract": _text(genesis.rollup),
        },
        "message": {
            "subaccountId": int(row["account"]) % (1 << 256),
            "nonce": int(row["nonce"]) % (1 << 256),
            "module": _text((MODULE_BASE + kind).to_bytes(20, "big")),
            "data": action_data(record),
            "expiry": int(row["expiry_s"]) % (1 << 256),
            "owner": _text(address_from_words(*row["owner"].tolist())),
            "signer": _text(address_from_words(*row["signer"].tolist())),
        },
    }


def action_data(record: Records) -> bytes:
    """Return the signed data of a record (an array of one): the ABI encoding of its kind's fields."""
    names, row = FIELDS.get(effective_kinds(record)[0], ()), record[0]
    types = ["address" if name in ADDRESS_FIELDS else "int256" for name in names]
    values = [address_from_words(*row[name].tolist()) if name in ADDRESS_FIELDS else int(row[name]) for name in names]
    return encode(types, values)


def separator_of(genesis: Genesis) -> bytes:
    """Return the EIP-712 domain separator of a rollup."""
    return _separator(genesis.chain.rollup_chain_id, genesis.rollup)


_separator = lru_cache(maxsize=8)(domain_separator)


def is_signed(kinds: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Say of each kind whether it is one that people sign."""
    return (kinds >= SIGNED_FIRST) & (kinds <= SIGNED_LAST)


def _data_hashes(words: Numbers, kinds: npt.NDArray[np.int64], hash_many: KeccakMany) -> npt.NDArray[np.uint8]:
    """Return the hash of each record's data, (n, 32); `words` are the records'."""
    hashes = np.zeros((len(words), HASH_BYTES), np.uint8)
    signed = np.where(is_signed(kinds), kinds, 0)
    counts = np.bincount(signed, minlength=SIGNED_LAST + 1).tolist()
    for kind in FIELDS:
        if counts[kind]:
            rows: slice | Numbers = slice(None) if counts[kind] == len(words) else np.flatnonzero(signed == kind)
            hashes[rows] = hash_many(_bytes(_data_words(words[rows], kind)))
    return hashes


def _data_words(words: Numbers, kind: Kind) -> Words:
    """Return the ABI words of the data of records of one kind, whose own words are given."""
    data = np.zeros((len(words), len(FIELDS[kind]), LANES), ">i8")
    numbers = [place for place, name in enumerate(FIELDS[kind]) if name not in ADDRESS_FIELDS]
    _put_integers(data, numbers, words[:, [word_at(FIELDS[kind][place]) for place in numbers]])
    for place, name in enumerate(FIELDS[kind]):
        if name in ADDRESS_FIELDS:
            _put_bytes(data, place, addresses_from_rows(words[:, word_at(name) : word_at(name) + 3]))
    return data


def _put_integers(words: Words, places: list[int], values: Numbers) -> None:
    """Write integers (rows, places) as words: two's complement, extended to 256 bits."""
    words[:, places, LANES - 1] = values
    if (values < 0).any():
        words[:, places, : LANES - 1] = np.where(values < 0, -1, 0)[:, :, None]


def _put_bytes(words: Words, place: int, data: npt.NDArray[np.uint8]) -> None:
    """Write hashes, or addresses with zeros before them, as words."""
    words.view(np.uint8)[:, place, WORD_BYTES - data.shape[-1] :] = data


def _bytes(words: Words) -> npt.NDArray[np.uint8]:
    """Return rows of words as rows of bytes."""
    return words.view(np.uint8).reshape(len(words), WORD_BYTES * words.shape[1])


def _action_members() -> Iterable[str]:
    """Return the members of the type as it is written, `name type` each."""
    inside = ACTION_TYPE.decode().removeprefix("Action(").removesuffix(")")
    return (" ".join(reversed(member.split())) for member in inside.split(","))


def _members(*members: str) -> list[dict[str, str]]:
    return [dict(zip(("name", "type"), member.split(), strict=True)) for member in members]


def _text(address: bytes) -> str:
    return "0x" + address.hex()
