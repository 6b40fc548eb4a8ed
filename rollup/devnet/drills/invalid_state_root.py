"""An attacker asserts a batch to a wrong state root, and defends it as well as it can."""

from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.lies import at_last, leaving_out
from rollup.devnet.drills.scene import Cast
from rollup.devnet.drills.trading import trade_and_settle

DRILL = Drill(
    fault="an attacker asserts batch 1 to a wrong state root",
    expectation="one honest verifier beats it with one proof, and its bond is slashed",
    play=trade_and_settle,
    parties=Cast(attackers={"attacker": leaving_out(1, at_last)}),
    covers=("A1",),
)
