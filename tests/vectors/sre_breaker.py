#!/usr/bin/env python3
"""Writes sre_breaker.toml; with --check, compares it with what would be written.

The model (sre_breaker_model.py) keeps every outcome in a list, and has each origin's law as the origin states it.
Standard library only.

A timeline names a `preset` and may change it: `multiplier`, `success_ratio`, `min_multiplier`, `protection`,
`padding`, `min_requests`, `min_rps`, `aggression`, `max_drop_ratio`, `bucket_width_ns` with `bucket_count`.

Grammar of `steps`, one step a line: `<at> <operation> <arguments> -> <answer>`. `at` is a whole number of
`unit_ns`, added to `start_ns`, and is the `now` handed to the `_at` form. Lines starting with `#` and blank
lines are skipped.

    try_acquire DRAW          -> granted | rejected RATIO | forced_open
    success N, failure N      -> ok           N calls are settled so, one after another
    ignore N                  -> ok
    set_mode MODE             -> ok           enabled, disabled, forced_open, dry_run
    snapshot                  -> requests R accepts A drop_ratio RATIO mode MODE drops D would_reject W

DRAW is a decimal that names one double exactly (17 digits at most, "e-05" is possible). RATIO has 12 decimals;
that a ratio is right to the last bit is seen by draws at it and one double below it. `tags`: "steps_back".
A permit is settled by itself: `success`, `failure` and `ignore` need no `try_acquire` before them.
"""

import math

from sre_breaker_model import KEYS, LAWS, MS, WINDOWS, Model
from writing import write


class Timeline:
    def __init__(self, name, about, preset, *, window_ms=None, unit_ns=MS, start_ns=0, **changes):
        width_ms, count = window_ms or WINDOWS[preset]
        self.head = {"name": name, "about": about, "preset": preset}
        if window_ms:
            self.head |= {"bucket_width_ns": width_ms * MS, "bucket_count": count}
        for key, value in changes.items():
            if key == "success":
                key, value = "multiplier", 1 / value
            else:
                key = KEYS[key]
            self.head[key] = value
        self.head |= {"unit_ns": unit_ns, "start_ns": start_ns}
        self.model = Model(preset, width_ms * MS, count, changes)
        self.lines, self.tags, self.latest = [], set(), 0

    def now(self, at):
        return self.head["start_ns"] + at * self.head["unit_ns"]

    def step(self, at, operation, argument=None, published=None):
        """One step; `published` is the answer that the origin of the timeline states for it."""
        now = self.now(at)
        answer = self.model.answer(now, operation, argument)
        assert published is None or answer.split()[0] == published, (self.head["name"], at, published, answer)
        if now < self.latest:
            self.tags.add("steps_back")
        self.latest = max(self.latest, now)
        words = operation if argument is None else f"{operation} {argument!r}".replace("'", "")
        self.lines.append(f"{at:<8} {words:<32} -> {answer}")
        return self

    def edge(self, at, published=None):
        """Draws at the ratio and one double below it."""
        _, ratio = self.model.ratio(self.model.window(self.now(at)))
        assert published is None or f"{ratio:.6f}" == published, (self.head["name"], at, ratio, published)
        if ratio == 0:
            return self.step(at, "try_acquire", 0.0, "granted")
        self.step(at, "try_acquire", ratio, "granted")
        return self.step(at, "try_acquire", math.nextafter(ratio, 0), "rejected")

    def text(self):
        out = ["[[timeline]]"]
        for key, value in self.head.items():
            if isinstance(value, str):
                value = '"' + value + '"'
            elif isinstance(value, int):
                value = f"{value:_}"
            out.append(f"{key} = {value}")
        out.append("tags = [" + ", ".join(f'"{tag}"' for tag in sorted(self.tags)) + "]")
        return "\n".join([*out, 'steps = """', *self.lines, '"""', ""])


# --- the timelines ----------------------------------------------------------------------------------------


