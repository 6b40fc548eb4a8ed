"""Records for the tests of L1's formats: a plausible batch, and an implausible one."""

import numpy as np

from rollup.core.address import rows_from_addresses
from rollup.l1.records import normalised
from rollup.state.layout import TX
from rollup.transition.kinds import FIELDS, Kind


def orders(count: int, signers: int, seed: int = 1):
    """`count` limit orders of a market day by `signers` accounts, and their signatures (as random as real ones)."""
    rng = np.random.default_rng(seed)
    records = np.zeros(count, TX)
    who = rng.integers(0, signers, count)
    owners = rows_from_addresses(rng.integers(0, 256, (signers, 20), dtype=np.uint8))
    nonces = rng.integers(1, 5000, signers)
    records["kind"], records["account"] = Kind.PLACE_ORDER, who + 1
    records["owner"] = records["signer"] = owners[who]
    for place, one in enumerate(who.tolist()):
        nonces[one] += 1
        records["nonce"][place] = nonces[one]
    records["expiry_s"] = 1_782_867_600
    records["instrument"], records["side"] = rng.integers(1, 65, count), rng.integers(0, 2, count)
    records["price_e8"] = rng.integers(10, 2000, count) * 5 * 10**8
    records["quantity_e6"] = rng.integers(1, 100, count) * 10_000
    records["time_in_force"], records["options"] = rng.integers(0, 3, count), rng.integers(0, 2, count)
    records["max_fee_e8"] = 10**9
    return records, rng.integers(0, 256, (count, 64), dtype=np.uint8)


def anything(count: int, seed: int):
    """Records in normal form of all kinds in short runs, with any numbers, and continuations among them."""
    rng = np.random.default_rng(seed)
    records = np.zeros(count, TX)
    for name in TX.names:
        bits = int(rng.integers(0, 64))
        records[name] = (
            rng.integers(-(1 << bits), 1 << bits, records[name].shape, dtype=np.int64)
            if bits < 63
            else rng.integers(-(1 << 63), (1 << 63) - 1, records[name].shape, dtype=np.int64)
        )
    records["kind"] = np.repeat(rng.choice([*FIELDS, Kind.CONTINUATION, Kind.DEPOSIT, 0, 77], count), rng.integers(1, 4, count))[:count]
    records["continues"] = rng.choice(list(FIELDS), count)
    return normalised(records), rng.integers(0, 256, (count, 64), dtype=np.uint8)
