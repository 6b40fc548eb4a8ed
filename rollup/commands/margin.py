"""`optroll margin`: what a margin model asks of a portfolio in a file, and why.

One rule: the numbers are the state machine's. JSON has them with all their digits, as text; the tables have cents.
"""

from decimal import Decimal
from pathlib import Path

import rich_click as click

from rollup.commands.output import Format, format_option, print_fields, print_json, print_table
from rollup.market.margin import Model
from rollup.portfolio.explanation import Explanation, Row, explain
from rollup.portfolio.reading import portfolio_from_json

MODELS = {model.name.lower().replace("_", "-"): model for model in Model}
"""Margin models by what the command line calls them."""

WORDS = frozenset({"term", "market", "instrument", "asset", "positions", "volatility", "worst", "spot", "dampener", "quantity"})
"""Columns that are shown as they are; the others are amounts."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--model", type=click.Choice(list(MODELS)), default="standard", show_default=True, help="Margin model.")
@format_option
def command(file: Path, model: str, output_format: str) -> None:
    """Explain the margin of a portfolio.

    FILE is JSON as `rollup/portfolio/portfolio.py` describes it: positions, the feeds that value them, and parameters.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is no text: {error.reason} at byte {error.start}.") from error
    found = explain(portfolio_from_json(text), MODELS[model])
    if output_format == Format.JSON:
        print_json({"model": found.model, **found.health, **found.tables})
        return
    show(found)


def show(found: Explanation) -> None:
    """Print the healths, and each table that has a row."""
    print_fields({"model": found.model, **{spoken(name): cents(amount) for name, amount in found.health.items()}})
    if not found.tables:
        print_fields({"": "hopeless: the positions are too large to be valued"})
    for title, rows in found.tables.items():
        if rows:
            print_table(title, [spoken(name) for name in rows[0]], [shown(row) for row in rows])


def spoken(name: str) -> str:
    """Return a name for people."""
    return name.replace("_", " ")


def shown(row: Row) -> list[str]:
    """Return a row's cells."""
    return [value if name in WORDS else cents(value) for name, value in row.items()]


def cents(amount: str) -> str:
    """Return an amount with its cents."""
    return f"{Decimal(amount):,.2f}"
