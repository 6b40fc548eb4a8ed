"""The parts of a devnet that need no process: its plan, its record, its directory, its traders and its prices."""

import json
import os
import socket
from random import Random

import numpy as np
import pytest

from rollup.configuration import ConfigurationError, DevnetConfig, L1Config, SequencerConfig, VerifierConfig, load, load_genesis
from rollup.core.development import development_genesis
from rollup.core.genesis import Feed, FeedKind
from rollup.core.signing import SignatureChecker
from rollup.devnet import record
from rollup.devnet.data_directory import DirectoryRefused, held, is_held
from rollup.devnet.heads import NodeView, compared
from rollup.devnet.record import DevnetError, NodeRecord, Record
from rollup.devnet.reporting import AGAIN_S, Reporters, Walk, due
from rollup.devnet.topology import Ports, plan, write_files
from rollup.devnet.traders import Feeds, Priced, Traders, chosen, contracts_of, mark, secrets_of
from rollup.l1.action import authenticate
from rollup.state.genesis import genesis_rows
from rollup.transition.kinds import REPORTS, Kind
from rollup.transition.machine import PlainMachine
from sequencer.looking import instruments_view
from tests.devnet.real_nodes import ROOT

NOW_S = 1_790_000_000
GENESIS = development_genesis(time_s=NOW_S)
E8 = 10**8
ROLES = {"l1": L1Config, "sequencer": SequencerConfig, "verifier": VerifierConfig}


def shown_contracts():
    machine = PlainMachine()
    machine.load(genesis_rows(GENESIS))
    return contracts_of(instruments_view(machine))


CONTRACTS = shown_contracts()


@pytest.fixture
def planned(tmp_path):
    config = DevnetConfig(data_directory=tmp_path, verifiers=2)
    made = plan(config, ROOT / "configs" / "minimal.toml", {}, NOW_S)
    write_files(made)
    return made


def test_a_plan_has_definite_addresses_that_fit_together(planned):
    l1, sequencer, *verifiers = planned.nodes
    ports = [node.config.listen for node in planned.nodes] + [sequencer.config.ingest_listen]
    assert len(set(ports)) == len(ports)
    assert not any(address.endswith(":0") for address in ports)
    assert all(node.config.l1_url == l1.url for node in (sequencer, *verifiers))
    assert [node.config.key.devnet for node in verifiers] == ["verifier-1", "verifier-2"]


def test_what_is_written_is_what_was_planned(planned):
    assert load_genesis(planned.genesis_path).genesis_hash == planned.genesis.genesis_hash
    assert planned.genesis.chain.time_s == NOW_S
    for node in planned.nodes:
        assert load(ROLES[node.role], node.config_path, {}) == node.config


def test_a_used_port_is_replaced_and_the_next_verifier_has_the_next_port():
    with socket.create_server(("127.0.0.1", 0)) as busy:
        address = "{}:{}".format(*busy.getsockname())
        ports = Ports()
        assert ports.pick(address) != address
        assert ports.moved == [address]
    assert ports.pick(address) == address
    assert ports.pick(address) != address
    free = ports.pick("127.0.0.1:0")
    assert ports.moved == [address, address]
    assert ports.pick(free, 0) != free


def test_the_environment_reaches_the_nodes(tmp_path):
    config = DevnetConfig(data_directory=tmp_path, verifiers=1)
    made = plan(config, None, {"OPTROLL_SEQUENCER_MODE": "plain", "OPTROLL_VERIFIER_LISTEN": "127.0.0.1:0"}, NOW_S)
    assert made.of_role("sequencer")[0].config.mode == "plain"
    with pytest.raises(ConfigurationError):
        plan(config, None, {"OPTROLL_SEQUENCER_MODUS": "plain"}, NOW_S)


