"""B28: a verifier reads one price of one position in one scenario one unit too high, and asserts what follows from it."""

from typing import Any

from rollup.core.development import development_genesis
from rollup.devnet.drills.desk import Desk
from rollup.devnet.drills.floor import Floor, open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scene import Cast, Scene
from rollup.devnet.drills.trading import Trader
from rollup.market.margin import Model
from rollup.market.shocks import PRICE_BITS
from rollup.state.derived import COLUMNS, FIRST_SCENARIO, PRICES_SLOTS
from rollup.state.plain import Words
from rollup.transition.kinds import Kind
from rollup.transition.machine import PlainMachine
from rollup.transition.status import Status
from verifier.agent import Parts

PRICE, QUANTITY_E6 = 4_100, 5_000_000

COLUMN = FIRST_SCENARIO + 22
"""Where who holds the call loses most: spot 13.5 % lower, and volatility too."""

ATTEMPTS = 30
"""How often one unit too much is asked for, until no second has passed between looking and asking."""


REFUSED = (Status.INITIAL_MARGIN, Status.INSUFFICIENT_CASH)
"""What is said where margin is missing; the second where the cash alone would not do either."""


class Raised(Words):
    """An option's prices, one of which is read 1e-8 USD too high."""

    __slots__ = ()

    def __getitem__(self, column: Any) -> Any:
        """Return the price in a column."""
        return list.__getitem__(self, column) + (1 << PRICE_BITS if column == COLUMN else 0)


def misreading() -> PlainMachine:
    """Return a machine that keeps all prices as they are, and reads one of them wrong."""
    machine = PlainMachine()
    row = machine.state.prices.rows[Desk(development_genesis()).instrument % PRICES_SLOTS]
    object.__setattr__(row, "price", Raised([0] * COLUMNS))
    return machine


async def play(scene: Scene) -> None:
    """Buy calls on portfolio margin, and ask for one unit more than is free: by the misread price there is that much."""
    floor = await open_floor(scene)
    buyer, seller, _ = floor.traders
    await floor.expect("portfolio_margin", Status.OK, floor.act(buyer, Kind.SET_MARGIN_MODEL, number=Model.PORTFOLIO))
    await floor.expect("bought", Status.OK, floor.deal(buyer, seller, PRICE, QUANTITY_E6))
    floor.note("one_unit_too_much_refused", holds=await ask_too_much(floor, buyer, seller))
    await floor.settle()
    lies = sum(item.batch >= 0 for item in scene.chronicle.game.assertions.values()) - len(scene.chronicle.batches)
    scene.figures["wrong_assertions"] = lies
    floor.note("one_unit_makes_another_root", holds=lies > 0)


async def ask_too_much(floor: Floor, trader: Trader, other: Trader) -> bool:
    """Ask for one unit more than is free, until that is refused in the very second for which it was looked up."""
    for _ in range(ATTEMPTS):
        free_e8 = (await floor.look(trader))["initial_health_e8"]
        away = {"counterparty": other.account.number, "amount_e8": free_e8 + 1}
        status = await floor.act(trader, Kind.TRANSFER, **away)
        if status in REFUSED and (await floor.look(trader))["initial_health_e8"] == free_e8:
            return True
    return False


DRILL = Drill(
    fault="a verifier's price of one position in one scenario is 1e-8 USD too high, and with it a transfer passes that lacks the margin",
    expectation="the transfer is refused; the one step in which the price counts is proven, and the assertion that rests on it is slashed",
    play=play,
    parties=Cast(attackers={"misreader": Parts(machine=misreading)}),
    covers=("B28",),
)
