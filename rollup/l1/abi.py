"""The L1 contracts' functions and events, as Solidity declares them, and their JSON ABIs for everybody else's tools.

One rule: this is the only place that says what a contract's calls and logs look like. Nodes code them through `INTERFACES`; the
contracts, wallets and explorers through the JSON lists.
"""

from collections.abc import Mapping
from types import MappingProxyType

from rollup.l1.interface import AbiEntry, Interface, declared

TOKEN = declared("""
    function name() view returns (string)
    function symbol() view returns (string)
    function decimals() view returns (uint8)
    function totalSupply() view returns (uint256)
    function balanceOf(address owner) view returns (uint256)
    function allowance(address owner, address spender) view returns (uint256)
    function transfer(address to, uint256 amount) returns (bool)
    function approve(address spender, uint256 amount) returns (bool)
    function transferFrom(address from, address to, uint256 amount) returns (bool)
    function mint(address to, uint256 amount)
    event Transfer(address indexed from, address indexed to, uint256 value)
    event Approval(address indexed owner, address indexed spender, uint256 value)
""")
"""ERC-20 (EIP-20): the quote currency, with 8 decimals, and the underlyings that are taken as collateral, with 6."""

INBOX = declared("""
    function postBatch(bytes32 parent, uint64 time, uint64 queueTo, bytes32 queueAcc, uint32 count, bytes body)
    function forceInclude()
    function enqueue(bytes record) payable returns (uint64 index)
    function notePosted() payable returns (uint64 index)
    function batchCount() view returns (uint64)
    function batch(uint64 index)
        view returns (bytes32 acc, bytes32 chunkRoot, uint64 time, uint64 queueFrom, uint64 queueTo, uint32 count, uint64 l1Block)
    function queueLength() view returns (uint64)
    function queueEntry(uint64 index) view returns (bytes32 acc, uint64 l1Block)
    function queueAcc(uint64 length) view returns (bytes32)
    function waitingSince() view returns (uint64 l1Block)
    function forcedDelay() view returns (uint64 blocks)
    event BatchPosted(uint64 indexed index, bytes32 acc, bytes32 chunkRoot, uint64 time, uint64 queueFrom, uint64 queueTo,
        uint32 count, bool forced)
    event Queued(uint64 indexed index, bytes32 acc, bytes record, uint64 l1Block)
""")
"""Batches as they were posted, and the forced queue."""

BRIDGE = declared("""
    function deposit(uint64 account, uint64 amount) returns (uint64 entry)
    function depositCollateral(uint64 market, uint64 account, uint64 amount) returns (uint64 entry)
    function forceExit(uint64 account, address recipient) payable returns (uint64 entry)
    function proveWithdrawal(bytes32 assertion, uint64 message, bytes proof)
    function finalizeWithdrawal(bytes32 assertion, uint64 message)
    function proveExit(uint64 account, bytes proof)
    function finalizeExit(uint64 account)
    function reclaimDeposit(uint64 entry)
    function exit(uint64 account) view returns (address owner, uint64 amount, bool paid)
    function provenAt(bytes32 assertion, uint64 message) view returns (uint64)
    function finalized(uint64 message) view returns (bool)
    event Deposited(address indexed sender, uint64 indexed account, uint64 amount, uint64 entry)
    event CollateralDeposited(address indexed sender, uint64 indexed account, uint64 indexed market, uint64 amount, uint64 entry)
    event ExitQueued(address indexed sender, uint64 indexed account, address recipient, uint64 entry)
    event ExitProven(uint64 indexed account, address indexed owner, uint64 amount)
    event ExitFinalized(uint64 indexed account, address indexed owner, uint64 amount)
    event DepositReclaimed(uint64 indexed entry, address indexed owner, uint64 amount)
    event WithdrawalProven(bytes32 indexed assertion, uint64 indexed message, address indexed recipient, uint64 amount)
    event WithdrawalFinalized(bytes32 indexed assertion, uint64 indexed message, address indexed recipient, uint64 amount)
    event CollateralFinalized(bytes32 indexed assertion, uint64 indexed message, address indexed recipient, uint64 market, uint64 amount)
    event CollateralReturned(uint64 indexed account, address indexed owner, uint64 market, uint64 amount)
""")
"""Deposits and withdrawals; amounts in 1e-8 USD, of collateral in 1e-6 pieces of a market's underlying."""

