"""Evidence: what contradicts itself costs its signer the stake, and nothing that an honest node signs can be made to."""

from dataclasses import replace

import numpy as np
import pytest

from l1_mock.contracts.bonds import BURNED
from l1_mock.contracts.deployment import contracts_of
from rollup.core import bls
from rollup.core.development import development_bls_secret, development_genesis, development_secret
from rollup.core.errors import RollupError
from rollup.core.keccak import keccak256
from rollup.core.signing import sign
from rollup.l1.action import digests
from rollup.l1.attestation import attestation_message
from rollup.l1.evidence import Accusation, SignedReceipt, contradiction, open_receipt
from rollup.l1.forced import encode_entry
from rollup.l1.promise import Claim, beginning_of, encode_claim
from rollup.l1.step_proof import build_opening
from rollup.transition.kinds import Kind
from sequencer.receipts import receipt_leaves, receipt_tree
from tests.unit.contracts.test_bounty import propose
from tests.unit.contracts.toy_games import HONEST, L1, Player, Run, make_l1, toy_root
from tests.unit.contracts.trading_day import Desk as DayDesk
from tests.unit.contracts.trading_day import derive, real_l1, trading_day

ACCUSER, THIEF = b"A" * 20, b"T" * 20
SALT = b"s" * 32
SEQUENCER = development_secret("sequencer")


@pytest.fixture(name="day", scope="module")
def day_fixture():
    return trading_day(real_l1())


@pytest.fixture(autouse=True)
def _untouched(day):
    """Each test finds the stakes as at genesis."""
    mark = day.l1.world.mark()
    yield
    day.l1.world.undo(mark)


class Promised:
    """What the sequencer signs about some steps of the day, true or changed."""

    def __init__(self, day, first=5, count=7, *, changed=None, **fields):
        self.day, genesis = day, day.l1.genesis
        self.digests = digests(day.derived.records, genesis)[first : first + count].copy()
        self.receipts = day.receipts[first : first + count].copy()
        if changed is not None:
            self.receipts["filled_e6"][changed - first] += 1
        levels = receipt_tree(receipt_leaves(first, self.digests, self.receipts))
        right = {
            "genesis_hash": genesis.genesis_hash,
            "batch": 0,
            "first": first,
            "count": count,
            "receipts_root": levels[-1][0].tobytes(),
            "state_root": day.trace.roots[first + count - 1],
            "beginning": beginning_of(day.derived.header),
        }
        self.claim = Claim(**{**right, **fields})
        self.levels = levels

    def signed(self, secret=SEQUENCER):
        return encode_claim(self.claim, sign(self.claim.digest(), secret))

    def leaf(self, step):
        place = step - self.claim.first
        return step.to_bytes(8, "big") + self.digests[place].tobytes() + self.receipts[place].tobytes()

    def path(self, step):
        at, path = step - self.claim.first, []
        for level in self.levels[:-1]:
            path.append(level[at ^ 1].tobytes() if at ^ 1 < len(level) else bytes(32))
            at >>= 1
        return path


def claims(day, one, other, step=None):
    leaves = [] if step is None else [one.leaf(step), other.leaf(step)]
    paths = [] if step is None else [one.path(step), other.path(step)]
    return day.l1.send(ACCUSER, "stakes", "accuseClaims", one.signed(), other.signed(), leaves, paths, SALT)


def at_stake(day):
    return day.l1.ask("stakes", "stake", day.l1.genesis.roles.sequencer)


@pytest.mark.parametrize(("first", "count"), [(5, 7), (8, 2), (6, 30), (8, 1)])
def test_two_receipts_for_one_step_cost_the_stake(day, first, count):
    """However the two groups overlap."""
    l1, wei = day.l1, day.l1.genesis.stakes.sequencer_wei
    assert at_stake(day) == wei == l1.world.balance(l1.address("stakes"))
    l1.world.put("balances", ACCUSER, 10**24)
    done = claims(day, Promised(day), Promised(day, first, count, changed=8), 8)
    assert done.success, done.reason
    assert at_stake(day) == 0
    assert l1.world.balance(BURNED) == l1.world.balance(l1.address("stakes")) == wei // 2
    assert [event.name for event in l1.events[-2:]] == ["StakeSlashed", "Claimed"]
    owner, block = l1.genesis.roles.sequencer, l1.block
    assert collect(l1, owner).reason == "earlier commitments may still be shown"
    l1.block += l1.genesis.dispute.window_blocks
    assert not collect(l1, owner).success
    l1.block += 1
    assert collect(l1, owner).success
    assert l1.world.balance(ACCUSER) == 10**24 + wei // 2
    assert l1.world.balance(l1.address("stakes")) == 0
    assert collect(l1, owner).reason == "there is no reward, or it was paid"
    assert claims(day, Promised(day), Promised(day, first, count, changed=8), 8).reason == "nothing is at stake any more"
    l1.block = block


