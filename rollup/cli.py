"""The command line `optroll`: a table of commands, and one place where errors become sentences.

One rule: nothing is imported here that `--help` does not need; so the list of commands is set by click, and rich-click, which takes
twice as long to import, sets the help of the commands themselves. A command's module, `rollup.commands.<name>`, is loaded when that
command is called, and holds it as `command`; a new command is that file and one line in `COMMANDS`.

Exit status: 0 done; 1 it failed, and stderr says why; 2 wrong usage; 130 interrupted.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import MappingProxyType
from typing import NoReturn, cast

import click

from rollup import VERSION

COMMANDS = MappingProxyType(
    {
        "abi": "Print the ABIs of the L1 contracts as JSON.",
        "bench": "Measure throughput, and the speed of Greeks.",
        "devnet": "Run a whole devnet on this machine.",
        "drill": "Play what can go wrong, on virtual time, and judge it.",
        "doctor": "Check that this machine can run the rollup.",
        "gas": "Print what every call on L1 costs.",
        "game": "Show assertions and their disputes.",
        "greeks": "Show marks, Greeks and implied volatilities.",
        "keeper": "Start and end liquidations.",
        "keys": "Make and show encrypted keys.",
        "margin": "Explain the margin of a portfolio, term by term.",
        "node": "Run one node: l1, sequencer or verifier.",
        "simulate": "Play games of the protocol by the thousand, against adversaries.",
        "warm": "Compile everything ahead of time.",
    }
)
"""Every command and what it does."""

INTERRUPTED = 130
"""Exit status after Ctrl-C, as a shell gives it."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit with its status."""
    try:
        result = optroll.main(arguments, prog_name="optroll", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone, as in `optroll … | head`; what is left in the buffer must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except BaseException as error:
        status = explain(error)
        if status is None:
            raise
        sys.exit(status)
    sys.exit(result if isinstance(result, int) else 0)


class CommandTable(click.Group):
    """A group whose commands come from `COMMANDS`: listed without being loaded, loaded when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every command."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return what the list of commands shows of one: its name and its line in the table."""
        del ctx
        return click.Command(cmd_name, help=COMMANDS[cmd_name]) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Load the command that is called."""
        name, listed, rest = super().resolve_command(ctx, args)
        if name is None or listed is None:
            return name, listed, rest
        return name, cast("click.Command", import_module(f"rollup.commands.{name}").command), rest


def print_version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001  # click's signature
    """Print the version and stop, where it is asked for."""
    if value:
        click.echo(f"optroll {VERSION}")
        ctx.exit()


@click.command(cls=CommandTable, invoke_without_command=True)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=print_version, help="Print the version.")
@click.pass_context
def optroll(ctx: click.Context) -> None:
    """An optimistic rollup for crypto options: an L1, a sequencer, verifiers, and attacks on them."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def explain(error: BaseException) -> int | None:
    """Say what went wrong and return the exit status; None for a bug, which shows its traceback."""
    from rollup.failures import leaves

    found = list(leaves(error))
    errors = [leaf for leaf in found if not isinstance(leaf, KeyboardInterrupt | click.Abort)]
    if not all(map(is_expected, errors)):
        return None
    if len(errors) < len(found):
        # What broke because the user interrupted it is not worth a word.
        return INTERRUPTED
    for error_text in dict.fromkeys(map(text_of, errors)):
        click.echo(error_text, err=True)
    return max(error.exit_code if isinstance(error, click.ClickException) else 1 for error in errors)


def is_expected(error: BaseException) -> bool:
    """Whether a sentence explains an error: a wrong command line, or something outside that cannot be used."""
    from rollup import failures

    return isinstance(error, click.ClickException) or failures.is_expected(error)


def text_of(error: BaseException) -> str:
    """Return what stderr says of an error: one line; of a group of commands of which none was named, the group's help."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return error.format_message()
    return f"optroll: {' '.join(sentence_of(error).split())}"


def sentence_of(error: BaseException) -> str:
    """Return what an error says; of a wrong command line, also where its help is."""
    if not isinstance(error, click.ClickException):
        return str(error)
    context = error.ctx if isinstance(error, click.UsageError) else None
    return error.format_message() + (f" See: {context.command_path} --help" if context else "")
