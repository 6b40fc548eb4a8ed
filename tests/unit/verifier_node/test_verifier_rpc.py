"""A verifier's JSON-RPC: its heads, what it found, the disputes as it sees them; and nothing that changes anything."""

import json
from types import SimpleNamespace

import pytest
import trio

from rollup.core.transport import RpcError
from rollup.dispute.clock import NEVER
from rollup.l1.header import BlockRef
from tests.unit.sequencer_node.exchange_day import GENESIS
from tests.unit.verifier_node.verifier_scene import lying, play_trial
from verifier.explaining import moment, pace
from verifier.rpc import INVALID_PARAMS, METHODS, NO_METHOD, metrics_of, serve


async def ask(verifier, method, *params):
    answer = await METHODS[method](verifier, list(params))
    assert json.loads(json.dumps(answer)) == answer
    return answer


def test_the_heads_are_told_apart():
    async def scenario(trial):
        verifier = await trial.summon()
        before = await ask(verifier, "optimism_syncStatus")
        assert (before["safe_l2"]["number"], before["finalized_l2"]["number"], before["caught_up"]) == (-1, -1, False)
        await trial.until(lambda: verifier.finalized() == 0)
        status = await ask(verifier, "optimism_syncStatus")
        root = "0x" + verifier.replica.roots[1].hex()
        assert (status["safe_l2"]["number"], status["safe_l2"]["root"], status["caught_up"], status["alarm"]) == (1, root, True, "")
        assert status["finalized_l2"] == await ask(verifier, "optimism_outputAtBlock", 0)
        assert status["head_l1"]["number"] == verifier.head.number
        for unknown in (-1, 2, 1 << 70):
            assert await ask(verifier, "optimism_outputAtBlock", unknown) is None

    play_trial(scenario)


def test_disputes_are_listed_and_shown_node_by_node():
    async def scenario(trial):
        verifier = await trial.summon()
        await trial.summon("liar", key="verifier-2", parts=lying(1, 1))
        await trial.until(lambda: len(verifier.game.nodes) > 5)
        games = await ask(verifier, "optroll_getGames")
        assert [game["batch"] for game in games] == sorted(game["batch"] for game in games)
        rivals = [game for game in games if game["batch"] == 1]
        assert sorted(game["agrees"] for game in rivals) == [False, True]
        assert {game["rivals"] for game in rivals} == {1}
        honest = next(game for game in rivals if game["agrees"])
        shown = await ask(verifier, "optroll_getGame", honest["id"])
        assert shown == await ask(verifier, "optroll_getGame", honest["id"][:18].upper().replace("0X", "0x"))
        assert (shown["assertion"], shown["batch"], shown["status"]) == (honest["id"], 1, "open")
        root, *below = shown["nodes"]
        assert (root["height"], root["index"], root["rivaled"]) == (2, 0, True)
        assert len(root["children"]) == 2
        assert {node["node"] for node in below} >= set(root["children"])
        assert len(below) == honest["moves"]
        found = await ask(verifier, "optroll_getAgreement")
        assert (found["games_disagreement"], found["games_open"], found["moves"]) == (1, len(games), verifier.responder.made)
        assert found["honest_actor_bonds"] == len(games) - 1

    play_trial(scenario)


@pytest.mark.parametrize(
    ("first", "head", "told"),
    [
        (None, (10, 1_000), 1_000 + 12 * 5),
        ((10, 1_000), (10, 1_000), 1_000 + 12 * 5),
        ((12, 1_000), (10, 1_100), 1_100 + 12 * 5),
        ((8, 1_000), (10, 1_002), 1_002 + 5),
        ((0, 1_000), (10, 1_002), 1_002 + 1),
    ],
)
def test_blocks_to_come_are_timed_by_the_pace_that_l1_has_kept(first, head, told):
    def block(place):
        return place and BlockRef(place[0], bytes(32), bytes(32), place[1])

    verifier = SimpleNamespace(first_head=block(first), head=block(head), genesis=GENESIS)
    assert moment(verifier, 15) == {"block": 15, "time_s": told}
    assert moment(verifier, NEVER) is None


def test_a_dispute_is_explained_down_to_the_transaction():
    async def scenario(trial):
        verifier = await trial.summon()
        await trial.summon("liar", key="verifier-2", parts=lying(1, 1))
        assert await ask(verifier, "optroll_explainGame") is None
        await trial.until(lambda: any(event.name == "Proved" for event in verifier.game.events))
        told = await ask(verifier, "optroll_explainGame")
        assert (told["batch"], told["agrees"], told["looked_into"]) == (1, False, told["assertion"])
        assert told["verdict"].startswith("Its staker is WRONG at leaf 2: batch 1 leads to 0x")
        assert told["leaves"] == [2, 2]
        (step,) = told["steps"]
        assert (step["step"], step["kind"], step["status"]) == (1, "TRANSFER", "OK")
        assert "no state near the true one" in told["reading"]
        fields = {(each["section"], each["field"]) for each in told["writes"]}
        assert {("accounts", "cash_e8"), ("accounts", "nonce")} <= fields
        (rival,) = told["rivals"]
        assert rival["agrees"] is True
        right = await ask(verifier, "optroll_explainGame", rival["assertion"])
        assert "Its staker is right" in right["verdict"]
        assert right["writes"] == told["writes"]
        assert right["outlook"] == "confirmed"
        late, (seconds, blocks) = right["outlook_at"], pace(verifier)
        assert late["time_s"] - right["now"]["time_s"] == seconds * (late["block"] - right["now"]["block"]) // blocks > 0
        await trial.until(lambda: verifier.finalized() == 1)
        assert (await ask(verifier, "optroll_explainGame", rival["assertion"]))["status"] == "confirmed"
        assert await ask(verifier, "optroll_explainGame", "0xffff") is None

    play_trial(scenario)


