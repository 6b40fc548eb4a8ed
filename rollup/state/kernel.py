"""The kernel switch, under the name by which the floors from state upward know it; see `rollup.core.kernel`."""

from rollup.core.kernel import ENTRIES, KERNELS, entry, kernel, memoised_kernel

__all__ = ["ENTRIES", "KERNELS", "entry", "kernel", "memoised_kernel"]