def golden():
    """(requests, accepts) and the ratio that the origin comes to, each in a bucket of its own window."""
    for preset, rows in {
        "go_zero_1_3": [(4, 0, "0.000000"), (6, 0, "0.142857"), (10, 0, "0.454545"), (15, 10, "0.000000"),
                        (16, 7, "0.029412"), (100, 50, "0.198020"), (100, 60, "0.049505"),
                        (1000, 0, "0.994006")],
        "sre_book": [(100, 40, "0.198020"), (1000, 100, "0.799201"), (10, 0, "0.909091"), (2, 1, "0.000000")],
        "grpc_rls": [(1, 0, "0.111111"), (9, 0, "0.529412"), (100, 50, "0.000000"), (100, 40, "0.185185")],
        "kratos": [(99, 0, "0.000000"), (100, 0, "0.990099"), (100, 60, "0.000000"), (200, 60, "0.497512")],
        "envoy": [(1000, 500, "0.473211"), (100, 90, "0.052110"), (1000, 0, "0.800000"), (20, 19, "0.000000")],
    }.items():
        t = Timeline(f"{preset}_values", "the ratio to the last bit, window by window", preset)
        width, count = WINDOWS[preset]
        for i, (requests, accepts, ratio) in enumerate(rows):
            at = i * width * count
            t.step(at, "success", accepts).step(at, "failure", requests - accepts).edge(at, ratio)
        yield t

    t = Timeline("go_zero_values", "HEAD: failing and working runs", "go_zero")
    t.step(0, "failure", 6).edge(0, "0.142857")
    t.step(10_000, "failure", 10).edge(10_000, "0.454545")
    t.step(20_000, "success", 10).step(20_000, "failure", 5).edge(20_000, "0.000000")
    t.step(30_000, "success", 7).step(30_000, "failure", 9).edge(30_000, "0.029412")
    start = 40_000
    t.step(start, "success", 50).step(start, "failure", 30)
    for i in range(1, 21):
        t.step(start + 250 * i, "failure", 1)
    t.edge(start + 5_000, "0.297030")
    start = 60_000
    t.step(start, "failure", 50).step(start, "success", 30)
    for i in range(1, 21):
        t.step(start + 250 * i, "success", 1)
    t.edge(start + 5_000, "0.099010")
    start = 80_000
    for i in range(40):
        t.step(start + 250 * i, "failure", 25)
    yield t.edge(start + 9_750, "0.994006")


def grpc_traces():
    for name, k, padding, want in (
        ("baseline", 1.1, 8.0, "nnnnnnnnyyyyynnnyyy"),
        ("other_padding", 1.1, 7.0, "nnnnnnnyyyyyyyyyyyy"),
        ("other_multiplier", 1.4, 8.0, "nnnnnnnnyynnnnnnnnn"),
    ):
        t = Timeline(f"grpc_rls_trace_{name}", "grpc-go: nineteen responses, each followed by an ask", "grpc_rls",
                     k=k, padding=padding)
        for response, throttled in zip("TTTTTTTTTAAAAAATTTT", want):
            t.step(0, "failure" if response == "T" else "success", 1)
            t.step(0, "try_acquire", 0.5, "rejected" if throttled == "y" else "granted")
        yield t.step(0, "snapshot")


