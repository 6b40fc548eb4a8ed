"""optroll: an optimistic rollup for crypto options. This module imports nothing, so that every start is cheap."""

VERSION = "0.1.0"
"""Version of the distribution and of everything that names one."""