def test_a_directory_is_held_by_one_owner(tmp_path):
    place = tmp_path / "a" / "b"
    with held(place, "a devnet"):
        assert is_held(place)
        with pytest.raises(DirectoryRefused, match="a running process uses"), held(place, "a devnet"):
            pass
    assert not is_held(place)
    assert place.stat().st_mode & 0o077 == 0
    with pytest.raises(DirectoryRefused, match="received the data of a devnet, expected the data of a node"), held(place, "a node"):
        pass
    with held(place, "a devnet"):
        pass


@pytest.fixture
def kept(tmp_path):
    nodes = (NodeRecord("l1", "l1", os.getpid(), "http://127.0.0.1:1", "", str(tmp_path)),)
    return Record(1, True, 31_337, 42_069, "genesis.toml", nodes)


def test_a_record_is_there_while_its_devnet_is(tmp_path, kept):
    with held(tmp_path / "net", record.OWNER):
        with pytest.raises(DevnetError, match="still starting"):
            record.read(tmp_path / "net")
        record.write(tmp_path / "net", kept)
        assert record.read(tmp_path / "net") == kept
        with pytest.raises(DevnetError, match="received l2, expected one of l1"):
            kept.node("l2")
    with pytest.raises(DevnetError, match="optroll devnet up"):
        record.read(tmp_path / "net")


def test_a_new_devnet_removes_what_the_last_one_left_and_nothing_else(tmp_path, kept):
    for name in ("l1", "verifier-12", "sequencer", "load", "verifiers", "mine"):
        (tmp_path / name / "data").mkdir(parents=True)
    record.write(tmp_path, kept)
    (tmp_path / "notes.txt").touch()
    with held(tmp_path / "l1" / "data", "a node"), pytest.raises(DevnetError, match="l1: received one that a running process uses"):
        record.clear(tmp_path)
    record.clear(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "notes.txt", "verifiers"]


def view(name, safe, root):
    return NodeView(name, "verifier", "", 1, is_up=True, safe=safe, finalized=0, roots={3: root} if root else {})


def test_agreement_is_everybodys_root_after_one_batch():
    same = compared([view("a", 3, "0x1"), view("b", 4, "0x1"), NodeView("l1", "l1", "", 1, is_up=True, l1=9)], 3)
    assert (same.agree, same.root, same.head("safe"), same.head("unsafe")) == (True, "0x1", 4, -1)
    assert not compared([view("a", 3, "0x1"), view("b", 3, "0x2")], 3).agree
    assert not compared([view("a", 3, "0x1"), view("b", 3, "")], 3).agree
    assert not compared([], -1).agree


def test_the_walk_stays_close_and_reports_are_the_reporters_own():
    walk = Walk(GENESIS, Random(1))
    before = list(walk.spots_e8)
    for _ in range(100):
        walk.step()
    assert all(0.9 < after / first < 1.1 for after, first in zip(walk.spots_e8, before, strict=True))
    records, signatures = Reporters(GENESIS).report(walk, dict(enumerate(GENESIS.feeds, 1)), NOW_S)
    required = GENESIS.parameters.reporters_required
    assert len(records) == required * len(GENESIS.feeds)
    authenticate(records, np.ascontiguousarray(signatures[:, :64]), GENESIS, SignatureChecker())
    assert records["authentic"].all()
    heads = records[np.isin(records["kind"], REPORTS)]
    assert heads["feed"].tolist() == list(range(1, len(GENESIS.feeds) + 1))
    assert (heads["parts"] == required - 1).all()


def test_the_token_of_cash_is_reported_at_a_dollar():
    assert Walk(GENESIS, Random(1)).fields(GENESIS.feeds[-1], NOW_S) == {"number": 10**8}


def test_forwards_carry_the_spot_price():
    walk, expiry_s = Walk(GENESIS, Random(1)), GENESIS.markets[0].expiries_s[1]
    spot, forward = (
        walk.observe(feed, NOW_S) for feed in GENESIS.feeds[:1] + tuple(f for f in GENESIS.feeds if f.kind == FeedKind.FORWARD)[1:2]
    )
    years = (expiry_s - NOW_S) / 31_536_000
    assert forward == pytest.approx(spot * (1 + 0.04 * years), rel=1e-6)


