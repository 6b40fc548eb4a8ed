"""Games set up by hand: on tables of their own, whose contracts may be tampered with."""

from dataclasses import replace
from random import Random

from rollup.devnet.arena.match import Match
from rollup.devnet.arena.rules import profile
from rollup.devnet.arena.series import Table, set_table
from rollup.devnet.arena.table import ADVERSARIES


def fresh_table(rules) -> Table:
    """A table that nobody else plays on."""
    return set_table(rules)


def tampered(table: Table, **functions) -> Table:
    """The same table with other functions in its assertions contract."""
    address = table.ground.addresses["assertions"]
    contract = table.ground.contracts[address]
    table.ground.contracts = {**table.ground.contracts, address: replace(contract, functions={**contract.functions, **functions})}
    return table


def with_settings(table: Table, **settings) -> Table:
    """The same table with other immutables of its assertions contract."""
    address = table.ground.addresses["assertions"]
    contract = table.ground.contracts[address]
    changed = replace(contract, settings=replace(contract.settings, **settings))
    table.ground.contracts = {**table.ground.contracts, address: changed}
    return table


def set_up(table: Table, rules, seed=1, **settings) -> Match:
    return Match(table.ground, rules, table.libraries, table.truth, Random(seed), **settings)


def played(table, rules, adversary, seed=1, **settings) -> Match:
    """Play a game to its end, and leave L1 as it is then."""
    match = set_up(table, rules, seed, **settings)
    make = ADVERSARIES[adversary] if isinstance(adversary, str) else adversary
    match.play(make(match, match.dice, 0))
    return match


def plain(scale_e3=1_000, name="plain"):
    return profile(name, scale_e3)
