"""The eleven invariants of the market (MARKET, invariants): over a whole state, and step by step by what each step has written."""
