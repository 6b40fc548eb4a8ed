"""Money of the dispute: bonds come in with assertions, and leave burned, as gas paid back, or to whoever is owed them.

One rule: only an assertion is bonded, so nobody is kept from a move by lack of money; who moved for the right side is paid afterwards
out of the losers' bonds, and who lost has lost at least the burned share, even against itself.
"""

from dataclasses import replace

from l1_mock import gas
from l1_mock.contracts import bounty
from l1_mock.contracts.bounty import ClaimRecord
from l1_mock.contracts.dispute_storage import (
    AssertionRecord,
    MoverRecord,
    NodeRecord,
    charge_joins,
    get_assertion,
    get_node,
    rival,
    settings,
    successor,
)
from l1_mock.contracts.framework import Call
from rollup.dispute.bisection import base_at
from rollup.dispute.game import Status
from rollup.dispute.trace import fold

BURNED = bytes(20)
"""Where burned ether goes."""

SHARE = 10**9
"""The whole, in units of a share."""


def take_bond(call: Call, parent: bytes, record: AssertionRecord) -> int:
    """Accept the bond of a new assertion on `parent`: sent along, or moved up from the sender's own parent assertion.

    Moving is safe because whatever rejects the parent rejects the child too: one bond stands behind the whole branch.
    """
    wanted = settings(call).bond
    if call.value == 0 and record.staker == call.sender and record.bond >= wanted > 0:
        call.storage["assertion", parent] = replace(record, bond=0)
        return record.bond
    call.require(call.value == wanted, "bond: send exactly the bond, or nothing to move that of your parent assertion")
    return wanted


def give_back(call: Call) -> None:
    """Return the ether that came with a call that needs none."""
    if call.value:
        call.transfer(call.sender, call.value)


def release(call: Call, record: AssertionRecord) -> AssertionRecord:
    """Credit the bond of a confirmed assertion to its staker; return the record without it. The caller stores it."""
    _credit(call, record.staker, record.bond)
    return replace(record, bond=0)


def slash(call: Call, identity: bytes, record: AssertionRecord, pool: bytes) -> AssertionRecord:
    """Burn the set share of a rejected assertion's bond and put the rest in a pool; return the record without the bond."""
    if record.bond:
        burned = -(-record.bond * settings(call).burn_e9 // SHARE)
        call.transfer(BURNED, burned)
        call.emit("BondBurned", amount=burned)
        call.storage["pool", pool] = call.storage.get(("pool", pool), 0) + record.bond - burned
        call.emit("Slashed", id=identity, pool=pool, amount=record.bond - burned)
    return replace(record, bond=0)


def note_mover(call: Call, node: bytes, gas_before: int, calldata: int) -> None:
    """Remember what the sender's move on a node cost, within the caps. Called last, so that all but this note is counted.

    Of what was used before the call began, no more counts than a transaction with `calldata` bytes needs: what else a mover sends
    along, in calldata behind the arguments or in an access list, it pays for itself.
    """
    fixed = settings(call)
    sent = 0 if call.depth else min(gas_before, gas.TRANSACTION + calldata * gas.CALLDATA_NONZERO)
    used = min(call.gas_used - gas_before + sent, fixed.refund_gas_max)
    call.storage["mover", node] = MoverRecord(call.sender, used * min(call.gas_price, fixed.refund_price_max))


def refund(call: Call, node: bytes, path: tuple[bytes, ...]) -> None:
    """Credit a mover for a move on a node of the confirmed trace, as far as the losers' bonds go; anybody may call.

    `path` shows that the node belongs to that trace: its siblings, from its own height up to below the root. A node that does not,
    though it may carry the same span at the same place after a wrong base, is worth nothing. Where the node is a leaf that had to be
    proved against a rival, its prover's claim to the bounty is noted too.
    """
    found = get_node(call, node)
    owed = call.storage.find(("mover", node), MoverRecord)
    call.require(_is_right(call, found, path), "refund: not a node of the confirmed trace")
    _note_claim(call, node, found)
    pool = call.storage.get(("pool", found.origin), 0)
    if owed is None or not owed.owed or not pool:
        return
    paid = min(owed.owed, pool)
    call.storage["pool", found.origin] = pool - paid
    call.storage["mover", node] = MoverRecord(owed.address, owed.owed - paid)
    _credit(call, owed.address, paid)
    call.emit("Refunded", node=node, pool=found.origin, mover=owed.address, amount=paid)


def sweep(call: Call, pool: bytes) -> None:
    """Credit what is left of a pool, the bounty, once movers and provers have had a window's time; anybody may call.

    It is owed to the prover of the confirmed trace who committed first (`_note_claim`), or to the confirmed assertion's staker where
    nothing had to be proved; the pool of a refuted assertion, to who committed first to a refutation.
    """
    record = get_assertion(call, pool)
    if record.status == Status.REJECTED:
        settled_at, best, staker = record.settled_at, bounty.claim_of(call, pool), BURNED
        call.require(best is not None, "sweep: the assertion was not refuted")
    else:
        winner = get_assertion(call, _settled(call, pool))
        settled_at, best, staker = winner.settled_at, call.storage.find(("bounty", pool), ClaimRecord), winner.staker
    call.require(call.block_number > settled_at + settings(call).window, "sweep: movers may still be paid")
    left = call.storage.get(("pool", pool), 0)
    if left:
        owed_to = staker if best is None else best.claimant
        call.storage["pool", pool] = 0
        _credit(call, owed_to, left)
        call.emit("Swept", pool=pool, to=owed_to, amount=left)


def _note_claim(call: Call, node: bytes, found: NodeRecord) -> None:
    """Note the claim of who proved a right leaf against a rival, if it ranks before those noted so far.

    A leaf without a rival needed no proof, and earns nothing.
    """
    claim = bounty.claim_of(call, node) if found.height == 0 else None
    if claim is None or rival(call, found.node).count < 2:
        return
    best = call.storage.find(("bounty", found.origin), ClaimRecord)
    if best is None or claim.rank < best.rank:
        call.storage["bounty", found.origin] = claim
        call.emit("BountyNoted", pool=found.origin, claimant=claim.claimant, rank=claim.rank)


def claim_bond(call: Call) -> int:
    """Pay the sender what it is owed; return the wei."""
    owed = call.storage.get(("credit", call.sender), 0)
    if owed:
        del call.storage["credit", call.sender]
        call.transfer(call.sender, owed)
        call.emit("BondPaid", to=call.sender, amount=owed)
    return owed


def credit_of(call: Call, address: bytes) -> int:
    """Return the wei that an address may claim."""
    return call.storage.get(("credit", address), 0)


def pool_of(call: Call, parent: bytes) -> int:
    """Return the wei left of bonds slashed over the successor of an assertion."""
    return call.storage.get(("pool", parent), 0)


def _is_right(call: Call, found: NodeRecord, path: tuple[bytes, ...]) -> bool:
    """Tell whether a node belongs to the trace that was confirmed for its origin: span and base both."""
    winner = get_assertion(call, _settled(call, found.origin))
    root = get_node(call, winner.root)
    charge_joins(call, 2 * len(path))
    if len(path) != root.height - found.height or fold(found.span, found.index, path) != root.span:
        return False
    return base_at(root.base, found.index, path) == found.base


def _settled(call: Call, parent: bytes) -> bytes:
    winner = successor(call, parent)
    call.require(winner != b"", "nothing is confirmed here yet")
    return winner


def _credit(call: Call, address: bytes, amount: int) -> None:
    if amount:
        call.storage["credit", address] = call.storage.get(("credit", address), 0) + amount
