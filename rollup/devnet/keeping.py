"""A devnet's keeper: with an account of its own it lets expiries roll, and does whatever else `optroll keeper` does."""

from rollup.core.errors import RollupError
from rollup.core.keccak import keccak256
from rollup.core.transport import TransportError
from rollup.environment import Environment
from rollup.keeper import Keeper
from rollup.paying import Payer
from rollup.rolling import roll

SECRET = keccak256(b"optroll devnet keeper")
"""Its key: public knowledge, like all keys of a devnet."""

DEPOSIT_E8 = 10**8
"""What opens its account, 1e-8 USD: it needs no money."""

INTERVAL_S = 15.0
"""Between two rounds."""


async def keep(environment: Environment, keeper: Keeper) -> None:
    """Go round for ever; what fails is said, and tried again."""
    payer = Payer(keeper, environment.now)
    while True:
        try:
            deeds = await keeper.round() + await roll(keeper) + await payer.pay()
            if deeds:
                environment.log("keeper acted", deeds=len(deeds), done=sum(deed.status == "OK" for deed in deeds))
        except (TransportError, RollupError) as error:
            environment.log("keeper failed", reason=str(error))
        await environment.sleep(INTERVAL_S)
