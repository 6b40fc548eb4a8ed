"""SET_MARGIN_MODEL: an account chooses how its margin is computed."""

from rollup.core.kernel import kernel
from rollup.market.feeds import is_stale
from rollup.market.margin import MODEL_LAST, health
from rollup.market.risk import free_health, judge_since
from rollup.state.layout import Record, State
from rollup.state.table import write
from rollup.transition.status import BY_VERDICT, Status


@kernel
def apply_set_margin_model(state: State, tx: Record) -> int:
    """Let `number` be the account's model (`rollup.market.margin.Model`), if initial health is then enough, or lacks no more than before.

    Not while the model rests on a silent feed: in it the account could not be liquidated. Statuses: UNKNOWN_MARGIN_MODEL, STALE_ORACLE,
    INITIAL_MARGIN.
    """
    if not 0 <= tx.number <= MODEL_LAST:
        return Status.UNKNOWN_MARGIN_MODEL
    before = free_health(state, tx.account)
    write(state.accounts, tx.account).margin_model = tx.number
    _, _, oldest = health(state, tx.account, 0, 0, 0)
    if is_stale(state, oldest):
        return Status.STALE_ORACLE
    return BY_VERDICT[judge_since(state, tx.account, before, 0)]
