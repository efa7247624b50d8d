"""Whole numbers, or the prover's symbols for them: one spelling for both.

A division of symbols is a new symbol with what makes it one: `a = quotient * b + rest`, `0 <= rest < b`. The
divisor is always above 0 here; who divides by what may not be says so in the ranges of a lemma.
"""

try:
    import z3
except ImportError:  # Vectors need none.
    z3 = None

#: What the divisions of the lemma at hand are known by.
FACTS = []


def is_symbol(*values):
    return z3 is not None and any(isinstance(value, z3.ExprRef) for value in values)


def div(a, b):
    """`a / b`, rounded down."""
    if not is_symbol(a, b):
        return a // b
    quotient, rest = z3.FreshInt("quotient"), z3.FreshInt("rest")
    FACTS.extend([a == quotient * b + rest, rest >= 0, rest < b])
    return quotient


def ceil_div(a, b):
    """`a / b`, rounded up."""
    if not is_symbol(a, b):
        return -(-a // b)
    quotient, rest = z3.FreshInt("quotient"), z3.FreshInt("rest")
    FACTS.extend([a == quotient * b - rest, rest >= 0, rest < b])
    return quotient


def pick(condition, yes, no):
    if is_symbol(condition):
        return z3.If(condition, yes, no)
    return yes if condition else no


def high(a, b):
    return pick(a >= b, a, b)


def low(a, b):
    return pick(a <= b, a, b)


def whole(*conditions):
    """All of them."""
    return z3.And(*conditions) if is_symbol(*conditions) else all(conditions)


def either(*conditions):
    return z3.Or(*conditions) if is_symbol(*conditions) else any(conditions)
