"""The trigger keeper: fires the stop-loss and take-profit orders whose price has come.

One rule: it has no powers. What it sends anybody could send, signed with any key, through the same intake; nobody has to trust that it
does, and the state machine alone says whether an order is fired. It looks after something was executed, since nothing else moves a price.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from rollup.core.genesis import Genesis
from rollup.core.signing import address_of, sign
from rollup.environment import Environment
from rollup.l1.action import digests
from rollup.l1.records import FOREVER_S, concatenated, make_record
from rollup.transition.kinds import Kind
from sequencer.due_orders import MOST, Waiter, due_orders
from sequencer.execution import NOBODY, Execution
from sequencer.ingest import Waiting
from sequencer.intake import Refusal, Submission

AGAIN_S = 30.0
"""An order that went on waiting, because it was refused, is tried again after so long."""


@dataclass
class TriggerKeeper:
    """Watches one sequencer's state."""

    environment: Environment
    execution: Execution
    genesis: Genesis
    secret: bytes
    """Signs what is sent; it stands for nobody."""
    offer: Callable[[Submission[Waiting]], Refusal | None]
    interval_s: float
    """How long after something was executed it looks."""
    tried: dict[Waiter, float] = field(default_factory=dict)
    """When orders were last sent that may have been refused."""

    async def run(self) -> None:
        """Fire what is due, for as long as the node runs."""
        while True:
            changed = self.execution.changed
            async with self.execution.busy:
                machine = self.execution.ledger.producer.machine
                due = await self.environment.in_thread(due_orders, machine)
            self.fire(due)
            await changed.wait()
            await self.environment.sleep(self.interval_s)

    def fire(self, due: list[Waiter]) -> None:
        """Send a transaction for each order that is due and was not tried just now."""
        now = self.environment.now()
        self.tried = {waiter: at for waiter, at in self.tried.items() if now < at + AGAIN_S}
        fresh = [waiter for waiter in due if waiter not in self.tried][:MOST]
        if fresh and self.offer(self.submission(fresh)) is None:
            self.tried |= dict.fromkeys(fresh, now)
            self.environment.log("orders fired", count=len(fresh))

    def submission(self, waiters: list[Waiter]) -> Submission[Waiting]:
        """Return the signed transactions that fire some orders."""
        signer = address_of(self.secret)
        records = concatenated(
            make_record(Kind.TRIGGER, account=0, nonce=0, expiry_s=FOREVER_S, owner=bytes(20), signer=signer, order=order, number=nonce)
            for order, nonce, _ in waiters
        )
        signatures = b"".join(sign(digest.tobytes(), self.secret)[:64] for digest in digests(records, self.genesis))
        return Submission(records, np.frombuffer(signatures, np.uint8).reshape(-1, 64), "keeper", NOBODY)
