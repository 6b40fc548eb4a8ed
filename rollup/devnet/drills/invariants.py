"""What must hold after every drill, whatever went wrong. Pure: evidence in, yes or no out.

One rule: an invariant is one small function and one line in `INVARIANTS`. S1, S2, S6, S7 and E3 are DISPUTE's.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import cast

from rollup.audit.whole.audit import audit_state
from rollup.devnet.drills.evidence import Evidence
from rollup.dispute.game import Assertion, Status


def no_wrong_root_confirmed(evidence: Evidence) -> bool:
    """S1: what L1 has confirmed is what the oracle's replay leads to."""
    return all(is_true(evidence, assertion) for assertion in assertions(evidence) if assertion.status == Status.CONFIRMED)


def one_confirmed_child(evidence: Evidence) -> bool:
    """S2: no assertion has two confirmed children."""
    parents = Counter(assertion.parent for assertion in assertions(evidence) if assertion.status == Status.CONFIRMED)
    return all(count == 1 for count in parents.values())


def no_honest_bond_lost(evidence: Evidence) -> bool:
    """S7: no assertion of an honest verifier was rejected."""
    return not any(assertion.status == Status.REJECTED for assertion in assertions(evidence) if assertion.staker in evidence.honest)


def no_false_claim(evidence: Evidence) -> bool:
    """E3: an honest verifier never asserted anything but the truth."""
    return all(is_true(evidence, assertion) for assertion in assertions(evidence) if assertion.staker in evidence.honest)


def attackers_slashed(evidence: Evidence) -> bool:
    """Every attacker has lost a bond, and nobody else has."""
    return {assertion.staker for assertion in assertions(evidence) if assertion.status == Status.REJECTED} == evidence.attackers


def bonds_conserved(evidence: Evidence) -> bool:
    """S7: bonds taken are held, paid or burned; and what is held is owed to somebody."""
    chronicle = evidence.chronicle
    paid = sum(cast("int", event["amount"]) for event in chronicle.events("assertions", "BondPaid"))
    burned = sum(cast("int", event["amount"]) for event in chronicle.events("assertions", "BondBurned"))
    return evidence.taken_wei == evidence.escrow_wei + paid + burned and evidence.escrow_wei == evidence.claims_wei


def withdrawals_owed(evidence: Evidence) -> bool:
    """S6: whatever the bridge has paid was owed to that recipient by the oracle's state, and was paid once."""
    paid = list(evidence.chronicle.events("bridge", "WithdrawalFinalized"))
    once = len({event["message"] for event in paid}) == len(paid)
    return once and all(evidence.oracle.owed(cast("int", event["message"])) == (event["recipient"], event["amount"]) for event in paid)


def money_conserved(evidence: Evidence) -> bool:
    """What the bridge holds is what the state holds, what is under way into it, and what is under way out of it."""
    chronicle, oracle = evidence.chronicle, evidence.oracle
    taken = oracle.system("queue_next")
    deposits = [(cast("int", event["entry"]), cast("int", event["amount"])) for event in chronicle.events("bridge", "Deposited")]
    arriving = sum(amount for entry, amount in deposits if entry >= taken)
    finalized = {event["message"] for event in chronicle.events("bridge", "WithdrawalFinalized")}
    leaving = sum(oracle.owed(number)[1] for number in range(1, oracle.system("messages") + 1) if number not in finalized)
    return evidence.bridge_e8 == oracle.system("vault_e8") + arriving + leaving


def market_kept(evidence: Evidence) -> bool:
    """MARKET 1 to 9: the oracle's replay, audited step by step and batch by batch, has found nothing; nor is anything wrong in its end."""
    machine = evidence.oracle.machine
    return not machine.violations and not audit_state(machine.state)


def acknowledged_once(evidence: Evidence) -> bool:
    """Every transaction that was given a place, or was forced, is executed in L1's chain exactly once."""
    promised = [told.digest for told in evidence.books.acknowledged if told.promised]
    return all(len(evidence.oracle.places[digest]) == 1 for digest in [*promised, *evidence.demanded])


def promises_kept(evidence: Evidence) -> bool:
    """Every transaction stands in the place and with the status that the sequencer signed, unless L1 itself forced another order."""
    forced = evidence.chronicle.reorganisations or any(batch.forced for batch in evidence.chronicle.batches.values())
    promised = [told for told in evidence.books.acknowledged if told.promised and told.step >= 0]
    return bool(forced) or all((told.batch, told.step, told.status) in evidence.oracle.places[told.digest] for told in promised)


def receipts_signed(evidence: Evidence) -> bool:
    """Every receipt was signed by the sequencer."""
    return all(told.signed for told in evidence.books.acknowledged)


def nodes_agree(evidence: Evidence) -> bool:
    """The sequencer and every honest verifier have the oracle's root after the last batch."""
    return all(root == evidence.oracle.root(evidence.last) for root in evidence.roots.values())


def everything_confirmed(evidence: Evidence) -> bool:
    """The last batch is confirmed: nobody can stop the chain."""
    return evidence.last >= 0 and any(item.batch == evidence.last and item.status == Status.CONFIRMED for item in assertions(evidence))


def assertions(evidence: Evidence) -> list[Assertion]:
    """Return all assertions but the genesis one."""
    return [assertion for assertion in evidence.game.assertions.values() if assertion.batch >= 0]


def is_true(evidence: Evidence, assertion: Assertion) -> bool:
    """Whether an assertion says what the oracle found, its trace included."""
    trace = evidence.oracle.traces[assertion.batch]
    return (assertion.trace_root, assertion.end_root) == (trace.root, trace.end)


INVARIANTS: Mapping[str, Callable[[Evidence], bool]] = MappingProxyType(
    {
        function.__name__: function
        for function in (
            no_wrong_root_confirmed,
            one_confirmed_child,
            no_honest_bond_lost,
            no_false_claim,
            attackers_slashed,
            bonds_conserved,
            withdrawals_owed,
            money_conserved,
            market_kept,
            acknowledged_once,
            promises_kept,
            receipts_signed,
            nodes_agree,
            everything_confirmed,
        )
    }
)
"""Every invariant by its name."""
