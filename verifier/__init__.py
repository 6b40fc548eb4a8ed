"""A verifier: derives the chain from L1, executes every batch, and defends what it found against wrong claims."""
