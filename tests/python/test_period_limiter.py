"""What a period limiter grants, in windows of all three kinds."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from resil import (
    CoarseClock,
    ConfigError,
    Denied,
    ManualClock,
    MonotonicClock,
    PeriodLimiter,
    PeriodLimiterKind,
    PeriodLimiterSnapshot,
    QuantaClock,
    UnixClock,
    Verdict,
)

SECOND = 10**9
DAY = timedelta(days=1)


def test_the_last_permit_of_a_window_is_told_apart(clock: ManualClock) -> None:
    """By a shared verdict; the refusals after it say when the window ends."""
    limiter = PeriodLimiter(3, 60, clock=clock)
    assert limiter.try_acquire() is Verdict()
    last = limiter.try_acquire(2)
    assert last is Verdict(last=True)
    assert (last.granted, last.last, last.retry_after) == (True, True, None)
    clock.advance(10)
    refused = limiter.try_acquire()
    assert (refused.granted, refused.last, refused.retry_after) == (False, False, 50.0)
    with pytest.raises(Denied):
        refused.raise_if_denied()
    assert limiter.try_acquire(4).exceeds_limit
    assert not limiter.try_acquire(0).last


def test_a_window_from_first_use_begins_with_the_first_permit(clock: ManualClock) -> None:
    """A look is none; and the instant a window ends belongs to the next."""
    limiter = PeriodLimiter(2, 60, clock=clock)
    assert limiter.peek().reset_after == 0.0
    clock.advance(7)
    assert limiter.try_acquire()
    assert limiter.peek().reset_after == 60.0
    assert limiter.try_acquire_at(67 * SECOND - 1).last
    assert limiter.try_acquire_at(67 * SECOND - 1).retry_after_ns == 1
    assert not limiter.try_acquire_at(67 * SECOND).last


def test_an_aligned_limiter_begins_its_days_at_midnight_of_its_wall_clock() -> None:
    """Here an hour ahead of UTC; the offset is a timedelta or seconds, as timezones give it."""
    paris = timezone(timedelta(hours=1))
    midnight = datetime(2015, 5, 17, tzinfo=paris)
    offset = paris.utcoffset(None)
    for limiter in (PeriodLimiter.aligned(1, DAY, offset), PeriodLimiter.aligned(1, 86_400, 3_600)):
        assert limiter.try_acquire_at(unix_ns(midnight)).last
        assert limiter.peek_at(unix_ns(midnight)).reset_after == 86_400.0
        assert limiter.try_acquire_at(unix_ns(midnight + DAY) - 1).retry_after_ns == 1
        assert limiter.try_acquire_at(unix_ns(midnight + DAY))


def unix_ns(moment: datetime) -> int:
    """The instant of a date."""
    return int(moment.timestamp()) * SECOND


@pytest.mark.parametrize(
    "offset",
    [-3_600, -3_600.0, Decimal(-3_600), timedelta(hours=-1), timedelta(days=-1, hours=23)],
    ids=repr,
)
def test_an_offset_behind_utc_is_negative(offset: Any) -> None:
    """In any kind of number."""
    limiter = PeriodLimiter.aligned(1, DAY, utc_offset=offset)
    assert limiter.utc_offset == -3_600.0
    assert limiter.try_acquire_at(20 * 86_400 * SECOND).retry_after is None
    assert limiter.try_acquire_at(20 * 86_400 * SECOND).retry_after == 3_600.0


def test_an_aligned_limiter_refuses_clocks_that_know_no_calendar() -> None:
    """Counted from the machine's start, its days would begin whenever that was."""
    for clock in (MonotonicClock(), CoarseClock(), QuantaClock()):
        with pytest.raises(ConfigError, match="clock must be a UnixClock or a ManualClock here"):
            PeriodLimiter.aligned(1, DAY, clock=clock)


def test_an_aligned_limiter_reads_the_wall_clock_unless_told() -> None:
    """In UTC unless told."""
    limiter = PeriodLimiter.aligned(2, DAY)
    assert limiter.clock == PeriodLimiter.aligned(2, DAY, clock=None).clock == UnixClock()
    assert limiter.utc_offset == 0.0
    today = UnixClock().now_ns() // (86_400 * SECOND)
    assert limiter.try_acquire_at(today * 86_400 * SECOND)
    # Today has not been used up, unless it is over.
    assert limiter.try_acquire()
    on_manual = PeriodLimiter.aligned(1, DAY, clock=ManualClock(86_400 * SECOND - 1))
    assert on_manual.try_acquire()
    assert on_manual.try_acquire().retry_after_ns == 1


@pytest.mark.parametrize(
    ("offset", "message"),
    [
        (86_400, "less than 24 hours"),
        (-86_400, "less than 24 hours"),
        (timedelta(hours=24), "less than 24 hours"),
        (timedelta(days=-1), "less than 24 hours"),
        (timedelta.min, "less than 24 hours"),
        (float("inf"), "less than 24 hours"),
        (1e300, "less than 24 hours"),
        (10**400, "less than 24 hours"),
        (0.5, "a whole number of seconds"),
        (float("nan"), "a whole number of seconds"),
        (Decimal("sNaN"), "a whole number of seconds"),
        (timedelta(microseconds=-1), "a whole number of seconds"),
    ],
    ids=str,
)
def test_an_offset_out_of_range_is_refused_by_name(offset: Any, message: str) -> None:
    """None is clamped or rounded."""
    with pytest.raises(ConfigError, match=rf"^utc_offset must be {message}"):
        PeriodLimiter.aligned(1, DAY, offset)