def collect(l1, owner):
    return l1.send(b"anybody, for anyone ", "stakes", "collectReward", owner)


def against(day):
    """Some evidence against the sequencer."""
    one, other = Promised(day), Promised(day, changed=8)
    leaves, paths = (one.leaf(8), other.leaf(8)), (tuple(one.path(8)), tuple(other.path(8)))
    return Accusation(day.l1.genesis.roles.sequencer, "accuseClaims", (one.signed(), other.signed(), leaves, paths))


def show(day, sender, evidence, salt=SALT):
    return day.l1.send(sender, "stakes", evidence.function, *evidence.arguments, salt)


def owed(day):
    return day.l1.ask("stakes", "reward", day.l1.genesis.roles.sequencer)[2:]


def test_whose_evidence_is_copied_is_paid_all_the_same(day):
    """The thief sees it in the pool: it commits, and has both included before the original. It slashes, and gets nothing."""
    l1, evidence, block = day.l1, against(day), day.l1.block
    assert l1.send(ACCUSER, "stakes", "commit", evidence.commitment(ACCUSER, SALT)).success
    l1.block += 2
    assert l1.send(THIEF, "stakes", "commit", evidence.commitment(THIEF, SALT)).success
    assert show(day, THIEF, evidence).success
    assert owed(day) == (THIEF, l1.block)
    assert show(day, ACCUSER, evidence).success
    assert owed(day) == (ACCUSER, block)
    assert l1.ask("stakes", "commitment", evidence.commitment(ACCUSER, SALT)) == block
    assert show(day, THIEF, evidence).success
    assert owed(day) == (ACCUSER, block)
    l1.block += l1.genesis.dispute.window_blocks + 1
    balance = l1.world.balance(ACCUSER)
    assert collect(l1, l1.genesis.roles.sequencer).success
    assert l1.world.balance(ACCUSER) == balance + l1.genesis.stakes.sequencer_wei // 2
    assert owed(day) == (bytes(20), 0)
    l1.block = block


@pytest.mark.parametrize("wrong", ["salt", "sender", "work", "owner"])
def test_a_commitment_is_to_one_piece_of_evidence_by_one_sender(day, wrong):
    l1, evidence, block = day.l1, against(day), day.l1.block
    made = {
        "salt": evidence.commitment(ACCUSER, b"o" * 32),
        "sender": evidence.commitment(b"X" * 20, SALT),
        "work": replace(evidence, arguments=(b"", *evidence.arguments[1:])).commitment(ACCUSER, SALT),
        "owner": replace(evidence, owner=THIEF).commitment(ACCUSER, SALT),
    }[wrong]
    assert l1.send(ACCUSER, "stakes", "commit", made).success
    l1.block += 1
    assert show(day, THIEF, evidence).success
    assert show(day, ACCUSER, evidence).success
    assert owed(day) == (THIEF, l1.block)
    l1.block = block


def test_two_promises_prove_what_l1_believes(day):
    """Whatever two receipts contradict each other, the accusation made of them is taken; of two that do not, none is made."""
    genesis = day.l1.genesis
    sequencer = genesis.roles.sequencer
    made = [
        Promised(day),
        Promised(day, 8, 9),
        Promised(day, changed=8),
        Promised(day, 9, 3, state_root=b"x" * 32),
        Promised(day, beginning=b"b" * 32),
    ]
    opened = [
        open_receipt(genesis.genesis_hash, sequencer, SignedReceipt(each.signed(), each.leaf(step), tuple(each.path(step))))
        for each in made
        for step in (8, 9)
        if step >= each.claim.first
    ]
    found = 0
    for one in opened:
        for other in opened:
            accusation = contradiction(sequencer, one, other)
            if accusation is not None:
                mark = day.l1.world.mark()
                assert show(day, ACCUSER, accusation).success
                day.l1.world.undo(mark)
                found += 1
    assert found == 12
    with pytest.raises(RollupError, match="receipt"):
        open_receipt(genesis.genesis_hash, sequencer, SignedReceipt(b"", b"", (b"",) * 17))


def test_two_states_after_one_step_cost_the_stake(day):
    assert claims(day, Promised(day), Promised(day, 5, 6, state_root=b"x" * 32)).reason == "the claims end with different steps"
    assert claims(day, Promised(day), Promised(day, 9, 3, state_root=b"x" * 32)).success


