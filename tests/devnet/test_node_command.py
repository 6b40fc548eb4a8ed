"""`optroll node`: starts, says where it listens, ends cleanly; and what it cannot use is one sentence."""

import json
import subprocess

import pytest

from rollup.configuration import load_genesis
from rollup.devnet.data_directory import is_held
from tests.devnet.real_nodes import called, optroll

pytestmark = pytest.mark.process


def refusal(*arguments):
    """The sentence of a command that must fail, run in this process."""
    result = called("node", *arguments)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("optroll: ")
    return result.stderr.removeprefix("optroll: ").removesuffix("\n")


def config_of(site, name):
    return site.node(name).config_path


def test_a_missing_key_is_named():
    assert refusal("verifier") == "verifier.genesis: received nothing, expected a value, because there is no default"


def test_a_wrong_key_is_named(tmp_path):
    path = tmp_path / "node.toml"
    path.write_text('[sequencer]\nlisten_on = "127.0.0.1:0"\n')
    assert refusal("sequencer", "--config", path) == f"{path}: sequencer.listen_on: received a key, expected listen, perhaps"


def test_an_unknown_devnet_key_is_refused(site, tmp_path):
    found = refusal("verifier", "--config", config_of(site, "verifier-1"), "--key-devnet", "nobody", "--data-directory", tmp_path / "d")
    assert found.startswith("devnet key: received nobody, expected one of sequencer, poster")


def test_flags_win_over_the_file(site):
    found = refusal("l1", "--config", config_of(site, "l1"), "--listen", "0.0.0.0:0")
    assert found.startswith("--listen: received 0.0.0.0:0, expected a loopback address")


def test_a_used_port_is_named(site, tmp_path):
    result = optroll("node", "l1", "--config", config_of(site, "l1"), "--data-directory", tmp_path / "data")
    address = site.node("l1").config.listen
    assert result.returncode == 1
    assert f"optroll: {address} is in use by another process; choose another port, or 0 for any free one\n" in result.stderr


def test_a_folder_with_something_else_in_it_is_left_alone(site, tmp_path):
    (tmp_path / "letters.txt").write_text("dear diary")
    found = refusal("l1", "--config", config_of(site, "l1"), "--data-directory", tmp_path)
    assert found == f"data directory {tmp_path}: received a folder with something else in it, expected an empty one, or the node's own"
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]


def test_a_second_node_on_one_data_directory_is_refused(site):
    place = site.node("sequencer").config.data_directory
    found = refusal("sequencer", "--config", config_of(site, "sequencer"))
    assert found == f"data directory {place}: received one that a running process uses, expected a folder of its own for each node"


def test_another_nodes_directory_is_refused(site, tmp_path):
    place = tmp_path / "data"
    command = ("node", "l1", "--config", config_of(site, "l1"), "--data-directory", place, "--listen", "127.0.0.1:0", "--stop-with-stdin")
    # Its standard input is at its end already, so it starts and ends.
    assert optroll(*command, stdin=subprocess.DEVNULL).returncode == 0
    found = refusal("verifier", "--config", config_of(site, "verifier-1"), "--data-directory", place)
    root = load_genesis(site.planned.genesis_path).genesis_hash.hex()
    assert found.startswith(f"data directory {place}: received the data of l1 of rollup 0x{root}, expected the data of verifier of rollup")


def test_a_verifier_starts_ends_and_refuses_a_corrupt_store(site):
    name = "verifier-1"
    said = site.start(name)
    config = site.node(name).config
    assert (said["role"], said["rpc"], said["pid"]) == ("verifier", config.listen, site.processes[name].pid)
    assert is_held(config.data_directory)
    assert site.stop(name) == 0
    assert not is_held(config.data_directory)
    assert json.loads(site.node(name).log.read_text().splitlines()[-1])["event"] == "stopped"

    tables = sorted(path for path in config.data_directory.rglob("*") if path.suffix in {".log", ".ldb"} and path.stat().st_size)
    assert tables
    for path in tables:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0x40
        path.write_bytes(content)
    result = optroll("node", "verifier", "--config", site.node(name).config_path)
    assert (result.returncode, result.stdout) == (1, "")
    sentences = [line for line in result.stderr.splitlines() if line.startswith("optroll: ")]
    assert len(sentences) == 1
    assert str(config.data_directory) in sentences[0]
    assert "Traceback" not in result.stderr
