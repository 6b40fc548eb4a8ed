"""Several records as one transaction: what must follow a head, and what binds it together.

One rule: every record is signed by itself, so each must say by its signature where it belongs, or somebody could drop, repeat or change
the order of a transaction's records. The records of one side have the same account, owner, signer and nonce, `number` says how many
they are, and `sequence` counts them from 0. (Oracles' reports need none of this: in any order and number they say the same.)
"""

from collections.abc import Sequence

from rollup.core.kernel import kernel
from rollup.market.terms import BUY, SELL
from rollup.state.addresses import same_address
from rollup.state.layout import Record
from rollup.state.limits import LEGS, PARTS
from rollup.transition.kinds import REPORTS, Kind


@kernel
def has_parts(records: Sequence[Record], index: int) -> bool:
    """Do the continuation records that the head announces and its kind needs follow it, of the same source and bound to it?"""
    tx = records[index]
    if not 0 <= tx.parts <= PARTS or index + tx.parts >= len(records):
        return False
    for place in range(index + 1, index + 1 + tx.parts):
        part = records[place]
        if part.kind != Kind.CONTINUATION or part.continues != tx.kind or part.source != tx.source:
            return False
    if tx.kind == Kind.EXECUTE_BLOCK:
        legs = tx.number
        if not (1 <= legs <= LEGS and tx.parts == 2 * legs - 1):
            return False
        return is_side(records, index, legs) and is_side(records, index + legs, legs)
    if tx.kind == Kind.MASS_QUOTE:
        return is_side(records, index, tx.parts + 1)
    return bool(tx.kind in REPORTS or tx.parts == 0)


@kernel
def is_side(records: Sequence[Record], first: int, count: int) -> bool:
    """Are these records, all there are, what one signer bound together, in his order?"""
    head = records[first]
    for place in range(min(count, PARTS + 1)):
        part = records[first + place]
        if part.number != count or part.sequence != place or part.account != head.account or part.nonce != head.nonce:
            return False
        if not (same_address(part.owner, head.owner) and same_address(part.signer, head.signer)):
            return False
    return True


@kernel
def is_mirrored(records: Sequence[Record], index: int) -> bool:
    """Did both sides sign the same legs, each with the other?"""
    legs = records[index].number
    for place in range(index, index + min(legs, LEGS)):
        one, other = records[place], records[place + legs]
        if one.counterparty != other.account or other.counterparty != one.account:
            return False
        if one.instrument != other.instrument or one.price_e8 != other.price_e8 or one.quantity_e6 != other.quantity_e6:
            return False
        if not (BUY <= one.side <= SELL and other.side == 1 - one.side):
            return False
    return True