ASSERTIONS = declared("""
    function propose(bytes32 parent, bytes32 acc, bytes32 traceRoot, bytes32 endRoot, bytes32[] lastLeafProof) payable returns (bytes32 id)
    function proposeLeaves(bytes32 parent, bytes32 acc, bytes roots) payable returns (bytes32 id)
    function refute(bytes32 assertion, uint64 index, bytes proof, bytes32 salt)
    function confirm(bytes32 assertion)
    function reject(bytes32 assertion)
    function bisect(bytes32 node, bytes32 left, bytes32 right)
    function prove(bytes32 node, bytes proof, bytes32 salt)
    function update(bytes32 node) returns (uint64 bottomUp)
    function commit(bytes32 commitment)
    function refund(bytes32 node, bytes32[] path)
    function sweep(bytes32 pool)
    function claimBond() returns (uint256 amount)
    function pause()
    function freeze()
    function closeStalled()
    function haltOnContradiction(bytes32 first, bytes32 second, uint64 index, bytes[] proofs)
    function noteProof(bytes32 id, uint64 index, bytes proof)
    function reclaim(bytes32 assertion)
    function closed() view returns (uint64 l1Block, uint8 reason)
    function pausedTo() view returns (uint64 l1Block)
    function assertion(bytes32 id)
        view returns (bytes32 parent, uint64 batches, bytes32 endRoot, bytes32 rootNode, address staker, uint256 bond, uint64 createdAt,
        uint64 settledAt, uint8 status)
    function successor(bytes32 id) view returns (bytes32)
    function latestConfirmed() view returns (bytes32)
    function node(bytes32 id)
        view returns (bytes32 origin, uint8 height, uint64 index, bytes32 base, bytes32 span, uint64 createdAt, bytes32 left,
        bytes32 right, uint64 bottomUp)
    function rivals(bytes32 id) view returns (uint64 count, uint64 since)
    function credit(address account) view returns (uint256)
    function pool(bytes32 id) view returns (uint256)
    event Asserted(bytes32 indexed id, bytes32 indexed parent, uint64 indexed batch, bytes32 traceRoot, bytes32 endRoot,
        address staker, bytes32 rootNode)
    event Published(bytes32 indexed id, bytes roots)
    event Refuted(bytes32 indexed id, uint64 index, address refuter)
    event Bisected(bytes32 indexed node, bytes32 left, bytes32 right, bytes32 leftNode, bytes32 rightNode, address mover)
    event Proved(bytes32 indexed node, address mover)
    event Committed(bytes32 indexed commitment)
    event Claimed(bytes32 indexed subject, address claimant, uint64 rank)
    event Updated(bytes32 indexed node, uint64 bottomUp)
    event Confirmed(bytes32 indexed id)
    event Rejected(bytes32 indexed id)
    event ProofNoted(uint64 indexed batch, uint64 indexed index, bytes32 before, bytes32 end)
    event Paused(uint64 until)
    event Closed(uint8 reason)
    event Reclaimed(bytes32 indexed id, address staker, uint256 amount)
    event BondPaid(address indexed to, uint256 amount)
    event BondBurned(uint256 amount)
    event Slashed(bytes32 indexed id, bytes32 indexed pool, uint256 amount)
    event BountyNoted(bytes32 indexed pool, address claimant, uint64 rank)
    event Refunded(bytes32 indexed node, bytes32 indexed pool, address mover, uint256 amount)
    event Swept(bytes32 indexed pool, address to, uint256 amount)
""")
"""Assertions, and the dispute between them; bonds in wei, times in blocks."""

ATTESTATIONS = declared("""
    function attest(uint64 batch, bytes32 root, bytes signature, uint256 bitmap)
    function signers(uint64 batch, bytes32 root) view returns (uint256)
    event Attested(uint64 indexed batch, bytes32 indexed root, uint256 bitmap)
""")
"""Verifiers' aggregated signatures over state roots."""

STAKES = declared("""
    function commit(bytes32 commitment)
    function accuseClaims(bytes one, bytes other, bytes[] leaves, bytes32[][] paths, bytes32 salt)
    function accuseBatch(bytes claim, bytes leaf, bytes32[] path, bytes opening, bytes32 salt)
    function accuseAttestation(uint64 batch, bytes32 root, bytes32 assertion, uint64 verifier, bytes32 salt)
    function collectReward(address owner)
    function releaseStake(address owner)
    function stake(address owner) view returns (uint256)
    function reward(address owner) view returns (uint256 amount, uint64 slashedAt, address claimant, uint64 rank)
    function commitment(bytes32 commitment) view returns (uint64 l1Block)
    event Committed(bytes32 indexed commitment)
    event Claimed(bytes32 indexed subject, address claimant, uint64 rank)
    event RewardPaid(address indexed owner, address indexed to, uint256 amount)
    event StakeSlashed(address indexed owner, address indexed accuser, uint256 amount, uint256 burned)
    event StakeReleased(address indexed owner, uint256 amount)
""")
"""What sequencer and verifiers have put up for what they sign, in wei, and the evidence against them."""

ABIS: Mapping[str, list[AbiEntry]] = MappingProxyType(
    {"token": TOKEN, "inbox": INBOX, "bridge": BRIDGE, "assertions": ASSERTIONS, "attestations": ATTESTATIONS, "stakes": STAKES},
)
"""The JSON ABI of each contract."""

INTERFACES: Mapping[str, Interface] = MappingProxyType({name: Interface.of(entries) for name, entries in ABIS.items()})
"""Each contract's functions and events, ready for coding."""
