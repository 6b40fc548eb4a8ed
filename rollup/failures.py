"""Which errors are explained by their own sentence, and which are bugs.

One rule: what lies outside of the program (a peer, a disk, a file, a port) is said in one sentence; everything else keeps its traceback.
"""

from collections.abc import Iterator

from rollup.core.errors import RollupError
from rollup.core.transport import TransportError
from rollup.environment import StoreError


def leaves(error: BaseException) -> Iterator[BaseException]:
    """Yield the errors in nested groups, as trio's nurseries raise them."""
    waiting = [error]
    while waiting:
        found = waiting.pop()
        if isinstance(found, BaseExceptionGroup):
            waiting.extend(reversed(found.exceptions))
        else:
            yield found


def is_expected(error: BaseException) -> bool:
    """Whether an error's own sentence explains it: something outside cannot be used."""
    return isinstance(error, RollupError | TransportError | StoreError | OSError)


def sentences(error: BaseException) -> list[str] | None:
    """Return what an error says, each sentence once and on one line; None where a part of it is a bug."""
    found = list(leaves(error))
    if not all(map(is_expected, found)):
        return None
    return list(dict.fromkeys(" ".join(str(leaf).split()) for leaf in found))
