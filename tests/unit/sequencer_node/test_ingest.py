"""The intake's listener: whatever a client sends, it is answered, the connection lives, and nobody else notices."""

from contextlib import asynccontextmanager
from dataclasses import replace

import msgpack
import numpy as np
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.core.codec import Limits, decode, encode
from rollup.core.errors import DecodeError
from rollup.environment import StreamClosed, StreamLimits
from rollup.l1.action import digests
from rollup.l1.envelope import encode_bulk, encode_envelope
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from sequencer import ingest
from sequencer.execution import part_of
from sequencer.ingest import MALFORMED, UNDECODABLE, Waiting, gone, halves, read_request, serve_ingest
from sequencer.intake import Refusal
from sequencer.pipeline import Checked
from sequencer.receipts import Claim, verify_receipt
from sequencer.submissions import RESULT
from tests.unit.contracts.trading_day import TRADERS
from tests.unit.sequencer_node.exchange_day import GENESIS, arrays, morning, new_desk, transfers
from tests.unit.sequencer_node.node_scene import play

ANSWER_LIMITS = Limits(size=1 << 20, depth=6)


def envelope(signed):
    records, signatures = signed
    return encode_envelope(records, np.frombuffer(signatures, np.uint8).reshape(-1, 65))


def bulk(transactions):
    records = np.concatenate([records for records, _ in transactions])
    return encode_bulk(records, np.frombuffer(b"".join(packed for _, packed in transactions), np.uint8).reshape(-1, 65))


@asynccontextmanager
async def open_house(scene):
    """The sequencer's intake is served, and what comes in is executed; yields how to connect."""
    sequencer, environment = scene.sequencer, scene.environment
    send, receive = trio.open_memory_channel[Checked[Waiting]](1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sequencer.check_arrivals, send)
        nursery.start_soon(sequencer.execution.run, receive, lambda: True)
        address = await nursery.start(serve_ingest, environment, "127.0.0.1:9645", sequencer.offer)

        async def connect(name="client", **limits):
            return await scene.world.environment(name).dial(address, limits=StreamLimits(**limits))

        yield connect
        nursery.cancel_scope.cancel()


async def ask(stream, *frames):
    """Send frames and return as many answers, as they come."""
    await stream.send_many(frames)
    return [decode(await stream.receive(), ANSWER_LIMITS) for _ in frames]


def results(answer):
    return np.frombuffer(answer["results"], RESULT)


def test_one_transaction_is_answered_with_a_receipt_that_the_sequencer_has_signed():
    async def scenario(scene):
        await scene.open_accounts()
        signed = new_desk().trade(2, 3, 2_100, 500_000)
        oracles = new_desk().oracles(int(scene.following.l1_time_s()))
        async with open_house(scene) as connect:
            stream = await connect()
            for report in oracles:
                await ask(stream, encode({"id": 1, "transaction": envelope(report)}))
            (answer,) = await ask(stream, encode({"id": 1 << 63, "transaction": envelope(signed)}))
        result, (group,) = results(answer), answer["groups"]
        assert (answer["id"], len(result), Status(result["status"][0]), result["account"][0]) == (1 << 63, 2, Status.OK, 3)
        fields = ("batch", "first", "count", "receipts_root", "state_root", "beginning")
        claim = Claim(GENESIS.genesis_hash, *(group[name] for name in fields))
        digest = digests(signed[0], GENESIS)[0].tobytes()
        receipt = (int(result["step"][0]), digest, group["receipt"])
        assert verify_receipt(claim, group["signature"], GENESIS.roles.sequencer, receipt, group["path"])
        assert not verify_receipt(claim, group["signature"], GENESIS.roles.sequencer, (receipt[0] + 1, *receipt[1:]), group["path"])
        assert claim.state_root == scene.ledger.producer.root

    play(scenario)


def test_many_at_once_are_answered_in_order_with_the_groups_that_they_were_in():
    async def scenario(scene):
        await scene.open_accounts()
        transactions = morning(new_desk())
        async with open_house(scene) as connect:
            (answer,) = await ask(await connect(), encode({"id": 7, "bulk": bulk(transactions)}))
        result = results(answer)
        assert len(result) == len(arrays(transactions)[0])
        assert (result["status"] == Status.INVALID_SIGNATURE).sum() == 1
        assert {"batch", "first", "count", "receipts_root", "state_root", "beginning", "signature"} == set(answer["groups"][0])
        assert sum(group["count"] for group in answer["groups"]) == (result["step"] >= 0).sum()

    play(scenario)


def test_an_invalid_transaction_is_answered_without_a_receipt():
    async def scenario(scene):
        await scene.open_accounts()
        desk = new_desk()
        strangers = desk.signed(desk.records(Kind.TRANSFER, 0, counterparty=2, amount_e8=5), [TRADERS[1]])
        async with open_house(scene) as connect:
            (answer,) = await ask(await connect(), encode({"id": 7, "transaction": envelope(strangers)}))
        assert results(answer)[["status", "batch", "step"]].tolist() == [(Status.INVALID_SIGNATURE, -1, -1)]
        assert not any("receipt" in group or group["count"] for group in answer["groups"])

    play(scenario)