def test_what_agrees_is_no_evidence(day):
    one = Promised(day)
    assert claims(day, one, one).reason == "the claims agree"
    assert claims(day, one, Promised(day, 8, 9), 9).reason == "the claims agree"
    assert claims(day, one, Promised(day, 8, 9, changed=9), 10).reason == "the claims agree"
    other = Promised(day, 8, 9, changed=9)
    mixed = [one.leaf(9), other.leaf(10)]
    done = day.l1.send(ACCUSER, "stakes", "accuseClaims", one.signed(), other.signed(), mixed, [one.path(9), other.path(10)], SALT)
    assert done.reason == "the leaves are of different steps"


def test_a_batch_that_was_made_anew_contradicts_nothing(day):
    """After a reorg it begins otherwise, be it only by another time or another end of the queue."""
    header = day.derived.header
    for change in ({"time_s": header.time_s + 1}, {"parent": b"p" * 32}, {"queue_to": 1}, {"queue_acc": b"q" * 32}, {"index": 1}):
        other = Promised(day, changed=8, beginning=beginning_of(replace(header, **change)))
        assert claims(day, Promised(day), other, 8).reason == "the claims are about different batches"


def test_only_the_sequencers_own_signature_counts(day):
    one, other = Promised(day), Promised(day, changed=8)
    for evidence in (
        other.signed(development_secret("poster")),
        other.signed()[:-1],
        bytes(185),
        other.signed()[:100] + b"\0" + other.signed()[101:],
    ):
        done = day.l1.send(ACCUSER, "stakes", "accuseClaims", one.signed(), evidence, [], [], SALT)
        assert not done.success
    elsewhere = Promised(day, changed=8, genesis_hash=b"g" * 32)
    assert "signer of a claim" in claims(day, one, elsewhere, 8).reason


def test_an_inner_node_is_no_leaf(day):
    """The tree's nodes are known to whoever has a path: none of them can be shown as a receipt that was never signed."""
    one = Promised(day)
    inner = one.levels[0][0].tobytes() + one.levels[0][1].tobytes()
    for leaf in (inner, one.leaf(5)[:39], one.leaf(5)[8:], b"", (77).to_bytes(8, "big") + one.leaf(5)[8:]):
        arguments = (one.signed(), one.signed(), [leaf, one.leaf(5)], [one.path(5)[1:], one.path(5)], SALT)
        assert not day.l1.send(ACCUSER, "stakes", "accuseClaims", *arguments).success
    wrong = [one.path(6), one.path(5)]
    assert not day.l1.send(ACCUSER, "stakes", "accuseClaims", one.signed(), one.signed(), [one.leaf(5), one.leaf(5)], wrong, SALT).success


def against_batch(day, promised, step, *, opening=None):
    entries = [entry.data for entry in day.derived.entries]
    opened = build_opening(day.derived.records, step, day.derived.body, entries) if opening is None else opening
    return day.l1.send(ACCUSER, "stakes", "accuseBatch", promised.signed(), promised.leaf(step), promised.path(step), opened, SALT)


def test_a_batch_that_breaks_a_promise_costs_the_stake(day):
    first = 1 + len(day.derived.entries)
    promised = Promised(day, first, 6)
    assert against_batch(day, promised, first + 2).reason == "the batch keeps the promise"
    broken = Promised(day, first, 6)
    broken.digests[2] = np.frombuffer(b"?" * 32, np.uint8)
    broken.levels = receipt_tree(receipt_leaves(first, broken.digests, broken.receipts))
    broken.claim = replace(broken.claim, receipts_root=broken.levels[-1][0].tobytes())
    assert not against_batch(day, broken, first + 2, opening=b"").success
    assert against_batch(day, broken, first + 1).reason == "the batch keeps the promise"
    made_anew = Promised(day, first, 6, beginning=b"b" * 32)
    assert against_batch(day, made_anew, first + 2).reason == "the batch on L1 began otherwise"
    assert against_batch(day, broken, first + 2).success
    assert at_stake(day) == 0


def test_a_batch_that_lacks_a_promised_step_costs_the_stake(day):
    """It began as was promised, has posted steps, and ends before one that was promised."""
    first = len(day.derived.records) - 2
    promised = Promised(day, first, 2)
    promised.digests, promised.receipts = promised.digests[[0, 0, 1, 1]], promised.receipts[[0, 0, 1, 1]]
    promised.levels = receipt_tree(receipt_leaves(first, promised.digests, promised.receipts))
    promised.claim = replace(promised.claim, count=4, receipts_root=promised.levels[-1][0].tobytes())
    assert against_batch(day, promised, first + 2, opening=b"?").reason == "bytes behind the opening"
    assert against_batch(day, promised, first, opening=b"").success is False
    assert against_batch(day, promised, first + 2, opening=b"").success
    assert at_stake(day) == 0


