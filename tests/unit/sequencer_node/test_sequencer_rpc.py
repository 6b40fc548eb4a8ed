"""The sequencer's JSON-RPC: people see what the state holds, in numbers and names; what makes no sense is an error, never a crash."""

import json

import pytest
import trio

from rollup.acceleration import Acceleration
from rollup.bulk_greeks import PLAIN, BulkGreeks
from rollup.core.address import parse_address
from rollup.core.instrument_names import parse_instrument_name
from rollup.core.signing import address_of, recover
from rollup.core.transport import RpcError
from rollup.market.terms import BUY, SELL
from rollup.transition.status import Status
from sequencer.execution import part_of
from sequencer.intake import Refusal
from sequencer.looking import LEVELS_SHOWN, OPTION_TYPES, account_view, accounts_of, book_view, feeds_view, instruments_view
from sequencer.pipeline import Checked
from sequencer.receipts import Claim
from sequencer.rpc import ANSWER_WITHIN_S, INVALID_PARAMS, METHODS, NO_METHOD, READS, SequencerRpc, figures, receipt_view
from sequencer.stages import STAGES
from tests.unit.contracts.trading_day import TRADERS
from tests.unit.sequencer_node.exchange_day import E6, E8, GENESIS, RICH_E8, TIME_S, checked, new_desk, opened_producer, transfers
from tests.unit.sequencer_node.node_scene import play
from tests.unit.sequencer_node.test_trigger_keeper import machine_of
from tests.unit.transition.opened_market import Desk as StrainedDesk
from tests.unit.transition.test_strained_margin import SETTINGS


@pytest.fixture(name="desk")
def desk_fixture():
    return new_desk()


@pytest.fixture(name="market")
def market_fixture(desk):
    """A machine in which traders 1 and 2 offer and bid, and trader 0 has bought."""
    producer = opened_producer()
    signed = [
        *desk.oracles(TIME_S),
        *(desk.order(1, SELL, 2_100 + 10 * place, 100_000) for place in (3, 1, 2, 1)),
        *(desk.order(2, BUY, 2_000 - 10 * place, 200_000) for place in (2, 0, 1)),
        desk.order(0, BUY, 2_110, 150_000),
    ]
    group = producer.add(*checked(signed))
    assert set(group.submitted["status"].tolist()) <= {Status.OK, Status.CONTINUED}
    return producer.machine


def option(desk):
    return GENESIS.instruments[desk.instrument - 1].name


