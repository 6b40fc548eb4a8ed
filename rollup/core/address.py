"""Addresses: 20 bytes, their text, and the three int64 words that hold them in rows and records.

One rule: word 0 is the first 8 bytes, word 1 the next 8, word 2 the last 4, each as a big-endian integer wrapped to int64.
"""

import numpy as np
import numpy.typing as npt

from rollup.core.errors import AddressInvalid

ADDRESS_BYTES = 20
"""Length of an address."""

ZERO_ADDRESS = bytes(ADDRESS_BYTES)
"""Nobody's address: 0 in every word."""

Words = tuple[int, int, int]


def address_words(address: bytes) -> Words:
    """Return the three int64 words of an address."""
    if len(address) != ADDRESS_BYTES:
        raise AddressInvalid("length of an address", received=len(address), expected=ADDRESS_BYTES)
    return (
        int.from_bytes(address[:8], "big", signed=True),
        int.from_bytes(address[8:16], "big", signed=True),
        int.from_bytes(address[16:], "big"),
    )


def address_from_words(first: int, middle: int, last: int) -> bytes:
    """Return the address of three words; of the last one, the low 32 bits."""
    return (
        (first & (1 << 64) - 1).to_bytes(8, "big") + (middle & (1 << 64) - 1).to_bytes(8, "big") + (last & (1 << 32) - 1).to_bytes(4, "big")
    )


def addresses_from_rows(words: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Return the addresses, (n, 20) bytes, of rows of three words, (n, 3)."""
    wide = np.ascontiguousarray(words).astype(">i8").view(np.uint8).reshape(-1, 24)
    return np.concatenate((wide[:, :16], wide[:, 20:]), axis=1)


def rows_from_addresses(addresses: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Return the three words a row, (n, 3), of addresses of (n, 20) bytes."""
    wide = np.zeros((len(addresses), 24), np.uint8)
    wide[:, :16] = addresses[:, :16]
    wide[:, 20:] = addresses[:, 16:]
    return wide.view(">i8").astype(np.int64)


def parse_address(text: str) -> bytes:
    """Return the address of `0x` and 40 hexadecimal digits; their case is not checked. Raises AddressInvalid."""
    digits = text[2:]
    if not text.startswith("0x") or len(digits) != 2 * ADDRESS_BYTES or not set(digits) <= set("0123456789abcdefABCDEF"):
        raise AddressInvalid("address", received=text, expected="0x and 40 hexadecimal digits")
    return bytes.fromhex(digits)
