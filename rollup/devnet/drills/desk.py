"""Makes signed transactions: for a trader's accounts, and for the oracle's reporters. Pure but for its counters.

One rule: a nonce is used once, so that a transaction has a digest of its own by which it can be found again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rollup.core.development import development_secret
from rollup.core.genesis import FeedKind, Genesis
from rollup.core.instrument_names import CALL
from rollup.core.signing import address_of, sign
from rollup.devnet.surfaces import flat
from rollup.l1.action import digests
from rollup.l1.records import FOREVER_S, Records, joined, make_record, make_report
from rollup.market.terms import BUY, SELL
from rollup.transition.kinds import Kind

E8, E9 = 10**8, 10**9

FEE_MAX_E8 = 10**12
"""What an order agrees to pay for one contract, at most."""

VOL_E9 = E9 * 6 // 10
"""Volatility that is reported unless a drill says otherwise, a year."""

STRIKE_E8 = 100_000 * E8
"""Strike of the option that is traded in drills."""


class Signed(NamedTuple):
    """One transaction: its records, and the signature of each, (n, 65)."""

    records: Records
    signatures: npt.NDArray[np.uint8]
    digest: bytes
    """Of its head: its name."""


@dataclass(slots=True)
class Account:
    """A subaccount and the key that owns it."""

    name: str
    secret: bytes
    number: int = 0
    """0 until its first deposit has arrived."""
    nonce: int = 0

    @property
    def address(self) -> bytes:
        """The owner's address."""
        return address_of(self.secret)


@dataclass(slots=True)
class Desk:
    """Signs for one rollup."""

    genesis: Genesis
    instrument: int = field(init=False)
    """The BTC call of the first expiry."""

    def __post_init__(self) -> None:
        """Find the option."""
        wanted = (1, STRIKE_E8, self.genesis.markets[0].expiries_s[0], CALL)
        terms = [(each.market, each.strike_e8, each.expiry_s, each.option_type) for each in self.genesis.instruments]
        self.instrument = terms.index(wanted) + 1

    def act(self, kind: Kind, account: Account, **fields: int | bytes) -> Signed:
        """Return any transaction of one account."""
        return self.sign(self.record(kind, account, **fields), [account.secret])

    def order(self, account: Account, side: int, price: int, quantity_e6: int, **fields: int) -> Signed:
        """Return an order for the option; `price` in USD."""
        return self.act(Kind.PLACE_ORDER, account, **self.terms(side, price, quantity_e6), **fields)

    def trade(self, buyer: Account, seller: Account, price: int, quantity_e6: int, instrument: int = 0) -> Signed:
        """Return a bilateral trade in the option, or in another instrument, signed by both."""
        bought, sold = (self.terms(side, price, quantity_e6, instrument) for side in (BUY, SELL))
        head = self.record(Kind.EXECUTE_BLOCK, buyer, number=1, counterparty=seller.number, **bought)
        part = self.record(Kind.EXECUTE_BLOCK, seller, number=1, counterparty=buyer.number, **sold)
        return self.sign(joined(head, part), [buyer.secret, seller.secret])

    def withdrawal(self, account: Account, amount_e8: int, recipient: bytes) -> Signed:
        """Return a withdrawal to an address on L1."""
        return self.act(Kind.WITHDRAW, account, amount_e8=amount_e8, address=recipient)

    def reports(self, spot: int, time_s: int, vol_e9: int = VOL_E9) -> list[Signed]:
        """Return updates of every feed that the option needs, by as many reporters as must agree; `spot` in USD."""
        expiry_s, forward_e8 = self.genesis.markets[0].expiries_s[0], spot * E8 * 1_005 // 1_000
        return [
            self.report(self.genesis.feed_id(FeedKind.SPOT, 1), time_s, number=spot * E8),
            self.report(self.genesis.feed_id(FeedKind.RATE, 1), time_s, number=E9 // 25),
            self.report(self.genesis.feed_id(FeedKind.FORWARD, 1, expiry_s), time_s, number=forward_e8),
            self.report(self.genesis.feed_id(FeedKind.SURFACE, 1, expiry_s), time_s, secrets=(), **flat(vol_e9, forward_e8)),
            self.report(self.genesis.feed_id(FeedKind.STABLE, 0), time_s, number=E8),
        ]

    def report(self, feed: int, time_s: int, *, secrets: Sequence[bytes] = (), **observed: int) -> Signed:
        """Return one feed's update, by as many reporters as must agree or by those of the secrets; `observed` are the signed fields."""
        required = self.genesis.parameters.reporters_required
        secrets = secrets or [development_secret(f"reporter-{place}") for place in range(1, required + 1)]
        made = [make_report(feed, time_s, address_of(secret), **observed) for secret in secrets]
        return self.sign(joined(made[0], *made[1:]), secrets)

    def record(self, kind: Kind, account: Account, **fields: int | bytes) -> Records:
        """Return an unsigned record with the account's next nonce."""
        account.nonce += 1
        owner = account.address
        return make_record(kind, account=account.number, nonce=account.nonce, expiry_s=FOREVER_S, owner=owner, signer=owner, **fields)

    def terms(self, side: int, price: int, quantity_e6: int, instrument: int = 0) -> dict[str, int]:
        """Return the fields that orders and trades share."""
        return {
            "instrument": instrument or self.instrument,
            "side": side,
            "price_e8": price * E8,
            "quantity_e6": quantity_e6,
            "max_fee_e8": FEE_MAX_E8,
        }

    def sign(self, records: Records, secrets: Sequence[bytes]) -> Signed:
        """Sign each record with its own key."""
        hashes = digests(records, self.genesis)
        signatures = b"".join(sign(digest.tobytes(), secret) for digest, secret in zip(hashes, secrets, strict=True))
        return Signed(records, np.frombuffer(signatures, np.uint8).reshape(-1, 65), hashes[0].tobytes())