HOSTILE = {
    "nothing": b"",
    "noise": b"\xc1\xff\x00noise",
    "a list": encode([1, 2]),
    "a number": encode(7),
    "no id": encode({"transaction": b""}),
    "no transaction": encode({"id": 1}),
    "both": encode({"id": 1, "transaction": b"", "bulk": b""}),
    "something else": encode({"id": 1, "transaction": b"", "more": 1}),
    "id as text": encode({"id": "1", "transaction": b""}),
    "id as truth": encode({"id": True, "transaction": b""}),
    "transaction as text": encode({"id": 1, "transaction": "x"}),
    "keys out of order": msgpack.packb({"transaction": b"", "id": 1}),
    "a long form": b"\x82\xa2id\xce\x00\x00\x00\x01\xabtransaction\xc4\x00",
    "a key twice": b"\x83\xa2id\x01\xa2id\x01\xabtransaction\xc4\x00",
    "trailing bytes": encode({"id": 1, "transaction": b""}) + b"\0",
    "too deep": encode({"id": 1, "transaction": [[[[1]]]]}),
    "a float": msgpack.packb({"id": 1.5, "transaction": b""}),
}
"""Frames that are no requests."""


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_frame_that_is_no_request_is_refused(name):
    with pytest.raises(DecodeError):
        read_request(HOSTILE[name])


@given(st.binary(max_size=60))
def test_reading_a_request_never_fails_otherwise(frame):
    try:
        request = read_request(frame)
    except DecodeError:
        return
    assert encode(request) == frame


def payloads(desk):
    """Requests whose transaction cannot be used, with the codes of the answers."""
    good, trade = envelope(transfers(desk, 1)[0]), desk.trade(2, 3, 2_100, 500_000)
    whole = bulk(transfers(desk, 2))
    continuation = encode_bulk(trade[0][1:], np.zeros((1, 65), np.uint8))
    many = encode_bulk(np.concatenate([records for records, _ in transfers(desk, 1)] * 1_025), np.zeros((1_025, 65), np.uint8))
    return [
        ({"transaction": b""}, UNDECODABLE),
        ({"transaction": good[:-1]}, UNDECODABLE),
        ({"transaction": good + b"\0"}, UNDECODABLE),
        ({"transaction": encode({"kind": "transfer"})}, UNDECODABLE),
        ({"transaction": encode({"kind": "begin_batch"})}, UNDECODABLE),
        ({"bulk": b""}, UNDECODABLE),
        ({"bulk": whole[:-1]}, UNDECODABLE),
        ({"bulk": whole[:4] + b"\xff" * 4 + whole[8:]}, UNDECODABLE),
        ({"bulk": encode_bulk(trade[0][:0], np.zeros((0, 65), np.uint8))}, Refusal.EMPTY),
        ({"bulk": continuation}, Refusal.CONTINUATION_FIRST),
        ({"bulk": many}, Refusal.TOO_LARGE),
    ]


def test_every_hostile_frame_is_answered_and_the_connection_and_the_others_live():
    async def scenario(scene):
        await scene.open_accounts()
        desk = new_desk()
        async with open_house(scene) as connect:
            stream, other = await connect(), await connect("other")
            root = scene.ledger.producer.root
            for name, frame in HOSTILE.items():
                (answer,) = await ask(stream, frame)
                assert (answer["id"], answer["error"]["code"]) == (0, MALFORMED), name
            for number, (request, code) in enumerate(payloads(desk), 1):
                (answer,) = await ask(stream, encode({"id": number, **request}))
                assert (answer["id"], answer["error"]["code"]) == (number, int(code)), request
                assert answer["error"]["message"]
            assert scene.ledger.producer.root == root
            for number, client in enumerate((stream, other)):
                (answer,) = await ask(client, encode({"id": number, "bulk": bulk(transfers(desk, 1))}))
                assert Status(results(answer)["status"][0]) == Status.OK

    play(scenario)


def test_requests_in_one_go_are_each_answered_under_their_own_number():
    async def scenario(scene):
        await scene.open_accounts()
        frames = [encode({"id": number, "bulk": bulk([signed])}) for number, signed in enumerate(transfers(new_desk(), 30))]
        async with open_house(scene) as connect:
            answers = await ask(await connect(), *frames, HOSTILE["noise"])
        ids = [answer["id"] for answer in answers if "results" in answer]
        assert ids == list(range(30))
        assert sum("error" in answer for answer in answers) == 1

    play(scenario)


def test_a_frame_that_is_too_large_costs_the_sender_its_connection_and_nobody_else():
    async def scenario(scene):
        await scene.open_accounts()
        async with open_house(scene) as connect:
            stream, other = await connect(frame_bytes=1 << 22), await connect("other")
            await stream.send(bytes((1 << 20) + 1))
            with pytest.raises(StreamClosed):
                await stream.receive()
            (answer,) = await ask(other, encode({"id": 1, "bulk": bulk(transfers(new_desk(), 1))}))
            assert "results" in answer

    play(scenario)


