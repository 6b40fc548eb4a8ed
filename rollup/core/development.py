"""The devnet's genesis and its keys.

One rule: every key here is public knowledge. They exist so that a devnet needs no setup, and are refused wherever the L1 is
not a devnet (`DEVNET_CHAIN_ID`).
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from types import MappingProxyType

from rollup.core import bls
from rollup.core.calendar import DAY_S, FRIDAY, WEEK, expiry_on
from rollup.core.genesis import DEVNET_CHAIN_ID, Genesis
from rollup.core.genesis_mapping import genesis_from_mapping
from rollup.core.instrument_names import date_from_expiry
from rollup.core.keccak import keccak256
from rollup.core.margin_parameters import AevoParameters, DeribitParameters, ModelParameters, PortfolioParameters
from rollup.core.signing import address_of

ROLLUP_CHAIN_ID = 42_069
"""Chain id of the devnet's rollup."""

GENESIS_TIME_S = 1_782_864_000
"""Default time of genesis: 2026-07-01 00:00 UTC."""

TRADER_SECRETS = (
    "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    "7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
    "47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
    "8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba",
    "92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e",
    "4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356",
    "dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97",
    "2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6",
)
"""Private keys of the ten well-known accounts of anvil's and hardhat's mnemonic ("test test … junk"), in order."""

REPORTERS = 5
"""Oracle signers of a devnet; three of them must agree."""

WHOLE_E18 = 10**18
"""One ether, in wei."""

PARAMETERS: Mapping[str, int] = MappingProxyType(
    {
        "initial_spot_max_e9": 150_000_000,
        "initial_spot_min_e9": 130_000_000,
        "maintenance_call_e9": 90_000_000,
        "maintenance_put_e9": 90_000_000,
        "maintenance_put_mark_e9": 90_000_000,
        "unpaired_initial_e9": 1_200_000_000,
        "unpaired_maintenance_e9": 1_100_000_000,
        "put_offset_e9": 1_050_000_000,
        "confidence_threshold_e9": 550_000_000,
        "confidence_factor_e9": 1_000_000_000,
        "reporters_required": 3,
        "heartbeat_s": 3_600,
        "deviation_e9": 500_000_000,
        "settlement_window_s": 1_800,
        "maker_fee_e9": 100_000,
        "taker_fee_e9": 300_000,
        "fee_cap_e9": 125_000_000,
        "price_band_e9": 500_000_000,
        "quantity_min_e6": 10_000,
        "quantity_max_e6": 10_000_000_000,
        "position_max_e6": 100_000_000_000,
        "open_interest_max_e6": 1_000_000_000_000,
        "withdrawal_min_e8": 100_000_000,
        "outright_initial_e9": 100_000_000,
        "outright_maintenance_e9": 65_000_000,
        "funding_period_s": 28_800,
        "funding_interest_e9": 12_500,
        "funding_rate_max_e9": 4_000_000,
        "buffer_e9": 150_000_000,
        "liquidation_fee_e9": 100_000_000,
        "discount_start_e9": 950_000_000,
        "discount_cutoff_e9": 700_000_000,
        "fast_auction_s": 900,
        "slow_auction_s": 43_200,
        "insolvent_auction_s": 3_600,
        "withdrawal_fee_e8": 0,
        "account_min_e8": 1_000_000_000,
        "peg_threshold_e9": 990_000_000,
        "peg_factor_e9": 2_000_000_000,
        "listing_days": 4,
        "listing_weeks": 4,
        "listing_months": 3,
        "listing_quarters": 4,
        "listing_band_e9": 500_000_000,
        "silence_start_s": 1_200,
        "silence_full_s": 3_600,
        "silence_most_e9": 1_000_000_000,
        "silence_decay_e9": 1_000_000_000,
        "lag_start_s": 900,
        "lag_full_s": 2_700,
        "lag_most_e9": 1_000_000_000,
        "lag_decay_e9": 1_000_000_000,
        "volatility_start_e9": 1_500_000_000,
        "volatility_full_e9": 4_500_000_000,
        "volatility_most_e9": 2_000_000_000,
        "volatility_memory_s": 3_600,
        "crowding_start_e9": 500_000_000,
        "crowding_most_e9": 900_000_000,
    },
)
"""Margin and auctions as Derive's on its mainnet (MARKET, standard margin, liquidation); fees, caps and expiries as Deribit's."""

MODELS: Mapping[str, ModelParameters] = MappingProxyType(
    {"portfolio": PortfolioParameters(), "deribit": DeribitParameters(), "aevo": AevoParameters()}
)
"""Parameters of the other margin models: Derive's on its mainnet (MARKET, portfolio margin), Deribit's and Aevo's."""

STRIKES = MappingProxyType(
    {
        "BTC": (60_000, 70_000, 80_000, 90_000, 100_000, 110_000, 120_000, 140_000),
        "ETH": (2_000, 2_500, 3_000, 3_500, 4_000, 4_500, 5_000, 6_000),
    },
)
"""Strikes of a devnet's options, USD."""

DISPUTE: Mapping[str, int | bool] = MappingProxyType(
    {
        "block_time_s": 12,
        "censorship_max_blocks": 20,
        "delay_blocks": 1,
        "txs_per_leaf": 1,
        "published_leaves": False,
        "bond_wei": 5 * WHOLE_E18,
        "burn_e9": 500_000_000,
    },
)
"""The short window of DISPUTE's devnet profile."""

WEEK_DISPUTE: Mapping[str, int | bool] = MappingProxyType({**DISPUTE, "censorship_max_blocks": 50_400, "delay_blocks": 25})
"""The seven-day window: 12-second blocks, of which an adversary may censor seven days."""


