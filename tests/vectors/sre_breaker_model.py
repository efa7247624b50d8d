"""The breaker, slow on purpose: every outcome in a list, and each origin's law as the origin states it.

One function a law, in the origin's order of evaluation. Standard library only.
"""

import math
from fractions import Fraction

MS = 1_000_000

# Each takes the window and answers the ratio before and after what a working run takes off it.


def sre_book(w, k=2.0):
    return same(max(0.0, (w.requests - k * w.accepts) / (w.requests + 1)))


def go_zero_1_3(w, k=1.5, protection=5):
    weighted = k * float(w.accepts)
    return same(max(0.0, (float(w.requests - protection) - weighted) / float(w.requests + 1)))


def go_zero(w, k=1.5, min_k=1.1, protection=5):
    size = float(len(w.buckets))
    failing = working = 0
    for bucket in w.buckets:
        failure, success = bucket["failure"], bucket["success"]
        working = 0 if failure else working + 1 if success else working
        failing = 0 if success else failing + 1 if failure else failing
    weight = max(k - ((k - min_k) * failing) / size, min_k)
    ratio = (float(w.requests - protection) - weight * w.accepts) / float(w.requests + 1)
    if ratio <= 0:
        return 0.0, 0.0
    return ratio, ratio * ((size - working) / size)


def grpc_rls(w, k=2.0, padding=8.0):
    requests, accepts = float(w.requests), float(w.accepts)
    return same(max(0.0, (requests - k * accepts) / (requests + padding)))


def kratos(w, success=0.6, request=100):
    k = 1 / success
    weighted = k * float(w.accepts)
    if w.requests < request or float(w.requests) < weighted:
        return same(0.0)
    return same(max(0.0, (float(w.requests) - weighted) / float(w.requests + 1)))


def envoy(w, threshold=0.95, aggression=1.0, cap=0.8, rps=0):
    seconds = max(1, w.age_ns // 1_000_000_000)
    if w.requests // seconds < rps:
        return same(0.0)
    probability = (float(w.requests) - float(w.accepts) / threshold) / (float(w.requests) + 1)
    if probability <= 0:
        return same(0.0)
    if aggression != 1.0:
        probability = math.pow(probability, 1.0 / aggression)
    return same(min(probability, cap))


def same(ratio):
    return ratio, ratio


LAWS = {law.__name__: law for law in (sre_book, go_zero_1_3, go_zero, grpc_rls, kratos, envoy)}
WINDOWS = {"sre_book": (1_000, 120), "go_zero_1_3": (250, 40), "go_zero": (250, 40), "grpc_rls": (300, 100),
           "kratos": (300, 10), "envoy": (1_000, 30)}
COUNTS_REFUSALS = {"sre_book", "go_zero", "grpc_rls", "kratos"}
# What a law calls a constant, and what the library does.
KEYS = {"k": "multiplier", "min_k": "min_multiplier", "protection": "protection", "padding": "padding",
        "request": "min_requests", "threshold": "success_ratio", "aggression": "aggression",
        "cap": "max_drop_ratio", "rps": "min_rps"}


def exact(preset, requests, accepts):
    """The plain laws in exact arithmetic."""
    r, a = Fraction(requests), Fraction(accepts)
    match preset:
        case "sre_book":
            return (r - 2 * a) / (r + 1)
        case "go_zero_1_3":
            return (r - 5 - Fraction(3, 2) * a) / (r + 1)
        case "grpc_rls":
            return (r - 2 * a) / (r + 8)
        case "kratos":
            return (r - a / Fraction(6, 10)) / (r + 1) if r >= 100 else Fraction(0)
        case "envoy":
            return min((r - a / Fraction(95, 100)) / (r + 1), Fraction(8, 10))
    return None


# --- the breaker ------------------------------------------------------------------------------------------


class Window:
    """What a law sees of the log."""

    def __init__(self, log, width, count, newest, now):
        first = newest - count + 1
        self.buckets = [{"success": 0, "failure": 0, "refusal": 0} for _ in range(count)]
        oldest = None
        for bucket, kind, times in log:
            if first <= bucket <= newest:
                self.buckets[bucket - first][kind] += times
                oldest = bucket if oldest is None else min(oldest, bucket)
        self.accepts = sum(b["success"] for b in self.buckets)
        self.others = sum(b["failure"] + b["refusal"] for b in self.buckets)
        self.requests = self.accepts + self.others
        self.age_ns = 0 if oldest is None else max(now, newest * width) - oldest * width


class Model:
    def __init__(self, preset, width, count, changes):
        self.preset, self.width, self.count, self.changes = preset, width, count, changes
        self.log, self.newest, self.last_pass = [], 0, None
        self.mode, self.drops, self.would_reject = "enabled", 0, 0

    def window(self, now):
        return Window(self.log, self.width, self.count, max(self.newest, now // self.width), now)

    def ratio(self, window):
        raw, eased = LAWS[self.preset](window, **self.changes)
        if not self.changes:
            truth = exact(self.preset, window.requests, window.accepts)
            assert truth is None or abs(eased - max(truth, 0)) < 1e-12, (self.preset, eased, truth)
        return raw, eased

    def record(self, now, kind, times=1):
        bucket = now // self.width
        self.newest = max(self.newest, bucket)
        if bucket > self.newest - self.count:
            self.log.append((bucket, kind, times))

    def refuses(self, now, draw):
        """The ratio if the law refuses, else None."""
        window = self.window(now)
        if window.others == 0:
            return None
        self.newest = max(self.newest, now // self.width)
        raw, eased = self.ratio(window)
        if raw <= 0:
            return None
        if self.preset == "go_zero":
            forced = self.last_pass is not None and now - self.last_pass > 1_000 * MS
            if forced or not draw < eased:
                self.last_pass = max(now, self.last_pass or 0)
                return None
            return eased
        return eased if draw < eased else None

    def answer(self, now, operation, argument):
        match operation:
            case "success" | "failure":
                self.record(now, operation, argument)
                return "ok"
            case "ignore":
                return "ok"
            case "set_mode":
                self.mode = argument
                return "ok"
            case "snapshot":
                w = self.window(now)
                return (f"requests {w.requests} accepts {w.accepts} drop_ratio {self.ratio(w)[1]:.12f} "
                        f"mode {self.mode} drops {self.drops} would_reject {self.would_reject}")
            case "try_acquire" if self.mode == "disabled":
                return "granted"
            case "try_acquire" if self.mode == "forced_open":
                self.drops += 1
                return "forced_open"
            case "try_acquire":
                ratio = self.refuses(now, argument)
                if ratio is None:
                    return "granted"
                if self.mode == "dry_run":
                    self.would_reject += 1
                    return "granted"
                self.drops += 1
                if self.preset in COUNTS_REFUSALS:
                    self.record(now, "refusal")
                return f"rejected {ratio:.12f}"
        raise ValueError(operation)