def test_a_client_that_hangs_up_before_its_answer_leaves_no_trace():
    async def scenario(scene):
        await scene.open_accounts()
        desk = new_desk()
        async with open_house(scene) as connect:
            for _ in range(3):
                stream = await connect()
                await stream.send_many([encode({"id": 1, "bulk": bulk(transfers(desk, 2))}), HOSTILE["noise"]])
                await scene.environment.sleep(0.0005)
                await stream.aclose()
            await scene.environment.sleep(10)
            (answer,) = await ask(await connect(), encode({"id": 2, "bulk": bulk(transfers(desk, 1))}))
            assert "results" in answer

    for seed in range(8):
        play(scenario, seed=seed)


def test_a_connection_that_the_network_resets_under_an_answer_harms_nobody_else():
    async def scenario(scene):
        await scene.open_accounts()
        async with open_house(scene) as connect:
            stream = await connect()
            await stream.send(HOSTILE["noise"])
            scene.world.network.link = replace(scene.world.network.link, reset=1.0)
            with pytest.raises(StreamClosed):
                await stream.receive()
            scene.world.network.link = replace(scene.world.network.link, reset=0.0)
            (answer,) = await ask(await connect("other"), encode({"id": 1, "bulk": bulk(transfers(new_desk(), 1))}))
            assert "results" in answer

    play(scenario)


def test_a_client_that_does_not_read_its_answers_is_disconnected_and_nobody_else(monkeypatch):
    """The network takes no more for it, and so many answers wait that the intake gives it up."""
    monkeypatch.setattr(ingest, "ANSWERS_WAITING", 8)

    async def scenario(scene):
        await scene.open_accounts()
        async with open_house(scene) as connect:
            stream = await connect()
            await stream.send_many([HOSTILE["noise"]] * 200)
            with pytest.raises(StreamClosed):
                await asked_to_the_end(stream)
            (answer,) = await ask(await connect("other"), encode({"id": 1, "bulk": bulk(transfers(new_desk(), 1))}))
            assert "results" in answer

    play(scenario)


async def asked_to_the_end(stream):
    for _ in range(200):
        await stream.receive()


def test_a_stopped_sequencer_says_so():
    async def scenario(scene):
        await scene.open_accounts()
        scene.sequencer.intake.running = False
        async with open_house(scene) as connect:
            (answer,) = await ask(await connect(), encode({"id": 3, "bulk": bulk(transfers(new_desk(), 1))}))
        assert answer == gone(3)

    play(scenario)


def test_who_waits_while_the_sequencer_goes_away_is_told():
    async def scenario(scene):
        taken = []
        async with trio.open_nursery() as nursery:
            address = await nursery.start(serve_ingest, scene.environment, "127.0.0.1:9645", taken.append)
            stream = await scene.world.environment("client").dial(address)
            await stream.send(encode({"id": 5, "bulk": bulk(transfers(new_desk(), 1))}))
            await scene.environment.sleep(1)
            taken[0].sender.answer(None)
            assert decode(await stream.receive(), ANSWER_LIMITS) == gone(5)
            nursery.cancel_scope.cancel()

    play(scenario)


@given(
    st.lists(st.one_of(st.sampled_from(sorted(HOSTILE.values())), st.binary(max_size=30)), min_size=1, max_size=12), st.integers(0, 1000)
)
@settings(max_examples=10, deadline=None)
def test_any_frames_in_any_order_are_each_answered(frames, seed):
    async def scenario(scene):
        async with open_house(scene) as connect:
            answers = await ask(await connect(), *frames)
            assert all(answer["error"]["code"] in {MALFORMED, UNDECODABLE} for answer in answers)

    play(scenario, seed=seed)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("cut", [1, 7, 19])
def test_who_is_answered_in_two_parts_hears_once_of_everything(order, cut):
    async def scenario(scene):
        await scene.open_accounts()
        strangers = [new_desk().signed(new_desk().records(Kind.TRANSFER, 0, counterparty=2, amount_e8=5), [TRADERS[1]])]
        return await scene.execute(transfers(new_desk(), 19) + strangers)

    whole, heard = play(scenario, batch_records=8), []
    senders = halves(Waiting(heard.append))
    for place in order:
        assert heard == []
        senders[place].answer(part_of(whole, 0, cut) if place == 0 else part_of(whole, cut, 20))
    (told,) = heard
    for name in ("results", "receipts"):
        assert getattr(told, name).tobytes() == getattr(whole, name).tobytes()
    assert [told.groups[member].claim for member in told.membership] == [whole.groups[member].claim for member in whole.membership]


def test_a_half_that_is_never_executed_leaves_no_answer_but_that():
    heard = []
    first, second = halves(Waiting(heard.append))
    first.answer(None)
    second.answer(None)
    assert heard == [None]
