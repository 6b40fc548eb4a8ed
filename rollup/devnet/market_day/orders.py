"""What makers and takers send, as unsigned fields: mass quotes over a window of the chain, blocks of several legs.

One rule: nothing here knows of a node; the drill signs and sends it one by one, the measurement by the thousand.
"""

from collections.abc import Iterator, Sequence

from rollup.core.genesis import Genesis, Instrument
from rollup.devnet.market_day.weather import E9, Weather
from rollup.market.terms import BOTH_SIDES, SELL
from rollup.state.limits import PARTS

QUOTED = PARTS + 1
"""Instruments that one mass quote covers, on both sides."""

FEE_MAX_E8 = 10**12
"""What an order agrees to pay for one contract, at most."""

Fields = dict[str, int]


def live(genesis: Genesis, time_s: int) -> list[int]:
    """Return the instruments that have not expired, and do not within a minute."""
    found = enumerate(genesis.instruments, 1)
    return [number for number, each in found if each.expiry_s == 0 or each.expiry_s > time_s + 60]


def windows(ids: Sequence[int], makers: int) -> Iterator[list[list[int]]]:
    """Yield, again and again, which instruments each maker quotes, so that all come up: each maker another window, one after another."""
    start = 0
    while True:
        turned = [ids[(start + place) % len(ids)] for place in range(makers * QUOTED)]
        yield [turned[maker * QUOTED : (maker + 1) * QUOTED] for maker in range(makers)]
        start += makers * QUOTED


def quotes(weather: Weather, ids: Sequence[int], half_spread_e9: int, quantity_e6: int) -> list[Fields]:
    """Return a two-sided quote on each instrument, around its mark: the fields of a mass quote's records."""
    made = []
    for place, number in enumerate(ids):
        instrument = weather.genesis.instruments[number - 1]
        size = lots(instrument, quantity_e6)
        made.append(
            {
                "instrument": number,
                "side": BOTH_SIDES,
                "price_e8": weather.priced(instrument, E9 - half_spread_e9),
                "quantity_e6": size,
                "amount_e8": weather.priced(instrument, E9 + half_spread_e9) + instrument.tick_e8,
                "expected_e6": size,
                "max_fee_e8": FEE_MAX_E8,
                "sequence": place,
                "number": len(ids),
            }
        )
    return made


def legs(weather: Weather, ids: Sequence[int], sides: Sequence[int], quantity_e6: int) -> tuple[list[Fields], list[Fields]]:
    """Return a block trade at the marks: the legs of the side whose `sides` are given, and the mirrored ones of the other."""
    taken, given = [], []
    for place, (number, side) in enumerate(zip(ids, sides, strict=True)):
        instrument = weather.genesis.instruments[number - 1]
        terms = {
            "instrument": number,
            "price_e8": weather.priced(instrument, E9),
            "quantity_e6": lots(instrument, quantity_e6),
            "max_fee_e8": FEE_MAX_E8,
            "sequence": place,
            "number": len(ids),
        }
        taken.append({**terms, "side": side})
        given.append({**terms, "side": SELL - side})
    return taken, given


def lots(instrument: Instrument, quantity_e6: int) -> int:
    """Return a quantity in whole lots, at least one."""
    return max(quantity_e6 // instrument.lot_e6, 1) * instrument.lot_e6
