"""The keeper against a sequencer: it finds accounts under water, starts and ends their auctions, and is never in anybody's way."""

import json

import pytest
import trio
from click.testing import CliRunner

from rollup.commands.keeper import command
from rollup.core.genesis import FeedKind
from rollup.core.transport import RpcError
from rollup.keeper import Keeper, KeeperError
from rollup.market.auction import standing
from rollup.market.terms import BUY, STOP_LOSS
from rollup.state.limits import ACCOUNT_BITS
from rollup.transition.kinds import Kind
from rollup.transition.machine import PlainMachine
from sequencer.liquidations import ACCOUNTS_SCANNED, liquidations_view
from sequencer.pipeline import Checked
from sequencer.rpc import INVALID_PARAMS, SequencerRpc
from tests.unit.contracts.trading_day import E8, TRADERS
from tests.unit.sequencer_node.exchange_day import GENESIS, RICH_E8, new_desk
from tests.unit.sequencer_node.node_scene import play
from tests.unit.transition.workload import Workload

KEEPER = 2
"""The keeper's account."""
SINKING = 4


class Caller:
    peer = "keeper"


class Inside:
    """An RPC client whose server is in this process."""

    def __init__(self, sequencer):
        self.rpc = SequencerRpc(sequencer)

    async def call(self, method, params=()):
        return json.loads(json.dumps(await self.rpc.handle(method, list(params), Caller())))

    async def aclose(self):
        pass


def keeper_of(scene, account=KEEPER):
    return Keeper(GENESIS, Inside(scene.sequencer), account, TRADERS[KEEPER - 1])


async def sell_too_much(scene, desk):
    """Let account 4 be short 45 calls that it can just pay for."""
    await scene.open_accounts()
    statuses = await scene.execute([*desk.oracles(scene.following.l1_time_s()), desk.trade(0, SINKING - 1, 2_000, 45_000_000)])
    assert set(statuses.results["status"].tolist()) <= {1, 2}


async def rally(scene, desk, usd):
    """Let time pass, and BTC be worth something else."""
    await scene.mine(3)
    await scene.look()
    time_s, expiry_s = scene.following.l1_time_s(), GENESIS.markets[0].expiries_s[0]
    reports = [
        desk.report(GENESIS.feed_id(FeedKind.SPOT, 1), time_s, number=usd * E8),
        desk.report(GENESIS.feed_id(FeedKind.FORWARD, 1, expiry_s), time_s, number=usd * E8),
    ]
    await scene.seal()
    assert set((await scene.execute(reports)).results["status"].tolist()) <= {1, 2}


async def executing(scene, nursery):
    send, receive = trio.open_memory_channel[Checked](1)
    nursery.start_soon(scene.sequencer.check_arrivals, send)
    nursery.start_soon(scene.sequencer.execution.run, receive, lambda: True)


def test_a_round_starts_what_has_sunk_and_ends_what_is_over():
    async def scenario(scene):
        desk, keeper = new_desk(), keeper_of(scene)
        await sell_too_much(scene, desk)
        async with trio.open_nursery() as nursery:
            await executing(scene, nursery)
            assert await keeper.round() == []
            await rally(scene, desk, 115_000)
            started = await keeper.round()
            assert [(deed.kind, deed.about, deed.status) for deed in started] == [(Kind.START_AUCTION, f"account {SINKING}", "OK")]
            found = await keeper.rpc.call("optroll_getLiquidations", [1])
            (auction,) = found["auctions"]
            assert (auction["account"], auction["kind"], auction["outcome"], found["sinking"]) == (SINKING, "solvent", "goes_on", [])
            assert 0 < auction["share_e9"] < 10**9
            assert 0 < auction["cost_e8"] < auction["mark_to_market_e8"]
            assert await keeper.round() == [], "it is not over"
            await rally(scene, desk, 100_000)
            ended = await keeper.round()
            assert [(deed.kind, deed.about, deed.status) for deed in ended] == [(Kind.END_AUCTION, f"account {SINKING}", "OK")]
            assert (await keeper.rpc.call("optroll_getLiquidations", [1]))["auctions"] == []
            nursery.cancel_scope.cancel()

    play(scenario)


