"""The transition: one file a transaction type, the dispatch table, and `apply`, the one function that all roles run."""
