"""The command line: its table, its start, and how it fails."""

import json
import subprocess
import sys
import types
from importlib import import_module

import click
import pytest

from rollup import VERSION, cli
from rollup.commands import output
from rollup.core.errors import DecodeError
from rollup.core.transport import ConnectionFailed


@pytest.fixture
def run(capsys):
    """Run the command line in this process: its exit status, stdout and stderr."""

    def ran(*arguments):
        with pytest.raises(SystemExit) as stop:
            cli.main(list(arguments))
        captured = capsys.readouterr()
        return stop.value.code, captured.out, captured.err

    return ran


@pytest.fixture
def plant_command(monkeypatch):
    """Put a command called `planted` into the table."""

    def planted(function):
        module = types.ModuleType("rollup.commands.planted")
        module.command = click.command()(function)
        monkeypatch.setitem(sys.modules, "rollup.commands.planted", module)
        monkeypatch.setattr(cli, "COMMANDS", {**cli.COMMANDS, "planted": "Only here."})

    return planted


def test_every_line_of_the_table_has_its_module_and_every_module_its_line(root):
    modules = {path.stem for path in (root / "rollup" / "commands").glob("*.py")} - {"__init__", "output"}
    with_command = {name for name in modules if hasattr(import_module(f"rollup.commands.{name}"), "command")}
    assert set(cli.COMMANDS) == with_command
    for name in cli.COMMANDS:
        assert isinstance(import_module(f"rollup.commands.{name}").command, click.Command)


def test_help_lists_every_command_and_loads_none(root):
    code = "import sys; from rollup.cli import main\ntry: main(['--help'])\nfinally: print(*sys.modules, file=sys.stderr)"
    result = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    for name, line in cli.COMMANDS.items():
        assert f"  {name} " in result.stdout
        assert line in result.stdout
    loaded = set(result.stderr.split())
    assert not {name for name in loaded if name.startswith(("rollup.commands.", "rollup.core", "rich", "numpy", "trio"))}


def test_no_command_shows_the_help_and_is_no_error(run):
    assert run() == run("--help")
    assert run()[0] == 0


@pytest.mark.parametrize("group", ["bench", "devnet", "drill", "game", "keys", "node"])
def test_a_group_without_a_command_shows_its_help(run, group):
    status, _, shown = run(group)
    helped, text, _ = run(group, "--help")
    assert (status, helped) == (2, 0)
    assert shown.split() == text.split()
    assert len(shown.splitlines()) > 5


@pytest.mark.parametrize("number", ["nan", "-nan", "inf", "1e999"])
@pytest.mark.parametrize(
    "words",
    [
        ("simulate", "dispute", "--games", "1", "--window-scale"),
        ("keeper", "--interval"),
        ("keeper", "--funding-interval"),
        ("devnet", "load", "--seconds"),
    ],
)
def test_what_is_no_finite_number_is_wrong_usage(run, words, number):
    status, shown, complaint = run(*words, number)
    assert (status, shown) == (2, "")
    assert words[-1] in complaint
    assert len(complaint.splitlines()) == 1


def test_version(run):
    assert run("--version") == (0, f"optroll {VERSION}\n", "")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["devent"], "optroll: No such command 'devent'. See: optroll --help\n"),
        (["--nothing"], "optroll: No such option '--nothing'. See: optroll --help\n"),
        (["keys", "new"], "optroll: Missing option '--out'. See: optroll keys new --help\n"),
        (
            ["keys", "new", "--out", "k", "--kind", "x"],
            "optroll: Invalid value for '--kind': 'x' is not one of 'ethereum', 'bls'. See: optroll keys new --help\n",
        ),
    ],
)
def test_wrong_usage_is_a_sentence(run, arguments, sentence):
    assert run(*arguments) == (2, "", sentence)


@pytest.mark.parametrize(
    ("error", "sentences"),
    [
        (DecodeError("a frame", received=b"\1", expected="a map"), ["a frame: received 0x01, expected a map"]),
        (ConnectionFailed("127.0.0.1:1 hung up"), ["127.0.0.1:1 hung up"]),
        (FileNotFoundError(2, "No such file or directory", "x"), ["[Errno 2] No such file or directory: 'x'"]),
        (ExceptionGroup("nursery", [ExceptionGroup("inner", [ConnectionFailed("a\nb")]), OSError("c"), OSError("c")]), ["a b", "c"]),
    ],
)
def test_an_expected_error_is_a_sentence(run, plant_command, error, sentences):
    def fail():
        raise error

    plant_command(fail)
    assert run("planted") == (1, "", "".join(f"optroll: {sentence}\n" for sentence in sentences))


@pytest.mark.parametrize("beside", [OSError("expected"), KeyboardInterrupt()])
def test_a_bug_is_not_dressed_up(plant_command, beside):
    def fail():
        raise BaseExceptionGroup("nursery", [beside, ZeroDivisionError("a bug")])

    plant_command(fail)
    with pytest.raises(BaseExceptionGroup):
        cli.main(["planted"])


INTERRUPTIONS = [
    KeyboardInterrupt(),
    BaseExceptionGroup("nursery", [KeyboardInterrupt()]),
    BaseExceptionGroup("nursery", [KeyboardInterrupt(), OSError("broken off")]),
]


@pytest.mark.parametrize("error", INTERRUPTIONS)
def test_an_interruption_is_quiet(run, plant_command, error):
    def interrupt():
        raise error

    plant_command(interrupt)
    status, shown, complaints = run("planted")
    assert (status, shown, complaints.strip()) == (130, "", "")


def test_an_exit_status_is_passed_on(run, plant_command):
    plant_command(lambda: click.get_current_context().exit(7))
    assert run("planted")[0] == 7


@pytest.mark.process
def test_a_reader_that_leaves_early_is_no_error(root):
    code = "from rollup.cli import main; main(['--help'])"
    command = f'{sys.executable} -c "{code}" | true; echo ${{PIPESTATUS[0]}}'
    result = subprocess.run(["bash", "-c", command], cwd=root, capture_output=True, text=True, check=True)
    assert result.stdout in {"0\n", "1\n"}
    assert result.stderr == ""


def test_the_abis_are_one_json_object(run):
    status, shown, _ = run("abi")
    assert status == 0
    assert {"token", "inbox", "bridge", "assertions", "attestations"} <= set(json.loads(shown))


def test_json_is_one_document_with_bytes_in_hex(capsys):
    output.print_json({"root": b"\x01\xff", "n": [1, None]})
    assert json.loads(capsys.readouterr().out) == {"root": "0x01ff", "n": [1, None]}
    with pytest.raises(TypeError, match="set has no JSON form"):
        output.print_json({"x": {1}})
    with pytest.raises(ValueError, match="JSON"):
        output.print_json({"x": float("nan")})


def test_tables_have_no_colour_and_are_whole_where_no_terminal_is(capsys):
    output.print_table("Nodes", ("name", "address"), [("sequencer", "x" * 150), (1, 2)])
    output.print_fields({"key": "y" * 150})
    shown = capsys.readouterr().out
    assert "x" * 150 in shown
    assert "y" * 150 in shown
    assert "\x1b" not in shown
