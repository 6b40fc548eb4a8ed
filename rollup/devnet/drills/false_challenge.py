"""An attacker challenges an honest assertion: it claims the same end, but a wrong way there, so as to delay what is right."""

from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.lies import at_middle, slandering
from rollup.devnet.drills.scene import Cast
from rollup.devnet.drills.trading import trade_and_settle

DRILL = Drill(
    fault="an attacker challenges the honest assertion of batch 1 with a rival trace to the same end",
    expectation="the honest assertion is confirmed without delay, and the challenger's bond is slashed",
    play=trade_and_settle,
    parties=Cast(attackers={"challenger": slandering(1, at_middle)}),
    covers=("A3",),
)
