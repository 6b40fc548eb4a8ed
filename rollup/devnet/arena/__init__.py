"""The arena: games of a dispute on L1's real contracts, block by block, between the honest strategy and adversaries that really try."""