def test_a_batch_that_was_forced_breaks_no_promise():
    """It may begin as one of the sequencer's, after a reorg, and has no posted steps, whatever the sequencer had promised."""
    l1 = real_l1()
    record, signature = DayDesk(l1.genesis).act(Kind.TRANSFER, 0, counterparty=2, amount_e8=1)
    assert l1.send(ACCUSER, "inbox", "enqueue", encode_entry(record, signature), value=l1.genesis.inbox.queue_fee_wei).success
    l1.block += l1.genesis.inbox.forced_delay_blocks + 1
    assert l1.send(ACCUSER, "inbox", "forceInclude").success
    header = derive(l1)[0].header
    leaf = (3).to_bytes(8, "big") + b"d" * 32
    claim = Claim(l1.genesis.genesis_hash, 0, 3, 1, keccak256(b"\x50" + leaf), b"r" * 32, beginning_of(header))
    signed = encode_claim(claim, sign(claim.digest(), SEQUENCER))
    assert l1.send(ACCUSER, "stakes", "accuseBatch", signed, leaf, [], b"", SALT).reason == "the batch has no such posted step"


def test_what_l1_queued_breaks_no_promise_of_the_sequencers(day):
    promised = Promised(day, 1, 3)
    promised.digests[0] = np.frombuffer(b"?" * 32, np.uint8)
    promised.levels = receipt_tree(receipt_leaves(1, promised.digests, promised.receipts))
    promised.claim = replace(promised.claim, receipts_root=promised.levels[-1][0].tobytes())
    assert against_batch(day, promised, 1).reason == "the batch has no such posted step"


def attested(root):
    """An L1 with a confirmed assertion, and a verifier's attestation of a root for its batch."""
    toy = make_l1()
    genesis = development_genesis(verifiers=3)
    contracts = contracts_of(genesis, toy_root(""))
    address = genesis.contracts.assertions
    contracts[address] = replace(contracts[address], settings=replace(toy.settings, inbox=genesis.contracts.inbox))
    l1 = L1(genesis, contracts)
    honest = Player(l1, HONEST, Run.of(l1.post_batch(3), 4))
    assert propose(l1, honest).success
    right = honest.run.trace.end
    message = attestation_message(genesis.genesis_hash, l1.ask("inbox", "batch", 0)[0], root or right)
    signature = bls.sign(message, development_bls_secret("verifier-2"))
    assert l1.send(ACCUSER, "attestations", "attest", 0, root or right, signature, 0b010).success
    return l1, honest, root or right


def accuse(l1, honest, root, verifier=1):
    return l1.send(ACCUSER, "stakes", "accuseAttestation", 0, root, honest.assertion, verifier, SALT)


def test_an_attestation_of_a_root_that_lost_costs_the_stake():
    l1, honest, root = attested(b"w" * 32)
    verifier = l1.genesis.verifiers[1].address
    assert l1.ask("stakes", "stake", verifier) == l1.genesis.stakes.verifier_wei
    assert accuse(l1, honest, root).reason == "not the confirmed assertion of this batch"
    l1.block += l1.settings.window
    assert l1.send(ACCUSER, "assertions", "confirm", honest.assertion).success
    for number in (0, 2):
        assert accuse(l1, honest, root, number).reason == "the verifier has not attested this root"
    assert accuse(l1, honest, root, 3).reason == "no such verifier"
    assert accuse(l1, honest, root).success
    assert l1.ask("stakes", "stake", verifier) == 0
    assert accuse(l1, honest, root).success
    l1.block += l1.genesis.dispute.window_blocks + 1
    assert collect(l1, verifier).success
    assert accuse(l1, honest, root).reason == "nothing is at stake any more"


def test_an_attestation_of_the_confirmed_root_costs_nothing():
    l1, honest, root = attested(b"")
    l1.block += l1.settings.window
    assert l1.send(ACCUSER, "assertions", "confirm", honest.assertion).success
    assert accuse(l1, honest, root).reason == "the attested root was confirmed"


def test_stakes_go_back_once_the_rollup_is_closed(day):
    l1, owner = day.l1, day.l1.genesis.roles.sequencer
    block = l1.block
    assert l1.send(ACCUSER, "stakes", "releaseStake", owner).reason == "stakes are held while the rollup goes on"
    assert l1.send(l1.genesis.roles.guardian, "assertions", "freeze").success
    l1.block += l1.genesis.safety.claim_blocks
    assert not l1.send(ACCUSER, "stakes", "releaseStake", owner).success
    l1.block += 1
    assert l1.send(ACCUSER, "stakes", "releaseStake", owner).success
    assert l1.ask("stakes", "stake", owner) == l1.world.balance(l1.address("stakes")) == 0
    l1.block = block
