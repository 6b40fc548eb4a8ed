"""Fixed-point arithmetic with a wide intermediate.

One rule: the plain functions are exact on Python's integers; the `wide_` functions that stand for them when compiled never leave
int64, by working in digits of 31 bits. Both give the same result for every int64 input.
"""

from rollup.core.kernel import compiled_as, kernel

WIDE = 1 << 62
"""Exclusive bound of the magnitude of every operand and result here. Operands beyond it give 0; results beyond it give ±WIDE."""

DIGIT = 31
"""Bits of a digit of a wide number: the product of two digits, doubled, stays under 2^63."""

MASK = (1 << DIGIT) - 1


@kernel
def in_domain(a: int, b: int, c: int) -> bool:
    """Can a·b/c be computed at all: |a|, |b| < 2^62 and 0 < c < 2^62."""
    return 0 < c < WIDE and -WIDE < a < WIDE and -WIDE < b < WIDE


@kernel
def wide_quotient(a: int, b: int, c: int) -> tuple[int, int]:
    """Quotient of a·b by c, rounded down, and 1 where there is a remainder; for operands in the domain and not negative.

    Gives (WIDE, 0) where the quotient is WIDE or more.
    """
    if a <= MASK and b <= MASK:
        product = a * b
        return product // c, 1 if product % c != 0 else 0
    # a·b in four digits; each partial product < 2^62, so each sum < 2^63.
    low = (a & MASK) * (b & MASK)
    middle = (a >> DIGIT) * (b & MASK) + (a & MASK) * (b >> DIGIT)
    high = (a >> DIGIT) * (b >> DIGIT)
    second = (low >> DIGIT) + (middle & MASK)
    top = high + (middle >> DIGIT) + (second >> DIGIT)
    if top >= c:
        return WIDE, 0
    return wide_divide(top, second & MASK, low & MASK, c)


@kernel
def wide_divide(top: int, second: int, first: int, c: int) -> tuple[int, int]:
    """Divide top·2^62 + second·2^31 + first by c, for top < c: quotient < 2^62, and 1 where there is a remainder."""
    if c <= MASK:
        above = (top << DIGIT) | second
        below = ((above % c) << DIGIT) | first
        return ((above // c) << DIGIT) + below // c, 1 if below % c != 0 else 0
    shift = 0
    for step in (16, 8, 4, 2, 1):  # until the highest bit of c is bit 61: c starts at bit 31 or above
        if c >> (62 - step) == 0:
            c = c << step
            shift += step
    below = (second << DIGIT) | first
    top = (top << shift) | (below >> (62 - shift))
    below = (below << shift) & (WIDE - 1)
    upper, rest = wide_digit(top, below >> DIGIT, c)
    lower, rest = wide_digit(rest, below & MASK, c)
    return (upper << DIGIT) + lower, 1 if rest != 0 else 0


@kernel
def wide_digit(top: int, digit: int, c: int) -> tuple[int, int]:
    """One digit of a quotient, and the remainder, of top·2^31 + digit by c; for top < c and 2^61 ≤ c < 2^62 (Knuth, 4.3.1 D3)."""
    guess = top // (c >> DIGIT)
    rest = top % (c >> DIGIT)
    for _ in range(2):
        # rest < 2^32, so the right side < 2^63; the guess is at most two too large.
        if rest <= MASK and (guess > MASK or guess * (c & MASK) > (rest << DIGIT) + digit):
            guess -= 1
            rest += c >> DIGIT
    return guess, (rest << DIGIT) + digit - guess * (c & MASK)


@kernel
def wide_down(a: int, b: int, c: int) -> int:
    """Stand for `mul_div_down` in 64-bit arithmetic."""
    if not in_domain(a, b, c):
        return 0
    quotient, remains = wide_quotient(abs(a), abs(b), c)
    if (a < 0) != (b < 0):
        return -min(quotient + remains, WIDE)
    return quotient


@kernel
def wide_up(a: int, b: int, c: int) -> int:
    """Stand for `mul_div_up` in 64-bit arithmetic."""
    if not in_domain(a, b, c):
        return 0
    quotient, remains = wide_quotient(abs(a), abs(b), c)
    if (a < 0) != (b < 0):
        return -quotient
    return min(quotient + remains, WIDE)


@compiled_as(wide_down)
def mul_div_down(a: int, b: int, c: int) -> int:
    """Compute a·b/c rounded down (towards −∞), with an exact intermediate.

    For |a|, |b| < 2^62 and 0 < c < 2^62; anything else gives 0. A result of magnitude ≥ 2^62 gives ±2^62.
    """
    if 0 < c < WIDE and -WIDE < a < WIDE and -WIDE < b < WIDE:
        return max(-WIDE, min(WIDE, a * b // c))
    return 0


@compiled_as(wide_up)
def mul_div_up(a: int, b: int, c: int) -> int:
    """Compute a·b/c rounded up (towards +∞), with an exact intermediate; the domain is that of `mul_div_down`."""
    if 0 < c < WIDE and -WIDE < a < WIDE and -WIDE < b < WIDE:
        return max(-WIDE, min(WIDE, -(-a * b // c)))
    return 0


@kernel
def clamp(x: int, low: int, high: int) -> int:
    """Move x into [low, high]."""
    return max(low, min(high, x))


@kernel
def isqrt(n: int) -> int:
    """Square root of n rounded down, for 0 ≤ n < 2^62; 0 for anything else."""
    if not 0 < n < WIDE:
        return 0
    root = 0
    for bit in range(30, -1, -1):
        trial = root | (1 << bit)
        if trial * trial <= n:
            root = trial
    return root
