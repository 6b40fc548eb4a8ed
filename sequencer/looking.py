"""Views of the state for people: accounts, instruments, books, feeds. Pure: a machine in, JSON out.

One rule: names where people use names, decimal integers in the state's units everywhere else.
"""

from rollup.core.address import address_from_words, parse_address
from rollup.core.errors import AddressInvalid, shown
from rollup.core.genesis import FeedKind
from rollup.core.instrument_names import CALL, FUTURE, PERPETUAL, PUT
from rollup.core.transport import JSON, RpcError
from rollup.market.feeds import NEVER_S
from rollup.market.levels import BRANCH
from rollup.market.margin import health, mark_to_market
from rollup.market.strain import strain_parts
from rollup.market.terms import BUY, IN_AUCTION, SELL
from rollup.state.limits import PAGE_POSITIONS, PAGES, TICK_MAX
from rollup.transition.machine import Machine
from sequencer.naming import Fields, find_instrument, is_listed, listed, name_in, name_of, scalar, symbol_of

INVALID_PARAMS = -32602
"""Error code of parameters that name nothing."""

STRAIN_SHOWN = ("silence_e9", "volatility_e9", "lag_e9")
"""What raises an account's initial margin, as shares of its initial buffer."""

LEVELS_SHOWN = 50
"""Price levels of a book that are shown on each side."""


def account_view(machine: Machine, number: int) -> JSON:
    """Return a subaccount, or None where there is none."""
    if not 0 < number <= scalar(machine.row("system", 0), "accounts"):
        return None
    account = machine.row("accounts", number)
    fork = machine.fork(())
    initial, maintenance, oldest = health(fork.state, number, 0, 0, 0)
    mark, _ = mark_to_market(fork.state, number)
    return {
        "account": number,
        "owner": address_text(account["owner"]),
        "cash_e8": scalar(account, "cash_e8"),
        "nonce": scalar(account, "nonce"),
        "initial_health_e8": initial,
        "maintenance_health_e8": maintenance,
        "strain": dict(zip(STRAIN_SHOWN, strain_parts(fork.state, number, 0, oldest), strict=True)),
        "reserved_e8": scalar(account, "reserved_e8"),
        "mark_to_market_e8": mark,
        "paid_in_e8": scalar(account, "paid_in_e8"),
        "in_auction": scalar(account, "status") == IN_AUCTION,
        "collateral": collateral_view(machine, number),
        "protection": protection_view(machine.row("protections", number)),
        "oldest_feed_s": None if oldest == NEVER_S else oldest,
        "positions": positions_view(machine, number, scalar(account, "positions")),
        "orders": orders_view(machine, words(machine.row("resting", number), "order")),
    }


def collateral_view(machine: Machine, number: int) -> JSON:
    """Return what an account holds of the markets' underlyings, by symbol."""
    held = words(machine.row("collateral", number), "quantity_e6")
    return {symbol_of(machine, market): quantity for market, quantity in enumerate(held) if quantity}


