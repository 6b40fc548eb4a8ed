"""A block in the making: transactions go in one by one, a sealed block comes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from l1_mock.admission import check_sender, intrinsic_gas, refuse
from l1_mock.blocks import FullBlock, Receipt, roots_of
from l1_mock.contracts.framework import Block, Contract
from l1_mock.execution import Message, Outcome, execute
from l1_mock.headers import Header, bloom_of, next_state_root
from l1_mock.transactions import Transaction
from l1_mock.world import World


@dataclass(slots=True)
class Production:
    """One block being made on top of the world's present state."""

    world: World
    contracts: Mapping[bytes, Contract]
    template: Header
    """The header as it is while the block is empty."""
    context: Block
    receipts: list[Receipt] = field(default_factory=list)
    gas_used: int = 0
    logs: int = 0

    def include(self, transaction: Transaction) -> None:
        """Execute a transaction as the block's next. Raises TransactionError, having changed nothing."""
        check_sender(transaction, self.world)
        self._check(transaction)
        price = transaction.gas_price(self.context.base_fee)
        self.world.credit(transaction.sender, -price * transaction.gas_limit)
        self.world.put("nonces", transaction.sender, transaction.nonce + 1)
        outcome = execute(self.world, self.contracts, self.context, _message(transaction, price), intrinsic_gas(transaction))
        self.world.credit(transaction.sender, price * (transaction.gas_limit - outcome.gas_used))
        tip = price - self.context.base_fee
        if tip:
            self.world.credit(self.context.coinbase, tip * outcome.gas_used)
        self._note(transaction, outcome, price)

    def seal(self) -> FullBlock:
        """Finish the block. The world's journal begins anew."""
        receipts = tuple(self.receipts)
        transactions_root, receipts_root, bloom = roots_of(receipts)
        header = replace(
            self.template,
            transactions_root=transactions_root,
            receipts_root=receipts_root,
            logs_bloom=bloom,
            gas_used=self.gas_used,
            state_root=next_state_root(self.template.state_root, transactions_root, receipts_root),
        )
        return FullBlock(header, header.hash(), receipts, self.world.seal())

    def _check(self, transaction: Transaction) -> None:
        """Check what `check_sender` leaves to the block: the exact nonce, room, and the base fee."""
        nonce = self.world.nonce(transaction.sender)
        if transaction.nonce != nonce:
            refuse(f"nonce too high: next nonce {nonce}, tx nonce {transaction.nonce}")
        if transaction.gas_limit > self.template.gas_limit - self.gas_used:
            refuse("gas limit reached")
        if transaction.max_fee < self.context.base_fee:
            refuse(
                f"max fee per gas less than block base fee: maxFeePerGas: {transaction.max_fee}, baseFee: {self.context.base_fee}",
            )

    def _note(self, transaction: Transaction, outcome: Outcome, price: int) -> None:
        self.gas_used += outcome.gas_used
        receipt = Receipt(
            transaction=transaction,
            success=outcome.success,
            reason=outcome.reason,
            gas_used=outcome.gas_used,
            cumulative_gas=self.gas_used,
            gas_price=price,
            logs=outcome.logs,
            bloom=bloom_of(outcome.logs),
            index=len(self.receipts),
            first_log=self.logs,
        )
        self.receipts.append(receipt)
        self.logs += len(outcome.logs)


def _message(transaction: Transaction, price: int) -> Message:
    return Message(
        sender=transaction.sender,
        to=transaction.to,
        data=transaction.data,
        value=transaction.value,
        gas_limit=transaction.gas_limit,
        gas_price=price,
        warm=tuple(address for address, _ in transaction.access_list),
    )
