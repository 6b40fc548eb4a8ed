"""`optroll abi`: the L1 contracts' ABIs, for wallets, explorers and other programs."""

import rich_click as click

from rollup.commands.output import print_json


@click.command()
def command() -> None:
    """Print the ABIs of the L1 contracts as one JSON object: contract name to list of functions and events."""
    from rollup.l1.abi import ABIS

    print_json(dict(ABIS))
