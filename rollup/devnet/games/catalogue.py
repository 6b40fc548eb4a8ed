"""Every drill that is a game, by its name. A new one is one file and one line here."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from rollup.devnet.games.drill import GameDrill

GAMES: Mapping[str, str] = MappingProxyType(
    {
        "slander": "A liar claims the right end by a wrong way.",
        "sybil-flood": "A thousand Sybils assert a thousand wrong roots in one block.",
        "last-second": "A rival comes in the last block of the window.",
        "silence": "Liars fall silent, each after another of its turns.",
        "false-flag": "Who has asserted the truth does nothing for it.",
        "front-running": "Every honest transaction is copied and sent first.",
        "bounty-theft": "A thief copies every honest proof.",
        "self-slash": "An attacker stakes the truth and a lie against it.",
        "censorship-budget": "L1 censors the honest player for seven days in all.",
        "deep-reorganisation": "L1 replaces its newest blocks again and again in a dispute.",
        "clock-theft": "Timers are carried up and assertions confirmed in every order, again and again.",
        "after-the-end": "Every move is made again after the dispute is settled.",
        "forged-proofs": "A forger sends every honest proof ahead of it, with something wrong in each copy.",
        "absurd-fields": "Assertions about batches that are not there, on parents that do not exist.",
        "wrong-branch": "A liar builds batch after batch on a wrong assertion.",
        "early-withdrawal": "Withdrawals are asked for from their proof on, a forged one too.",
    }
)
"""Every game and what goes wrong in it."""


def load_game(name: str) -> GameDrill:
    """Return a game of the catalogue. Raises KeyError."""
    if name not in GAMES:
        raise KeyError(name)
    found = import_module(f"rollup.devnet.games.{name.replace('-', '_')}").DRILL
    assert isinstance(found, GameDrill)
    return found
