"""`optroll devnet` as a user has it: real processes, brought up, looked at, hurt, and taken down."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rollup.configuration import load_genesis
from rollup.core.development import TRADER_SECRETS
from rollup.core.signing import address_of
from rollup.devnet import record
from rollup.devnet.data_directory import is_held
from rollup.devnet.heads import look
from rollup.devnet.traders import secrets_of
from rollup.l1.abi import INTERFACES
from rollup.l1.client import L1Client
from tests.devnet.real_nodes import ROOT, START, called, optroll, plain_streams, until

pytestmark = pytest.mark.process

MINIMAL = ROOT / "configs" / "minimal.toml"
ACCOUNTS = 4


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("net") / "devnet"


@pytest.fixture(scope="module")
def banner(place):
    """A devnet with two verifiers and a load, and what its command printed."""
    options = ("--config", MINIMAL, "--data-directory", place, "--verifiers", 2, "--load", 20, "--accounts", ACCOUNTS)
    result = optroll("devnet", "up", *options, "--detach")
    assert result.returncode == 0, result.stderr
    yield result.stdout
    if is_held(place):
        optroll("devnet", "down", "--data-directory", place)


@pytest.fixture
def found(banner, place):
    return record.read(place)


async def seen(environment, found):
    return await look(environment.rpc_client, [node for node in found.nodes if node.url])


def test_the_banner_shows_nodes_accounts_and_what_to_do_next(banner):
    for name in ("ready in", "l1", "sequencer", "verifier-1", "verifier-2", "L1 31337", "rollup 42069", "devnet status", "devnet down"):
        assert name in banner
    for secret in TRADER_SECRETS:
        assert secret in banner
        assert address_of(bytes.fromhex(secret)).hex() in banner


def test_status_is_one_document(found, place):
    result = optroll("devnet", "status", "--data-directory", place, "--format", "json")
    assert result.returncode == 0, result.stderr
    status = json.loads(result.stdout)
    assert status["ready"] is True
    assert status["agreement"] is True
    assert status["state_root"].startswith("0x")
    assert min(status["unsafe"], status["safe"]) >= 0
    assert status["nodes"].keys() == {"l1", "sequencer", "verifier-1", "verifier-2"}
    assert all(node["up"] for node in status["nodes"].values())
    assert all((node["games"] or {"wrong_confirmed": 0})["wrong_confirmed"] == 0 for node in status["nodes"].values())
    assert status["nodes"]["verifier-1"]["games"]["games_disagreement"] == 0
    assert {node["roots"][str(status["batch"])] for name, node in status["nodes"].items() if name != "l1"} == {status["state_root"]}


def test_everything_listens_on_loopback_alone_and_writes_for_its_user_alone(found, place):
    assert all(node.url.startswith("http://127.0.0.1:") for node in found.nodes if node.url)
    assert all(path.stat().st_mode & 0o077 == 0 for path in place.rglob("*"))


async def test_the_accounts_have_their_money(environment, found):
    sequencer = environment.rpc_client(found.node("sequencer").url)
    for each in found.accounts:
        account = await sequencer.call("optroll_getAccount", [each.subaccount])
        assert (account["owner"], account["cash_e8"]) == (each.address, each.deposited_e8)
    await sequencer.aclose()


async def test_the_load_trades(environment, found):
    sequencer = environment.rpc_client(found.node("sequencer").url)

    async def filled():
        for secret in secrets_of(ACCOUNTS):
            numbers = await sequencer.call("optroll_getAccountsOf", ["0x" + address_of(secret).hex()])
            accounts = [await sequencer.call("optroll_getAccount", [number]) for number in numbers]
            if any(account["positions"] for account in accounts):
                return True
        return False

    assert await until(filled)
    await sequencer.aclose()


async def test_heads_become_final_and_are_attested(environment, found, place):
    l1, genesis = environment.rpc_client(found.node("l1").url), load_genesis(place / "genesis.toml")

    async def finalized():
        # Nobody disputes; so only blocks have to pass.
        await l1.call("anvil_mine", ["0xa"])
        view = await seen(environment, found)
        return all(node.finalized >= 0 for node in view.nodes if node.role == "verifier") and view

    view = await until(finalized)
    assert view.agree
    client, first = L1Client(l1, genesis), next(node for node in view.nodes if node.role == "verifier")
    verifier = environment.rpc_client(first.url)
    output = await verifier.call("optimism_outputAtBlock", [0])
    await verifier.aclose()

    async def attested():
        (bitmap,) = await client.call("attestations", "signers", 0, bytes.fromhex(output["root"][2:]))
        return bitmap == 0b11

    assert await until(attested)
    await l1.aclose()


async def test_bonds_come_back_to_be_staked_again(environment, found, place):
    l1, genesis = environment.rpc_client(found.node("l1").url), load_genesis(place / "genesis.toml")
    client = L1Client(l1, genesis)

    async def paid():
        await l1.call("anvil_mine", ["0xa"])
        logs = await client.logs(0, (await client.head()).number, ["assertions"])
        return any(log.topics[0] == INTERFACES["assertions"].events["BondPaid"].topic for log in logs)

    await until(paid)
    await l1.aclose()


def test_games_are_listed_and_shown(found, place):
    listed = called("game", "list", "--devnet", place, "--format", "json")
    games = json.loads(listed.stdout)
    assert games[0]["batch"] == 0
    assert all(game["agrees"] in {True, None} and game["rivals"] == 0 for game in games)
    table = called("game", "list", "--devnet", place).stdout
    assert "Forecast" in table
    shown = json.loads(called("game", "show", games[0]["id"][:18], "--devnet", place, "--format", "json").stdout)
    assert shown["assertion"] == games[0]["id"]
    assert shown["nodes"]
    told = json.loads(called("game", "explain", "--devnet", place, "--format", "json").stdout)
    assert (told["agrees"], told["rivals"], told["differs"]) in ((True, [], []), (None, [], []))
    explained = called("game", "explain", games[0]["id"][:18], "--devnet", place).stdout
    assert "Its staker is right: this is what executing batch 0 leads to." in explained
    assert "blocks unrivaled, at block" in explained
    assert "Ahead" in table
    nobody = called("game", "explain", "0x" + "00" * 32, "--devnet", place)
    assert (nobody.returncode, nobody.stderr.count("\n")) == (1, 1)
    assert "Unrivaled" in called("game", "show", games[0]["id"], "--rpc", found.node("verifier-2").url).stdout
    unknown = called("game", "show", "0x" + "00" * 32, "--devnet", place)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "identity" in unknown.stderr


def test_greeks_are_shown_of_an_instrument_an_expiry_and_an_account(found, place):
    genesis = load_genesis(place / "genesis.toml")
    name = genesis.instruments[0].name
    shown = json.loads(called("greeks", name, "--devnet", place, "--format", "json").stdout)
    assert [row["instrument"] for row in shown["instruments"]] == [name]
    assert name in called("greeks", name.rsplit("-", 2)[0], "--rpc", found.node("sequencer").url).stdout
    assert "totals" in json.loads(called("greeks", "1", "--devnet", place, "--format", "json").stdout)
    unknown = called("greeks", "999999", "--devnet", place)
    assert (unknown.returncode, unknown.stdout, unknown.stderr) == (1, "", "optroll: There is no account 999999.\n")


def test_a_second_devnet_in_the_same_place_is_refused(found, place):
    result = called("devnet", "up", "--data-directory", place)
    assert result.returncode == 1
    assert result.stderr == f"optroll: devnet in {place}: received one that is up, expected none; end it with: optroll devnet down\n"


def test_a_second_node_on_the_same_data_is_refused(found, place):
    result = optroll("node", "sequencer", "--config", place / "sequencer" / "config.toml")
    assert result.returncode == 1
    assert "received one that a running process uses" in result.stderr
    assert result.stderr.count("\n") == 1


def test_logs_are_shown_for_all_nodes_and_for_one(found, place):
    everything = called("devnet", "logs", "--data-directory", place).stdout
    assert {"l1", "sequencer", "verifier-1"} <= {line.split()[1] for line in everything.splitlines() if len(line.split()) > 2}
    assert "sequencer started" in called("devnet", "logs", "sequencer", "-n", "1000", "--data-directory", place).stdout
    wrong = called("devnet", "logs", "verifier-9", "--data-directory", place)
    assert "received verifier-9, expected one of" in wrong.stderr


async def test_a_killed_verifier_is_told_and_the_others_go_on(environment, found, place):
    os.kill(found.node("verifier-2").pid, signal.SIGKILL)

    async def told():
        return "verifier-2 was ended by SIGKILL; the others go on" in (place / "devnet.log").read_text()

    await until(told)
    before = await seen(environment, found)

    async def further():
        view = await seen(environment, found)
        return view.batch > before.batch and view.agree and view

    view = await until(further)
    assert [node.name for node in view.nodes if not node.is_up] == ["verifier-2"]


def test_the_status_of_a_hurt_devnet_names_who_is_down(found, place):
    shown = called("devnet", "status", "--data-directory", place).stdout
    assert "DOWN" in shown
    assert "All who are up agree" in shown


def test_down_leaves_nothing(found, place):
    pids = [found.pid, *(node.pid for node in found.nodes)]
    result = optroll("devnet", "down", "--data-directory", place)
    assert (result.returncode, result.stderr) == (0, "")
    assert not is_held(place)
    assert not any(map(is_running, pids))
    for command in ("down", "status"):
        again = called("devnet", command, "--data-directory", place)
        assert again.returncode == 1
        assert again.stderr == f"optroll: devnet in {place}: received none that is up, expected one; start it with: optroll devnet up\n"


@pytest.fixture
def in_foreground(place):
    """Start a devnet without verifiers' company in the foreground; returns its process once it is ready."""
    started = []

    def start():
        command = [sys.executable, "-c", START, "devnet", "up", "--config", str(MINIMAL), "--data-directory", str(place)]
        process = subprocess.Popen(command, **{**plain_streams(), "stderr": subprocess.DEVNULL})
        started.append(process)
        for line in process.stdout:
            if line.startswith("Try"):
                return process, record.read(place)
        raise AssertionError("it did not come up")

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


async def test_ctrl_c_and_even_a_kill_leave_nothing(in_foreground, place):
    process, found = in_foreground()
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert not any(is_running(node.pid) for node in found.nodes)

    process, found = in_foreground()
    process.kill()

    async def gone():
        return not any(is_running(node.pid) for node in found.nodes)

    await until(gone)
    assert not is_held(place)
