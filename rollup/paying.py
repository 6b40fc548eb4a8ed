"""What a keeper does about funding: at an interval, let everybody who holds a perpetual pay or get what is due.

One rule: nothing is gained by it for anybody, since funding accrues by index; it only turns what counts in margin into cash.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import cast

from rollup.core.transport import JSON
from rollup.keeper import Deed, Keeper
from rollup.transition.kinds import Kind

Object = dict[str, JSON]

INTERVAL_S = 3_600.0
"""Between two rounds of payments, seconds, unless somebody wants another."""


@dataclass
class Payer:
    """Remembers when the last round was."""

    keeper: Keeper
    now: Callable[[], float]
    interval_s: float = INTERVAL_S
    """0 for never."""
    last_s: float = field(default=-inf)

    async def pay(self) -> list[Deed]:
        """Go through all accounts once, if it is time: what was done. Raises KeeperError, RpcError, RpcTimeout, ConnectionFailed."""
        if self.interval_s == 0 or self.now() < self.last_s + self.interval_s:
            return []
        self.last_s = self.now()
        deeds: list[Deed] = []
        first: JSON = 1
        while first is not None:
            found = cast("Object", await self.keeper.rpc.call("optroll_getFundings", [first]))
            for each in cast("list[dict[str, int]]", found["positions"]):
                fields = {"instrument": each["instrument"], "counterparty": each["account"]}
                deeds.append(await self.keeper.act(Kind.APPLY_FUNDING, f"account {each['account']}", **fields))
            first = found["next"]
        return deeds
