"""A day of a full option chain: its genesis, its prices, and what makers and takers send. Shared by the drill and the measurement."""
