"""kill -9 of a sequencer under load, at moments that nobody chose: what was acknowledged is in the chain, at its place, once."""

from dataclasses import dataclass, field
from random import Random

import numpy as np
import pytest
import trio

from rollup.core.development import TRADER_SECRETS
from rollup.core.signing import address_of, sign
from rollup.core.transport import TransportError
from rollup.devnet.intake_client import connected
from rollup.l1.action import digests
from rollup.l1.client import L1Client
from rollup.l1.derivation import Derivation
from rollup.l1.follower import Follower
from rollup.l1.records import make_record
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.devnet.real_nodes import opened, until

pytestmark = pytest.mark.process

SECRETS = [bytes.fromhex(secret) for secret in TRADER_SECRETS[:4]]
KILLS = 4
FUNDED_E8 = 10**12


@dataclass
class Customer:
    """One account's owner: sends transfers, keeps every answer, and sends again what was not answered."""

    genesis: object
    secret: bytes
    number: int
    peer: int
    random: Random
    nonce: int = 0
    places: dict = field(default_factory=dict)
    """(batch, step) by nonce, as it was acknowledged."""
    known: set = field(default_factory=set)
    """Nonces that were called used when they were sent again."""

    async def trade(self, environment, address):
        pending = None
        while True:
            async with connected(environment, address, patience_s=60) as client:
                while not client.is_broken:
                    again = pending is not None
                    pending = pending if again else self.transfers()
                    try:
                        results = await client.submit(*pending)
                    except TransportError:
                        break
                    self.note(pending[0], results, again=again)
                    pending = None

    def transfers(self):
        owner = address_of(self.secret)
        made = []
        for _ in range(self.random.randint(1, 6)):
            self.nonce += 1
            fields = {"counterparty": self.peer, "amount_e8": self.nonce}
            made.append(
                make_record(Kind.TRANSFER, account=self.number, nonce=self.nonce, expiry_s=1 << 39, owner=owner, signer=owner, **fields)
            )
        records = np.concatenate(made)
        signed = b"".join(sign(digest.tobytes(), self.secret) for digest in digests(records, self.genesis))
        return records, np.frombuffer(signed, np.uint8).reshape(-1, 65)

    def note(self, records, results, *, again):
        for record, result in zip(records, results, strict=True):
            nonce, status = int(record["nonce"]), int(result["status"])
            if again and status == Status.INVALID_NONCE:
                self.known.add(nonce)
            else:
                assert status == Status.OK, Status(status).name
                self.places[nonce] = (int(result["batch"]), int(result["step"]))


async def test_what_was_acknowledged_is_in_the_chain_once(environment, site):
    genesis, random = site.planned.genesis, Random(20_261)
    numbers = await opened(environment, site, SECRETS, FUNDED_E8)
    customers = [
        Customer(genesis, secret, number, peer, Random(number))
        for secret, number, peer in zip(SECRETS, numbers, numbers[1:] + numbers[:1], strict=True)
    ]
    ingest = site.node("sequencer").config.ingest_listen
    async with trio.open_nursery() as nursery:
        for customer in customers:
            nursery.start_soon(customer.trade, environment, ingest)
        for _ in range(KILLS):
            await acknowledged(customers, random.randint(10, 120))
            site.kill("sequencer")
            await trio.to_thread.run_sync(site.start, "sequencer")
        await acknowledged(customers, 40)
        nursery.cancel_scope.cancel()

    chain = await chain_of(environment, site)
    for customer in customers:
        for nonce, place in customer.places.items():
            assert chain[customer.number, nonce] == place
        assert all((customer.number, nonce) in chain for nonce in customer.known)
    await check_accounts(environment, site, customers, chain)


async def acknowledged(customers, more):
    """Wait for so many more acknowledgements."""
    goal = sum(len(customer.places) for customer in customers) + more

    async def reached():
        return sum(len(customer.places) for customer in customers) >= goal

    await until(reached, within_s=60)


async def chain_of(environment, site):
    """Return the place of every transfer, as L1 has it: (batch, step) by (account, nonce)."""
    genesis = site.planned.genesis
    sequencer, l1 = (environment.rpc_client(site.node(name).url) for name in ("sequencer", "l1"))

    async def all_posted():
        status = await sequencer.call("optimism_syncStatus")
        return status["unposted"] == 0 and status["unsafe_l2"] == {
            "number": status["sealed_l2"]["number"],
            "root": status["sealed_l2"]["root"],
        }

    await until(all_posted)
    follower, places = Follower(L1Client(l1, genesis), Derivation(genesis)), {}
    while True:
        news = await follower.look()
        for batch in news.batches:
            for step in np.flatnonzero(batch.records["kind"] == Kind.TRANSFER).tolist():
                key = (int(batch.records["account"][step]), int(batch.records["nonce"][step]))
                assert key not in places, f"{key} is in the chain twice"
                places[key] = (batch.index, step)
        if news.is_caught_up:
            break
    await sequencer.aclose()
    await l1.aclose()
    return places


async def check_accounts(environment, site, customers, chain):
    """The state is what the chain's transfers make of the deposits."""
    sequencer = environment.rpc_client(site.node("sequencer").url)
    cash = {customer.number: FUNDED_E8 for customer in customers}
    peers = {customer.number: customer.peer for customer in customers}
    for number, nonce in chain:
        cash[number] -= nonce
        cash[peers[number]] += nonce
    for customer in customers:
        account = await sequencer.call("optroll_getAccount", [customer.number])
        assert account["cash_e8"] == cash[customer.number]
        assert account["nonce"] == max(nonce for number, nonce in chain if number == customer.number)
    await sequencer.aclose()
