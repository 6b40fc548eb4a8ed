"""Checks over all rows of a state: each walks everything, and shares no sum or reference with the running ones."""
