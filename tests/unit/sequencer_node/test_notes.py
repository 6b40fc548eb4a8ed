"""Notes: the sequencer lets L1 tell the state what it has, in time, not too often, and never in an idle rollup."""

from dataclasses import replace
from functools import partial

import pytest
import trio

from l1_mock.node import run as run_l1
from rollup.configuration import L1Config
from rollup.core.development import development_secret
from rollup.devnet.simulation.run import run_world
from rollup.environment import StoreError
from rollup.l1.abi import INTERFACES
from rollup.l1.client import L1Client
from rollup.l1.forced import record_kind, record_of_entry
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from sequencer.node import Secrets, run
from sequencer.notes import AGAIN_S, LOOK_S, Notes
from tests.unit.sequencer_node.exchange_day import GENESIS, new_desk, transfers
from tests.unit.sequencer_node.node_scene import CONFIG, L1_URL, POSTER
from tests.unit.sequencer_node.test_trigger_keeper import accounts
from tests.unit.sequencer_node.test_whole_sequencer import submit

SECRET = development_secret("sequencer")
QUEUED = INTERFACES["inbox"].events["Queued"]


@pytest.mark.parametrize(
    ("row", "batches", "now_s", "due"),
    [
        ((0, 0, 0), 0, 1_000, False),
        ((0, 0, 0), 1, 1_000, True),
        ((3, 0, 0), 5, 1_000, False),
        ((3, 5, 600), 4, 1_000, False),
        ((3, 5, 600), 5, 1_000, True),
        ((3, 5, 600), 5, 899, False),
        ((3, 5, 600), 5, 900, True),
    ],
)
def test_what_is_asked_about_is_on_l1_and_old_enough(row, batches, now_s, due):
    async def system():
        return dict(zip(("posted", "awaited", "awaited_s"), row, strict=True))

    clock = [5_000.0]

    def asked(notes, later):
        clock[0] += later
        return trio.run(notes.is_due, batches, now_s)

    notes = Notes(system, 300.0, 1, lambda: clock[0])
    assert [asked(notes, later) for later in (0, 299, 1, LOOK_S, AGAIN_S - LOOK_S - 1, LOOK_S)] == [False, False, due, False, False, due]
    assert asked(Notes(system, 0.0, 1, lambda: clock[0]), 0) is False


def test_the_state_is_not_asked_all_the_time():
    looks = []

    async def system():
        looks.append(1)
        return {"posted": 3, "awaited": 0, "awaited_s": 0}

    clock = [0.0]
    notes = Notes(system, 300.0, 1, lambda: clock[0])
    clock[0] = 300.0
    for _ in range(100):
        assert trio.run(notes.is_due, 5, 1_000) is False
        clock[0] += LOOK_S / 10
    assert len(looks) == 10


@pytest.mark.parametrize("after_s", [120.0, 0.0])
def test_a_sequencer_has_its_batches_noted_and_an_idle_one_pays_for_nothing(after_s):
    async def main(world):
        director, desk = world.environment("director"), new_desk()
        l1_config = L1Config(genesis=CONFIG.genesis, data_directory=CONFIG.genesis, block_time_s=12.0)
        await world.start("l1", partial(run_l1, genesis=GENESIS), l1_config)
        await accounts(world)
        l1 = L1Client(director.rpc_client(L1_URL), GENESIS)
        await world.start("sequencer", run, replace(CONFIG, note_after_s=after_s), GENESIS, Secrets(SECRET, POSTER), exits=(StoreError,))
        await director.sleep(120)
        for signed in transfers(desk, 6):
            assert (await submit(director, signed, 60))["status"] == Status.OK
            await director.sleep(60)
        await director.sleep(600)
        head = await l1.head()
        before = await noted(l1)
        await director.sleep(3_600)
        return before, await noted(l1) == before, (await l1.head()).number > head.number

    notes, stays, moves = run_world(5, main).value
    assert moves
    assert stays
    assert (2 <= len(notes) <= 5) if after_s else notes == []
    assert notes == sorted(set(notes))


async def noted(l1):
    """What L1 has told the state, note by note."""
    logs = await l1.logs(0, (await l1.head()).number)
    entries = [QUEUED.decode_log(log.topics, log.data)["record"] for log in logs if log.topics[0] == QUEUED.topic]
    return [int(record_of_entry(entry)[0]["number"][0]) for entry in entries if record_kind(entry) == Kind.POSTED]
