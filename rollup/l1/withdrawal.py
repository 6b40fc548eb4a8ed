"""The proof that a withdrawal is owed: a row of the state's outgoing messages, under a state root.

proof = a witness (rollup.state.witness) whose section `messages` holds that one row and whose other sections hold none
"""

from rollup.core.address import address_from_words
from rollup.core.errors import RollupError
from rollup.core.merkle import multiproof
from rollup.state.rows import DEPTHS, DTYPES
from rollup.state.table import read
from rollup.state.witness import SectionWitness, Witness, WitnessError, decode_witness, encode_witness, verify_witness
from rollup.transition.machine import Source

MESSAGES = "messages"
"""Section of the outgoing messages."""

RING = 1 << DEPTHS[MESSAGES]
"""Its rows: a message is at its number modulo these."""


class WithdrawalInvalid(RollupError):
    """A proof that does not show the message under the state root."""


def prove_withdrawal(state: Source, message: int) -> bytes:
    """Return the proof of a message in a machine's present state, whose hashes must have been taken."""
    return encode_witness(Witness(tuple(_section(state, name, message) for name in DTYPES)))


def open_withdrawal(state_root: bytes, message: int, proof: bytes) -> tuple[bytes, int, int]:
    """Return recipient, amount and market of a message. Raises WithdrawalInvalid where the state does not hold it.

    Market 0 is cash, in 1e-8 USD; another one's underlying is counted in 1e-6 pieces.
    """
    try:
        witness = decode_witness(proof)
        state, root = verify_witness(witness)
    except WitnessError as error:
        raise WithdrawalInvalid(error.what, received=error.received, expected=error.expected) from error
    if root != state_root:
        raise WithdrawalInvalid("state root of a withdrawal's proof", received=root, expected=state_root)
    shown, place = witness.sections[list(DTYPES).index(MESSAGES)].indices, message % RING
    if shown != (place,):
        raise WithdrawalInvalid("row of a withdrawal's proof", received=shown, expected=place)
    row = read(state.messages, place)
    if row.number != message:
        # The row is another's, before or after: this message is not in this state.
        raise WithdrawalInvalid("message of a withdrawal's proof", received=row.number, expected=message)
    amount = row.quantity_e6 if row.market else row.amount_e8
    return address_from_words(*row.recipient), int(amount), int(row.market)


def _section(state: Source, name: str, message: int) -> SectionWitness:
    if name != MESSAGES:
        return SectionWitness((), (), (state.node(name, 1),))
    place = message % RING
    siblings = multiproof(lambda position: state.node(name, position), [place], DEPTHS[name])
    return SectionWitness((place,), (tuple(state.words(name, place)),), tuple(siblings))
