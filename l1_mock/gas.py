"""What things cost on L1: Ethereum's gas schedule, one named constant a line with its source, and the meter that adds it up.

Sources: "YP" is the Yellow Paper's appendix G; EIPs are cited by number. The schedule is that of the Shanghai and Cancun forks; the
calldata floor of EIP-7623 is left out, so that calldata costs 16 and 4 gas a byte.
"""

TRANSACTION = 21_000
"""Gas of every transaction before it does anything (YP G_transaction)."""
CREATION = 32_000
"""Added where a transaction has no recipient (YP G_txcreate)."""
CALLDATA_ZERO = 4
"""A zero byte of calldata (YP G_txdatazero)."""
CALLDATA_NONZERO = 16
"""Any other byte of calldata (EIP-2028)."""
ACCESS_LIST_ADDRESS = 2_400
"""An address in an access list (EIP-2930)."""
ACCESS_LIST_STORAGE_KEY = 1_900
"""A storage key in an access list (EIP-2930)."""

WARM_READ = 100
"""Reading a slot or touching an address again in one transaction (EIP-2929)."""
COLD_STORAGE_READ = 2_100
"""Reading a slot for the first time in a transaction (EIP-2929 COLD_SLOAD_COST)."""
COLD_ACCOUNT = 2_600
"""Touching an address for the first time in a transaction (EIP-2929 COLD_ACCOUNT_ACCESS_COST)."""
STORAGE_SET = 20_000
"""Writing a slot that was zero; 22,100 when it is cold (EIP-2200)."""
STORAGE_RESET = 2_900
"""Writing a slot that was not zero; 5,000 when it is cold (EIP-2929)."""
STORAGE_CLEAR_REFUND = 4_800
"""Given back when a slot becomes zero (EIP-3529)."""
REFUND_QUOTIENT = 5
"""At most a fifth of the gas used is given back (EIP-3529)."""

CALL_VALUE = 9_000
"""A call that carries ether (YP G_callvalue)."""
NEW_ACCOUNT = 25_000
"""Ether sent to an account that did not exist (YP G_newaccount)."""
LOG = 375
"""An event (YP G_log)."""
LOG_TOPIC = 375
"""Each of its topics (YP G_logtopic)."""
LOG_DATA_BYTE = 8
"""Each byte of its data (YP G_logdata)."""
KECCAK = 30
"""A hash (YP G_keccak256)."""
KECCAK_WORD = 6
"""Each word of what is hashed (YP G_keccak256word)."""
COPY_WORD = 3
"""Copying a word of calldata or memory (YP G_copy)."""

RECOVER = 3_000
"""Recovering a secp256k1 signer (YP appendix E.1)."""
BLS_G1_ADD = 375
"""Adding two points of G1 (EIP-2537)."""
BLS_G2_ADD = 600
"""Adding two points of G2 (EIP-2537)."""
BLS_MAP_TO_G1 = 5_500
"""Mapping a field element to G1 (EIP-2537)."""
BLS_MAP_TO_G2 = 23_800
"""Mapping a field element to G2 (EIP-2537)."""
BLS_PAIRING = 37_700
"""A pairing check, before its pairs (EIP-2537)."""
BLS_PAIRING_PAIR = 32_600
"""Each pair of a pairing check (EIP-2537)."""

BLOCK_GAS_LIMIT = 60_000_000
"""Gas of a block, and so the most for a transaction (Ethereum mainnet since November 2025)."""
TRANSACTION_GAS_CAP = 2**24
"""The most gas that mainnet allows one transaction (EIP-7825). Reported against, not enforced, by the mock."""
GAS_TARGET_QUOTIENT = 2
"""A block's target is its limit divided by this (EIP-1559 ELASTICITY_MULTIPLIER)."""
BASE_FEE_CHANGE_QUOTIENT = 8
"""A full block raises the base fee by an eighth, an empty one lowers it by as much (EIP-1559)."""
INITIAL_BASE_FEE = 10**9
"""Wei a gas in the first block (EIP-1559 INITIAL_BASE_FEE)."""


class OutOfGasError(Exception):
    """The call used more gas than it was given. Everything it did is undone and all its gas is gone."""

    def __init__(self, needed: int, limit: int) -> None:
        """Keep how much gas was `needed` so far and the `limit` it passed."""
        super().__init__(f"out of gas: needed {needed}, limit {limit}")
        self.needed = needed
        self.limit = limit


class GasMeter:
    """Gas used by one transaction, against its limit."""

    __slots__ = ("limit", "refund", "used")

    def __init__(self, limit: int, used: int = 0) -> None:
        """Start with `used` gas already gone of `limit`."""
        self.limit = limit
        self.used = used
        self.refund = 0

    def charge(self, amount: int) -> None:
        """Use `amount` gas. Raises OutOfGasError past the limit."""
        self.used += amount
        if self.used > self.limit:
            needed, self.used = self.used, self.limit
            raise OutOfGasError(needed, self.limit)

    @property
    def left(self) -> int:
        """Gas that may still be used."""
        return self.limit - self.used

    def settled(self) -> int:
        """Gas to pay for after refunds, which are capped (EIP-3529)."""
        return self.used - min(max(self.refund, 0), self.used // REFUND_QUOTIENT)


def words(length: int) -> int:
    """Number of 32-byte words that `length` bytes take, rounded up."""
    return (length + 31) // 32


def keccak_cost(length: int) -> int:
    """Gas of hashing `length` bytes."""
    return KECCAK + KECCAK_WORD * words(length)


def calldata_cost(data: bytes) -> int:
    """Gas of posting `data` as calldata: 4 for a zero byte, 16 for another."""
    zeros = data.count(0)
    return zeros * CALLDATA_ZERO + (len(data) - zeros) * CALLDATA_NONZERO


def intrinsic_cost(data: bytes, *, creates: bool, addresses: int = 0, storage_keys: int = 0) -> int:
    """Gas that a transaction uses before any contract runs (YP equation 64 and EIP-2930)."""
    return (
        TRANSACTION
        + calldata_cost(data)
        + (CREATION if creates else 0)
        + addresses * ACCESS_LIST_ADDRESS
        + storage_keys * ACCESS_LIST_STORAGE_KEY
    )


def next_base_fee(base_fee: int, gas_used: int, gas_limit: int) -> int:
    """Compute the base fee of the block after one with these figures, in wei a gas (EIP-1559, rounding down)."""
    target = gas_limit // GAS_TARGET_QUOTIENT
    if gas_used == target:
        return base_fee
    if gas_used > target:
        rise = base_fee * (gas_used - target) // target // BASE_FEE_CHANGE_QUOTIENT
        return base_fee + max(rise, 1)
    return base_fee - base_fee * (target - gas_used) // target // BASE_FEE_CHANGE_QUOTIENT
