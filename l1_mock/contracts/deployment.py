"""All contracts of one rollup, wired to one another from its genesis: what stands on L1 before its first block.

One rule: everything a contract needs to know at the start is an immutable that follows from the genesis, so nobody owns a contract and
nothing about one can be changed.
"""

from l1_mock.contracts import (
    assertions,
    attestations,
    bonds,
    bounty,
    bridge,
    closing,
    dispute,
    dispute_storage,
    inbox,
    refutation,
    safety,
    stakes,
    step_check,
)
from l1_mock.contracts.framework import Contract, Handler
from l1_mock.contracts.storage import Key
from l1_mock.contracts.token import token_contract
from rollup.core.genesis import Genesis
from rollup.dispute.bisection import genesis_assertion
from rollup.l1 import abi
from rollup.l1.delay_buffer import delay_rules

REFUND_GAS_MAX = 1 << 24
"""Gas of one move that is paid back, at most: what Ethereum allows one transaction (EIP-7825)."""

REFUND_PRICE_MAX = 200 * 10**9
"""Wei a gas that is paid back, at most."""


def contracts_of(genesis: Genesis, state_root: bytes) -> dict[bytes, Contract]:
    """Return the contracts by address; `state_root` is the root of the genesis state."""
    made = (
        token_contract(genesis.contracts.token, "USD", 8),
        *(token_contract(market.collateral.token, market.symbol, 6) for market in genesis.markets if any(market.collateral.token)),
        inbox_contract(genesis),
        bridge_contract(genesis),
        assertions_contract(genesis, state_root),
        attestations_contract(genesis),
        stakes_contract(genesis),
    )
    return {contract.address: contract for contract in made}


def inbox_contract(genesis: Genesis) -> Contract:
    """Return the inbox."""
    rules = genesis.inbox
    settings = inbox.InboxSettings(
        genesis_hash=genesis.genesis_hash,
        genesis_time_s=genesis.chain.time_s,
        poster=genesis.roles.poster,
        bridge=genesis.contracts.bridge,
        assertions=genesis.contracts.assertions,
        delay=delay_rules(genesis),
        forced_batch_max=rules.forced_batch_max,
        batch_age_max_s=rules.batch_age_max_s,
        queue_fee_wei=rules.queue_fee_wei,
    )
    functions: dict[str, Handler] = {
        "postBatch": inbox.post_batch,
        "forceInclude": inbox.force_include,
        "enqueue": inbox.enqueue,
        "notePosted": inbox.note_posted,
        "batchCount": inbox.batch_count,
        "batch": inbox.batch,
        "queueLength": inbox.queue_length,
        "queueEntry": inbox.queue_entry,
        "queueAcc": inbox.queue_acc,
        "waitingSince": inbox.waiting_since,
        "forcedDelay": inbox.forced_delay,
    }
    return Contract("inbox", genesis.contracts.inbox, abi.INBOX, functions, settings, inbox.RECORDS)


def bridge_contract(genesis: Genesis) -> Contract:
    """Return the bridge."""
    settings = bridge.BridgeSettings(
        token=genesis.contracts.token,
        inbox=genesis.contracts.inbox,
        assertions=genesis.contracts.assertions,
        queue_fee_wei=genesis.inbox.queue_fee_wei,
        claim_blocks=genesis.safety.claim_blocks,
        assets=tuple(market.collateral.token for market in genesis.markets),
        maturity_blocks=genesis.withdrawals.maturity_blocks,
        airgap_blocks=genesis.withdrawals.airgap_blocks,
    )
    functions: dict[str, Handler] = {
        "deposit": bridge.deposit,
        "depositCollateral": bridge.deposit_collateral,
        "forceExit": bridge.force_exit,
        "proveWithdrawal": bridge.prove_withdrawal,
        "finalizeWithdrawal": bridge.finalize_withdrawal,
        "proveExit": bridge.prove_exit,
        "finalizeExit": bridge.finalize_exit,
        "reclaimDeposit": bridge.reclaim_deposit,
        "exit": bridge.view_exit,
        "provenAt": bridge.proven_at,
        "finalized": bridge.finalized,
    }
    return Contract("bridge", genesis.contracts.bridge, abi.BRIDGE, functions, settings, bridge.RECORDS)


