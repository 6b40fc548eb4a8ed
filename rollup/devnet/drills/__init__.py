"""Drills: what goes wrong, who must win, and by when, played by the real nodes in one process on virtual time."""