def films():
    t = Timeline("go_zero_recovers", "ten buckets of failures, ten of successes", "go_zero_1_3")
    for i in range(10):
        t.step(250 * i, "failure", 100)
    t.edge(2_250)
    for i in range(10, 20):
        t.step(250 * i, "success", 100).step(250 * i, "snapshot")
    yield t.edge(4_750).step(9_999, "snapshot").step(10_000, "snapshot").step(12_250, "try_acquire", 0.0, "granted")

    t = Timeline("trouble_ends_with_the_window", "the last failure leaves at a boundary, not before", "go_zero_1_3",
                 unit_ns=1, start_ns=10**15)
    t.step(249_999_999, "failure", 100).edge(249_999_999).edge(9_999_999_999)
    yield t.step(10_000_000_000, "try_acquire", 0.0, "granted").step(10_000_000_000, "snapshot")

    t = Timeline("go_zero_forced_pass", "more than 1 s after the last pass in trouble, never before the first",
                 "go_zero")
    t.step(0, "failure", 1_000).step(3_000, "try_acquire", 0.5, "rejected")
    t.step(3_000, "try_acquire", 0.999, "granted").step(4_000, "try_acquire", 0.5, "rejected")
    t.step(4_001, "try_acquire", 0.0, "granted").step(4_001, "try_acquire", 0.5, "rejected")
    t.step(5_500, "try_acquire", 0.0, "granted").step(5_501, "try_acquire", 0.9, "rejected")
    # The mark of an old incident forces the first pass of the next.
    t.step(20_000, "try_acquire", 0.0, "granted").step(20_000, "failure", 50)
    yield t.step(20_000, "try_acquire", 0.0, "granted").step(20_000, "try_acquire", 0.5, "rejected").step(
        20_000, "snapshot")

    t = Timeline("go_zero_without_its_runs", "empty buckets and refusals end no run", "go_zero")
    t.step(0, "success", 20).step(250, "failure", 40).step(1_000, "failure", 40).edge(1_000)
    t.step(2_000, "try_acquire", 0.0, "rejected").step(2_250, "snapshot").step(2_500, "failure", 1).edge(2_500)
    t.step(2_750, "success", 1).edge(2_750).step(3_250, "success", 1).edge(3_250)
    yield t.step(3_500, "success", 1).step(3_500, "failure", 1).edge(3_500)

    t = Timeline("envoy_aggression", "the ratio to the power of 1/2; a draw of 5500 of 10000 is refused too",
                 "envoy", aggression=2.0)
    t.step(0, "success", 500).step(0, "failure", 500).step(0, "snapshot")
    t.step(0, "try_acquire", 0.55, "rejected").step(0, "try_acquire", 0.69, "granted")
    yield t

    t = Timeline("envoy_draws", "Envoy's own test: 5500 of 10000 passes, 4500 is refused", "envoy")
    t.step(0, "success", 500).step(0, "failure", 500)
    yield t.step(0, "try_acquire", 0.55, "granted").step(0, "try_acquire", 0.45, "rejected")

    t = Timeline("envoy_below_its_rps", "judged from 10 requests a second on", "envoy", rps=10)
    t.step(0, "failure", 9).step(0, "try_acquire", 0.0, "granted").step(0, "failure", 1).edge(0)
    t.step(1_999, "try_acquire", 0.5, "rejected").step(2_000, "try_acquire", 0.0, "granted")
    yield t.step(2_000, "failure", 10).edge(2_000).step(3_000, "try_acquire", 0.0, "granted")

    t = Timeline("kratos_counts_refusals_as_failures", "so that the ratio climbs", "kratos", success=0.5, request=10)
    t.step(0, "success", 4).step(0, "failure", 8)
    for _ in range(5):
        t.edge(0)
    yield t.step(0, "snapshot").step(3_000, "snapshot")

    t = Timeline("lowest_multiplier", "K = 1, nothing forgiven: successes alone still never lead to a refusal",
                 "go_zero_1_3", k=1.0, protection=0)
    t.step(0, "success", 1_000_003).step(0, "try_acquire", 0.0, "granted").step(0, "failure", 1).edge(0)
    yield t

    t = Timeline("modes", "what is done changes, what is known does not", "grpc_rls")
    t.step(0, "failure", 50).step(0, "set_mode", "disabled").step(0, "try_acquire", 0.0, "granted")
    t.step(0, "set_mode", "dry_run").step(0, "try_acquire", 0.0, "granted").step(0, "try_acquire", 0.99, "granted")
    t.step(0, "snapshot").step(0, "set_mode", "forced_open").step(0, "try_acquire", 0.99, "forced_open")
    t.step(0, "success", 5).step(0, "failure", 1).step(0, "ignore", 3).step(0, "snapshot")
    t.step(0, "set_mode", "enabled").step(0, "try_acquire", 0.5, "rejected").step(0, "snapshot")
    t.step(40_000, "snapshot").step(40_000, "try_acquire", 0.0, "granted").step(40_000, "set_mode", "forced_open")
    t.step(40_000, "try_acquire", 0.99, "forced_open").step(40_000, "set_mode", "disabled")
    t.step(40_000, "failure", 9).step(40_000, "set_mode", "enabled")
    yield t.step(40_000, "try_acquire", 0.1, "rejected").step(40_000, "snapshot")

    t = Timeline("an_earlier_now_reads_as_the_latest", "successes that have left do not come back", "go_zero_1_3",
                 window_ms=(1_000, 2))
    t.step(0, "success", 1_000).step(1_000, "failure", 100).step(1_000, "try_acquire", 0.0, "granted")
    t.step(2_000, "try_acquire", 0.5, "rejected").step(1_000, "try_acquire", 0.5, "rejected").step(0, "snapshot")
    yield t.step(500, "failure", 7).step(1_500, "failure", 7).step(2_000, "snapshot")

    t = Timeline("idle_for_a_year", "a year later nothing of it is left", "sre_book", unit_ns=86_400_000 * MS)
    t.step(0, "failure", 5).step(0, "try_acquire", 0.0, "rejected").step(365, "snapshot")
    yield t.step(365, "try_acquire", 0.0, "granted").step(365, "failure", 1).step(365, "try_acquire", 0.4, "rejected")

    # Long films: a backend that fails half its calls, then all, then none; draws and times pseudo-random.
    for seed, preset in enumerate(LAWS):
        width, count = WINDOWS[preset]
        t = Timeline(f"{preset}_film", "a backend that gets worse, dies and recovers", preset,
                     start_ns=1_600_000_000_000 * MS)
        state, at, steps = seed, 0, 240
        for i in range(steps):
            state = (state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
            draw, dice = (state >> 11) / 2**53, (state >> 7) % 100
            at += (state >> 40) % max(2, width * count // 80)
            fails = (5, 50, 100, 0)[i * 4 // steps]
            if i % 6 == 5:
                t.step(at, "snapshot")
            elif i % 6 == 3:
                # Late by up to one window.
                t.step(at - (state >> 50) % (width * count), "success" if dice >= fails else "failure", 3)
            elif i % 2:
                t.step(at, "success" if dice >= fails else "failure", 1 + dice % 30)
            else:
                t.step(at, "try_acquire", draw)
        yield t


def timelines():
    yield from golden()
    yield from grpc_traces()
    yield from films()


def main():
    head = "# Written by sre_breaker.py beside this file, which also tells the grammar. Do not edit.\n\n"
    write(__file__, head + "\n".join(t.text() for t in timelines()))


if __name__ == "__main__":
    main()
