"""Who reads what a command prints may go before it is done."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

PROGRAM = """
import sys
import rich_click as click
from rollup.commands.output import for_whoever_reads, print_table

for _ in range(3):
    with for_whoever_reads():
        print_table("numbers", ("number",), [(number,) for number in range(10_000)])
    with for_whoever_reads():
        click.echo("progress", err=True)
open(sys.argv[1], "w").write("went on")
"""


@pytest.mark.parametrize("both", [False, True])
def test_a_reader_that_goes_ends_nothing(tmp_path, both):
    reading, writing = os.pipe()
    os.close(reading)
    stderr = writing if both else subprocess.PIPE
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "done")]
    done = subprocess.run(command, stdout=writing, stderr=stderr, cwd=Path(__file__).parents[3], check=False)
    os.close(writing)
    assert (done.returncode, (tmp_path / "done").read_text()) == (0, "went on")
    if not both:
        assert done.stderr == b"progress\n" * 3