def test_marks_keep_put_call_parity_and_bounds():
    feeds = Feeds(forward=101_000.0, vol=0.6)
    options = [each for each in CONTRACTS if each.vol_feed]
    for call, put in zip(options[0::2], options[1::2], strict=True):
        if call.market == "BTC":
            value, other = mark(call, feeds, NOW_S), mark(put, feeds, NOW_S)
            assert value - other == pytest.approx(feeds.forward - call.strike_e8 / 1e8)
            assert 0 < value < feeds.forward
    assert mark(CONTRACTS[GENESIS.instrument_id("BTC-PERPETUAL") - 1], feeds, NOW_S) == feeds.forward


def test_traders_sign_orders_that_can_be_traded():
    secrets = secrets_of(3)
    traders = Traders(GENESIS, secrets, [11, 12, 13], [0, 5, 0], Random(1))
    found = chosen(CONTRACTS, {"BTC": 100_000.0, "ETH": 3_500.0}, NOW_S)
    marks = {each.instrument: Priced(1_000.0, each.tick_e8, each.lot_e6) for each in found}
    assert {each.market for each in found} == {"BTC", "ETH"}
    assert {each.strike_e8 // E8 for each in found if each.market == "BTC"} == {0, 90_000, 100_000}
    assert {each.expiry_s for each in found} == {0, GENESIS.markets[0].expiries_s[0]}
    assert {GENESIS.instrument_id(f"{symbol}-PERPETUAL") for symbol in ("BTC", "ETH")} < set(marks)
    records, signatures = traders.act(60, marks)
    authenticate(records, np.ascontiguousarray(signatures[:, :64]), GENESIS, SignatureChecker())
    assert records["authentic"].all()
    assert set(records["kind"].tolist()) == {Kind.PLACE_ORDER, Kind.CANCEL_ALL}
    for account in (11, 12, 13):
        nonces = records["nonce"][records["account"] == account]
        assert (np.diff(nonces) == 1).all()
    orders = records[records["kind"] == Kind.PLACE_ORDER]
    ticks = np.array([GENESIS.instruments[place - 1].tick_e8 for place in orders["instrument"]])
    assert (orders["price_e8"] % ticks == 0).all()
    assert (abs(orders["price_e8"] / 1e11 - 1) < 0.03).all()
    assert set(orders["side"].tolist()) == {0, 1}


def test_without_marks_traders_only_cancel():
    traders = Traders(GENESIS, secrets_of(2), [1, 2], [0, 0], Random(1))
    records, _ = traders.act(7, {})
    assert set(records["kind"].tolist()) == {Kind.CANCEL_ALL}
    assert json.dumps(traders.nonces) == "[4, 3]"


def shown_feed(**fields):
    return {"feed": 7, "kind": "forward", "market": "ETH", "expiry_s": NOW_S + 900, "timestamp_s": 0, **fields}


@pytest.mark.parametrize(
    ("fields", "is_due"),
    [
        ({}, True),
        ({"timestamp_s": NOW_S - AGAIN_S}, True),
        ({"timestamp_s": NOW_S - AGAIN_S + 1}, False),
        ({"expiry_s": NOW_S + 1}, True),
        ({"expiry_s": NOW_S}, False),
        ({"kind": "spot", "expiry_s": 0, "timestamp_s": NOW_S - 1}, True),
        ({"kind": "spot", "expiry_s": 0, "timestamp_s": NOW_S}, False),
        ({"kind": "stable", "market": None, "expiry_s": 0}, True),
    ],
)
def test_feeds_are_reported_while_they_matter(fields, is_due):
    found = due([shown_feed(**fields)], ["BTC", "ETH"], NOW_S)
    kind = FeedKind[fields.get("kind", "forward").upper()]
    market = 2 if fields.get("market", "ETH") else 0
    assert found == ({7: Feed(kind, market, fields.get("expiry_s", NOW_S + 900))} if is_due else {})
