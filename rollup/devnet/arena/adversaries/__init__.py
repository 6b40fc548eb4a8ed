"""Adversaries of the arena, one file each; the table of them is in `rollup.devnet.arena.table`."""