COLLATERAL: Mapping[str, int] = MappingProxyType(
    {
        "factor_e9": 900_000_000,
        "initial_scale_e9": 900_000_000,
        "maintenance_haircut_e9": 30_000_000,
        "initial_haircut_e9": 70_000_000,
    },
)
"""What a devnet's underlyings count as where they are collateral."""

TOKENS = 0x100
"""Number of the contract that is the first market's underlying as a token; the other markets' follow it."""

CONTRACTS = ("token", "inbox", "bridge", "assertions", "attestations", "stakes")
"""Names of the contracts, in the order of their addresses."""

INBOX: Mapping[str, int] = MappingProxyType(
    {
        "forced_delay_blocks": 20,
        "delay_threshold_blocks": 10,
        "delay_recovery_blocks": 20,
        "forced_batch_max": 256,
        "batch_age_max_s": 3_600,
        "queue_fee_wei": 10**14,
    },
)
"""With blocks of 12 seconds: an entry waits four minutes at most, or two once the sequencer was late for two minutes."""

SAFETY: Mapping[str, int] = MappingProxyType(
    {"pause_blocks": 7_200, "pause_rest_blocks": 50_400, "liveness_blocks": 120_000, "claim_blocks": 7_200}
)
"""With blocks of 12 seconds: a day's pause a week, and half a month until a rollup without batches is closed."""


def development_secret(name: str) -> bytes:
    """Return the devnet's key of a role such as "sequencer", "poster", "governor", "reporter-1", "verifier-1"."""
    return keccak256(b"optroll development key " + name.encode("ascii"))


def development_bls_secret(name: str) -> int:
    """Return the devnet's BLS key of a verifier such as "verifier-1"."""
    return bls.secret_from_seed(keccak256(b"optroll development bls key " + name.encode("ascii")))


def development_mapping(
    *, time_s: int = GENESIS_TIME_S, verifiers: int = 3, dispute: Mapping[str, int | bool] = DISPUTE
) -> dict[str, object]:
    """Return a devnet's genesis as the mapping that a file would hold: BTC and ETH, two expiries of eight strikes, futures."""
    expiries = [date_from_expiry(expiry_s) for expiry_s in _fridays(time_s)]
    return {
        "chain": {"rollup_chain_id": ROLLUP_CHAIN_ID, "l1_chain_id": DEVNET_CHAIN_ID, "time_s": time_s},
        "contracts": {name: _contract(number) for number, name in enumerate(CONTRACTS, 1)},
        "roles": {
            **{name: _role(name) for name in ("sequencer", "poster", "governor", "guardian")},
            "reporters": [_role(f"reporter-{number}") for number in range(1, REPORTERS + 1)],
        },
        "verifiers": [_verifier(f"verifier-{number}") for number in range(1, verifiers + 1)],
        "inbox": dict(INBOX),
        "withdrawals": {"maturity_blocks": 10, "airgap_blocks": 5},
        "safety": dict(SAFETY),
        "stakes": {"sequencer_wei": 9 * WHOLE_E18, "verifier_wei": 5 * WHOLE_E18},
        "dispute": dict(dispute),
        "parameters": dict(PARAMETERS),
        **{name: _model(model) for name, model in MODELS.items()},
        "stable_feed": True,
        "markets": [
            _market("BTC", tick_e8=5 * 10**8, lot_e6=10_000, strike_step_e8=1_000 * 10**8, expiries=expiries),
            _market("ETH", tick_e8=10**8 // 2, lot_e6=100_000, strike_step_e8=50 * 10**8, expiries=expiries),
        ],
    }


def development_genesis(*, time_s: int = GENESIS_TIME_S, verifiers: int = 3, dispute: Mapping[str, int | bool] = DISPUTE) -> Genesis:
    """Return the genesis of a devnet."""
    return genesis_from_mapping(development_mapping(time_s=time_s, verifiers=verifiers, dispute=dispute))


def _model(parameters: ModelParameters) -> dict[str, object]:
    entries: dict[str, object] = {each.name: getattr(parameters, each.name) for each in fields(parameters)}
    if isinstance(parameters, PortfolioParameters):
        entries["scenarios"] = [{**asdict(scenario), "vol": scenario.vol.name.lower()} for scenario in parameters.scenarios]
    return entries


def _role(name: str) -> str:
    return "0x" + address_of(development_secret(name)).hex()


def _contract(number: int) -> str:
    return "0x" + (b"optroll" + number.to_bytes(13, "big")).hex()


def _verifier(name: str) -> dict[str, object]:
    secret = development_bls_secret(name)
    return {
        "address": _role(name),
        "public_key": "0x" + bls.public_key_of(secret).hex(),
        "proof": "0x" + bls.prove_possession(secret).hex(),
    }


def _market(symbol: str, *, tick_e8: int, lot_e6: int, strike_step_e8: int, expiries: list[str]) -> dict[str, object]:
    return {
        "symbol": symbol,
        "tick_e8": tick_e8,
        "lot_e6": lot_e6,
        "strike_step_e8": strike_step_e8,
        "expiries_s": expiries,
        "strikes_e8": [strike * 10**8 for strike in STRIKES[symbol]],
        "future_expiries_s": expiries[1:],
        "perpetual": True,
        "collateral": {"token": _contract(TOKENS + list(STRIKES).index(symbol)), **COLLATERAL},
    }


def _fridays(time_s: int) -> tuple[int, int]:
    """Return the expiries: the first Friday at least a week ahead, and the one twelve weeks later."""
    day = time_s // DAY_S + WEEK
    friday = day + (FRIDAY - day) % WEEK
    return expiry_on(friday), expiry_on(friday + 12 * WEEK)
