"""The genesis: strict to read, the same for everybody, and the rows that follow from it."""

import copy

import numpy as np
import pytest

from rollup.core import bls
from rollup.core.address import address_words
from rollup.core.development import (
    TRADER_SECRETS,
    WEEK_DISPUTE,
    development_bls_secret,
    development_genesis,
    development_mapping,
    development_secret,
)
from rollup.core.errors import GenesisError
from rollup.core.genesis import BATCH_STEPS, Feed, FeedKind
from rollup.core.genesis_mapping import genesis_from_mapping, genesis_to_mapping
from rollup.core.instrument_names import CALL, PERPETUAL, PUT, format_instrument_alias, parse_instrument_name
from rollup.core.signing import address_of
from rollup.dispute.schedule import direct_window, window
from rollup.state.genesis import genesis_rows, symbol_number
from rollup.state.layout import PARAMETERS
from rollup.state.limits import STEPS
from rollup.state.rows import DTYPES
from rollup.transition.genesis_bounds import check_bounds

GENESIS = development_genesis()


def changed(path: str, value: object) -> dict[str, object]:
    """The devnet's mapping with one entry changed, or taken out where the value is `...`."""
    mapping = copy.deepcopy(development_mapping())
    inner, *names = mapping, *path.split(".")
    for name in names[:-1]:
        inner = inner[int(name) if name.isdigit() else name]
    if value is ...:
        del inner[names[-1]]
    else:
        inner[names[-1]] = value
    return mapping


def test_the_mapping_reads_back():
    assert genesis_from_mapping(genesis_to_mapping(GENESIS)) == GENESIS
    assert genesis_to_mapping(GENESIS) == development_mapping()


def test_the_hash_is_of_everything():
    assert development_genesis().genesis_hash == GENESIS.genesis_hash
    others = [
        changed("chain.time_s", 5),
        changed("dispute.bond_wei", str(10**20)),
        changed("parameters.taker_fee_e9", 1),
        changed("roles.guardian", "0x" + "11" * 20),
        changed("markets.0.lot_e6", 7),
        changed("withdrawals.airgap_blocks", 6),
        changed("inbox.queue_fee_wei", 1),
        changed("contracts.bridge", "0x" + "12" * 20),
        changed("dispute.published_leaves", True),
        changed("stable_feed", False),
    ]
    hashes = {genesis_from_mapping(mapping).genesis_hash for mapping in others}
    assert len(hashes | {GENESIS.genesis_hash}) == len(others) + 1


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("chain", ...), ("chain.time_s", ...), ("chain.colour", 5), ("colour", 5), ("chain", 5), ("chain.time_s", "5"), ("chain.time_s",
        -1),
        ("chain.time_s", True), ("chain.time_s", 1.5), ("contracts.inbox", "0x12"), ("contracts.inbox", 5), ("roles.reporters", 5),
        ("roles.reporters", ["0x" + "11" * 20] * 5), ("roles.reporters", []), ("dispute.published_leaves", 1), ("dispute.txs_per_leaf", 3),
        ("dispute.txs_per_leaf", 0), ("inbox.forced_batch_max", 0),
        ("inbox.forced_batch_max", BATCH_STEPS), ("dispute.burn_e9", 10**9 + 1),
        ("safety.pause_blocks", 10**6), ("safety.liveness_blocks", 149), ("dispute.block_time_s", 0), ("dispute.bond_wei", "ten"),
        ("parameters.reporters_required", 6),
        ("parameters.reporters_required", 0), ("stable_feed", 1),
        ("markets.0.symbol", "btc"), ("markets.0.symbol", "ETH"), ("markets.0.expiries_s",
        ["20260231"]),
        ("markets.0.expiries_s", ["20261225", "20260925"]), ("markets.0.future_expiries_s", ["20261225", "20260925"]),
        ("markets.0.perpetual", 1), ("markets.0.perpetual", ...), ("markets.0.future_expiries_s", ["2026122"]),
        ("markets.0.strikes_e8", [5, 5]), ("markets.0.strikes_e8", [0]),
        ("markets.0.tick_e8", 0), ("markets.0.strikes_e8", list(range(1, 40_000))), ("verifiers.0.public_key", "0x" + "11" * 47),
    ],
)  # fmt: skip
def test_refused_by_name(path, value):
    with pytest.raises(GenesisError) as caught:
        genesis_from_mapping(changed(path, value))
    assert caught.value.expected
    assert "genesis" in caught.value.what or "market" in caught.value.what


def test_dispute_profiles_of_the_specification():
    assert WEEK_DISPUTE["censorship_max_blocks"] * 12 == 7 * 86_400
    week = development_genesis(dispute=WEEK_DISPUTE).dispute
    assert (week.levels_max, week.window_blocks) == (12, 51_103)
    short = development_genesis(dispute={**WEEK_DISPUTE, "censorship_max_blocks": 20, "delay_blocks": 1, "txs_per_leaf": 4}).dispute
    assert (short.levels_max, short.window_blocks) == (10, 67)
    assert BATCH_STEPS == STEPS
    direct = development_genesis(dispute={**WEEK_DISPUTE, "published_leaves": True}).dispute
    assert direct.window_blocks == direct_window(50_400, 25) == 50_453
    assert week.window_blocks == window(50_400, 25, 12)


