"""What an account is worth in a state, shown to L1: how everybody leaves a rollup that is closed.

    proof = a witness (rollup.state.witness) of the rows that valuing the account touches, and the rollup's own row

One rule: L1 values the account itself, by the same kernel as a liquidation does: cash, settled positions at what they pay, and open
positions at their marks by the last prices in that state, however old. Collateral goes back as what it is, all of it; of an account that
owes cash, only what is left of its value once the debt is taken away; what is kept back is for those to whom the debt is owed
(`l1_mock.contracts.escape`). Marks are the same for longs and shorts, so what all accounts are
worth together is what the vault holds, less the insurance fund. An account that owes more than it has, or that cannot be valued, is
worth nothing; a contract without any price is worth nothing, to either side.
"""

from dataclasses import dataclass

from rollup.core.address import address_from_words
from rollup.core.errors import RollupError
from rollup.dispute.metering import Meter
from rollup.dispute.one_step import check_touched, state_under
from rollup.dispute.prior import ProofError
from rollup.market.assets import assets_worth
from rollup.market.margin import mark_to_market
from rollup.state.layout import State
from rollup.state.rows import DTYPES
from rollup.state.table import commit, read, revert
from rollup.state.witness import Witness, encode_witness
from rollup.transition.machine import PlainMachine


class ExitInvalid(RollupError):
    """A proof that does not show an account under the state root."""


@dataclass(frozen=True, slots=True)
class Worth:
    """An account in a state."""

    owner: bytes
    worth_e8: int
    """What its cash and its positions are worth, 1e-8 USD, never negative."""
    collateral_e6: tuple[int, ...]
    """What it is given back of the markets' underlyings, by market."""
    kept_e6: tuple[int, ...]
    """What is kept back of them for a debt, by market."""
    kept_e8: int
    """What that is worth in cash: of the debt, what it covers, 1e-8 USD."""
    vault_e8: int
    """What L1 holds for all accounts of that state."""


def prove_worth(machine: PlainMachine, account: int) -> bytes:
    """Return the proof of an account in a machine's present state, which stays as it is."""
    machine.root()
    value(machine.state, account)
    touched = {section: machine.touched(section) for section in DTYPES}
    revert(machine.state)
    commit(machine.state)
    return encode_witness(Witness(tuple(machine.section_witness(section, slots) for section, slots in touched.items())))


def open_worth(state_root: bytes, account: int, proof: bytes, meter: Meter) -> Worth:
    """Return what an account is worth under a state root. Raises ExitInvalid where the proof does not show exactly that."""
    try:
        with state_under(state_root, proof, meter) as (witness, state):
            found = value(state, account)
            check_touched(witness, state)
    except ProofError as error:
        raise ExitInvalid(error.what, received=error.received, expected=error.expected) from error
    return found


def value(state: State, account: int) -> Worth:
    """Value an account. Raises ExitInvalid where there is none."""
    system = read(state.system, 0)
    if not 0 < account <= system.accounts:
        raise ExitInvalid("account", received=account, expected=f"1 to {system.accounts}")
    row = read(state.accounts, account)
    worth, _ = mark_to_market(state, account)
    assets = assets_worth(state, account)
    held = [max(0, int(quantity)) for quantity in read(state.collateral, account).quantity_e6[1 : system.markets + 1]]
    # Rounded down: what a debt takes is never given back.
    back = held if worth >= 0 else [quantity * max(0, assets + worth) // max(1, assets) for quantity in held]
    kept = tuple(quantity - part for quantity, part in zip(held, back, strict=True))
    debt = int(min(max(0, -worth), assets)) if any(kept) else 0
    return Worth(address_from_words(*row.owner), max(0, int(worth)), tuple(back), kept, debt, max(0, int(system.vault_e8)))
