"""Funding is paid at an interval by a keeper, against a sequencer: everybody who is due, once, and nobody gains by it."""

import pytest
import trio

from rollup.core.genesis import FeedKind
from rollup.core.instrument_names import PERPETUAL
from rollup.core.transport import RpcError
from rollup.keeper import Keeper
from rollup.market.terms import BUY, SELL
from rollup.paying import Payer
from rollup.state.limits import ACCOUNT_BITS
from rollup.transition.kinds import Kind
from rollup.transition.machine import PlainMachine
from sequencer.fundings import fundings_view
from sequencer.looking import INVALID_PARAMS
from tests.unit.contracts.trading_day import E8, TRADERS
from tests.unit.sequencer_node.exchange_day import GENESIS, new_desk
from tests.unit.sequencer_node.node_scene import play
from tests.unit.sequencer_node.test_keeper import Inside, executing, keeper_of
from tests.unit.transition.workload import Workload

PERPETUAL_ID = next(number for number, each in enumerate(GENESIS.instruments, 1) if each.option_type == PERPETUAL)
HOLDERS = (1, 2)


async def hold_perpetuals(scene, desk):
    """Let account 1 be long a perpetual whose mark is a per cent above spot, and account 2 short."""
    await scene.open_accounts()
    time_s = scene.following.l1_time_s()
    mark = desk.report(GENESIS.feed_id(FeedKind.PERPETUAL, 1), time_s, number=101_000 * E8)
    orders = [desk.order(trader, side, 101_000, 2_000_000, instrument=PERPETUAL_ID) for trader, side in ((1, SELL), (0, BUY))]
    done = await scene.execute([*desk.oracles(time_s), mark, *orders])
    assert set(done.results["status"].tolist()) <= {1, 2}


async def pass_blocks(scene, desk, blocks):
    """Let time pass, and a batch begin."""
    await scene.mine(blocks)
    await scene.look()
    await scene.seal()
    await scene.execute([desk.act(Kind.CANCEL_ALL, 2)])


def test_a_round_lets_everybody_pay_and_the_next_one_comes_after_the_interval():
    async def scenario(scene):
        desk, clock = new_desk(), [0.0]
        payer = Payer(Keeper(GENESIS, Inside(scene.sequencer), 3, TRADERS[2]), lambda: clock[0], 600.0)
        await hold_perpetuals(scene, desk)
        async with trio.open_nursery() as nursery:
            await executing(scene, nursery)
            assert await payer.pay() == [], "nothing is due yet"
            await pass_blocks(scene, desk, 10)
            found = await payer.keeper.rpc.call("optroll_getFundings", [1])
            assert [each["account"] for each in found["positions"]] == list(HOLDERS)
            dues = [each["due_e8"] for each in found["positions"]]
            assert dues[0] < 0 < dues[1]
            assert await payer.pay() == [], "it is not time"
            before = await cash(payer)
            clock[0] = 600.0
            done = await payer.pay()
            assert [(deed.kind, deed.about, deed.status) for deed in done] == [
                (Kind.APPLY_FUNDING, f"account {number}", "OK") for number in HOLDERS
            ]
            assert [after - paid for after, paid in zip(await cash(payer), before, strict=True)] == dues
            assert (await payer.keeper.rpc.call("optroll_getFundings", [1])) == {"positions": [], "next": None}
            clock[0] = 1_200.0
            assert await payer.pay() == []
            nursery.cancel_scope.cancel()

    play(scenario)


def test_who_wants_no_payments_makes_none():
    async def scenario(scene):
        payer = Payer(keeper_of(scene), lambda: 1e9, 0.0)
        payer.keeper.rpc = None
        assert await payer.pay() == []

    play(scenario)


async def cash(payer):
    """Cash of those who hold perpetuals."""
    return [(await payer.keeper.rpc.call("optroll_getAccount", [number]))["cash_e8"] for number in HOLDERS]


@pytest.mark.parametrize("first", [0, -1, 1 << ACCOUNT_BITS, 1 << 70])
def test_an_account_that_cannot_be_is_an_error(first):
    machine = PlainMachine()
    machine.load(Workload(1, 4).rows())
    with pytest.raises(RpcError) as error:
        fundings_view(machine, first)
    assert error.value.code == INVALID_PARAMS
    assert fundings_view(machine, 5) == {"positions": [], "next": None}
