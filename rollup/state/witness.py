"""The witness-backed state: the same tables with a few rows, and the proof that these rows are in the state.

One rule: a witness proves exactly the rows that it holds. The transition runs over it as over the whole state; if it asks for any
other row, the fault is set and the run is worth nothing.

    witness = section × 18
    section = u16 rows ‖ (u32 index ‖ int64 word × width) × rows ‖ hash × siblings        indices ascending
            | u16 0    ‖ section root

All integers are little-endian. How many siblings there are follows from the indices (see `rollup.core.merkle`).
"""

import struct
from dataclasses import dataclass

from rollup.core.errors import RollupError
from rollup.core.keccak import HASH_BYTES
from rollup.core.merkle import ProofInvalid, proof_positions, verify_multiproof
from rollup.state.layout import State
from rollup.state.limits import TOUCHES
from rollup.state.plain import Rows, derived_tables, plain_table
from rollup.state.rows import DEPTHS, DTYPES, WIDTHS
from rollup.state.tree import leaf_hash, state_root


class WitnessError(RollupError):
    """A witness that cannot be decoded, or whose rows and hashes do not fit together."""


@dataclass(frozen=True, slots=True)
class SectionWitness:
    """Some rows of a section with their multiproof; or no rows, and the section's root."""

    indices: tuple[int, ...]
    """Ascending."""
    words: tuple[tuple[int, ...], ...]
    """The words of each row."""
    hashes: tuple[bytes, ...]
    """The siblings of the multiproof, or the section's root alone."""


@dataclass(frozen=True, slots=True)
class Witness:
    """What one step needs of the state, by section in the state's order."""

    sections: tuple[SectionWitness, ...]


def verify_witness(witness: Witness) -> tuple[State, bytes]:
    """Return the plain state that a witness holds, and the state root that it proves. Raises WitnessError.

    The caller compares the root; the state is fit for one step.
    """
    check_shape(witness)
    tables = []
    for dtype, part in zip(DTYPES.values(), witness.sections, strict=True):
        rows = Rows(dtype, max(len(part.indices), 1))
        for slot, words in enumerate(part.words):
            rows[slot].set_words(words)
        # Without keys the section would seem whole, so one without rows gets a key that is nobody's index.
        tables.append(plain_table(rows, part.indices or (-1,)))
    state = State(*tables, *derived_tables())
    return state, root_after(witness, state)


def root_after(witness: Witness, state: State) -> bytes:
    """Return the root of a state once its witness rows have become what they are in `state`, which came of the same witness."""
    roots = []
    for section, part in zip(DTYPES, witness.sections, strict=True):
        if not part.indices:
            roots.append(part.hashes[0])
            continue
        rows = getattr(state, section).rows
        leaves = {index: leaf_hash(section, rows[slot].words()) for slot, index in enumerate(part.indices)}
        try:
            roots.append(verify_multiproof(leaves, DEPTHS[section], part.hashes))
        except ProofInvalid as error:
            raise WitnessError(f"{section}: {error.what}", received=error.received, expected=error.expected) from error
    return state_root(roots)


def check_shape(witness: Witness) -> None:
    """Raise WitnessError unless indices ascend, rows have their width, words fit int64 and hashes have their length."""
    if len(witness.sections) != len(DTYPES):
        raise WitnessError("sections of a witness", received=len(witness.sections), expected=len(DTYPES))
    for section, part in zip(DTYPES, witness.sections, strict=True):
        if list(part.indices) != sorted(set(part.indices)) or len(part.indices) > TOUCHES:
            raise WitnessError(f"{section}: indices", received=part.indices, expected=f"at most {TOUCHES}, ascending")
        if [len(row) for row in part.words] != [WIDTHS[section]] * len(part.indices):
            raise WitnessError(f"{section}: rows", received=part.words, expected=f"one of {WIDTHS[section]} words an index")
        if any(not -1 << 63 <= word < 1 << 63 for row in part.words for word in row):
            raise WitnessError(f"{section}: words", received=part.words, expected="64-bit integers")
        if any(len(node) != HASH_BYTES for node in part.hashes) or (not part.indices and len(part.hashes) != 1):
            raise WitnessError(f"{section}: hashes", received=part.hashes, expected=f"{HASH_BYTES} bytes each, a root for no rows")


def encode_witness(witness: Witness) -> bytes:
    """Return the bytes of a witness."""
    parts = []
    for section, part in zip(DTYPES, witness.sections, strict=True):
        row = struct.Struct(f"<I{WIDTHS[section]}q")
        parts.append(struct.pack("<H", len(part.indices)))
        parts += [row.pack(index, *words) for index, words in zip(part.indices, part.words, strict=True)]
        parts += part.hashes
    return b"".join(parts)


def decode_witness(data: bytes) -> Witness:
    """Return the witness that some bytes hold; every witness has one encoding only. Raises WitnessError."""
    sections = []
    place = 0
    for section in DTYPES:
        part, place = decode_section(section, data, place)
        sections.append(part)
    if place != len(data):
        raise WitnessError("length of a witness", received=len(data), expected=place)
    return Witness(tuple(sections))


def decode_section(section: str, data: bytes, place: int) -> tuple[SectionWitness, int]:
    """Return one section's part, and where the next one begins."""
    row = struct.Struct(f"<I{WIDTHS[section]}q")
    count = int.from_bytes(take(data, place, 2), "little")
    place += 2
    rows = list(row.iter_unpack(take(data, place, count * row.size)))
    place += count * row.size
    indices = tuple(words[0] for words in rows)
    if list(indices) != sorted(set(indices)) or count > TOUCHES or (rows and indices[-1] >> DEPTHS[section]):
        raise WitnessError(f"{section}: indices", received=indices, expected=f"below 2^{DEPTHS[section]}, ascending")
    hashes = len(proof_positions(indices, DEPTHS[section])) if rows else 1
    packed = take(data, place, hashes * HASH_BYTES)
    nodes = tuple(packed[i : i + HASH_BYTES] for i in range(0, len(packed), HASH_BYTES))
    return SectionWitness(indices, tuple(words[1:] for words in rows), nodes), place + len(packed)


def take(data: bytes, place: int, count: int) -> bytes:
    """Return some bytes. Raises WitnessError where there are fewer."""
    if place + count > len(data):
        raise WitnessError("length of a witness", received=len(data), expected=f"at least {place + count}")
    return data[place : place + count]
