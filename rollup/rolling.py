"""What a keeper does about instruments: fix prices, settle holders, take away what is over, and list what the rule asks for.

One rule: as with all of a keeper's work, the sequencer's views say what there is to do, the state machine decides, and being second costs
nothing.
"""

from typing import cast

from rollup.core.transport import JSON
from rollup.keeper import Deed, Keeper
from rollup.transition.kinds import Kind

Object = dict[str, JSON]

ROUNDS = 64
"""Looks at what may be listed, at most, before a keeper looks after something else."""


async def roll(keeper: Keeper) -> list[Deed]:
    """Do what there is to do about instruments: what was done. Raises KeeperError, RpcError, RpcTimeout, ConnectionFailed."""
    found = await look(keeper)
    deeds = [await keeper.act(Kind.FIX_SETTLEMENT, f"feed {feed}", feed=feed) for feed in cast("list[int]", found["fixable"])]
    if deeds:
        found = await look(keeper)
    over = cast("list[Object]", found["over"])
    if any(each["held"] for each in over):
        deeds += await settle_holders(keeper)
    for each in over:
        deeds += await take_away(keeper, cast("int", each["feed"]), cast("int", each["strikes"]))
    return deeds + await list_strikes(keeper)


async def look(keeper: Keeper) -> Object:
    """Ask what there is to do."""
    return cast("Object", await keeper.rpc.call("optroll_getListings", []))


async def settle_holders(keeper: Keeper) -> list[Deed]:
    """Settle everybody who holds what has expired."""
    deeds: list[Deed] = []
    first: JSON = 1
    while first is not None:
        found = cast("Object", await keeper.rpc.call("optroll_getUnsettled", [first]))
        for each in cast("list[dict[str, int]]", found["positions"]):
            fields = {"instrument": each["instrument"], "counterparty": each["account"]}
            deeds.append(await keeper.act(Kind.SETTLE, f"account {each['account']}", **fields))
        first = found["next"]
    return deeds


async def take_away(keeper: Keeper, feed: int, strikes: int) -> list[Deed]:
    """Take the strikes of an expiry away, and its feeds, until something is held still; orders that rest there take rounds more."""
    deeds: list[Deed] = []
    for _ in range(strikes + ROUNDS):
        deed = await keeper.send_free(Kind.DELIST, f"feed {feed}", feed=feed)
        if deed.status != "OK":
            break
        deeds.append(deed)
    return deeds


async def list_strikes(keeper: Keeper) -> list[Deed]:
    """List all that the rule asks for, a portion a look; no more once a portion brings nothing."""
    deeds: list[Deed] = []
    for _ in range(ROUNDS):
        wanted = cast("list[dict[str, int]]", (await look(keeper))["listable"])
        done = [await list_strike(keeper, each) for each in wanted]
        deeds += done
        if not any(deed.status == "OK" for deed in done):
            break
    return deeds


async def list_strike(keeper: Keeper, strike: dict[str, int]) -> Deed:
    """List one strike."""
    fields = {"number": strike["market"], "timestamp_s": strike["expiry_s"], "price_e8": strike["strike_e8"]}
    about = f"{strike['symbol']} at {strike['strike_e8'] / 1e8:g} for {strike['expiry_s']}"
    return await keeper.send_free(Kind.LIST_INSTRUMENT, about, **fields)
