"""Write actions.json beside this file; see README.md for its format."""

import json
from pathlib import Path

import numpy as np
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data

from rollup.core.keccak import keccak256
from rollup.l1.envelope import encode_envelope
from rollup.l1.records import make_record
from rollup.transition.kinds import FIELDS, MODULE_BASE

ADDRESSES = ("address",)
"""Signed fields that are addresses; all others are integers."""

SECRET = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
"""The key of anvil's and hardhat's first account."""

ROLLUP_CHAIN_ID, ROLLUP = 42_069, "0x" + "5f" * 20
"""The domain: chain id of the rollup, and its contract."""

DOMAIN = {"name": "optroll", "version": "1", "chainId": ROLLUP_CHAIN_ID, "verifyingContract": ROLLUP}

MEMBERS = (
    ("subaccountId", "uint256"), ("nonce", "uint256"), ("module", "address"), ("data", "bytes"),
    ("expiry", "uint256"), ("owner", "address"), ("signer", "address"),
)  # fmt: skip


TYPES = {"Action": [{"name": name, "type": kind} for name, kind in MEMBERS]}


def case(kind):
    """One entry of the file: each signed field has a value of its own, every third one a negative one."""
    owner = Account.from_key(SECRET).address
    values = {name: "0x" + "a7" * 20 if name in ADDRESSES else value(place) for place, name in enumerate(FIELDS[kind])}
    data = encode(["address" if name in ADDRESSES else "int256" for name in values], list(values.values()))
    account, nonce, expiry_s = 1_000 + kind, 10**18 + kind, 2_000_000_000 + kind
    module = "0x" + (MODULE_BASE + kind).to_bytes(20, "big").hex()
    message = dict(zip((name for name, _ in MEMBERS), (account, nonce, module, data, expiry_s, owner, owner), strict=True))
    signable = encode_typed_data(DOMAIN, TYPES, message)
    digest = keccak256(b"\x19" + signable.version + signable.header + signable.body)
    signature = bytes(Account.sign_message(signable, SECRET).signature)
    record = record_of(kind, (account, nonce, expiry_s), bytes.fromhex(owner[2:]), values)
    return {
        "kind": kind.name.lower(), "module": module, "account": account, "nonce": nonce, "expiry_s": expiry_s, "owner": owner.lower(),
        "signer": owner.lower(), "fields": values, "data": data.hex(), "digest": digest.hex(), "signature": signature.hex(),
        "envelope": encode_envelope(record, np.frombuffer(signature, np.uint8).reshape(1, 65)).hex(),
    }  # fmt: skip


def value(place):
    """A number that no other field of the kind has."""
    return (-1 if place % 3 == 2 else 1) * (10**place * 7 + place)


def record_of(kind, numbers, owner, values):
    """The record that is signed."""
    account, nonce, expiry_s = numbers
    fields = {name: bytes.fromhex(each[2:]) if name in ADDRESSES else each for name, each in values.items()}
    return make_record(kind, account=account, nonce=nonce, expiry_s=expiry_s, owner=owner, signer=owner, **fields)


def encoded():
    """The text of the file."""
    rows = ",\n".join(json.dumps(case(kind)) for kind in FIELDS)
    return f'{{"format": "optroll/actions/1", "domain": {json.dumps(DOMAIN)}, "cases": [\n{rows}\n]}}\n'


if __name__ == "__main__":
    Path(__file__).with_name("actions.json").write_text(encoded())
