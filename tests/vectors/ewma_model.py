"""The averages, slow on purpose: every sample is kept, and each answer computed from all of them.

With exact fractions and decimals of 60 digits; a double stands only for what was handed in, exactly, and for the
answer that is written, the nearest one. Standard library only.
"""

import decimal
import math
import sys
from decimal import Decimal
from fractions import Fraction

decimal.setcontext(decimal.Context(prec=60, Emin=-999_999, Emax=999_999))


def exact(number):
    """A decimal or a fraction as a fraction: what is left of a decade of digits is beyond any double."""
    return Fraction(number) if isinstance(number, (Decimal, int, float)) else number


def decay(elapsed, time_constant):
    """e^(-elapsed / time_constant)."""
    return Fraction((-Decimal(elapsed) / Decimal(time_constant)).exp())


def shortened(number):
    """To 60 digits, so that products of many samples stay small."""
    return Fraction(Decimal(number.numerator) / Decimal(number.denominator))


def nearest(number):
    """The double nearest to a fraction."""
    return repr(number.numerator / number.denominator)


class Model:
    def __init__(self, kind, alpha=None, age=None, warm_up=0, time_constant_ns=None):
        self.kind, self.tau, self.needed = kind, time_constant_ns, max(1, warm_up)
        self.alpha = exact(alpha) if alpha is not None else age and 2 / (exact(age) + 1)
        self.samples = []

    def newest(self):
        return max((then for then, _ in self.samples), default=0)

    def record(self, now, x):
        if not math.isfinite(x):
            return "not_finite"
        sums = self.kind == "sample_weighted" or self.kind == "by_count" and len(self.samples) < self.needed
        if sums and abs(self.sums(self.samples + [(now, exact(x))])[0]) > Fraction(sys.float_info.max):
            return "sum_too_large"
        self.samples.append((now, exact(x)))
        return "ok"

    def sums(self, samples):
        """Of the samples by their weights, and of those; what came before a gap that left nothing is forgotten."""
        if self.kind == "by_count":
            return sum(x for _, x in samples), Fraction(len(samples))
        newest, total, weights = samples[0][0], Fraction(0), Fraction(0)
        for then, x in samples:
            w = decay(abs(then - newest), self.tau)
            if then < newest:
                total, weights = total + x * w, weights + w
            else:
                if nearest(weights * w) == "0.0":
                    total, weights = Fraction(0), Fraction(0)
                total, weights, newest = total * w + x, weights * w + 1, then
            if w != 1:
                total, weights = shortened(total), shortened(weights)
        return total, weights

    def value(self, now):
        if len(self.samples) < self.needed:
            return None
        if self.kind == "sample_weighted":
            total, weights = self.sums(self.samples)
            return total / weights
        if self.kind == "by_count":
            value = sum(x for _, x in self.samples[:self.needed]) / self.needed
            for _, x in self.samples[self.needed:]:
                value = value * (1 - self.alpha) + x * self.alpha
            return value
        newest, value = self.samples[0]
        for then, x in self.samples[1:]:
            w = decay(max(0, then - newest), self.tau)
            value = x if self.kind == "peak" and x > value else shortened(value * w + x * (1 - w))
            newest = max(newest, then)
        return value * decay(max(0, now - newest), self.tau) if self.kind == "peak" else value

    def answer(self, now, operation, arguments):
        match operation, arguments:
            case "record", [x]:
                return self.record(now, float(x))
            case "value", []:
                value = self.value(now)
                return "none" if value is None else nearest(value)
            case "snapshot", []:
                idle = "none" if self.kind == "by_count" or not self.samples else max(0, now - self.newest())
                return f"missing {max(0, self.needed - len(self.samples))} idle {idle}"
            case "decay", []:
                return nearest(decay(now, self.tau))
        raise ValueError((operation, arguments))
