"""What a dispute has cost both sides: gas of the answers and of the attack, wei that came with assertions, and blocks that passed.

One rule: it is read from L1 alone, of transactions that did something: who sent them and what they called says which side they were on.
"""

from dataclasses import dataclass
from typing import cast

from rollup.devnet.drills.lanes import GWEI
from rollup.devnet.drills.scene import Scene
from rollup.dispute.game import Event, Status
from rollup.l1.abi import INTERFACES

ANSWERS = frozenset({"bisect", "commit", "prove", "refute", "update"})
"""Moves that a defence is made of; asserting, confirming and slashing is to be done without an attack too."""


@dataclass(frozen=True, slots=True)
class Spent:
    """A transaction to the assertions contract that did something."""

    block: int
    sender: bytes
    called: str
    """The function's name."""
    arguments: tuple[object, ...]
    wei: int
    gas: int
    events: tuple[Event, ...]


async def spending(scene: Scene) -> list[Spent]:
    """Return all transactions that left events of the assertions contract, in order."""
    interface, found = INTERFACES["assertions"], dict[bytes, list[Event]]()
    functions = {function.selector: (name, function) for name, function in interface.functions.items()}
    address = scene.chronicle.client.address_of("assertions")
    for log in scene.chronicle.logs:
        known = interface.topics.get(log.topics[0]) if log.topics and log.address == address else None
        if known is not None:
            found.setdefault(log.transaction, []).append(Event(log.block, known.name, known.decode_log(log.topics, log.data)))
    spent = []
    for transaction, events in found.items():
        name = f"0x{transaction.hex()}"
        sent = cast("dict[str, str]", await scene.ask("l1", "eth_getTransactionByHash", name))
        receipt = cast("dict[str, str]", await scene.ask("l1", "eth_getTransactionReceipt", name))
        data = bytes.fromhex(sent["input"][2:])
        called, function = functions[data[:4]]
        who, wei, gas = bytes.fromhex(sent["from"][2:]), int(sent["value"], 16), int(receipt["gasUsed"], 16)
        spent.append(Spent(events[0].block, who, called, function.decode_call(data), wei, gas, tuple(events)))
    return spent


@dataclass(slots=True)
class Side:
    """One side's spending."""

    gas: int = 0
    stake_wei: int = 0


def sides(scene: Scene, spent: list[Spent]) -> tuple[Side, Side]:
    """Return what the defence has cost, its answers alone, and what the attack has, all of it."""
    attackers = {key.address for key in scene.genesis.verifiers[scene.parties.honest :]}
    defence, attack = Side(), Side()
    for each in spent:
        side = attack if each.sender in attackers else defence
        side.stake_wei += each.wei
        side.gas += each.gas if side is attack or each.called in ANSWERS else 0
    return defence, attack


def costs(scene: Scene, spent: list[Spent]) -> dict[str, int]:
    """Return the figures of a drill that nodes played."""
    defence, attack = sides(scene, spent)
    return {
        "delay_blocks": longest_delay(scene),
        "blocks_to_slash": longest_lie(scene, spent),
        "defence_gas": defence.gas,
        "attack_gas": attack.gas,
        "defence_stake_gwei": defence.stake_wei // GWEI,
        "attack_stake_gwei": attack.stake_wei // GWEI,
    }


def longest_delay(scene: Scene) -> int:
    """Return the most blocks that a confirmed batch waited for it, from its arrival on L1."""
    confirmed = [item for item in scene.chronicle.game.assertions.values() if item.batch >= 0 and item.status == Status.CONFIRMED]
    return max((item.confirmed_at - scene.chronicle.batches[item.batch].l1_block.number for item in confirmed), default=0)


def longest_lie(scene: Scene, spent: list[Spent]) -> int:
    """Return the most blocks that an attacker's assertion stood before it was rejected; 0 where none was."""
    attackers, ends = {key.address for key in scene.genesis.verifiers[scene.parties.honest :]}, dict[bytes, int]()
    for event in (event for each in spent for event in each.events if event.name in {"Rejected", "Refuted"}):
        ends.setdefault(cast("bytes", event.arguments["id"]), event.block)
    made = scene.chronicle.game.assertions
    return max((block - made[name].created_at for name, block in ends.items() if made[name].staker in attackers), default=0)
