"""Sweeps: one game at many points of what it depends on, which gives a map of where the protocol holds, and where it breaks."""
