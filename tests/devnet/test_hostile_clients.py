"""Whatever strangers send over real sockets, a sequencer says what is wrong with it, stays alive, and its state root stays as it was."""

import struct
from dataclasses import replace

import httpx
import numpy as np
import pytest
import trio

from rollup.core.codec import Limits, decode, encode
from rollup.core.development import TRADER_SECRETS
from rollup.core.signing import ORDER, address_of, sign
from rollup.core.transport import RpcError
from rollup.l1.action import digests
from rollup.l1.envelope import encode_bulk, encode_envelope
from rollup.l1.records import make_record
from rollup.transition.kinds import Kind
from rollup.transition.status import REJECTED_FIRST, Status
from sequencer.intake import Refusal
from sequencer.submissions import RESULT
from tests.devnet.real_nodes import opened

pytestmark = pytest.mark.process

OWNER, STRANGER = (bytes.fromhex(secret) for secret in TRADER_SECRETS[:2])
FOREVER_S = 1 << 39
MALFORMED, UNDECODABLE = -32600, -32602
LIMITS = Limits(size=1 << 24, depth=6)


class Door:
    """A raw connection to the intake, and the account that is used through it."""

    def __init__(self, environment, site, number):
        self.environment, self.site, self.number = environment, site, number
        self.genesis, self.nonce = site.planned.genesis, 0
        self.ingest = site.node("sequencer").config.ingest_listen
        self.rpc = environment.rpc_client(site.node("sequencer").url)

    async def ask(self, frame):
        stream = await self.environment.dial(self.ingest)
        try:
            with trio.fail_after(30):
                await stream.send(frame)
                return decode(await stream.receive(), LIMITS)
        finally:
            await stream.aclose()

    async def status(self, records, signatures):
        """The status of one transaction that was let in."""
        answer = await self.ask(encode({"id": 7, "bulk": encode_bulk(records, signatures)}))
        return Status(int(np.frombuffer(answer["results"], RESULT)["status"][0]))

    async def root(self):
        status = await self.rpc.call("optimism_syncStatus")
        return status["unsafe_l2"]["root"]

    def record(self, kind=Kind.TRANSFER, *, secret=OWNER, nonce=None, expiry_s=FOREVER_S, account=None, **fields):
        if nonce is None:
            self.nonce += 1
        owner = address_of(secret)
        known = {"counterparty": self.number + 1, "amount_e8": 1} if kind == Kind.TRANSFER and not fields else fields
        account = self.number if account is None else account
        return make_record(kind, account=account, nonce=nonce or self.nonce, expiry_s=expiry_s, owner=owner, signer=owner, **known)

    def signed(self, records, secret=OWNER, genesis=None):
        signatures = [sign(digest.tobytes(), secret) for digest in digests(records, genesis or self.genesis)]
        return records, np.frombuffer(b"".join(signatures), np.uint8).reshape(-1, 65)


@pytest.fixture(scope="module")
def funded():
    return {}


@pytest.fixture
async def door(environment, site, funded):
    if "door" not in funded:
        funded["door"] = (await opened(environment, site, [OWNER, STRANGER]))[0]
    door = Door(environment, site, funded["door"])
    # The account's nonce outlives a test's door.
    door.nonce = (await door.rpc.call("optroll_getAccount", [door.number]))["nonce"]
    yield door
    await door.rpc.aclose()


def envelope(door, **changes):
    """An envelope with some entries changed, as canonical msgpack."""
    return encode({**decode(encode_envelope(*door.signed(door.record())), LIMITS), **changes})


def bulk(door):
    return encode_bulk(*door.signed(door.record()))


NO_REQUEST = {
    "nothing": lambda door: b"",
    "noise": lambda door: bytes(range(200, 256)),
    "no map": lambda door: encode([1, 2]),
    "no such entry": lambda door: encode({"id": 1, "bulk": b"", "more": 1}),
    "a number that is a text": lambda door: encode({"id": "1", "bulk": b""}),
    "a number that is no integer": lambda door: b"\x82\xa2id\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00\xa4bulk\xc4\x00",
    "a longer form than needed": lambda door: b"\x82\xa2id\xcc\x01\xa4bulk\xc4\x00",
    "a key twice": lambda door: b"\x82\xa2id\x01\xa2id\x01",
    "too deep": lambda door: b"\x91" * 5_000 + b"\x01",
}
NO_TRANSACTION = {
    "a bulk that is none": lambda door: encode({"id": 1, "bulk": b"OB\x02\x00\0\0\0\0"}),
    "a bulk cut short": lambda door: encode({"id": 1, "bulk": bulk(door)[:-1]}),
    "a bulk that says it is huge": lambda door: encode({"id": 1, "bulk": b"OB\x01\x00\xff\xff\xff\xff"}),
    "an envelope of noise": lambda door: encode({"id": 1, "transaction": b"\xc1\xc1"}),
    "an unknown kind": lambda door: encode({"id": 1, "transaction": envelope(door, kind="mint")}),
    "a kind for L1 alone": lambda door: encode({"id": 1, "transaction": envelope(door, kind="deposit")}),
    "an entry too many": lambda door: encode({"id": 1, "transaction": envelope(door, tip=1)}),
    "a short signature": lambda door: encode({"id": 1, "transaction": envelope(door, signature=bytes(64))}),
    "a signature with a strange v": lambda door: encode({"id": 1, "transaction": envelope(door, signature=bytes(64) + b"\x05")}),
    "an address of 21 bytes": lambda door: encode({"id": 1, "transaction": envelope(door, owner=bytes(21))}),
}


