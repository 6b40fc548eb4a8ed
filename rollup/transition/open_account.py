"""Opening accounts: what deposits and transfers do that go to none yet."""

from collections.abc import Sequence

from rollup.core.kernel import kernel
from rollup.market.terms import LIVE
from rollup.state.layout import State
from rollup.state.limits import ACCOUNT_BITS
from rollup.state.table import write


@kernel
def open_account(state: State, owner: Sequence[int]) -> int:
    """Open an account of an owner, an address of three words: its id, or 0 where there are no rows left."""
    system = write(state.system, 0)
    if system.accounts + 1 >= 1 << ACCOUNT_BITS:
        return 0
    system.accounts += 1
    opened = write(state.accounts, system.accounts)
    opened.status = LIVE
    for word in range(3):
        opened.owner[word] = owner[word]
    return int(system.accounts)