def test_instruments_and_feeds():
    assert len(GENESIS.instruments) == 68
    assert len(GENESIS.feeds) == 15
    for number, instrument in enumerate(GENESIS.instruments, 1):
        named = parse_instrument_name(instrument.name)
        assert (named.expiry_s, named.strike_e8, named.option_type) == (instrument.expiry_s, instrument.strike_e8, instrument.option_type)
        assert GENESIS.instrument_id(instrument.name) == number
        kind = FeedKind.PERPETUAL if instrument.option_type == PERPETUAL else FeedKind.FORWARD
        assert GENESIS.feeds[instrument.forward_feed - 1] == Feed(kind, instrument.market, instrument.expiry_s)
        if instrument.option_type in (CALL, PUT):
            assert GENESIS.feeds[instrument.vol_feed - 1] == Feed(FeedKind.SURFACE, instrument.market, instrument.expiry_s)
        else:
            assert (instrument.vol_feed, instrument.strike_e8) == (0, 0)
        assert GENESIS.instrument_id(format_instrument_alias(named)) == number
    assert GENESIS.instrument_id("BTC-20200101-1-C") == 0
    assert GENESIS.feed_id(FeedKind.SPOT, 2) > 0
    assert GENESIS.feed_id(FeedKind.SPOT, 3) == 0


def test_markets_have_what_they_list():
    bare = genesis_from_mapping(changed("markets.0.perpetual", False))
    assert bare.instrument_id("BTC-PERPETUAL") == bare.feed_id(FeedKind.PERPETUAL, 1) == 0
    assert genesis_rows(bare)["markets"][1].view(DTYPES["markets"])["perpetual"][:, 0].tolist() == [0, bare.instrument_id("ETH-PERPETUAL")]
    alone = genesis_from_mapping(changed("markets.0.future_expiries_s", ["20270326"]))
    number = alone.instrument_id("BTC-20270326")
    assert alone.feeds[alone.instruments[number - 1].forward_feed - 1].expiry_s == alone.instruments[number - 1].expiry_s
    assert alone.instrument_id("BTC-20270326-100000-C") == 0


def test_rows():
    rows = genesis_rows(GENESIS)
    assert set(rows) == set(DTYPES)
    records = {name: words.view(DTYPES[name])[:, 0] for name, (_, words) in rows.items() if len(words)}
    system, parameters = records["system"][0], records["parameters"][0]
    assert (system["instruments"], system["markets"], system["feeds"], system["reporters"]) == (68, 2, 15, 5)
    assert GENESIS.feeds[system["stable_feed"] - 1] == Feed(FeedKind.STABLE, 0, 0)
    assert tuple(system["governor"]) == address_words(GENESIS.roles.governor)
    given = set(GENESIS.parameters.__dataclass_fields__)
    assert set(PARAMETERS.names) - given == {"version", "effective_s", "spare"}
    assert all(parameters[name] == getattr(GENESIS.parameters, name) for name in given)
    assert records["markets"]["symbol"].tolist() == [symbol_number("BTC"), symbol_number("ETH")] == [0x425443, 0x455448]
    assert rows["instruments"][0].tolist() == list(range(1, 69))
    first = records["markets"][0]
    assert GENESIS.feeds[first["spot_feed"] - 1].kind == FeedKind.SPOT
    assert GENESIS.feeds[first["rate_feed"] - 1].kind == FeedKind.RATE
    assert np.array_equal(records["reporters"]["address"], [address_words(each) for each in GENESIS.roles.reporters])


def test_without_a_feed_of_its_own_cash_counts_as_a_dollar():
    without = genesis_from_mapping(changed("stable_feed", False))
    assert without.feed_id(FeedKind.STABLE, 0) == 0
    assert without.feeds == GENESIS.feeds[:-1]
    assert genesis_rows(without)["system"][1].view(DTYPES["system"])["stable_feed"][0, 0] == 0


def test_development_keys():
    assert address_of(bytes.fromhex(TRADER_SECRETS[0])).hex() == "f39fd6e51aad88f6f4ce6ab8827279cfffb92266"
    assert GENESIS.roles.sequencer == address_of(development_secret("sequencer"))
    verifier = GENESIS.verifiers[0]
    assert verifier.public_key == bls.public_key_of(development_bls_secret("verifier-1"))
    assert bls.verify_possession(verifier.public_key, verifier.proof)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("chain.time_s", 1 << 40),
        ("chain.time_s", 1_900_000_000),
        ("parameters.taker_fee_e9", 10**8),
        ("parameters.put_offset_e9", 0),
        ("parameters.settlement_window_s", 0),
        ("markets.1.tick_e8", 1 << 47),
        ("markets.1.lot_e6", 1 << 40),
        ("markets.1.strikes_e8", [1, 1 << 47]),
    ],
)
def test_what_the_arithmetic_cannot_hold_is_refused(path, value):
    check_bounds(GENESIS)
    with pytest.raises(GenesisError, match=path.rsplit(".", 1)[-1] if path != "chain.time_s" else "time_s|expiries"):
        check_bounds(genesis_from_mapping(changed(path, value)))
