"""Clock arithmetic of the dispute, in L1 blocks: how long a node stood unrivaled, and what that adds up to from below."""

NEVER = (1 << 63) - 1
"""A time that does not come, and the timer of a proved node."""


def unrivaled(now: int, created_at: int, rival_at: int) -> int:
    """Return λ, the blocks for which a node stood alone in its context; `rival_at` is `NEVER` while it still does.

    A node that came second, or later, or in the same block as its rival, has none.
    """
    return max(0, min(now, rival_at) - created_at)


def bottom_up(own: int, children: tuple[int, int] | None, *, proved: bool) -> int:
    """Return a node's timer: its own λ and the lesser of its children's timers; a proved node's is `NEVER`."""
    if proved:
        return NEVER
    return min(NEVER, own + (min(children) if children else 0))
