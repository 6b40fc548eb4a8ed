"""The sequencer: orders signed transactions, executes them, acknowledges them, and posts batches to L1."""