CASES = {name: (code, case) for code, cases in ((MALFORMED, NO_REQUEST), (UNDECODABLE, NO_TRANSACTION)) for name, case in cases.items()}


@pytest.mark.parametrize("name", list(CASES))
async def test_what_cannot_be_read_is_refused_and_changes_nothing(door, name):
    code, case = CASES[name]
    before = await door.root()
    answer = await door.ask(case(door))
    assert answer["error"]["code"] == code
    assert answer["error"]["message"]
    assert await door.root() == before


def high_s(records, signatures):
    """The other signature of the same message: s mirrored, v flipped."""
    twin = signatures.copy()
    s = ORDER - int.from_bytes(signatures[0, 32:64].tobytes(), "big")
    twin[0, 32:64] = np.frombuffer(s.to_bytes(32, "big"), np.uint8)
    twin[0, 64] = 55 - twin[0, 64]
    return records, twin


def tampered(records, signatures):
    changed = records.copy()
    changed["amount_e8"] += 1
    return changed, signatures


def elsewhere(door):
    return replace(door.genesis, chain=replace(door.genesis.chain, rollup_chain_id=1))


def forged_kind(door, kind):
    records, signatures = door.signed(door.record())
    changed = records.copy()
    changed["kind"] = kind
    return changed, signatures


INVALID = {
    Status.INVALID_SIGNATURE: [
        lambda door: tampered(*door.signed(door.record())),
        lambda door: high_s(*door.signed(door.record())),
        lambda door: door.signed(door.record(), genesis=elsewhere(door)),
        lambda door: (door.record(), np.zeros((1, 65), np.uint8)),
        lambda door: door.signed(door.record(), secret=STRANGER),
    ],
    Status.INVALID_SIGNER: [lambda door: door.signed(door.record(secret=STRANGER), secret=STRANGER)],
    Status.INVALID_NONCE: [
        lambda door: door.signed(door.record(nonce=-1)),
        lambda door: door.signed(door.record(nonce=1 << 62)),
    ],
    Status.INVALID_EXPIRED: [lambda door: door.signed(door.record(expiry_s=1))],
    Status.INVALID_ACCOUNT: [
        lambda door: door.signed(door.record(account=999_999)),
        lambda door: door.signed(door.record(account=-1)),
    ],
    Status.INVALID_KIND: [lambda door: forged_kind(door, 3), lambda door: forged_kind(door, 77), lambda door: forged_kind(door, -5)],
    Status.INVALID_REPORTER: [
        lambda door: door.signed(door.record(Kind.ORACLE_UPDATE, feed=1, number=10**8, confidence_e9=10**9, timestamp_s=1))
    ],
}


@pytest.mark.parametrize(("status", "place"), [(status, place) for status, cases in INVALID.items() for place in range(len(cases))])
async def test_what_is_invalid_has_its_status_and_changes_nothing(door, status, place):
    before = await door.root()
    assert await door.status(*INVALID[status][place](door)) == status
    assert await door.root() == before
    assert (await door.rpc.call("optroll_getAccount", [door.number]))["nonce"] <= door.nonce


async def test_a_transaction_is_executed_once(door):
    once = door.signed(door.record())
    assert await door.status(*once) == Status.OK
    before = await door.root()
    assert await door.status(*once) == Status.INVALID_NONCE
    assert await door.root() == before


ORDER_TERMS = {"instrument": 1, "side": 0, "price_e8": 5 * 10**8, "quantity_e6": 10_000, "time_in_force": 0, "options": 0}
REJECTED = {
    Status.INSUFFICIENT_CASH: (Kind.TRANSFER, {"counterparty": 2, "amount_e8": 10**15}),
    Status.UNKNOWN_COUNTERPARTY: (Kind.TRANSFER, {"counterparty": 999_999, "amount_e8": 1}),
    Status.OUT_OF_RANGE: (Kind.TRANSFER, {"counterparty": 2, "amount_e8": -1}),
    Status.UNKNOWN_INSTRUMENT: (Kind.PLACE_ORDER, {**ORDER_TERMS, "instrument": 5_000, "max_fee_e8": 10**12, "timestamp_s": 0}),
    Status.STALE_ORACLE: (Kind.PLACE_ORDER, {**ORDER_TERMS, "max_fee_e8": 10**12, "timestamp_s": 0}),
    Status.UNKNOWN_ORDER: (Kind.CANCEL, {"order": 77, "number": 0}),
    Status.NOT_GOVERNOR: (Kind.SET_PARAMETER, {"order": 1, "number": 1, "timestamp_s": 1 << 39}),
}


