"""SET_SCENARIO: the governor changes what portfolio margin weighs, from a time that he names."""

from rollup.core.kernel import kernel
from rollup.core.margin_parameters import SCENARIOS_MAX, VolShock
from rollup.market.scenarios import scenario_now
from rollup.state.addresses import same_address
from rollup.state.layout import Record, State
from rollup.state.limits import RATIO_ONE, TIME_MAX
from rollup.state.table import read, write
from rollup.transition.model_parameters import SCENARIO_FACTOR_MAX
from rollup.transition.status import Status


@kernel
def apply_set_scenario(state: State, tx: Record) -> int:
    """From `timestamp_s` on, let scenario `order` multiply spot by `number`, shock vols as `options`, and dampen by `confidence_e9`.

    A factor of 0 takes the scenario away. A change that waits is replaced by the next one. Statuses: NOT_GOVERNOR, UNKNOWN_SCENARIO,
    OUT_OF_RANGE.
    """
    system = read(state.system, 0)
    if not same_address(tx.owner, system.governor):
        return Status.NOT_GOVERNOR
    if not 0 <= tx.order < SCENARIOS_MAX:
        return Status.UNKNOWN_SCENARIO
    if not (0 <= tx.number <= SCENARIO_FACTOR_MAX and 0 <= tx.confidence_e9 <= SCENARIO_FACTOR_MAX):
        return Status.OUT_OF_RANGE
    if not (VolShock.NONE <= tx.options <= VolShock.ABSOLUTE and system.time_s < tx.timestamp_s < TIME_MAX):
        return Status.OUT_OF_RANGE
    if tx.options in (VolShock.LINEAR, VolShock.ABSOLUTE) and tx.number not in (RATIO_ONE, 0):
        return Status.OUT_OF_RANGE
    row = write(state.scenarios, tx.order)
    row.spot_e9, row.vol, row.dampener_e9 = scenario_now(row, system.time_s)
    row.effective_s = tx.timestamp_s
    row.next_spot_e9, row.next_vol, row.next_dampener_e9 = tx.number, tx.options, tx.confidence_e9
    return Status.OK
