"""What passes between the rollup and its L1: batches, queue entries, calls, events, and how a chain of batches is derived from them."""
