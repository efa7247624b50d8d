"""What a call from Python costs: medians of interleaved batches, nanoseconds without the loop's own.

    .venv/bin/python benches/python_calls.py
"""

import statistics
import timeit

import resil

BATCH = 20_000
ROUNDS = 60

plenty = resil.Quota(1_000_000_000, 1.0, 4_000_000_000)
breaker = resil.SreBreaker()
counter = resil.RollingCounter(0.25, 40)


def noop() -> None:
    """Does nothing."""


SETTINGS: dict[str, object] = {
    "noop": noop,
    "clock": resil.MonotonicClock(),
    "coarse_clock": resil.CoarseClock(),
    "monotonic": resil.TokenBucket(plenty),
    "coarse": resil.TokenBucket(plenty, clock=resil.CoarseClock()),
    "manual": resil.TokenBucket(plenty, clock=resil.ManualClock()),
    "meter": resil.LeakyMeter(plenty),
    "queue": resil.LeakyQueue(plenty),
    "period": resil.PeriodLimiter(2**29, 1.5),
    "sliding": resil.PeriodLimiter.sliding(2**29, 1.5),
    "breaker": breaker,
    "protected": breaker.protect(noop),
    "counter": counter,
    "quota": plenty,
}

CASES = [
    "pass",
    "noop()",
    "quota.burst",
    "clock.now_ns()",
    "coarse_clock.now_ns()",
    "monotonic.try_acquire()",
    "monotonic.try_acquire(1)",
    "coarse.try_acquire()",
    "manual.try_acquire()",
    "meter.try_acquire()",
    "queue.try_reserve()",
    "period.try_acquire()",
    "sliding.try_acquire()",
    "counter.add()",
    "breaker.run(noop)",
    "protected()",
    "with breaker.guard(): pass",
]


def main() -> None:
    timers = {case: timeit.Timer(case, globals=SETTINGS) for case in CASES}
    taken: dict[str, list[float]] = {case: [] for case in CASES}
    for _ in range(ROUNDS):
        for case, timer in timers.items():
            taken[case].append(timer.timeit(BATCH) / BATCH * 1e9)
    medians = {case: statistics.median(times) for case, times in taken.items()}
    loop = medians["pass"]
    print(f"Python calls; medians of {ROUNDS} batches in ns, the loop's own {loop:.1f} taken off")
    for case in CASES[1:]:
        print(f"  {case:32} {medians[case] - loop:8.1f}")


if __name__ == "__main__":
    main()
