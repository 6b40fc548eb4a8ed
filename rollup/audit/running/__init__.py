"""Checks fed with the rows that each step has written: they keep sums and references, so that a step costs what it has touched."""
