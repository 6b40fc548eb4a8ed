"""Drills that are games on L1 alone: played in the arena, with the seven-day window, and reported as every drill is."""
