"""What a verifier attests: that it executed one batch of one rollup to one state root."""

ATTESTATION_DOMAIN = b"\x40"
"""First byte of the message, apart from all that is hashed elsewhere."""


def attestation_message(genesis_hash: bytes, accumulator: bytes, state_root: bytes) -> bytes:
    """Return the message that a verifier signs with its BLS key.

    The accumulator names the batch and all before it, so an attestation means nothing on another rollup or after a reorg that
    changed the batch.
    """
    return ATTESTATION_DOMAIN + genesis_hash + accumulator + state_root