@pytest.mark.parametrize("offset", [True, None, "1", "+01:00", [], 1j], ids=repr)
def test_what_is_no_number_of_seconds_is_no_offset(offset: Any) -> None:
    """A bool is none."""
    with pytest.raises(TypeError, match=r"(?m)^utc_offset must be seconds or a timedelta, not "):
        PeriodLimiter.aligned(1, DAY, offset)


def test_what_a_number_raises_while_it_is_asked_for_an_offset_goes_through() -> None:
    """It is the caller's."""

    class Broken:
        def __float__(self) -> float:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        PeriodLimiter.aligned(1, DAY, Broken())


def test_what_the_last_window_took_still_weighs_in_a_sliding_one() -> None:
    """By the share of it that one period back still covers."""
    limiter = PeriodLimiter.sliding(10, 10)
    assert limiter.try_acquire_at(9 * SECOND, 10).last
    assert limiter.peek_at(11 * SECOND).remaining == 1
    assert limiter.try_acquire_at(11 * SECOND, 2).retry_after == 1.0
    assert limiter.try_acquire_at(12 * SECOND, 2).last


def test_an_earlier_instant_is_decided_in_the_newest_window(clock: ManualClock) -> None:
    """Setting a clock back gives nobody the limit twice."""
    limiter = PeriodLimiter(2, 60, clock=clock)
    for now in (0, 61 * SECOND):
        assert limiter.try_acquire_at(now)
    assert limiter.try_acquire_at(0).last
    assert limiter.try_acquire_at(0).retry_after == 120.0


def test_peeking_takes_nothing(clock: ManualClock) -> None:
    """It tells the answer, what is left, and the time to the window's end."""
    limiter = PeriodLimiter(3, 60, clock=clock)
    assert limiter.try_acquire()
    for _ in range(3):
        peek = limiter.peek(2)
        assert peek.answer is Verdict(last=True)
        assert (peek.remaining, peek.reset_after_ns) == (2, 60 * SECOND)
    assert limiter.peek_at(20 * SECOND, 3).answer == Verdict(retry_after_ns=40 * SECOND)


MAKERS: dict[PeriodLimiterKind, Callable[[], PeriodLimiter]] = {
    PeriodLimiterKind.FROM_FIRST_USE: lambda: PeriodLimiter(9, 0.5),
    PeriodLimiterKind.ALIGNED: lambda: PeriodLimiter.aligned(9, 0.5, 3_600),
    PeriodLimiterKind.SLIDING: lambda: PeriodLimiter.sliding(9, 0.5),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_a_limiter_says_what_it_is(kind: PeriodLimiterKind) -> None:
    """In properties, and when it prints."""
    limiter = MAKERS[kind]()
    aligned = kind is PeriodLimiterKind.ALIGNED
    assert (limiter.limit, limiter.period, limiter.period_ns) == (9, 0.5, SECOND // 2)
    assert (limiter.kind, limiter.utc_offset) == (kind, 3_600.0 if aligned else None)
    assert limiter.clock == (UnixClock() if aligned else MonotonicClock())
    offset = " utc_offset=3600.0" if aligned else ""
    assert repr(limiter) == f"<PeriodLimiter limit=9 period=0.5 kind={kind}{offset}>"


@pytest.mark.parametrize("kind", MAKERS)
def test_a_snapshot_shows_the_windows(kind: PeriodLimiterKind) -> None:
    """Those that count; it is a plain value."""
    limiter = MAKERS[kind]()
    limiter.try_acquire_at(0, 4)
    limiter.try_acquire_at(SECOND // 2, 2)
    snapshot = limiter.snapshot_at(SECOND // 2)
    sliding = kind is PeriodLimiterKind.SLIDING
    assert snapshot == PeriodLimiterSnapshot(
        limit=9,
        period_ns=SECOND // 2,
        kind=kind,
        utc_offset=3_600 if kind is PeriodLimiterKind.ALIGNED else None,
        taken=2,
        taken_before=4 if sliding else 0,
        remaining=3 if sliding else 7,
        reset_after_ns=SECOND // 2,
    )
    assert (snapshot.limit, snapshot.period, snapshot.period_ns) == (9, 0.5, SECOND // 2)
    assert (snapshot.kind, snapshot.utc_offset) == (kind, limiter.utc_offset)
    assert (snapshot.taken, snapshot.taken_before) == (2, 4 if sliding else 0)
    assert (snapshot.remaining, snapshot.reset_after) == (3 if sliding else 7, 0.5)
    # Another than one that differs in any field.
    assert snapshot != limiter.snapshot_at(SECOND // 2 + 1)


def test_a_subclass_is_used_like_the_limiter_itself() -> None:
    """It may have attributes; what makes the other kinds makes plain ones."""

    class Named(PeriodLimiter):
        name: str

    named = Named(1, 1)
    named.name = "search"
    assert named.try_acquire().last
    assert "Named limit=1" in repr(named)
    assert type(Named.sliding(1, 1)) is PeriodLimiter
