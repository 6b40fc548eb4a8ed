"""The honest strategy where leaves are published: refute every wrong assertion at once. Pure.

One rule: no assertion of one's own is needed, and no rival can hold up a right one, so there is nothing else to defend.
(DISPUTE "Moves" 6.)
"""

from collections.abc import Iterator

from rollup.dispute.game import Assertion, Game, Status
from rollup.dispute.refutation import first_wrong
from verifier.collection import outbid, proof_of
from verifier.moves import Move, Refute, Reject, Retrace
from verifier.view import Claim, View


def refutations(view: View, claim: Claim, parent: bytes, honest: bytes) -> Iterator[Move]:
    """Yield what is due about the successors of `parent` that are not the honest one, and about what was built on them."""
    game, trace = view.game, view.traces.get(claim.batch)
    wrong = [game.assertions[child] for child in game.assertions[parent].children if child != honest]
    if trace is None and any(each.status == Status.OPEN for each in wrong):
        yield Retrace(claim.batch)
    elif trace is not None:
        for each in wrong:
            yield from refutation(view, claim, each, b"".join(trace.roots))
    yield from fallen(game, wrong)


def refutation(view: View, claim: Claim, wrong: Assertion, right: bytes) -> Iterator[Move]:
    """Yield the refutation of one assertion; of a refuted one, only to show an earlier commitment."""
    due = wrong.status == Status.OPEN
    if due or wrong.id in view.game.treasury.claims:
        index = first_wrong(wrong.leaves, right[: len(wrong.leaves)])
        work = Refute(wrong.id, claim.batch, index)
        yield from proof_of(view, work, wrong.created_at) if due else outbid(view, work)


def fallen(game: Game, wrong: list[Assertion]) -> Iterator[Move]:
    """Yield the rejection of the open assertions that stand on rejected ones: a bond moves up with its branch."""
    waiting = [each for each in wrong if each.status == Status.REJECTED]
    while waiting:
        for child in waiting.pop().children:
            lost = game.assertions[child]
            if lost.status == Status.OPEN:
                yield Reject(child)
            elif lost.status == Status.REJECTED:
                waiting.append(lost)
