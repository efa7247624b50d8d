"""What rolling windows and counters hold."""

import threading
from datetime import timedelta

import pytest

from resil import (
    CoarseClock,
    ConfigError,
    ManualClock,
    MonotonicClock,
    Recorded,
    RollingCounter,
    RollingCounterSnapshot,
    RollingWindow,
    RollingWindowSnapshot,
    Totals,
)

SECOND = 10**9


@pytest.fixture
def window(clock: ManualClock) -> RollingWindow:
    """Three buckets of a second on the manual clock."""
    return RollingWindow(1, 3, clock=clock)


def test_a_window_sums_counts_and_averages(window: RollingWindow) -> None:
    """Nothing recorded has no mean."""
    assert window.totals() == Totals(0, 0)
    assert window.totals().mean is None
    assert window.record(3) is Recorded.KEPT
    assert window.record(4) is Recorded.KEPT
    totals = window.totals()
    assert (totals.sum, totals.count, totals.mean) == (7, 2, 3.5)


def test_what_is_too_old_is_gone_at_the_boundary(window: RollingWindow, clock: ManualClock) -> None:
    """Not a nanosecond before, and without anybody sweeping."""
    window.record(5)
    clock.set_ns(3 * SECOND - 1)
    assert window.totals() == Totals(5, 1)
    clock.advance_ns(1)
    assert window.totals() == Totals(0, 0)


def test_buckets_are_listed_oldest_first_with_empty_ones_as_zero(window: RollingWindow) -> None:
    """What Rust and C fold over is a list here."""
    window.record_at(0, 1)
    window.record_at(2 * SECOND, 5)
    window.record_at(2 * SECOND, 6)
    assert window.buckets_at(2 * SECOND) == [Totals(1, 1), Totals(0, 0), Totals(11, 2)]
    assert window.buckets() == window.buckets_at(0) == window.buckets_at(2 * SECOND)
    assert window.buckets_at(3 * SECOND) == [Totals(0, 0), Totals(11, 2), Totals(0, 0)]


def test_a_late_sample_counts_in_its_own_bucket_until_that_has_left(window: RollingWindow) -> None:
    """Then it says so, and counts nowhere."""
    window.record_at(3 * SECOND, 1)
    assert window.record_at(SECOND, 2) is Recorded.KEPT
    assert window.record_at(SECOND - 1, 4) is Recorded.LATE
    assert window.buckets_at(3 * SECOND) == [Totals(2, 1), Totals(0, 0), Totals(1, 1)]


def test_a_full_bucket_says_so_and_spills_into_no_other(window: RollingWindow) -> None:
    """Its limit is known beforehand."""
    limit = window.bucket_limit
    assert limit >= SECOND // 2
    assert window.record(2**64 - 1) is Recorded.SATURATED
    assert window.totals() == Totals(limit, 1)
    assert window.record_at(SECOND, limit) is Recorded.KEPT
    assert window.totals_at(SECOND) == Totals(2 * limit, 2)


def test_the_current_bucket_can_be_left_out(clock: ManualClock) -> None:
    """Readings then cover one bucket fewer."""
    window = RollingWindow(1, 3, leave_out_current=True, clock=clock)
    assert window.leave_out_current
    window.record(5)
    assert window.totals() == Totals(0, 0)
    assert window.totals_at(SECOND) == Totals(5, 1)
    assert len(window.buckets()) == 2
    counter = RollingCounter(1, 1, leave_out_current=True, clock=clock)
    counter.add()
    assert (counter.total(), counter.buckets()) == (0, [])


def test_a_counter_counts_without_sums(clock: ManualClock) -> None:
    """One by one or several at once."""
    counter = RollingCounter(1, 3, clock=clock)
    assert counter.add() is Recorded.KEPT
    assert counter.add(4) is Recorded.KEPT
    assert counter.add_at(2 * SECOND) is Recorded.KEPT
    assert counter.add_at(2 * SECOND, amount=0) is Recorded.KEPT
    assert (counter.total(), counter.total_at(3 * SECOND)) == (6, 1)
    assert counter.buckets() == [5, 0, 1]
    assert counter.buckets_at(4 * SECOND) == [1, 0, 0]
    assert counter.add_at(5 * SECOND, 2**64 - 1) is Recorded.SATURATED
    assert counter.total_at(5 * SECOND) == counter.bucket_limit
    assert counter.add_at(0) is Recorded.LATE


