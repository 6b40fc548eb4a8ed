"""A2: a batch is lied about at every one of its steps at once, by a liar each; each lie is beaten at its own step, by one proof."""

from random import Random

from rollup.devnet.arena.match import Adversary, Match
from rollup.devnet.arena.result import Result
from rollup.devnet.games.drill import Figures, GameDrill, Verdicts, lies
from rollup.devnet.games.prompt import Prompt
from rollup.dispute.game import Event

HEIGHT = 4
"""Of the trace: sixteen leaves, with steps of nine kinds, continuations among them, and without any behind the batch's last."""


class Everywhere(Prompt):
    """A liar for every leaf: from it on, roots of states that somebody was given money in, or of no state where there is no step."""

    def __init__(self, match: Match, dice: Random) -> None:
        """Gather the liars."""
        super().__init__(match, dice)
        run = match.libraries[0].truth.runs[0]
        steps = len(run.proofs)
        leaves = steps if match.rules.published_leaves else len(run.trace.roots)
        self.places = [(leaf, "robbed" if leaf < steps else "garbled") for leaf in range(leaves)]
        self.gang = lies(match, *self.places)


def judge(match: Match, _result: Result, adversary: Adversary) -> tuple[Verdicts, Figures]:
    """Every step was proved, or refuted; the gas of each. A liar about a later step has proved the earlier ones as anybody would."""
    assert isinstance(adversary, Everywhere)
    gas: dict[int, int] = {}
    for _, receipt, events, *_ in match.referee.seen:
        for event in events:
            step = step_of(match, event)
            if step >= 0:
                gas[step] = max(receipt.gas_used, gas.get(step, 0))
    figures = {"steps_lied_about": len(adversary.places), "gas_of_a_step_least": min(gas.values()), "gas_of_a_step_most": max(gas.values())}
    by_step = {f"gas_of_step_{step:02}": used for step, used in sorted(gas.items())}
    return {"every_step_is_judged": gas.keys() == {leaf for leaf, _ in adversary.places}}, {**figures, **by_step}


def step_of(match: Match, event: Event) -> int:
    """Return the step that an event judges, -1 for none."""
    if event.name == "Refuted":
        index = event.arguments["index"]
        assert isinstance(index, int)
        return index
    node = event.arguments.get("node")
    return match.game.nodes[node].node.index if event.name == "Proved" and isinstance(node, bytes) else -1


DRILL = GameDrill(
    fault="a batch is lied about at each of its steps, and behind them, by a liar each",
    expectation="each lie is beaten at its own step; a step's proof costs what its transaction touches, wherever it stands",
    adversary=Everywhere,
    judge=judge,
    heights=(HEIGHT,),
    covers=("A2",),
)