def test_an_account_shows_its_money_positions_and_orders(market, desk):
    view = account_view(market, 1)
    row = market.row("accounts", 1)
    assert view["owner"] == "0x" + address_of(TRADERS[0]).hex()
    assert (view["account"], view["cash_e8"], view["nonce"]) == (1, row["cash_e8"], row["nonce"])
    assert view["positions"] == [{"instrument": option(desk), "quantity_e6": 150_000}]
    assert view["orders"] == []
    assert (view["collateral"], view["in_auction"], view["paid_in_e8"]) == ({}, False, RICH_E8)
    assert view["mark_to_market_e8"] > view["maintenance_health_e8"], "what is held long is worth something"
    assert 0 < view["initial_health_e8"] <= view["maintenance_health_e8"] < RICH_E8
    assert view["oldest_feed_s"] is None
    seller = account_view(market, 2)
    assert seller["oldest_feed_s"] == TIME_S
    assert 0 < seller["initial_health_e8"] < seller["maintenance_health_e8"] < RICH_E8
    assert [position["quantity_e6"] for position in seller["positions"]] == [-150_000]
    assert sorted((order["price_e8"] // E8, order["quantity_e6"]) for order in seller["orders"]) == [
        (2_110, 50_000),
        (2_120, 100_000),
        (2_130, 100_000),
    ]
    assert {(order["side"], order["instrument"], order["account"]) for order in seller["orders"]} == {("sell", option(desk), 2)}
    assert json.loads(json.dumps(seller)) == seller
    assert seller["strain"] == view["strain"] == {"silence_e9": 0, "volatility_e9": 0, "lag_e9": 0}


def test_an_account_shows_what_strains_its_margin():
    desk = StrainedDesk()
    desk.edit("parameters", 0, **SETTINGS)
    desk.hold(1, {1: -(10**6)})
    calm = account_view(machine_of(desk), 1)
    desk.edit("feeds", 1, variance_e12=4 * 10**12, silence_until_s=desk.row("system", 0).time_s + 1_200)
    desk.edit("system", 0, lag_until_s=desk.row("system", 0).time_s + 1_800)
    view = account_view(machine_of(desk), 1)
    assert view["strain"] == {"silence_e9": 5 * 10**8, "volatility_e9": 15 * 10**8, "lag_e9": 10**9}
    buffer = calm["maintenance_health_e8"] - calm["initial_health_e8"]
    assert view["initial_health_e8"] == calm["initial_health_e8"] - 3 * buffer
    assert view["maintenance_health_e8"] == calm["maintenance_health_e8"]


@pytest.mark.parametrize("number", [0, -1, 5, 1 << 40, -(1 << 70)])
def test_an_account_that_there_is_not_is_nothing(market, number):
    assert account_view(market, number) is None


def test_looking_changes_nothing(market, desk):
    root = market.root()
    for _ in range(2):
        account_view(market, 1)
        book_view(market, desk.instrument)
        instruments_view(market)
        feeds_view(market)
    assert market.root() == root


def test_a_book_shows_its_levels_best_first(market, desk):
    for named in (desk.instrument, option(desk)):
        view = book_view(market, named)
        assert view["instrument"] == option(desk)
        assert view["bids"] == [[2_000 * E8, 200_000], [1_990 * E8, 200_000], [1_980 * E8, 200_000]]
        assert view["asks"] == [[2_110 * E8, 50_000], [2_120 * E8, 100_000], [2_130 * E8, 100_000]]
    assert book_view(market, desk.instrument % len(GENESIS.instruments) + 1) | {"instrument": 0} == {
        "instrument": 0,
        "bids": [],
        "asks": [],
    }


def test_a_deep_book_is_cut_off_at_its_worst_prices(desk):
    producer = opened_producer()
    offers = [desk.order(trader, SELL, 2_100 + 5 * place, 10_000) for place in range(LEVELS_SHOWN + 3) for trader in [place % 4]]
    statuses = producer.add(*checked([*desk.oracles(TIME_S), *offers])).submitted["status"]
    assert set(statuses.tolist()) <= {Status.OK, Status.CONTINUED}
    asks = book_view(producer.machine, desk.instrument)["asks"]
    assert [price // E8 for price, _ in asks] == [2_100 + 5 * place for place in range(LEVELS_SHOWN)]


@pytest.mark.parametrize("instrument", ["", "BTC", "0x12", 0, -1, 1 << 40])
def test_a_book_that_there_is_not_is_an_error(market, instrument):
    with pytest.raises(RpcError) as error:
        book_view(market, instrument)
    assert error.value.code == INVALID_PARAMS


def test_accounts_are_found_by_their_owner(market):
    assert accounts_of(market, "0x" + address_of(TRADERS[2]).hex()) == [3]
    assert accounts_of(market, "0x" + "11" * 20) == []
    for text in ("", "0x12", "zz" * 20, "0x" + "1" * 41):
        with pytest.raises(RpcError):
            accounts_of(market, text)
    assert parse_address("0x" + "11" * 20)


def test_instruments_and_feeds_are_all_there(market, desk):
    instruments = instruments_view(market)
    assert [each["name"] for each in instruments] == [each.name for each in GENESIS.instruments]
    assert instruments[desk.instrument - 1]["open_interest_e6"] == 150_000
    assert all(each["option_type"] == OPTION_TYPES[parse_instrument_name(each["name"]).option_type] for each in instruments)
    assert {each["option_type"] for each in instruments} == {"call", "put", "future", "perpetual"}
    feeds = feeds_view(market)
    assert len(feeds) == len(GENESIS.feeds)
    assert {feed["number"] for feed in feeds if feed["timestamp_s"] == TIME_S} == {100_000 * E8, 40_000_000, 100_500 * E8, 600_000_000, E8}
    assert {feed["kind"] for feed in feeds} == {"spot", "rate", "forward", "surface", "perpetual", "stable"}
    assert [feed["market"] for feed in feeds if feed["kind"] == "stable"] == [None]


class Caller:
    peer = "client"


async def call(scene, method, *params):
    return await SequencerRpc(scene.sequencer).handle(method, list(params), Caller())


def envelope_of(signed):
    """A transfer as people write it."""
    records, signatures = signed
    row = records[0]
    owner = "0x" + address_of(TRADERS[int(row["account"]) - 1]).hex()
    return {
        "kind": "transfer", "account": int(row["account"]), "nonce": int(row["nonce"]), "expiry_s": int(row["expiry_s"]), "owner": owner,
        "signer": owner, "counterparty": int(row["counterparty"]), "amount_e8": int(row["amount_e8"]), "signature": "0x" + signatures.hex(),
    }  # fmt: skip


async def executing(scene, nursery):
    send, receive = trio.open_memory_channel[Checked](1)
    nursery.start_soon(scene.sequencer.check_arrivals, send)
    nursery.start_soon(scene.sequencer.execution.run, receive, lambda: True)


def test_a_transaction_for_people_is_answered_with_its_receipt():
    async def scenario(scene):
        await scene.open_accounts()
        signed = transfers(new_desk(), 1)[0]
        async with trio.open_nursery() as nursery:
            await executing(scene, nursery)
            view = await call(scene, "optroll_sendTransaction", envelope_of(signed))
            again = await call(scene, "optroll_sendTransaction", envelope_of(signed))
            nursery.cancel_scope.cancel()
        assert json.loads(json.dumps(view)) == view
        assert (view["status"], view["account"], view["batch"], view["fills"]) == ("OK", 1, 0, [])
        assert (again["status"], again["step"], again["batch"]) == ("INVALID_NONCE", -1, -1)
        assert "signature" not in again
        claim = Claim(
            GENESIS.genesis_hash, view["batch"], view["first"], view["count"], bytes.fromhex(view["receipts_root"][2:]),
            bytes.fromhex(view["state_root"][2:]), bytes.fromhex(view["beginning"][2:]),
        )  # fmt: skip
        assert recover(claim.digest(), bytes.fromhex(view["signature"][2:])) == GENESIS.roles.sequencer
        assert (claim.state_root, view["path"]) == (scene.ledger.producer.root, [])

    play(scenario)


def test_fills_are_shown():
    async def scenario(scene):
        await scene.open_accounts()
        desk = new_desk()
        signed = [*desk.oracles(scene.following.l1_time_s()), desk.order(1, SELL, 2_000, 100_000), desk.order(0, BUY, 2_000, 300_000)]
        executed = await scene.execute(signed)
        view = receipt_view(part_of(executed, len(executed.results) - 1, len(executed.results)))
        assert view["fills"] == [{"order": 1, "account": 2, "quantity_e6": 100_000, "price_e8": 2_000 * E8}]
        assert (view["filled_e6"], view["order"] > 0, view["cost_e8"]) == (100_000, True, 2_000 * E8 * 100_000 // E6)

    play(scenario)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "deposit"},
        {"kind": 7},
        {"signature": "0x12"},
        {"signature": "0x" + "00" * 64 + "05"},
        {"owner": "me"},
        {"amount_e8": 1 << 63},
        {"amount_e8": 1.5},
        {"amount_e8": True},
        {"amount_e8": "5"},
        {"more": 1},
        {"parts": 3},
        {"parts": [{}]},
    ],
)
def test_a_transaction_that_is_none_is_refused(change):
    async def scenario(scene):
        good = envelope_of(transfers(new_desk(), 1)[0])
        with pytest.raises(RpcError) as error:
            await call(scene, "optroll_sendTransaction", {**good, **change})
        return error.value.code, len(scene.sequencer.intake.waiting)

    assert play(scenario) == (INVALID_PARAMS, 0)


