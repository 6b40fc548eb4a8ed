"""The market: instruments, feeds, prices, margin, the book and its matching, as kernels over the state."""
