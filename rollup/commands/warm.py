"""`optroll warm`: compiles everything ahead of time, so that nodes start at full speed."""

import os

import rich_click as click

from rollup.devnet.warming import NICENESS, cache_directory, warm


@click.command()
@click.option("--in-background", is_flag=True, help="Let everything else on the machine go first.")
def command(in_background: bool) -> None:  # noqa: FBT001  # click calls it
    """Compile the kernels into the cache: half a minute the first time, about a second after that.

    The cache is $XDG_CACHE_HOME/optroll, by default ~/.cache/optroll; a devnet fills it by itself, behind running nodes.
    """
    if in_background:
        os.nice(NICENESS)
    directory = cache_directory(os.environ)
    warm(directory, lambda line: click.echo(line, err=True))
    click.echo(f"Everything is compiled, in {directory}")
