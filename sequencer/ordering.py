"""In which order waiting transactions are executed: a table of pure policies.

One rule: a policy permutes whole transactions (a head and its continuation records stay together and in order) and depends on
nothing but the records, so that it can be replayed. A new policy is one function and one line in `POLICIES`.
"""

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from rollup.core.errors import RollupError
from rollup.transition.kinds import REPORTS, Kind

Records = npt.NDArray[np.void]
Permutation = npt.NDArray[np.int64]
Policy = Callable[[Records], Permutation]


def first_come(records: Records) -> Permutation:
    """Keep the order of arrival."""
    return np.arange(len(records), dtype=np.int64)


def oracle_first(records: Records) -> Permutation:
    """Put feed updates, then cancels and mass quotes, before the rest: a stale price or quote is never sniped by a flood.

    A mass quote takes away old quotes, and what it lets rest meets nobody. Within each, arrival decides.

    Nobody overtakes himself: a cancel that comes after an order of the same account stays after it, because nonces only go up.
    """
    if not len(records):
        return first_come(records)
    kinds = heads_kind(records)
    raised = behind_own(records["account"], RANKS[kinds])
    heads = np.union1d([0], np.flatnonzero(records["kind"] != Kind.CONTINUATION))
    whole = np.repeat(np.maximum.reduceat(raised, heads), np.diff(heads, append=len(records)))
    return np.argsort(np.where(np.isin(kinds, REPORTS), RANKS[Kind.ORACLE_UPDATE], whole), kind="stable").astype(np.int64)


def behind_own(accounts: npt.NDArray[np.int64], ranks: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the ranks (n,), each raised to the highest that the same account has had so far."""
    by_account = np.argsort(accounts, kind="stable")
    changes = np.diff(accounts[by_account], prepend=accounts[by_account[:1]]) != 0
    floors = np.cumsum(changes) * (int(RANKS.max()) + 1)
    raised = np.empty_like(ranks)
    raised[by_account] = np.maximum.accumulate(floors + ranks[by_account]) - floors
    return raised


def heads_kind(records: Records) -> npt.NDArray[np.int64]:
    """Return the kind of the transaction that each record belongs to, shape (n,); unknown kinds count as NONE."""
    continued = records["kind"] == Kind.CONTINUATION
    head = np.maximum.accumulate(np.where(continued, 0, np.arange(len(records))))
    kinds: npt.NDArray[np.int64] = records["kind"][head] if len(records) else np.zeros(0, np.int64)
    return np.where((kinds >= 0) & (kinds < len(RANKS)), kinds, int(Kind.NONE))


def ranks() -> npt.NDArray[np.int64]:
    """Return the priority of each kind in `oracle_first`; lower goes first."""
    table = np.full(max(Kind) + 1, 2, np.int64)
    table[list(REPORTS)] = 0
    table[[Kind.CANCEL, Kind.CANCEL_ALL, Kind.MASS_QUOTE]] = 1
    return table


RANKS = ranks()
"""Priority by kind."""

POLICIES: MappingProxyType[str, Policy] = MappingProxyType({"first_come": first_come, "oracle_first": oracle_first})
"""Every ordering policy by the name that a configuration uses."""


def policy_called(name: str) -> Policy:
    """Return the policy of a name. Raises RollupError where there is none."""
    if name not in POLICIES:
        raise RollupError("sequencer.ordering", received=name, expected=f"one of {', '.join(POLICIES)}")
    return POLICIES[name]
