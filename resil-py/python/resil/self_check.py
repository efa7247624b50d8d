"""What ``python -m resil`` tries: a few known answers of each primitive, on a clock that is moved by hand."""

import asyncio
from collections.abc import Callable

import resil
from resil import ManualClock, Outcome, Quota, Recorded


def failures() -> list[str]:
    """A line for each primitive that answers otherwise than it should, or raises."""
    found: list[str] = []
    for name, check in CHECKS.items():
        try:
            fault = check()
        except Exception as error:
            fault = f"raised {error!r}"
        if fault is not None:
            found.append(f"{name}: {fault}")
    return found


def _differs(got: object, wanted: object) -> str | None:
    return None if got == wanted else f"answered {got!r} where {wanted!r} is right"


def _clocks() -> str | None:
    first, unix = resil.MonotonicClock().now_ns(), resil.UnixClock().now_ns()
    ordered = first <= resil.MonotonicClock().now_ns() and 0 < resil.CoarseClock().now_ns()
    clock = ManualClock(5)
    clock.advance(2)
    # Later than 2020: a wall clock that was never set is as wrong as one in seconds.
    return _differs((ordered, unix > 1_577_836_800 * 10**9, clock.now_ns()), (True, True, 2_000_000_005))


def _token_bucket() -> str | None:
    bucket = resil.TokenBucket(Quota(1, 10, burst=2), clock=ManualClock())
    answers: list[object] = [bool(bucket.try_acquire()) for _ in range(2)]
    answers.append(bucket.try_acquire().retry_after)
    reservation = bucket.reserve()
    answers += [reservation.ready_after, reservation.cancel(), bool(bucket.acquire())]
    answers += [bool(asyncio.run(bucket.acquire_async())), bucket.clock.now_ns()]
    return _differs(answers, [True, True, 10.0, 10.0, True, True, True, 20 * 10**9])


def _ewma() -> str | None:
    clock = ManualClock()
    average = resil.Ewma.by_time(10, clock=clock)
    answers: list[float | None] = [average.value()]
    for x in (8.0, 4.0):
        average.record(x)
        clock.advance(10)
    answers.append(average.value())
    # The first sample weighs 1/e when the second comes.
    return _differs([None if x is None else round(x, 6) for x in answers], [None, 5.471518])


def _hash_ring() -> str | None:
    ring = resil.HashRing({"cache-1": 1, "cache-2": 1, "cache-3": 2})
    keys = [f"user:{number}" for number in range(40, 44)]
    before = [ring.lookup(key) for key in keys]
    removed = ring.remove("cache-2")
    return _differs((before[2], removed, len(ring), ring.lookup("user:42")), ("cache-1", True, 2, "cache-1"))


def _leaky_bucket() -> str | None:
    quota, clock = Quota(10, 1, burst=2), ManualClock()
    meter, queue = resil.LeakyBucket.meter(quota, clock=clock), resil.LeakyBucket.queue(quota, clock=clock)
    poured = [meter.try_acquire().retry_after_ns for _ in range(3)]
    slots = [queue.try_reserve().ready_after_ns for _ in range(2)]
    return _differs((poured, slots), ([None, None, 100_000_000], [0, 100_000_000]))


def _period_limiter() -> str | None:
    clock = ManualClock()
    limiter = resil.PeriodLimiter(2, 60, clock=clock)
    answers = [(verdict.granted, verdict.last) for verdict in (limiter.try_acquire() for _ in range(3))]
    clock.advance(60)
    answers.append((limiter.try_acquire().granted, False))
    return _differs(answers, [(True, False), (True, True), (False, False), (True, False)])


def _rolling_window() -> str | None:
    clock = ManualClock()
    window, counter = resil.RollingWindow(1, 2, clock=clock), resil.RollingCounter(1, 2, clock=clock)
    recorded = [window.record(3), window.record(4), counter.add(5)]
    clock.advance(1)
    seen = (window.totals().sum, window.totals().count, counter.total())
    clock.advance(1)
    return _differs((recorded, seen, counter.total()), ([Recorded.KEPT] * 3, (7, 2, 5), 0))


def _single_flight() -> str | None:
    flight = resil.SingleFlight()

    async def shared_by_two() -> list[bool]:
        async def call() -> int:
            await asyncio.sleep(0)
            return 17

        both = await asyncio.gather(flight.run_async("key", call), flight.run_async("key", call))
        return [shared.led for shared in both]

    alone = flight.run("key", int, "17")
    return _differs((alone.value, asyncio.run(shared_by_two()), len(flight)), (17, [True, False], 0))


def _sre_breaker() -> str | None:
    breaker = resil.SreBreaker(clock=ManualClock(), draw=lambda: 0.5)
    answers: list[object] = [breaker.run(int, "17")]
    for _ in range(30):
        breaker.record(Outcome.FAILURE)
    try:
        breaker.run(int)
    except resil.Rejected as rejected:
        answers.append(round(rejected.drop_ratio, 4))
    # (31 requests - 5 forgiven - 1.5 * 1 success) / (31 + 1)
    return _differs(answers, [17, 0.7656])


CHECKS: dict[str, Callable[[], str | None]] = {
    "clocks": _clocks,
    "ewma": _ewma,
    "hash_ring": _hash_ring,
    "leaky_bucket": _leaky_bucket,
    "period_limiter": _period_limiter,
    "rolling_window": _rolling_window,
    "single_flight": _single_flight,
    "sre_breaker": _sre_breaker,
    "token_bucket": _token_bucket,
}