@pytest.mark.parametrize("wanted", ["0x", "0x" + "ab" * 32])
def test_a_dispute_that_is_none_or_not_the_only_one_is_nothing(wanted):
    async def scenario(trial):
        verifier = await trial.summon()
        await trial.turn()
        await trial.turn()
        await trial.look()
        return await ask(verifier, "optroll_getGame", wanted)

    assert play_trial(scenario) is None


def test_attestations_are_handed_out():
    async def scenario(trial):
        verifier = await trial.summon(attest_every=2)
        await trial.look()
        with trio.move_on_after(10):
            await verifier.attester.run()
        made = await ask(verifier, "optroll_getAttestation", 1)
        assert (made["batch"], made["bitmap"], made["root"]) == (1, 1, "0x" + verifier.replica.roots[1].hex())
        assert len(made["signature"]) == 2 + 2 * 96
        assert await ask(verifier, "optroll_getAttestation", 0) is None

    play_trial(scenario)


BAD = [[], [1, 2], [None], [True], ["1"], [[]], [1.5]]


@pytest.mark.parametrize("params", BAD)
@pytest.mark.parametrize("method", ["optimism_outputAtBlock", "optroll_getAttestation"])
def test_parameters_of_another_shape_are_refused(method, params):
    async def scenario(trial):
        verifier = await trial.summon()
        with pytest.raises(RpcError) as error:
            await METHODS[method](verifier, params)
        return error.value.code

    assert play_trial(scenario) == INVALID_PARAMS


@pytest.mark.parametrize("params", [[], [1], ["abc"], ["0x1", "0x2"], [None]])
def test_an_identity_is_hexadecimal(params):
    async def scenario(trial):
        verifier = await trial.summon()
        with pytest.raises(RpcError) as error:
            await METHODS["optroll_getGame"](verifier, params)
        return error.value.code

    assert play_trial(scenario) == INVALID_PARAMS


@pytest.mark.parametrize("params", [[1], ["abc"], ["0x1", "0x2"], [None]])
def test_what_is_to_be_explained_is_hexadecimal_too(params):
    async def scenario(trial):
        verifier = await trial.summon()
        with pytest.raises(RpcError) as error:
            await METHODS["optroll_explainGame"](verifier, params)
        return error.value.code

    assert play_trial(scenario) == INVALID_PARAMS


def test_metrics_are_the_monitors_figures():
    async def scenario(trial):
        verifier = await trial.summon()
        await trial.turn()
        await trial.look()
        found = metrics_of(verifier)
        assert all(isinstance(value, int | float) for value in found.values())
        assert (found["safe_batch"], found["finalized_batch"], found["games_open"], found["alarm"]) == (1, -1, 1, 0)
        verifier.alarm = "doubt"
        assert metrics_of(verifier)["alarm"] == 1

    play_trial(scenario)


def test_it_is_served_over_the_wire():
    async def scenario(trial):
        verifier = await trial.summon()
        await trial.look()
        async with trio.open_nursery() as nursery:
            address = await nursery.start(serve, verifier, verifier.environment, "127.0.0.1:9546")
            client = trial.scene.world.environment("client").rpc_client(f"http://{address}")
            assert await client.call("optimism_syncStatus") == await ask(verifier, "optimism_syncStatus")
            for method, params, code in (
                ("optroll_nothing", [], NO_METHOD),
                ("optroll_getGame", {"id": "0x"}, INVALID_PARAMS),
                ("optroll_getGame", ["x"], INVALID_PARAMS),
            ):
                with pytest.raises(RpcError) as error:
                    await client.call(method, params)
                assert error.value.code == code
            nursery.cancel_scope.cancel()

    play_trial(scenario)


def test_a_withdrawal_proof_names_the_newest_confirmed_assertion_that_agrees():
    async def scenario(trial):
        verifier = await trial.summon()
        asked = []
        verifier.replica.prove_message = lambda index, message: asked.append((index, message)) or b"proof"
        assert await ask(verifier, "optroll_getWithdrawalProof", 1) is None, "no assertion yet"
        with pytest.raises(RpcError, match="expected a message's number"):
            await ask(verifier, "optroll_getWithdrawalProof", "1")
        await trial.until(lambda: verifier.finalized() == 1)
        found = await ask(verifier, "optroll_getWithdrawalProof", 1)
        assert (found["assertion"], found["batch"]) == ("0x" + verifier.game.confirmed[1].hex(), 1)
        assert (found["status"], found["message"], found["proof"]) == ("confirmed", 1, "0x" + b"proof".hex())
        assert asked == [(1, 1)]

    play_trial(scenario)
