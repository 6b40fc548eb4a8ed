"""A liar claims the right end by a wrong way, to delay what is right. It is caught where the ways part."""

from rollup.devnet.games.drill import GameDrill
from rollup.devnet.games.prompt import Prompt


class Slanderer(Prompt):
    """Lies about one leaf and tells the truth after it."""

    PLACES = ((3, "healed"),)


DRILL = GameDrill(
    fault="a liar claims the right end state by a wrong trace",
    expectation="the wrong trace is beaten by one proof, and the right one is confirmed by the bound",
    adversary=Slanderer,
    covers=("A3",),
)
