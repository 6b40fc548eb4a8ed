"""Every attack of the catalogue that concerns disputes or the market is played by a drill that says so."""

import json
import re

from click.testing import CliRunner

from rollup.cli import optroll
from rollup.devnet.drills.catalogue import CATALOGUE, load

ATTACKS = {f"A{number}" for number in range(1, 42)}
"""On disputes."""

ON_THE_MARKET = {f"B{number}" for number in range(1, 30)}

COVERS = {name: load(name).covers for name in CATALOGUE}


def covered():
    return {number for covers in COVERS.values() for number in covers}


def test_every_attack_on_disputes_is_played():
    assert {number for number in covered() if number.startswith("A")} == ATTACKS


def test_every_attack_on_the_market_is_played():
    assert {number for number in covered() if number.startswith("B")} == ON_THE_MARKET


def test_what_drills_cover_are_numbers_of_the_catalogue_each_once_a_drill():
    assert all(re.fullmatch(r"[ABC][1-9][0-9]?", number) for number in covered())
    assert all(len(set(covers)) == len(covers) for covers in COVERS.values())


def test_the_list_shows_what_a_drill_covers():
    result = CliRunner().invoke(optroll, ["drill", "list", "--format", "json"])
    assert {row["drill"]: tuple(row["covers"]) for row in json.loads(result.stdout)} == COVERS
