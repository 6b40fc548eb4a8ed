"""Portfolios as files: what an account holds and what the feeds say, for margins to be computed of."""
