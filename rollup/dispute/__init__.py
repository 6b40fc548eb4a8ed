"""The dispute: how a batch's execution is committed to, and how a false commitment is narrowed to one step. Pure."""
