"""`optroll keys`, as a user would: files, passphrases, answers."""

import json

import pytest
from click.testing import CliRunner

from rollup import keystore
from rollup.commands.keys import command


@pytest.fixture(autouse=True)
def _cheap(monkeypatch):
    monkeypatch.setattr(keystore.write_keystore, "__kwdefaults__", {"work": 1 << 4})


@pytest.fixture
def passphrase(tmp_path):
    path = tmp_path / "passphrase"
    path.write_text("correct horse\n", encoding="utf-8")
    path.chmod(0o600)
    return str(path)


@pytest.mark.parametrize(("kind", "public"), [("ethereum", "address"), ("bls", "public_key")])
def test_a_new_key_is_shown_as_it_was_made(tmp_path, passphrase, kind, public):
    path = str(tmp_path / "key.json")
    options = ["--passphrase-file", passphrase, "--format", "json"]
    made = CliRunner().invoke(command, ["new", "--out", path, "--kind", kind, *options], catch_exceptions=False)
    shown = CliRunner().invoke(command, ["show", path, *options], catch_exceptions=False)
    assert made.exit_code == shown.exit_code == 0
    assert json.loads(made.stdout) == json.loads(shown.stdout)
    assert json.loads(made.stdout)[public].startswith("0x")
    assert json.loads(made.stdout)["kind"] == kind


def test_people_get_lines(tmp_path, passphrase):
    path = str(tmp_path / "key.json")
    result = CliRunner().invoke(command, ["new", "--out", path, "--passphrase-file", passphrase], catch_exceptions=False)
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["keystore", "kind", "address"]


def test_a_passphrase_is_no_argument():
    names = {option for subcommand in command.commands.values() for parameter in subcommand.params for option in parameter.opts}
    assert {name for name in names if "pass" in name} == {"--passphrase-file", "--passphrase-fd"}
