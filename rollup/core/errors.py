"""The base of this project's exceptions: each says what was received and what was expected instead.

One rule: an exception is for bytes, files and peers that cannot be used at all. What is wrong with a well-formed transaction
is a status in its receipt, never an exception.
"""


class RollupError(Exception):
    """Something received cannot be used. `what` names it, `received` and `expected` are the evidence."""

    def __init__(self, what: str, *, received: object, expected: object) -> None:
        """Keep the evidence, and say it in one sentence."""
        super().__init__(f"{what}: received {shown(received)}, expected {shown(expected)}")
        self.what = what
        self.received = received
        self.expected = expected


class DecodeError(RollupError):
    """Bytes that are not the canonical encoding of anything allowed."""


class EncodeError(RollupError):
    """A value that has no encoding: the caller's own mistake."""


class GenesisError(RollupError):
    """A genesis file with a missing, unknown or impossible entry."""


class NameInvalid(RollupError):
    """Not the name of an instrument."""


class AddressInvalid(RollupError):
    """Not the text of an address."""


class SecretInvalid(RollupError):
    """Not a private key. The evidence never holds the key itself."""


class BlsError(RollupError):
    """A BLS key, signature or proof of possession that is no point of its group, or does not verify."""


TEXT_MAX = 120
"""Longest evidence shown in a message, in characters."""


def shown(value: object) -> str:
    """Return evidence as text: bytes in hex, anything long cut short."""
    text = "0x" + value[:TEXT_MAX].hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "…"
