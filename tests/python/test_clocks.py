"""Where the time comes from."""

import time
from datetime import timedelta

import pytest

from resil import (
    CoarseClock,
    LeakyQueue,
    ManualClock,
    MonotonicClock,
    QuantaClock,
    Quota,
    TokenBucket,
    UnixClock,
)


def test_the_monotonic_clock_is_pythons() -> None:
    """Its instants may be mixed with time.monotonic_ns()."""
    before = time.monotonic_ns()
    now = MonotonicClock().now_ns()
    assert before <= now <= time.monotonic_ns()
    assert 0 < MonotonicClock().resolution <= 1e-3


def test_the_coarse_clock_never_leads_the_monotonic_one() -> None:
    """Both count from the same zero."""
    coarse = CoarseClock().now_ns()
    assert coarse <= time.monotonic_ns()
    assert time.monotonic_ns() - coarse < 3_600 * 10**9
    assert 0 < CoarseClock().resolution < 1


def test_the_counter_counts_from_its_first_use_and_never_steps_back() -> None:
    """It is one clock for the whole process, and keeps step with Python's to a thousandth."""
    start, started = QuantaClock().now_ns(), time.monotonic_ns()
    readings = [QuantaClock().now_ns() for _ in range(1_000)]
    assert readings == sorted(readings)
    assert readings[0] >= start
    while (waited := time.monotonic_ns() - started) < 50_000_000:
        pass
    # Late is what a busy machine may read it; early it may be by its drift alone.
    assert QuantaClock().now_ns() - start > waited * 0.999
    assert QuantaClock().resolution == 1e-9


def test_the_unix_clock_is_pythons() -> None:
    """Its instants may be mixed with time.time_ns(); a set clock may step between the two, by less than an hour."""
    assert abs(UnixClock().now_ns() - time.time_ns()) < 3_600 * 10**9
    assert 0 < UnixClock().resolution <= 1e-3


def test_a_manual_clock_moves_only_when_told_to() -> None:
    """By seconds, by a timedelta, by nanoseconds, or to an instant, which may be earlier."""
    clock = ManualClock(5)
    assert clock.now_ns() == 5
    clock.advance(1.5)
    clock.advance(timedelta(microseconds=1))
    clock.advance_ns(3)
    assert clock.now_ns() == 1_500_001_008
    clock.set_ns(0)
    assert clock.now_ns() == 0
    assert clock.resolution == 1e-9
    assert repr(ManualClock(7)) == "ManualClock(7)"


def test_a_manual_clock_stops_at_the_end_of_its_range() -> None:
    """It neither wraps nor fails."""
    clock = ManualClock(2**63 - 2)
    clock.advance(1)
    assert clock.now_ns() == 2**63 - 1


@pytest.mark.parametrize("clock", [MonotonicClock(), CoarseClock(), QuantaClock(), UnixClock(), ManualClock(), None])
def test_a_bucket_gives_its_clock_back(
    clock: MonotonicClock | CoarseClock | QuantaClock | UnixClock | ManualClock | None,
) -> None:
    """Equal to the one it was given; a manual one is the same time."""
    bucket = TokenBucket(Quota(1, 1, 1), clock=clock)
    assert bucket.clock == (clock or MonotonicClock())
    assert hash(bucket.clock) == hash(clock or MonotonicClock())
    assert bucket.try_acquire()
    assert LeakyQueue(Quota(1, 1, 1), clock=clock).clock == bucket.clock


def test_manual_clocks_are_equal_only_to_themselves() -> None:
    """Showing the same time makes no clock another."""
    clock = ManualClock()
    bucket = TokenBucket(Quota(1, 1, 1), clock=clock)
    assert bucket.clock == clock
    assert clock != ManualClock()
    shared = bucket.clock
    assert isinstance(shared, ManualClock)
    shared.advance(2)
    assert clock.now_ns() == 2 * 10**9