@pytest.mark.parametrize("status", list(REJECTED), ids=lambda status: status.name)
async def test_what_is_rejected_uses_its_nonce_and_nothing_else(door, status):
    kind, fields = REJECTED[status]
    before = await door.rpc.call("optroll_getAccount", [door.number])
    assert status >= REJECTED_FIRST
    assert await door.status(*door.signed(door.record(kind, **fields))) == status
    after = await door.rpc.call("optroll_getAccount", [door.number])
    assert after == {**before, "nonce": door.nonce}


async def test_a_frame_that_is_too_long_ends_its_connection_and_nothing_else(door):
    before = await door.root()
    host, port = door.ingest.split(":")
    stream = await trio.open_tcp_stream(host, int(port))
    async with stream:
        await stream.send_all(struct.pack(">I", 1 << 31) + b"x" * 1_000)
        with trio.fail_after(30):
            while await said(stream):
                pass
    assert await door.root() == before


async def said(stream):
    try:
        return await stream.receive_some(4_096)
    except trio.BrokenResourceError:
        return b""


async def test_half_a_frame_is_no_harm(door):
    before = await door.root()
    host, port = door.ingest.split(":")
    for _ in range(40):
        stream = await trio.open_tcp_stream(host, int(port))
        await stream.send_all(struct.pack(">I", 500) + b"half")
        await stream.aclose()
    assert await door.root() == before
    assert await door.status(*door.signed(door.record())) == Status.OK


async def test_a_submission_of_nothing_or_too_much_is_refused(door):
    none = encode_bulk(door.record()[:0], np.zeros((0, 65), np.uint8))
    assert (await door.ask(encode({"id": 1, "bulk": none})))["error"]["code"] == Refusal.EMPTY
    many = encode_bulk(np.repeat(door.record(), 1_025), np.zeros((1_025, 65), np.uint8))
    assert (await door.ask(encode({"id": 1, "bulk": many})))["error"]["code"] == Refusal.TOO_LARGE


CALLS = {
    "no such method": ("optroll_mint", [], -32601),
    "a parameter too many": ("optroll_getAccount", [1, 2], -32602),
    "a number that is a text": ("optroll_getAccount", ["1"], -32602),
    "a truth value": ("optroll_getAccount", [True], -32602),
    "an instrument that there is not": ("optroll_getBook", ["BTC-20991231-1-C"], -32602),
    "no address": ("optroll_getAccountsOf", ["0x12"], -32602),
    "no transaction": ("optroll_sendTransaction", [{"kind": "transfer"}], -32602),
    "a transaction of numbers": ("optroll_sendTransaction", [{"kind": 5, "signature": "0xzz"}], -32602),
}


@pytest.mark.parametrize("name", list(CALLS))
async def test_a_wrong_call_has_its_error(door, name):
    method, params, code = CALLS[name]
    before = await door.root()
    with pytest.raises(RpcError) as caught:
        await door.rpc.call(method, params)
    assert caught.value.code == code
    assert await door.root() == before


BODIES = {
    "no JSON": (b"{", -32700),
    "a key twice": (b'{"jsonrpc":"2.0","id":1,"method":"optimism_version","method":"optimism_version"}', -32700),
    "not a number": (b'{"jsonrpc":"2.0","id":1,"method":"optroll_getAccount","params":[NaN]}', -32700),
    "too deep": (b"[" * 40 + b"]" * 40, -32700),
    "no call": (b"[]", -32600),
    "too many calls": (b"[" + b",".join([b'{"jsonrpc":"2.0","id":1,"method":"optimism_version"}'] * 51) + b"]", -32600),
}


@pytest.mark.parametrize("name", list(BODIES))
async def test_a_wrong_body_has_its_error(door, name):
    body, code = BODIES[name]
    answer = await post(door, body)
    assert answer.status_code == 200
    assert answer.json()["error"]["code"] == code


async def test_strange_hosts_and_long_bodies_are_turned_away(door):
    call = b'{"jsonrpc":"2.0","id":1,"method":"optimism_version"}'
    assert (await post(door, call, host="evil.example")).status_code == 403
    assert (await post(door, b" " * (200 << 10))).status_code == 413
    foreign = await post(door, call.replace(b"optimism_version", b"admin_stopSequencer"), origin="https://evil.example")
    assert "error" in foreign.json()
    assert await door.rpc.call("admin_sequencerActive") is True


async def post(door, body, **headers):
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        return await client.post(door.site.node("sequencer").url, content=body, headers={"content-type": "application/json", **headers})
