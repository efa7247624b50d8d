"""Lemmas: what is assumed, what is claimed, and the wrong formulas for which the claim must fall.

A lemma is a function of a `Lemma` that names its symbols with their ranges, assumes and claims. It is proved if
no numbers within the ranges meet what is assumed and not what is claimed. Each also lists wrong variants of the
formulas it is about: with one of them in place the prover has to find numbers, or the lemma says nothing. Those
numbers meet what is assumed too, so no lemma holds because its ranges are empty.
"""

import sys
import time
from types import SimpleNamespace

import arithmetic
import formulas
import z3

#: A lemma that takes longer is taken apart.
SECONDS = 60
LEMMAS = []


def lemma(wrong):
    """Marks a lemma; `wrong` has variants by name: the formulas that are replaced, and a hint of where to look."""

    def mark(function):
        LEMMAS.append((function, wrong))
        return function

    return mark


class Lemma(SimpleNamespace):
    """One attempt: the formulas, perhaps wrong ones, and what was said about them."""

    def __init__(self, replaced):
        functions = {name: f for name, f in vars(formulas).items() if callable(f)}
        super().__init__(**functions | replaced)
        self.symbols, self.assumed, self.claimed = [], [], []
        arithmetic.FACTS.clear()

    def number(self, name, least, most):
        symbol = z3.Int(name)
        self.symbols.append(symbol)
        self.assume(symbol >= least, symbol <= most)
        return symbol

    def assume(self, *conditions):
        self.assumed += conditions

    def claim(self, *conditions):
        self.claimed += conditions

    def product_rises(self, a, b, factor):
        """A fact of school that the prover likes to be told: `a <= b` gives `a * factor <= b * factor`."""
        self.assume(z3.Implies(z3.And(a <= b, factor >= 0), a * factor <= b * factor))

    def same(self, left, right):
        """A product written in two ways, as the prover will not try of itself; it is checked first."""
        check = z3.Solver()
        check.set(timeout=SECONDS * 1000)
        check.add(left != right)
        assert check.check() == z3.unsat, f"{left} is not {right}"
        self.assume(left == right)

    def solver(self, hint):
        solver = z3.Solver()
        solver.set(timeout=SECONDS * 1000, random_seed=1)
        solver.add(*self.assumed, *arithmetic.FACTS, *hint)
        return solver


def proves(function):
    """Whether each claim follows; each by itself, which is quicker."""
    made = Lemma({})
    function(made)
    for number, claim in enumerate(made.claimed):
        solver = made.solver([z3.Not(claim)])
        answer = solver.check()
        if answer != z3.unsat:
            numbers = solver.model() if answer == z3.sat else solver.reason_unknown()
            return f"claim {number + 1} is not proved: {answer}: {numbers}"
    return None


def refutes(function, replaced, hint):
    """The numbers for which a wrong variant breaks a claim, as text; None if there are none."""
    made = Lemma(replaced)
    function(made)
    for claim in made.claimed:
        solver = made.solver([z3.Not(claim), *[z3.Int(name) == value for name, value in hint.items()]])
        if solver.check() == z3.sat:
            model = solver.model()
            return ", ".join(f"{symbol} = {model[symbol]}" for symbol in made.symbols)
    return None


def main():
    failed = 0
    for function, wrong in LEMMAS:
        start = time.monotonic()
        why = proves(function)
        took = time.monotonic() - start
        print(f"{'FAILED' if why else 'proved'} {function.__name__} ({took:.1f} s): {function.__doc__.splitlines()[0]}")
        if why:
            print(f"    {why}")
        failed += bool(why)
        assert wrong, f"{function.__name__} lists nothing that it rules out"
        for name, (replaced, hint) in wrong.items():
            numbers = refutes(function, replaced, hint)
            failed += numbers is None
            print(f"    {'refuted' if numbers else 'NOT REFUTED'}: {name}{': ' if numbers else ''}{numbers or ''}")
    print(f"{len(LEMMAS)} lemmas, {sum(len(wrong) for _, wrong in LEMMAS)} wrong variants, {failed} failed")
    sys.exit(failed > 0)
