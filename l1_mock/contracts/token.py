"""A currency on L1: an ERC-20 (EIP-20), the quote currency or a market's underlying. Anyone may mint it, on a devnet's chain id only."""

from dataclasses import dataclass

from l1_mock.contracts.framework import DEVNET_CHAIN_IDS, Call, Contract, Handler
from rollup.l1 import abi

UINT256_MAX = 2**256 - 1
"""Greatest amount; an allowance of this much is never used up."""
ZERO_ADDRESS = bytes(20)
"""Where minted tokens come from, in events."""
SUPPLY = "totalSupply"
"""Storage key of the amount in existence; balances and allowances are at ("balance", owner) and ("allowance", owner, spender)."""


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """Immutables of a token."""

    name: str
    """Name and symbol."""
    decimals: int
    """Places after the point of one of it."""


def token_contract(address: bytes, symbol: str, places: int) -> Contract:
    """Return the token of a symbol at this address, with so many places after the point."""
    functions: dict[str, Handler] = {
        "name": name,
        "symbol": name,
        "decimals": decimals,
        "totalSupply": total_supply,
        "balanceOf": balance_of,
        "allowance": allowance,
        "transfer": transfer,
        "approve": approve,
        "transferFrom": transfer_from,
        "mint": mint,
    }
    return Contract("token", address, abi.TOKEN, functions, TokenSettings(symbol, places))


def name(call: Call) -> str:
    """Return the token's name."""
    return call.settings(TokenSettings).name


def decimals(call: Call) -> int:
    """Return how many places an amount has after the point."""
    return call.settings(TokenSettings).decimals


def total_supply(call: Call) -> int:
    """Return the amount in existence."""
    return call.storage.get(SUPPLY, 0)


def balance_of(call: Call, owner: bytes) -> int:
    """Return what `owner` has."""
    return call.storage.get(("balance", owner), 0)


def allowance(call: Call, owner: bytes, spender: bytes) -> int:
    """Return what `spender` may still take from `owner`."""
    return call.storage.get(("allowance", owner, spender), 0)


def transfer(call: Call, to: bytes, amount: int) -> bool:
    """Move the caller's tokens. Reverts where there are not enough."""
    _move(call, call.sender, to, amount)
    return True


def approve(call: Call, spender: bytes, amount: int) -> bool:
    """Let `spender` take up to `amount` of the caller's tokens, instead of what it could take before."""
    call.storage["allowance", call.sender, spender] = amount
    call.emit("Approval", owner=call.sender, spender=spender, value=amount)
    return True


def transfer_from(call: Call, owner: bytes, to: bytes, amount: int) -> bool:
    """Move another's tokens, out of the allowance. Reverts where either is not enough."""
    allowed = call.storage.get(("allowance", owner, call.sender), 0)
    call.require(allowed >= amount, "ERC20: insufficient allowance")
    if allowed != UINT256_MAX:
        call.storage["allowance", owner, call.sender] = allowed - amount
    _move(call, owner, to, amount)
    return True


def mint(call: Call, to: bytes, amount: int) -> None:
    """Make new tokens. Reverts where the chain is not a devnet's, or the supply would pass 2^256."""
    call.require(call.chain_id in DEVNET_CHAIN_IDS, "tokens can be minted on a devnet only")
    supply = call.storage.get(SUPPLY, 0) + amount
    call.require(supply <= UINT256_MAX, "the supply would overflow")
    call.storage[SUPPLY] = supply
    call.storage["balance", to] = call.storage.get(("balance", to), 0) + amount
    call.emit("Transfer", **{"from": ZERO_ADDRESS, "to": to, "value": amount})


def _move(call: Call, owner: bytes, to: bytes, amount: int) -> None:
    held = call.storage.get(("balance", owner), 0)
    call.require(held >= amount, "ERC20: transfer amount exceeds balance")
    call.storage["balance", owner] = held - amount
    call.storage["balance", to] = call.storage.get(("balance", to), 0) + amount
    call.emit("Transfer", **{"from": owner, "to": to, "value": amount})
