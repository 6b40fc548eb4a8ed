"""Deterministic mathematics: exp, ln, sqrt and the normal distribution in integers, to the same bits on every machine."""
