"""Three attackers lie about one batch: from its first transaction on, from a middle one on, and about its last one."""

from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.lies import at_first, at_last, at_middle, lying
from rollup.devnet.drills.scene import Cast
from rollup.devnet.drills.trading import trade_and_settle

DRILL = Drill(
    fault="three attackers assert batch 1 with a lie at the first, a middle and the last transaction",
    expectation="one honest verifier beats all three at once: three steps proven, three bonds slashed, no more than one window",
    play=trade_and_settle,
    parties=Cast(attackers={"first": lying(1, at_first), "middle": lying(1, at_middle), "last": lying(1, at_last)}),
    covers=("A2",),
)
