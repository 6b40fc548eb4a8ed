"""The keeper: puts accounts that lack their maintenance margin up for sale, ends auctions that are over, and fires orders that are due.

One rule: it holds no state and needs none. Each round asks a sequencer what there is to do, and does it by ordinary transactions of an
account of its own, which needs no money; whoever is first does it, and being second costs nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from rollup.core.address import address_words, parse_address
from rollup.core.errors import RollupError
from rollup.core.genesis import Genesis
from rollup.core.signing import address_of, sign
from rollup.core.transport import JSON, RpcClient
from rollup.l1.action import digests
from rollup.l1.envelope import SIGNATURE_BYTES, json_envelope
from rollup.state.layout import TX
from rollup.transition.kinds import Kind

Object = dict[str, JSON]

LIFE_S = 1 << 39
"""Expiry of the keeper's transactions, Unix seconds: an outdated one is only refused."""


class KeeperError(RollupError):
    """A keeper that cannot work."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that the keeper has done, or tried to."""

    kind: Kind
    about: str
    """Account, feed or strike."""
    status: str


@dataclass
class Keeper:
    """A keeper of one account's key."""

    genesis: Genesis
    rpc: RpcClient
    """A sequencer's."""
    account: int
    """Its own account: any that the key owns, or may trade for."""
    secret: bytes

    async def round(self) -> list[Deed]:
        """Go through all accounts once: what was done. Raises KeeperError, RpcError, RpcTimeout, ConnectionFailed."""
        deeds: list[Deed] = []
        first: JSON = 1
        while first is not None:
            found = cast("Object", await self.rpc.call("optroll_getLiquidations", [first]))
            over = [each for each in cast("list[Object]", found["auctions"]) if each["outcome"] != "goes_on"]
            wanted = [(Kind.START_AUCTION, each) for each in cast("list[Object]", found["sinking"])]
            wanted += [(Kind.END_AUCTION, each) for each in over]
            deeds += [await self.about_account(kind, cast("int", each["account"])) for kind, each in wanted]
            first = found["next"]
        due = cast("list[Object]", await self.rpc.call("optroll_getDueOrders", []))
        return deeds + [await self.fire(each) for each in due]

    async def about_account(self, kind: Kind, account: int) -> Deed:
        """Send one transaction about an account."""
        return await self.act(kind, f"account {account}", counterparty=account)

    async def act(self, kind: Kind, about: str, **fields: int) -> Deed:
        """Send one transaction of the keeper's account. Raises KeeperError."""
        own = cast("Object | None", await self.rpc.call("optroll_getAccount", [self.account]))
        if own is None:
            raise KeeperError("account of the keeper", received=self.account, expected="one that there is")
        record = np.zeros(1, TX)
        row = record[0]
        row["kind"], row["account"], row["nonce"], row["expiry_s"] = kind, self.account, cast("int", own["nonce"]) + 1, LIFE_S
        row["owner"], row["signer"] = address_words(parse_address(cast("str", own["owner"]))), address_words(address_of(self.secret))
        return Deed(kind, about, await self.send(record, fields))

    async def fire(self, due: Object) -> Deed:
        """Fire a stop-loss or take-profit order, which needs no account."""
        return await self.send_free(
            Kind.TRIGGER, f"account {due['account']}", order=cast("int", due["order"]), number=cast("int", due["nonce"])
        )

    async def send_free(self, kind: Kind, about: str, **fields: int) -> Deed:
        """Send one transaction that needs no account."""
        record = np.zeros(1, TX)
        record["kind"], record["expiry_s"], record["signer"] = kind, LIFE_S, address_words(address_of(self.secret))
        return Deed(kind, about, await self.send(record, fields))

    async def send(self, record: npt.NDArray[np.void], fields: Mapping[str, int]) -> str:
        """Fill in the fields that the kind has, sign and send one transaction; return what became of it."""
        for name, value in fields.items():
            record[name] = value
        signature = np.frombuffer(sign(digests(record, self.genesis)[0].tobytes(), self.secret), np.uint8).reshape(1, SIGNATURE_BYTES)
        answer = cast("Object", await self.rpc.call("optroll_sendTransaction", [cast("JSON", json_envelope(record, signature))]))
        return str(answer["status"])