def test_a_door_that_is_shut_is_an_error_and_silence_is_one_too():
    async def scenario(scene):
        good = envelope_of(transfers(new_desk(), 1)[0])
        start = scene.environment.now()
        with pytest.raises(RpcError, match="may still be executed"):
            await call(scene, "optroll_sendTransaction", good)
        assert scene.environment.now() - start == pytest.approx(ANSWER_WITHIN_S)
        await call(scene, "admin_stopSequencer")
        assert await call(scene, "admin_sequencerActive") is False
        with pytest.raises(RpcError) as error:
            await call(scene, "optroll_sendTransaction", good)
        assert error.value.code == Refusal.STOPPED
        await call(scene, "admin_startSequencer")
        assert await call(scene, "admin_sequencerActive") is True

    play(scenario)


def test_the_batcher_can_be_stopped_and_started():
    async def scenario(scene):
        await call(scene, "admin_stopBatcher")
        stopped = scene.sequencer.poster.running
        await call(scene, "admin_startBatcher")
        return stopped, scene.sequencer.poster.running

    assert play(scenario) == (False, True)


def test_the_heads_are_told_apart():
    async def scenario(scene):
        before = await call(scene, "optimism_syncStatus")
        assert (before["safe_l2"], before["caught_up"], before["unposted"]) == ({"number": -1}, False, 0)
        await scene.open_accounts()
        desk = new_desk()
        await scene.execute(transfers(desk, 1))
        await scene.seal()
        await scene.post()
        await scene.execute(transfers(desk, 1))
        await scene.seal()
        await scene.execute(transfers(desk, 1))
        status = await call(scene, "optimism_syncStatus")
        numbers = [status[name]["number"] for name in ("safe_l2", "sealed_l2", "unsafe_l2")]
        assert (numbers, status["unposted"], status["caught_up"], status["refusal"]) == ([0, 1, 2], 1, True, "")
        assert status["head_l1"]["number"] == (await scene.l1.head()).number
        assert status["unsafe_l2"]["root"] == "0x" + scene.ledger.producer.root.hex()
        assert await call(scene, "optimism_outputAtBlock", 1) == {key: status["sealed_l2"][key] for key in ("number", "root", "acc")}
        for unknown in (-1, 2, 1 << 70):
            assert await call(scene, "optimism_outputAtBlock", unknown) is None

    play(scenario)


