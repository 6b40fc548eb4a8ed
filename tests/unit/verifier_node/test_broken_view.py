"""A verifier whose L1 node tells events that do not fit: it ends with a sentence, rather than act on half of what happened."""

from dataclasses import replace

import pytest

from rollup.l1.abi import INTERFACES
from tests.unit.verifier_node.verifier_scene import play_trial
from verifier.agent import CONTRACTS, ViewBroken

ASSERTED = next(topic for topic, event in INTERFACES["assertions"].topics.items() if event.name == "Asserted")

CHANGES = {
    "cut": lambda log: replace(log, data=log.data[:-1]),
    "of no batch": lambda log: replace(log, topics=(*log.topics[:3], (99).to_bytes(32, "big"))),
    "of no parent": lambda log: replace(log, topics=(*log.topics[:2], bytes(32), log.topics[3])),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_an_event_that_does_not_fit_ends_the_verifier(change):
    async def scenario(trial):
        verifier = await trial.summon()
        await trial.turn()
        await trial.turn()
        logs = await verifier.client.logs(0, (await verifier.client.head()).number, CONTRACTS)
        asserted = next(log for log in logs if log.topics[0] == ASSERTED)
        news = await verifier.follower.look()
        with pytest.raises(ViewBroken, match="a restart reads all again"):
            await verifier.take(replace(news, logs=[change(asserted)]))

    play_trial(scenario)
