"""A session key goes on signing after it was revoked, after it expired, and beyond its scope (Derive audit DRV-09, DRV2-02)."""

from rollup.core.address import address_words
from rollup.core.development import development_secret
from rollup.core.signing import address_of
from rollup.devnet.drills.desk import E8
from rollup.devnet.drills.floor import Floor, open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scene import Scene
from rollup.transition.kinds import SCOPE_TRADE, Kind
from rollup.transition.status import Status

KEY = development_secret("a session key that is lost")

LIFE_S = 3_600
"""How long the key is to live."""


async def play(scene: Scene) -> None:
    """Register a key, use it, step beyond its scope, revoke it, register it again and let it expire."""
    floor = await open_floor(scene)
    owner = floor.traders[0]
    end_s = (await scene.chronicle.client.head()).time_s + LIFE_S
    terms: dict[str, int | bytes] = {"address": address_of(KEY), "scope": SCOPE_TRADE, "timestamp_s": end_s}
    await floor.expect("key_registered", Status.OK, floor.act(owner, Kind.REGISTER_KEY, **terms))
    await floor.expect("key_trades", Status.OK, by_key(floor, Kind.CANCEL_ALL))
    await floor.expect("key_cannot_withdraw", Status.KEY_SCOPE, by_key(floor, Kind.WITHDRAW, amount_e8=1_000 * E8, address=address_of(KEY)))
    await floor.expect("key_cannot_transfer", Status.KEY_SCOPE, by_key(floor, Kind.TRANSFER, amount_e8=1_000 * E8, counterparty=2))
    await floor.expect("key_revoked", Status.OK, floor.act(owner, Kind.REVOKE_KEY, address=address_of(KEY)))
    await floor.expect("revoked_key_signs_nothing", Status.INVALID_SIGNER, by_key(floor, Kind.CANCEL_ALL))
    await floor.expect("key_registered", Status.OK, floor.act(owner, Kind.REGISTER_KEY, **terms))
    await floor.pass_time(LIFE_S + 60)
    await floor.expect("owner_goes_on", Status.OK, floor.act(owner, Kind.CANCEL_ALL))
    await floor.expect("expired_key_signs_nothing", Status.INVALID_SIGNER, by_key(floor, Kind.CANCEL_ALL))
    await floor.settle()


async def by_key(floor: Floor, kind: Kind, **fields: int | bytes) -> Status:
    """Send a transaction of the first account, signed by the key; its status."""
    account = floor.traders[0].account
    record = floor.scene.desk.record(kind, account, **fields)
    record["signer"] = address_words(address_of(KEY))
    return (await floor.submit(floor.scene.desk.sign(record, [KEY]))).status


DRILL = Drill(
    fault="a session key is used beyond its scope, after it was revoked, and after its last second",
    expectation="it does what its scope allows, and nothing at all once it is revoked or expired; the owner goes on",
    play=play,
    covers=("B7",),
)
