"""The environment of a checkout: `.venv`, made from the lock file, remade when the lock or the project's settings change.

One rule: nothing but the standard library, because nothing else is there yet. What is said goes to stderr; stdout belongs to the
command. The stamps are written last, so an installation that was cut off is not mistaken for a whole one, and a file lock lets
only one process install while the others wait and then find the work done.
"""

import fcntl
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

WHEELS = ((3, 12), (3, 11))
"""Versions of Python for which the lock's packages all come as wheels, best first."""

MISLEADING = frozenset({"PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX"})
"""Variables of the user's that would send an installation elsewhere."""

QUIET_PIP = {"PIP_USER": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
"""pip asks nothing, installs where it is told to and does not advertise itself."""

TAIL_LINES = 25
"""Lines of pip's output that are shown when it fails."""

JOB = ("devnet", "up")
"""What runs when no command is given."""

CHECKS = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",))
"""What the project's test command runs before the tests, each as a module of the environment's Python."""


def main(arguments: Sequence[str]) -> NoReturn:
    """Prepare the environment, then become `optroll` with these arguments, or run the checks and tests for `test …`."""
    checkout = Checkout(Path(__file__).resolve().parent.parent)
    try:
        if checkout.lock.is_file():
            prepare(checkout)
            run(checkout, arguments)
        from rollup.cli import main as command

        command()
        sys.exit(0)
    except BootstrapError as error:
        sys.exit(f"optroll: {error}")
    except KeyboardInterrupt:
        say("Interrupted. Run the same command again: what was cut off starts over.")
        sys.exit(130)


class BootstrapError(Exception):
    """The environment cannot be made; the message is one sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """Where the parts of one checkout are."""

    root: Path

    @property
    def lock(self) -> Path:
        """Exact versions and hashes of everything that is installed."""
        return self.root / "configs" / "requirements.lock"

    @property
    def environment(self) -> Path:
        """The virtual environment."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.environment / "bin" / "python"

    @property
    def packages_stamp(self) -> Path:
        """Tells which lock was installed here, and where "here" was: scripts hold absolute paths."""
        return self.environment / "packages.stamp"

    @property
    def project_stamp(self) -> Path:
        """Tells with which settings the project itself was installed."""
        return self.environment / "project.stamp"

    def packages_state(self) -> str:
        """Digest of what the installed packages depend on."""
        return hashlib.sha256(self.lock.read_bytes() + bytes(self.environment)).hexdigest()

    def project_state(self) -> str:
        """Digest of what the installed project depends on."""
        return hashlib.sha256((self.root / "pyproject.toml").read_bytes()).hexdigest()

    def has_packages(self) -> bool:
        """Whether the environment holds what the lock says."""
        return self.python.exists() and read(self.packages_stamp) == self.packages_state()

    def has_project(self) -> bool:
        """Whether the project is installed with its present settings."""
        return (self.environment / "bin" / "optroll").exists() and read(self.project_stamp) == self.project_state()


def prepare(checkout: Checkout) -> None:
    """Bring the environment up to date; at once where it is."""
    if checkout.has_packages() and checkout.has_project():
        return
    with alone(checkout):
        if not checkout.has_packages():
            install_packages(checkout)
        if not checkout.has_project():
            install_project(checkout)


def install_packages(checkout: Checkout) -> None:
    """Make the environment anew and install the lock into it."""
    interpreter = choose_interpreter()
    count = len(re.findall(r"^[A-Za-z0-9][^ =]*==", checkout.lock.read_text(encoding="utf-8"), re.MULTILINE))
    say(f"Making the environment: up to {count} packages, as the lock file says. This happens once and takes about a minute.")
    stop_on_failure(execute(checkout, [interpreter, "-m", "venv", "--clear", str(checkout.environment)]), "the virtual environment")
    status, tail = execute(checkout, [*pip(checkout), "--require-hashes", "--requirement", str(checkout.lock)], count)
    stop_on_failure((status, tail), "the packages of the lock file")
    checkout.packages_stamp.write_text(checkout.packages_state(), encoding="utf-8")


def install_project(checkout: Checkout) -> None:
    """Install the project itself, editable: its source stays where it is."""
    arguments = ["--no-deps", "--no-build-isolation", "--editable", str(checkout.root)]
    stop_on_failure(execute(checkout, [*pip(checkout), *arguments]), "the project itself")
    checkout.project_stamp.write_text(checkout.project_state(), encoding="utf-8")


def pip(checkout: Checkout) -> list[str]:
    """The start of an installing command."""
    return [str(checkout.python), "-m", "pip", "install"]


def choose_interpreter() -> str:
    """Find a Python for the environment: this one where it has wheels, else a better one on the path, else this one all the same."""
    own = getattr(sys, "_base_executable", None) or sys.executable
    named = [f"python{major}.{minor}" for major, minor in WHEELS]
    found = [own] if sys.version_info[:2] in WHEELS else [path for path in map(shutil.which, named) if path]
    for interpreter in found:
        if can_make_environments(interpreter):
            return interpreter
    if not can_make_environments(own):
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise BootstrapError(f"{own} comes without venv and pip; on Debian or Ubuntu, run: sudo apt install python{version}-venv")
    say(f"Some packages have no wheels for {own}: a C++ compiler and LevelDB's headers are needed; Python 3.11 or 3.12 needs neither.")
    return own


def can_make_environments(interpreter: str) -> bool:
    """Whether this interpreter runs (a pyenv shim may not) and has the parts that Debian packs separately."""
    command = [interpreter, "-c", "import ensurepip, venv"]
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


@contextmanager
def alone(checkout: Checkout) -> Iterator[None]:
    """Hold the checkout's installation lock, which the kernel gives back however this process ends.

    Installers inherit it: one that a killed parent left behind is waited for, and cannot write into the next environment.
    """
    path = checkout.root / ".venv.lock"
    try:
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise BootstrapError(f"cannot write to {checkout.root}: {error.strerror}; use a clone that you own") from error
    with file:
        os.set_inheritable(file.fileno(), True)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another process is making the environment; waiting for it.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def execute(checkout: Checkout, command: Sequence[str], packages: int = 0) -> tuple[int, str]:
    """Show and run a command, with a line of progress where packages are counted; return its status and its last lines."""
    show(checkout, command)
    environment = {name: value for name, value in os.environ.items() if name not in MISLEADING} | QUIET_PIP
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    progress = Progress(packages)
    with subprocess.Popen(
        command,
        cwd=checkout.root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        close_fds=False,
    ) as process:
        for line in process.stdout or ():
            tail.append(line.rstrip())
            progress.note(line)
    progress.end()
    return process.returncode, "\n".join(tail)


class Progress:
    """One line that counts packages: rewritten in place on a terminal, repeated now and then elsewhere."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.count = 0
        self.live = sys.stderr.isatty()

    def note(self, line: str) -> None:
        """Take one line of pip's output."""
        if not self.total:
            return
        if line.startswith(("Collecting ", "Processing ")):
            self.count += 1
            self.write(f"[{self.count:3}/{self.total}] {line.split()[1].rpartition('/')[2]}", often=True)
        elif line.startswith("Installing collected packages"):
            self.write(f"[{self.count:3}/{self.total}] fetched; unpacking them into the environment …", often=False)

    def write(self, text: str, *, often: bool) -> None:
        """Show one state of the work."""
        if self.live:
            sys.stderr.write(f"\r\x1b[2K{text}")
            sys.stderr.flush()
        elif not often or self.count % 10 == 0:
            say(text)

    def end(self) -> None:
        """Leave the last state standing."""
        if self.live and self.count:
            sys.stderr.write("\n")


def stop_on_failure(result: tuple[int, str], what: str) -> None:
    """Raise BootstrapError, after the failed command's last lines, unless it went well."""
    status, tail = result
    if status:
        say(tail)
        raise BootstrapError(f"installing {what} failed (status {status}); the lines above say why, and the same command tries again")


def run(checkout: Checkout, arguments: Sequence[str]) -> NoReturn:
    """Become `optroll`, or run the checks and the tests."""
    if arguments[:1] == ["test"]:
        sys.exit(run_tests(checkout, arguments[1:]))
    command = [str(checkout.environment / "bin" / "optroll"), *(arguments or JOB)]
    show(checkout, command)
    sys.stderr.flush()
    os.execv(command[0], command)


def run_tests(checkout: Checkout, arguments: Sequence[str]) -> int:
    """Run linter, formatter, type checker and the quick tests; with arguments, pytest alone with these. 0 iff all pass."""
    checks = () if arguments else CHECKS
    failed = []
    for check in (*checks, ("pytest", *arguments)):
        command = [str(checkout.python), "-m", *check]
        show(checkout, command)
        if subprocess.run(command, cwd=checkout.root, check=False).returncode:
            failed.append(" ".join(check))
    if failed:
        say(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def show(checkout: Checkout, command: Sequence[str]) -> None:
    """Print a command as one would type it in the checkout."""
    shown = [part.removeprefix(f"{checkout.root}/") if part != str(checkout.root) else "." for part in command]
    say(f"$ {shlex.join(shown)}")


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, file=sys.stderr, flush=True)


def read(path: Path) -> str:
    """A small file's text, or nothing where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
