"""Who takes part in the day: makers, takers, a fund, gamblers who sell too many puts, a liquidator and a keeper."""

from dataclasses import dataclass

from rollup.core.development import TRADER_SECRETS, development_secret
from rollup.devnet.drills.desk import E8, Account
from rollup.devnet.drills.scene import Scene
from rollup.devnet.drills.trading import Trader

RICH_E8 = 20_000_000 * E8
"""What makers, the fund and the liquidator deposit."""

USUAL_E8 = 900_000 * E8
"""What everybody else deposits."""


@dataclass(frozen=True, slots=True)
class People:
    """The accounts of the day."""

    makers: list[Trader]
    takers: list[Trader]
    gamblers: list[Trader]
    fund: Trader
    """Buys the puts that gamblers sell, so that there is somebody who profits from the crash."""
    liquidator: Trader
    keeper: Trader

    @property
    def all(self) -> list[Trader]:
        """Everybody."""
        return [*self.makers, *self.takers, *self.gamblers, self.fund, self.liquidator, self.keeper]


def people(scene: Scene) -> People:
    """Return everybody, with the well-known keys."""
    secrets = [bytes.fromhex(secret) for secret in TRADER_SECRETS]

    def trader(name: str, secret: bytes, deposit_e8: int) -> Trader:
        return Trader(scene, Account(name, secret), deposit_e8=deposit_e8)

    return People(
        makers=[trader(f"maker-{place + 1}", secrets[place], RICH_E8) for place in range(3)],
        takers=[trader(f"taker-{place + 1}", secrets[3 + place], USUAL_E8) for place in range(3)],
        gamblers=[trader(f"gambler-{place + 1}", secrets[6 + place], USUAL_E8) for place in range(3)],
        fund=trader("fund", secrets[9], RICH_E8),
        liquidator=trader("liquidator", development_secret("guardian"), RICH_E8),
        keeper=trader("keeper", development_secret("governor"), USUAL_E8),
    )