def test_who_it_is_and_how_long_things_took():
    async def scenario(scene):
        await scene.open_accounts()
        await scene.execute(transfers(new_desk(), 5))
        config = await call(scene, "optimism_rollupConfig")
        assert config["genesis_hash"] == "0x" + GENESIS.genesis_hash.hex()
        assert config["window_blocks"] == GENESIS.dispute.window_blocks
        assert (await call(scene, "optimism_version")).startswith("optroll/")
        stages = await call(scene, "optroll_stages")
        assert set(stages) == set(STAGES)
        assert stages["apply"][1] == stages["journal"][1] - 5 == 5

    play(scenario)


def test_metrics_are_numbers_by_name():
    async def scenario(scene):
        await scene.open_accounts()
        await scene.execute(transfers(new_desk(), 5))
        await scene.seal()
        found = figures(scene.sequencer)
        assert all(isinstance(value, int | float) for value in found.values())
        assert (found["unsafe_batch"], found["safe_batch"], found["waiting_records"], found["apply_records_total"]) == (0, -1, 0, 5)

    play(scenario)


def test_views_are_of_the_present_machine():
    async def scenario(scene):
        await scene.open_accounts()
        assert (await call(scene, "optroll_getAccount", 2))["cash_e8"] == RICH_E8
        assert await call(scene, "optroll_getAccountsOf", "0x" + address_of(TRADERS[1]).hex()) == [2]
        assert len(await call(scene, "optroll_getInstruments")) == len(GENESIS.instruments)
        assert (await call(scene, "optroll_getBook", 1))["bids"] == []
        assert len(await call(scene, "optroll_getFeeds")) == len(GENESIS.feeds)
        greeks = await call(scene, "optroll_getGreeks", {"account": 2})
        assert (greeks["instruments"], greeks["totals"]["markets"]) == ([], {})
        assert await call(scene, "optroll_getGreeks", {"account": 99}) is None

    play(scenario)


def test_greeks_come_out_of_machine_code_once_it_is_there():
    async def scenario(scene):
        await scene.open_accounts()
        await scene.execute(new_desk().oracles(scene.following.l1_time_s()))
        name = option(new_desk())
        plain = await call(scene, "optroll_getGreeks", {"instrument": name})
        assert plain["instruments"][0]["mark_e8"] > 0
        marked = BulkGreeks(lambda options: PLAIN.greeks(options) + 7, PLAIN.implied_vols)
        scene.sequencer.execution.acceleration = Acceleration(None, None, None, marked)
        assert (await call(scene, "optroll_getGreeks", {"instrument": name}))["instruments"][0]["mark_e8"] == (
            plain["instruments"][0]["mark_e8"] + 7
        )

    play(scenario)


@pytest.mark.parametrize(
    "method",
    [
        "optroll_getAccount",
        "optroll_getAccountsOf",
        "optroll_getBook",
        "optroll_getGreeks",
        "optimism_outputAtBlock",
        "optroll_sendTransaction",
    ],
)
@pytest.mark.parametrize("params", [[], [1, 2], [None], [True], [[1]], [1.5]])
def test_parameters_of_another_shape_are_refused(method, params):
    async def scenario(scene):
        with pytest.raises(RpcError) as error:
            await call(scene, method, *params)
        return error.value.code

    assert play(scenario) == INVALID_PARAMS


def test_an_unknown_method_and_parameters_by_name_are_refused():
    async def scenario(scene):
        with pytest.raises(RpcError) as error:
            await call(scene, "optroll_nothing")
        assert error.value.code == NO_METHOD
        with pytest.raises(RpcError) as error:
            await SequencerRpc(scene.sequencer).handle("optroll_getAccount", {"account": 1}, Caller())
        assert error.value.code == INVALID_PARAMS

    play(scenario)


def test_what_changes_something_is_no_read():
    assert METHODS.keys() - READS == {name for name in METHODS if name.startswith("admin_")} | {"optroll_sendTransaction"}


def test_it_is_served_over_the_wire():
    async def scenario(scene):
        async with trio.open_nursery() as nursery:
            address = await nursery.start(SequencerRpc(scene.sequencer).serve, scene.environment, "127.0.0.1:9545")
            client = scene.world.environment("client").rpc_client(f"http://{address}")
            assert await client.call("optimism_version") == await call(scene, "optimism_version")
            with pytest.raises(RpcError):
                await client.call("optroll_getBook", ["nothing"])
            nursery.cancel_scope.cancel()

    play(scenario)
