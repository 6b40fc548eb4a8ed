"""`optroll gas`: what every move of a dispute, every one-step proof and every way in and out costs on L1."""

import rich_click as click

from rollup.commands.output import Format, format_option, print_json, print_table

NO_FIT = "more than one transaction may use"
"""Remark on what Ethereum would not take."""


@click.command()
@format_option
@click.pass_context
def command(context: click.Context, output_format: str) -> None:
    """Measure the gas of L1's contracts; the exit status is 1 if a call needs more than 2^24, what Ethereum allows a transaction."""
    from rollup.devnet.gas.table import measure

    found = measure()
    if output_format == Format.JSON:
        print_json([{"call": each.name, "gas": each.gas, "calldata_bytes": each.calldata, "fits": each.fits} for each in found])
    else:
        rows = [(each.name, f"{each.gas:,}", f"{each.calldata:,}", "" if each.fits else NO_FIT) for each in found]
        print_table("Gas before refunds; of several calls of one sort the costliest", ("call", "gas", "calldata, bytes", ""), rows)
    context.exit(0 if all(each.fits for each in found) else 1)
