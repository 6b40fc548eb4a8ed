"""What a dispute has cost both sides: gas of the answers and of the attack, wei that came with assertions, and blocks that passed.

One rule: it is read from L1 alone, of transactions that did something: who sent them and what they called says which side they were on.
"""

from dataclasses import dataclass
from typing import cast

from rollup.devnet.drills.lanes import GWEI
from rollup.devnet.drills.scene import Scene
from rollup.dispute.game import Status
from rollup.l1.abi import INTERFACES

ANSWERS = frozenset({"bisect", "commit", "prove", "refute", "update"})
"""Moves that a defence is made of; asserting, confirming and slashing is to be done without an attack too."""


@dataclass(slots=True)
class Side:
    """One side's spending."""

    gas: int = 0
    stake_wei: int = 0


async def costs(scene: Scene) -> dict[str, int]:
    """Return the figures of a drill that nodes played."""
    honest = {key.address for key in scene.genesis.verifiers[: scene.parties.honest]}
    attackers = {key.address for key in scene.genesis.verifiers} - honest
    defence, attack = Side(), Side()
    selectors = {function.selector: name for name, function in INTERFACES["assertions"].functions.items()}
    address = scene.chronicle.client.address_of("assertions")
    for transaction in dict.fromkeys(log.transaction for log in scene.chronicle.logs if log.address == address):
        name = f"0x{transaction.hex()}"
        found = cast("dict[str, str]", await scene.ask("l1", "eth_getTransactionByHash", name))
        receipt = cast("dict[str, str]", await scene.ask("l1", "eth_getTransactionReceipt", name))
        sender, called = bytes.fromhex(found["from"][2:]), selectors.get(bytes.fromhex(found["input"][2:10]))
        side = attack if sender in attackers else defence
        side.stake_wei += int(found["value"], 16)
        side.gas += int(receipt["gasUsed"], 16) if side is attack or called in ANSWERS else 0
    return {
        "delay_blocks": longest_delay(scene),
        "blocks_to_slash": longest_lie(scene, attackers),
        "defence_gas": defence.gas,
        "attack_gas": attack.gas,
        "defence_stake_gwei": defence.stake_wei // GWEI,
        "attack_stake_gwei": attack.stake_wei // GWEI,
    }


def longest_delay(scene: Scene) -> int:
    """Return the most blocks that a confirmed batch waited for it, from its arrival on L1."""
    confirmed = [item for item in scene.chronicle.game.assertions.values() if item.batch >= 0 and item.status == Status.CONFIRMED]
    return max((item.confirmed_at - scene.chronicle.batches[item.batch].l1_block.number for item in confirmed), default=0)


def longest_lie(scene: Scene, attackers: set[bytes]) -> int:
    """Return the most blocks that an attacker's assertion stood before it was rejected; 0 where none was."""
    game, interface, ends = scene.chronicle.game, INTERFACES["assertions"], dict[bytes, int]()
    address = scene.chronicle.client.address_of("assertions")
    for log in scene.chronicle.logs:
        event = interface.topics.get(log.topics[0]) if log.topics and log.address == address else None
        if event is not None and event.name in {"Rejected", "Refuted"}:
            ends.setdefault(cast("bytes", event.decode_log(log.topics, log.data)["id"]), log.block)
    lies = {name: block for name, block in ends.items() if game.assertions[name].staker in attackers}
    return max((block - game.assertions[name].created_at for name, block in lies.items()), default=0)