def positions_view(machine: Machine, number: int, count: int) -> JSON:
    """Return an account's `count` positions."""
    return [
        {"instrument": name_of(machine, instrument), "quantity_e6": quantity}
        for page in range(-(-count // PAGE_POSITIONS))
        for holdings in [machine.row("holdings", number * PAGES + page)]
        for instrument, quantity in zip(words(holdings, "instrument"), words(holdings, "quantity_e6"), strict=True)
        if quantity
    ]


def orders_view(machine: Machine, orders: list[int]) -> JSON:
    """Return resting orders by their ids; zeros are skipped."""
    return [order_view(machine, number, machine.row("orders", number)) for number in orders if number]


def order_view(machine: Machine, number: int, order: Fields) -> JSON:
    """Return one resting order."""
    return {
        "order": number,
        "instrument": name_of(machine, scalar(order, "instrument")),
        "side": SIDES[scalar(order, "side")],
        "price_e8": scalar(order, "price_e8"),
        "quantity_e6": scalar(order, "quantity_e6"),
        "filled_e6": scalar(order, "filled_e6"),
        "reserved_e8": scalar(order, "reserved_e8"),
        "options": scalar(order, "options"),
        "trigger_e8": scalar(order, "trigger_e8"),
        "account": scalar(order, "account"),
        "nonce": scalar(order, "nonce"),
        "expiry_s": scalar(order, "expiry_s"),
    }


def protection_view(row: Fields) -> JSON:
    """Return an account's market-maker protection, or None where it has none."""
    if scalar(row, "interval_s") == 0 and scalar(row, "frozen_until_s") == 0:
        return None
    return {name: scalar(row, name) for name in PROTECTION_SHOWN}


def accounts_of(machine: Machine, owner: str) -> JSON:
    """Return the numbers of an owner's subaccounts. Raises RpcError for what is no address."""
    try:
        wanted = parse_address(owner)
    except AddressInvalid as error:
        raise RpcError(INVALID_PARAMS, str(error)) from error
    return [number for number, row in machine.rows("accounts") if address_from_words(*row[:3]) == wanted]


def instruments_view(machine: Machine) -> JSON:
    """Return every instrument that is listed."""
    rows = [(number, machine.row("instruments", number)) for number in listed(machine)]
    symbols = {market: symbol_of(machine, market) for market in {scalar(row, "market") for _, row in rows}}
    forwards = {feed: machine.row("feeds", feed) for feed in {scalar(row, "forward_feed") for _, row in rows}}
    return [
        {
            "instrument": number,
            "name": name_in(row, symbols[scalar(row, "market")]),
            "market": symbols[scalar(row, "market")],
            "option_type": OPTION_TYPES[scalar(row, "option_type")],
            **{name: scalar(row, name) for name in INSTRUMENT_SHOWN},
            "settlement_e8": scalar(forwards[scalar(row, "forward_feed")], "settlement_e8"),
        }
        for number, row in rows
    ]


def book_view(machine: Machine, instrument: str | int) -> JSON:
    """Return an instrument's price levels, best first. Raises RpcError for an unknown one."""
    number = instrument if isinstance(instrument, int) else find_instrument(machine, instrument)
    if not is_listed(machine, number):
        raise RpcError(INVALID_PARAMS, f"there is no instrument {shown(instrument)}")
    row = machine.row("instruments", number)
    sides = {name: levels_of(machine, words(row, "book")[side], side, scalar(row, "tick_e8")) for side, name in SIDES.items()}
    return {"instrument": name_of(machine, number), "bids": sides["buy"], "asks": sides["sell"]}


def levels_of(machine: Machine, root: int, side: int, tick_e8: int) -> JSON:
    """Return price and size of the first levels of a tree, in order of their keys."""
    shown: list[JSON] = []
    waiting = [root] if root else []
    while waiting and len(shown) < LEVELS_SHOWN:
        node = machine.row("levels", waiting.pop())
        if node["kind"] == BRANCH:
            waiting += [scalar(node, "one"), scalar(node, "zero")]
        else:
            key = scalar(node, "key")
            ticks = TICK_MAX - key if side == BUY else key
            shown.append([ticks * tick_e8, scalar(node, "quantity_e6")])
    return shown


def feeds_view(machine: Machine) -> JSON:
    """Return every feed and its last value."""
    feeds = machine.where("feeds", "kind", scalar(machine.row("system", 0), "feeds"))
    return [feed_view(machine, number) for number in feeds]


def feed_view(machine: Machine, number: int) -> JSON:
    """Return one feed."""
    row = machine.row("feeds", number)
    kind = FeedKind(scalar(row, "kind"))
    shown = (*FEED_SHOWN, *(SURFACE if kind == FeedKind.SURFACE else ()))
    market = symbol_of(machine, scalar(row, "market")) or None
    return {"feed": number, "kind": kind.name.lower(), "market": market, **{name: scalar(row, name) for name in shown}}


def address_text(row: int | list[int]) -> str:
    """Return an address, as a field of three words, in hexadecimal."""
    first, middle, last = row if isinstance(row, list) else (0, 0, 0)
    return "0x" + address_from_words(first, middle, last).hex()


def words(row: Fields, name: str) -> list[int]:
    """Return a field of several words."""
    value = row[name]
    assert isinstance(value, list)
    return value


INSTRUMENT_SHOWN = (
    "strike_e8",
    "expiry_s",
    "tick_e8",
    "lot_e6",
    "open_interest_e6",
    "funding_e8",
    "forward_feed",
    "vol_feed",
)
"""Fields of an instrument that are shown as they are."""

FEED_SHOWN = ("expiry_s", "number", "confidence_e9", "timestamp_s")
"""Fields that every feed has."""

SURFACE = ("surface_a", "surface_b", "surface_rho", "surface_m", "surface_sigma", "reference_e8", "reference_us")
"""What a surface feed has beside its number."""

PROTECTION_SHOWN = (
    "interval_s",
    "freeze_s",
    "quantity_limit_e6",
    "delta_limit_e6",
    "window_s",
    "filled_e6",
    "delta_e6",
    "frozen_until_s",
)
"""Fields of an account's protection that are shown."""

OPTION_TYPES = {CALL: "call", PUT: "put", FUTURE: "future", PERPETUAL: "perpetual"}
"""Names of the types of instruments."""

SIDES = {BUY: "buy", SELL: "sell"}
"""Names of the sides."""
