"""Real nodes for tests: processes, sockets and disks, in a folder of their own."""

import json
import os
import select
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import pytest
import trio

from rollup import cli
from rollup.devnet.funding import Deposit, deposit, subaccounts

ROOT = Path(__file__).resolve().parents[2]
START = "from rollup.cli import main; main()"
READY_WITHIN_S = 60


def optroll(*arguments, **options):
    """Run a command to its end; `options` go to subprocess.run."""
    return subprocess.run(
        [sys.executable, "-c", START, *map(str, arguments)], **{**plain_streams(), "timeout": 120, **options}, check=False
    )


def called(*arguments):
    """Run a command in this process, which starts in no time: its exit status, stdout and stderr."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as stop:
        cli.main(list(map(str, arguments)))
    return subprocess.CompletedProcess(arguments, stop.value.code, out.getvalue(), err.getvalue())


def plain_streams():
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
    return {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment}


@dataclass
class Site:
    """An L1, a sequencer and verifiers, each started and killed by its name."""

    planned: object
    processes: dict = field(default_factory=dict)

    def node(self, name):
        return next(node for node in self.planned.nodes if node.name == name)

    def start(self, name):
        """Start a node and wait until it is ready; return what it says."""
        node = self.node(name)
        command = [sys.executable, "-c", START, "node", node.role, "--config", str(node.config_path), "--name", name]
        with node.log.open("a") as log:
            process = subprocess.Popen(command, **{**plain_streams(), "stderr": log})
        self.processes[name] = process
        readable, _, _ = select.select([process.stdout], [], [], READY_WITHIN_S)
        line = process.stdout.readline() if readable else ""
        assert line, f"{name} did not start: {node.log.read_text()[-2000:]}"
        return json.loads(line)

    def kill(self, name):
        """kill -9."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()
        process.stdout.close()

    def stop(self, name):
        """Ask a node to end, and return its exit status."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        status = process.wait(30)
        process.stdout.close()
        return status

    def stop_all(self):
        for name in list(self.processes)[::-1]:
            self.kill(name)


async def until(condition, *, within_s=30.0):
    """Return what an async condition returns once that is true."""
    with trio.fail_after(within_s):
        while not (found := await condition()):  # noqa: ASYNC110  # another process has no event
            await trio.sleep(0.02)
        return found


async def opened(environment, site, secrets, amount_e8=10**12):
    """Open a funded subaccount for each key, and return their numbers."""
    deposits = [Deposit(secret, amount_e8) for secret in secrets]
    l1, sequencer = (environment.rpc_client(site.node(name).url) for name in ("l1", "sequencer"))
    try:
        await deposit(l1, site.planned.genesis, deposits, confirmations=1)
        with trio.fail_after(30):
            return await subaccounts(environment, sequencer, deposits)
    finally:
        await l1.aclose()
        await sequencer.aclose()
