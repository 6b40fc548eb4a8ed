"""Addresses in rows: three words each."""

from collections.abc import Sequence

from rollup.core.kernel import kernel


@kernel
def same_address(one: Sequence[int], other: Sequence[int]) -> bool:
    """Are two addresses, of three words each, equal?"""
    return one[0] == other[0] and one[1] == other[1] and one[2] == other[2]
