"""Making a page of a template.

One rule: a page asks for nothing outside of itself, and a value in it is text, whatever it holds: the templates escape every one.
"""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent
"""Where the templates are."""


@cache
def templates() -> Environment:
    """Return the templates: values are escaped, and one that is missing is an error."""
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def render(template: str, **values: object) -> str:
    """Return the page that a template makes of values."""
    return templates().get_template(template).render(values)