def test_a_round_fires_the_orders_that_are_due():
    async def scenario(scene):
        desk, keeper = new_desk(), keeper_of(scene)
        await sell_too_much(scene, desk)
        guard = {"options": STOP_LOSS, "trigger_e8": 104_000 * E8}
        (waiting,) = (await scene.execute([desk.order(0, BUY, 3_000, 100_000, **guard)])).results["order"].tolist()
        async with trio.open_nursery() as nursery:
            await executing(scene, nursery)
            assert await keeper.rpc.call("optroll_getDueOrders", []) == []
            await rally(scene, desk, 105_000)
            (due,) = await keeper.rpc.call("optroll_getDueOrders", [])
            assert (due["order"], due["account"]) == (waiting, 1)
            deeds = await keeper.round()
            assert [(deed.about, deed.status) for deed in deeds if deed.kind == Kind.TRIGGER] == [("account 1", "OK")]
            assert await keeper.rpc.call("optroll_getDueOrders", []) == []
            nursery.cancel_scope.cancel()

    play(scenario)


def test_being_second_costs_nothing():
    async def scenario(scene):
        desk, keeper = new_desk(), keeper_of(scene)
        await sell_too_much(scene, desk)
        async with trio.open_nursery() as nursery:
            await executing(scene, nursery)
            await rally(scene, desk, 115_000)
            assert (await keeper.about_account(Kind.START_AUCTION, SINKING)).status == "OK"
            assert (await keeper.about_account(Kind.START_AUCTION, SINKING)).status == "IN_AUCTION"
            assert (await keeper.rpc.call("optroll_getAccount", [KEEPER]))["cash_e8"] == RICH_E8
            nursery.cancel_scope.cancel()

    play(scenario)


def test_a_keeper_without_an_account_says_so():
    async def scenario(scene):
        await scene.open_accounts()
        with pytest.raises(KeeperError, match="account of the keeper: received 99"):
            await keeper_of(scene, 99).about_account(Kind.START_AUCTION, SINKING)

    play(scenario)


def test_a_keystore_needs_its_account(tmp_path):
    genesis = tmp_path / "genesis.toml"
    done = CliRunner().invoke(command, ["--devnet", str(tmp_path), "--genesis", str(genesis)])
    assert done.exit_code != 0
    assert "none that is up" in str(done.exception)


# The view.


@pytest.fixture(scope="module", name="sunk")
def sunk_fixture():
    """A machine in which every third account is under water."""
    machine = PlainMachine()
    machine.load(Workload(1, 20).rows())
    return machine


def test_the_view_shows_exactly_those_under_water(sunk):
    found = liquidations_view(sunk)
    state = sunk.fork(()).state
    expected = [n for n in range(1, 21) if standing(state, n)[0] < 0]
    assert [each["account"] for each in found["sinking"]] == expected
    assert len(expected) > 3
    assert (found["next"], found["auctions"], found["deficit_e8"]) == (None, [], 0)
    assert all(each["maintenance_health_e8"] < 0 for each in found["sinking"])


def test_the_view_weighs_a_bounded_part(sunk, monkeypatch):
    monkeypatch.setattr("sequencer.liquidations.POSITIONS_WEIGHED", 2)
    seen, first, views = [], 1, 0
    while first is not None:
        found = liquidations_view(sunk, first)
        seen += [each["account"] for each in found["sinking"]]
        first, views = found["next"], views + 1
    monkeypatch.undo()
    assert views > 2
    assert seen == [each["account"] for each in liquidations_view(sunk)["sinking"]]


@pytest.mark.parametrize("first", [0, -1, 1 << ACCOUNT_BITS, 1 << 70])
def test_an_account_that_cannot_be_is_an_error(sunk, first):
    with pytest.raises(RpcError) as error:
        liquidations_view(sunk, first)
    assert error.value.code == INVALID_PARAMS


def test_beyond_the_last_account_there_is_nothing(sunk):
    found = liquidations_view(sunk, ACCOUNTS_SCANNED)
    assert (found["sinking"], found["auctions"], found["next"]) == ([], [], None)
