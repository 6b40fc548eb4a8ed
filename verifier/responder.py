"""Sends moves to L1 and sees them through. A trio shell.

One rule: a move is a statement about L1's state, not an order to be carried out once. It is sent while `next_moves` asks for it; that it is
there already, that somebody else made it first, or that L1 refuses it for now are all answered by looking again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import trio

from rollup.core.keccak import keccak256
from rollup.dispute.clock import NEVER
from rollup.dispute.game import Game
from rollup.environment import Environment
from rollup.l1.client import L1Client, L1Refused, L1Reverted, Pending
from verifier.calls import CALLS, Means, MoveCall, call_of
from verifier.moves import Commit, Move, Propose, Prove, Refute
from verifier.replica import Replica

REFUSED_BLOCKS = 1
"""L1 blocks after which a move that L1 refused is tried again: often it needs one that was under way, such as the assertion before."""

SETTLED_BLOCKS = 3
"""L1 blocks after which a move that L1 has taken, and that is wanted all the same, is sent once more."""


@dataclass(slots=True)
class Attempt:
    """A move that was sent, or refused."""

    block: int
    at: float
    pending: Pending | None
    proof: MoveCall | None = None
    """The call, if it was slow to build and is the same whenever it is built: a proof follows from what it is about."""


class Responder:
    """One verifier's hand on L1."""

    def __init__(
        self, environment: Environment, client: L1Client, replica: Replica, *, bond_wei: int, bump_after_s: float, salt: bytes = bytes(32)
    ) -> None:
        """Send moves through a client. Times in seconds; `salt` is a secret that is the same in every life of the verifier."""
        self.environment = environment
        self.client = client
        self.replica = replica
        self.bond_wei = bond_wei
        self.bump_after_s = bump_after_s
        self.salt = salt
        self.attempts: dict[Move, Attempt] = {}
        self.made = 0
        """Moves that were sent, and are not wanted any more: L1 has taken them, or somebody else's."""
        self.commitments: dict[bytes, bytes] = {}
        """This verifier's commitments of this life, by subject."""
        self.game: Game | None = None
        self.hand = trio.Lock()
        """Held while a transaction is sent: the nonces of one key come one after another."""

    def salt_of(self, subject: bytes) -> bytes:
        """Return the salt of this verifier's commitment about one subject."""
        return keccak256(self.salt + subject)

    async def answer(self, moves: Sequence[Move], game: Game, block: int) -> None:
        """Send the moves that are due and not under way. Raises TransportError."""
        self.game = game
        wanted = [move for move in moves if type(move) in CALLS]
        for move in [move for move in self.attempts if move not in wanted]:
            self.made += self.attempts.pop(move).pending is not None
        for move in wanted:
            attempt = self.attempts.get(move)
            if attempt is None or await self._lost(move, attempt, block):
                await self._send(move, block)

    async def collect(self) -> None:
        """Claim what L1 owes this verifier: bonds that came back, and rewards. Raises TransportError."""
        (owed,) = await self.client.call("assertions", "credit", self.client.address)
        if not owed:
            return
        try:
            async with self.hand:
                await self.client.send("assertions", "claimBond")
            self.environment.log("bonds claimed", wei=str(owed))
        except (L1Reverted, L1Refused) as error:
            self.client.forget_nonce()
            self.environment.log("bonds not claimed", reason=str(error))

    def committed(self, game: Game) -> dict[bytes, int]:
        """Return the block that each of this verifier's commitments came in, NEVER while L1 has it not, by subject."""
        blocks = game.treasury.commitments
        return {subject: blocks.get(commitment, NEVER) for subject, commitment in self.commitments.items()}

    async def recall(self, commitment: Commit, game: Game) -> None:
        """Make a commitment and remember it, without sending it."""
        self.game = game
        call = await self.environment.in_thread(self._call, commitment)
        self._is_known(commitment, call)

    async def _send(self, move: Move, block: int) -> None:
        pending: Pending | None = None
        proof = self.attempts[move].proof if move in self.attempts else None
        try:
            async with self.hand:
                call = await self._make(move) if proof is None else proof
                proof = call if isinstance(move, Prove | Refute) else None
                if not self._is_known(move, call):
                    pending = await self.client.send("assertions", call.function, *call.arguments, value=call.value)
                    self.environment.log("move sent", move=type(move).__name__, block=block)
        except (L1Reverted, L1Refused) as error:
            self.client.forget_nonce()
            self.environment.log("move refused", move=type(move).__name__, reason=str(error))
        self.attempts[move] = Attempt(block, self.environment.now(), pending, proof)

    async def _make(self, move: Move) -> MoveCall:
        """Return the call of a move, in a thread if that takes long."""
        is_slow = isinstance(move, Commit | Propose | Prove | Refute)
        return await self.environment.in_thread(self._call, move) if is_slow else self._call(move)

    def _is_known(self, move: Move, call: MoveCall) -> bool:
        """Remember a commitment; say whether L1 has it from an earlier life of this verifier."""
        if not isinstance(move, Commit):
            return False
        assert self.game is not None
        (commitment,) = call.arguments
        assert isinstance(commitment, bytes)
        self.commitments[move.subject] = commitment
        return commitment in self.game.treasury.commitments

    async def _lost(self, move: Move, attempt: Attempt, block: int) -> bool:
        """Say whether to send a move again: it was refused a while ago, or it reverted; one that waits too long gets a higher fee."""
        if attempt.pending is None:
            return block >= attempt.block + REFUSED_BLOCKS
        receipt = await self.client.receipt(attempt.pending.hash)
        if receipt is not None:
            return not receipt.succeeded or block >= receipt.block + SETTLED_BLOCKS
        if self.environment.now() >= attempt.at + self.bump_after_s:
            attempt.at = self.environment.now()
            if await self.client.is_stranded(attempt.pending):
                self.client.forget_nonce()
                return True
            try:
                attempt.pending = await self.client.replace(attempt.pending)
            except L1Refused as error:
                self.client.forget_nonce()
                self.environment.log("move not replaced", move=type(move).__name__, reason=str(error))
                return True
        return False

    def _call(self, move: Move) -> MoveCall:
        """Return the call that makes a move: for a proof, after building it."""
        game, address = self.game, self.client.address
        assert game is not None
        assert address is not None
        means = Means(
            game,
            address,
            self.bond_wei,
            prove=lambda leaf: self.replica.prove(leaf.batch, leaf.index, game.nodes[leaf.node].node),
            refute=lambda leaf: self.replica.refute(leaf.batch, leaf.index, game.assertions[leaf.assertion].leaves),
            leaves=lambda claim: self.replica.leaves(claim.batch),
            salt=self.salt,
        )
        return call_of(move, means)