def test_a_snapshot_has_the_shape_and_what_is_in_it(window: RollingWindow, clock: ManualClock) -> None:
    """It is a plain value."""
    window.record(5)
    assert window.snapshot() == RollingWindowSnapshot(SECOND, 3, Totals(5, 1))
    seen = window.snapshot_at(3 * SECOND)
    assert (seen.bucket_width, seen.bucket_width_ns, seen.bucket_count) == (1.0, SECOND, 3)
    assert seen.totals == Totals(0, 0)
    counter = RollingCounter(0.25, 4, clock=clock)
    counter.add(2)
    assert counter.snapshot() == RollingCounterSnapshot(SECOND // 4, 4, 2)
    assert (counter.snapshot().bucket_width, counter.snapshot_at(SECOND).total) == (0.25, 0)


@pytest.mark.parametrize("kind", [RollingWindow, RollingCounter])
def test_a_window_says_what_it_is_made_of(kind: type[RollingWindow] | type[RollingCounter]) -> None:
    """The width is seconds or a timedelta; the clock is the coarse one unless told otherwise."""
    window = kind(timedelta(milliseconds=250), bucket_count=40)
    assert (window.bucket_width, window.bucket_width_ns, window.bucket_count) == (0.25, 250_000_000, 40)
    assert window.clock == CoarseClock()
    assert not window.leave_out_current
    assert repr(window) == f"<{kind.__name__} bucket_width=0.25 bucket_count=40>"
    assert kind(1, 1, clock=MonotonicClock()).clock == MonotonicClock()


@pytest.mark.parametrize("kind", [RollingWindow, RollingCounter])
@pytest.mark.parametrize(
    ("width", "count", "message"),
    [
        (0, 1, "bucket_width must be at least 1 us"),
        (0.099, 10, "bucket_width must be at least 100ms on this clock"),
        (1, 0, "bucket_count must be at least 1, not 0"),
        (1, 65_537, "bucket_count must be at most 65536"),
        (1, -1, "bucket_count must be 1 to 65536, not -1"),
        (-1, 1, "bucket_width must not be negative"),
        (float("nan"), 1, "bucket_width must be a number of seconds, not NaN"),
        (9_223_372_036, 2, r"bucket_width \* bucket_count must be at most"),
    ],
)
def test_a_window_that_cannot_be_is_refused_by_the_name_of_the_field(
    kind: type[RollingWindow] | type[RollingCounter], width: float, count: int, message: str
) -> None:
    """The coarse clock's steps would blur narrow buckets, so they need another clock."""
    with pytest.raises(ConfigError, match=f"^{message}"):
        kind(width, count)


def test_narrow_buckets_need_a_clock_that_serves_them() -> None:
    """The monotonic one does, and a manual one."""
    assert RollingWindow(0.000_001, 10, clock=MonotonicClock()).record(1) is Recorded.KEPT
    assert RollingCounter(0.000_001, 10, clock=ManualClock()).add() is Recorded.KEPT


@pytest.mark.parametrize("value", [-1, 2**64, -(2**64), 10**5_000], ids=["-1", "2**64", "-2**64", "huge"])
def test_a_value_out_of_range_is_refused_and_nothing_counts(window: RollingWindow, value: int) -> None:
    """Nothing is wrapped."""
    counter = RollingCounter(1, 3)
    with pytest.raises(ConfigError, match=r"^value must be 0 to 2\*\*64 - 1"):
        window.record(value)
    with pytest.raises(ConfigError, match="^value must"):
        window.record_at(0, value)
    with pytest.raises(ConfigError, match="^amount must"):
        counter.add(value)
    with pytest.raises(ConfigError, match="^amount must"):
        counter.add_at(0, value)
    assert (window.totals().count, counter.total()) == (0, 0)


def test_what_is_no_whole_number_is_no_value(window: RollingWindow) -> None:
    """In particular no float: scale to a smaller unit."""
    for wrong in (True, 1.0, "1", None):
        with pytest.raises(TypeError, match=f"(?m)^value must be an int, not {type(wrong).__qualname__}$"):
            window.record(wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="(?m)^amount must be an int"):
            RollingCounter(1, 1).add(wrong)  # type: ignore[arg-type]
    for now in (-1, 2**63):
        with pytest.raises(ConfigError, match="^now_ns must"):
            window.record_at(now, 1)
        with pytest.raises(ConfigError, match="^now_ns must"):
            window.totals_at(now)
    with pytest.raises(TypeError, match="^leave_out_current must be a bool, not int"):
        RollingWindow(1, 1, leave_out_current=1)  # type: ignore[arg-type]
    assert window.totals() == Totals(0, 0)


def test_the_largest_window_and_the_last_instant_are_like_others() -> None:
    """Nothing overflows."""
    last = 2**63 - 1
    window = RollingWindow(0.000_001, 65_536, clock=ManualClock(last))
    assert window.record(7) is Recorded.KEPT
    assert len(window.buckets()) == 65_536
    assert window.totals_at(0) == window.totals_at(last) == Totals(7, 1)


def test_threads_lose_no_sample() -> None:
    """However they are switched."""
    window = RollingWindow(1, 3, clock=ManualClock())
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        for _ in range(2_000):
            window.record(3)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert window.totals() == Totals(24_000, 8_000)


def test_a_subclass_is_used_like_the_window_itself(clock: ManualClock) -> None:
    """It may have attributes."""

    class Latency(RollingWindow):
        unit = "us"

    latency = Latency(1, 3, clock=clock)
    latency.record(2)
    assert latency.totals().sum == 2
    assert "Latency" in repr(latency)
