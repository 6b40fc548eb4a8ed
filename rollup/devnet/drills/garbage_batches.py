"""A29: batches of noise, of true bodies with bits flipped or cut off, and of signed transactions of every kind with nonsense in them."""

from random import Random

import numpy as np

from rollup.core.development import TRADER_SECRETS
from rollup.devnet.drills.desk import Account, Desk, Signed
from rollup.devnet.drills.director import end_day, pass_window
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.lies import Ambush, at_last, at_middle
from rollup.devnet.drills.rogue import Poster
from rollup.devnet.drills.scene import Cast, Scene
from rollup.devnet.drills.trading import exchange
from rollup.l1.batch import encode_body
from rollup.l1.records import ADDRESS_FIELDS, set_field
from rollup.transition.kinds import FIELDS, Kind
from rollup.transition.status import Status

NOISE_BYTES, NOISE_RECORDS = 3_000, 60
"""A body of noise, and the records that are said to be in it."""

FLIPS = 200
"""Bits flipped in a true body."""

ABSENT = 40
"""Records that are said to be in an empty body."""

WANTED = frozenset(
    {
        Status.INVALID_KIND,
        Status.INVALID_PARTS,
        Status.INVALID_SIGNATURE,
        Status.INVALID_SIGNER,
        Status.INVALID_NONCE,
        Status.INVALID_EXPIRED,
        Status.INVALID_ACCOUNT,
        Status.OUT_OF_RANGE,
    }
)
"""What has to come of some of it: the garbage reaches as far as this."""

noise, nonsense = Ambush(at_middle), Ambush(at_last)
"""Liars about a step of noise, and about one of signed nonsense: a garbage step has to be provable like any other."""


async def play(scene: Scene) -> None:
    """Post four batches of garbage between two rounds of trading."""
    noise.batch = nonsense.batch = -1
    market, random, poster = exchange(scene), scene.world.random, Poster(scene)
    await market.open()
    await market.trade(4)
    await end_day(scene)
    hostile = nonsense_of(scene.desk, [trader.account for trader in market.traders], random)
    body = body_of(hostile)
    noise.batch = await poster.next_index()
    # Behind a true first byte, the version, so that it is taken for a body.
    await poster.post(body[:1] + random.randbytes(NOISE_BYTES), NOISE_RECORDS)
    nonsense.batch = await poster.next_index()
    await poster.post(body, sum(len(each.records) for each in hostile))
    await poster.post(flipped(body, random), sum(len(each.records) for each in hostile))
    await poster.post(body[: len(body) // 2], sum(len(each.records) for each in hostile))
    await poster.post(b"", ABSENT)
    found, is_idle = await poster.outcome()
    scene.figures |= {"garbage_steps": sum(found.values()), "garbage_batches": len(poster.posted), "garbage_statuses": len(found)}
    scene.verdicts |= {
        "invalid_changes_nothing": is_idle,
        "garbage_has_statuses": found.keys() >= WANTED,
        "no_fault": Status.FAULT not in found,
    }
    scene.say(", ".join(f"{Status(status).name} {count}" for status, count in sorted(found.items())))
    for trader in market.traders:
        trader.account.nonce += 1 << 20
    await market.trade(4)
    await end_day(scene)
    await pass_window(scene)


def nonsense_of(desk: Desk, accounts: list[Account], random: Random) -> list[Signed]:
    """Return signed transactions of every kind with random fields, and some that nobody could have meant."""
    made = []
    for kind in FIELDS:
        owner = random.choice(accounts)
        fields = {name: random.randbytes(20) if name in ADDRESS_FIELDS else random.randrange(-(1 << 63), 1 << 63) for name in FIELDS[kind]}
        made.append(desk.act(kind, owner, **fields))
    one, two = accounts[:2]
    made += [
        changed(desk, one, expiry_s=1),
        changed(desk, one, nonce=1),
        changed(desk, one, account=1 << 19),
        changed(desk, one, account=two.number),
    ]
    made += [changed(desk, one, account=-1), changed(desk, one, kind=99), changed(desk, one, parts=15)]
    forged = desk.record(Kind.TRANSFER, one, counterparty=two.number, amount_e8=1)
    made.append(desk.sign(forged, [bytes.fromhex(TRADER_SECRETS[8])]))
    return made


def changed(desk: Desk, owner: Account, /, **fields: int) -> Signed:
    """Return a signed transfer with some fields of its header replaced beforehand."""
    records = desk.record(Kind.TRANSFER, owner, counterparty=1, amount_e8=1)
    for name, value in fields.items():
        set_field(records, name, value)
    return desk.sign(records, [owner.secret])


def body_of(transactions: list[Signed]) -> bytes:
    """Encode transactions as the poster does."""
    signatures = np.concatenate([each.signatures for each in transactions])
    return encode_body(np.concatenate([each.records for each in transactions]), signatures)


def flipped(body: bytes, random: Random) -> bytes:
    """Return a body with some bits flipped, behind its directory."""
    data = bytearray(body)
    for _ in range(FLIPS):
        data[random.randrange(256, len(data))] ^= 1 << random.randrange(8)
    return bytes(data)


DRILL = Drill(
    fault="somebody has the poster's key, and posts batches of noise, of broken bodies, and of signed nonsense of every kind",
    expectation="every node takes them for the same no-ops; each such step can be proved, and nobody's money moves by it",
    play=play,
    parties=Cast(attackers={"noise": noise.parts(), "nonsense": nonsense.parts()}),
    covers=("A29",),
)