def assertions_contract(genesis: Genesis, state_root: bytes) -> Contract:
    """Return the contract of assertions and their dispute."""
    settings = dispute_storage.DisputeSettings(
        inbox=genesis.contracts.inbox,
        genesis=genesis_assertion(genesis.genesis_hash, state_root),
        genesis_root=state_root,
        steps_per_leaf=genesis.dispute.txs_per_leaf,
        published_leaves=genesis.dispute.published_leaves,
        window=genesis.dispute.window_blocks,
        bond=genesis.dispute.bond_wei,
        burn_e9=genesis.dispute.burn_e9,
        refund_gas_max=REFUND_GAS_MAX,
        refund_price_max=REFUND_PRICE_MAX,
        check_step=step_check.step_check(genesis),
        safety=dispute_storage.SafetyRules(
            guardian=genesis.roles.guardian,
            pause_blocks=genesis.safety.pause_blocks,
            pause_rest_blocks=genesis.safety.pause_rest_blocks,
            liveness_blocks=genesis.safety.liveness_blocks,
        ),
    )
    functions: dict[str, Handler] = {
        "propose": assertions.propose,
        "proposeLeaves": refutation.propose_leaves,
        "refute": refutation.refute,
        "confirm": assertions.confirm,
        "reject": assertions.reject,
        "bisect": dispute.bisect,
        "prove": dispute.prove,
        "update": dispute.update,
        "commit": bounty.commit,
        "refund": bonds.refund,
        "sweep": bonds.sweep,
        "claimBond": bonds.claim_bond,
        "pause": safety.pause,
        "freeze": safety.freeze,
        "closeStalled": safety.close_stalled,
        "haltOnContradiction": safety.halt_on_contradiction,
        "noteProof": safety.note_proof,
        "reclaim": safety.reclaim,
        "closed": closing.view_closed,
        "pausedTo": closing.paused_to,
        "assertion": assertions.view_assertion,
        "successor": assertions.view_successor,
        "latestConfirmed": assertions.latest_confirmed,
        "node": dispute.view_node,
        "rivals": dispute.view_rivals,
        "credit": bonds.credit_of,
        "pool": bonds.pool_of,
    }
    return Contract("assertions", genesis.contracts.assertions, abi.ASSERTIONS, functions, settings, dispute_storage.RECORDS)


def attestations_contract(genesis: Genesis) -> Contract:
    """Return the contract of attestations."""
    settings = attestations.AttestationSettings(
        genesis_hash=genesis.genesis_hash,
        inbox=genesis.contracts.inbox,
        keys=tuple(key.public_key for key in genesis.verifiers),
    )
    functions: dict[str, Handler] = {"attest": attestations.attest, "signers": attestations.signers_of}
    return Contract("attestations", genesis.contracts.attestations, abi.ATTESTATIONS, functions, settings)


def stakes_contract(genesis: Genesis) -> Contract:
    """Return the contract of stakes, which it holds from the beginning."""
    verifiers = tuple(key.address for key in genesis.verifiers)
    settings = stakes.StakesSettings(
        genesis=genesis,
        inbox=genesis.contracts.inbox,
        assertions=genesis.contracts.assertions,
        attestations=genesis.contracts.attestations,
        sequencer=genesis.roles.sequencer,
        verifiers=verifiers,
        burn_e9=genesis.dispute.burn_e9,
        release_blocks=genesis.safety.claim_blocks,
        reward_blocks=genesis.dispute.window_blocks,
    )
    functions: dict[str, Handler] = {
        "accuseClaims": stakes.accuse_claims,
        "accuseBatch": stakes.accuse_batch,
        "accuseAttestation": stakes.accuse_attestation,
        "releaseStake": stakes.release_stake,
        "commit": stakes.commit,
        "collectReward": stakes.collect_reward,
        "stake": stakes.stake_of,
        "reward": stakes.reward_of,
        "commitment": stakes.commitment_at,
    }
    amounts = {**dict.fromkeys(verifiers, genesis.stakes.verifier_wei), genesis.roles.sequencer: genesis.stakes.sequencer_wei}
    initial: dict[Key, object] = {("stake", owner): wei for owner, wei in amounts.items()}
    address, held = genesis.contracts.stakes, sum(amounts.values())
    return Contract("stakes", address, abi.STAKES, functions, settings, stakes.RECORDS, initial=initial, balance=held)
