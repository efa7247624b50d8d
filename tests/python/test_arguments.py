"""Bad input is refused by the name of the argument, before anything changes."""

import inspect
import pickle
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import pytest

import resil
from resil import (
    Carry,
    ConfigError,
    Denied,
    HashRing,
    LeakyMeter,
    LeakyQueue,
    ManualClock,
    PeriodLimiter,
    Quota,
    ResilError,
    Slot,
    TokenBucket,
)


class Limiters(NamedTuple):
    """One of each, all on one manual clock."""

    bucket: TokenBucket
    meter: LeakyMeter
    queue: LeakyQueue
    period: PeriodLimiter

    def snapshots(self) -> list[object]:
        """What they look like."""
        return [limiter.snapshot() for limiter in self]


Call = Callable[[Limiters, Any], object]


@pytest.fixture
def limiters(bucket: TokenBucket, clock: ManualClock) -> Limiters:
    """Each grants two at once."""
    quota = bucket.quota
    meter, queue = LeakyMeter(quota, clock=clock), LeakyQueue(quota, clock=clock)
    return Limiters(bucket, meter, queue, PeriodLimiter(2, 1, clock=clock))


BEYOND_COUNTS = [-1, 2**32, 2**63, 2**64, -(2**64), 10**5_000]
BEYOND_INSTANTS = [-1, 2**63, 2**64, -(2**64), 10**5_000]
BEYOND_DURATIONS = [
    -1,
    -0.1,
    float("nan"),
    float("inf"),
    -float("inf"),
    1e300,
    9_223_372_037,
    10**5_000,
    -(10**5_000),
    timedelta(microseconds=-1),
    timedelta.max,
    Decimal("1e400"),
    Decimal("inf"),
    Decimal("nan"),
    Fraction(-1, 3),
]
NO_WHOLE_NUMBERS = [True, 1.0, "1", None, [], 1j, Decimal(1)]
NO_DURATIONS = [True, "1", [], 1j, b"1"]

COUNTS: dict[str, tuple[str, Call]] = {
    "Quota.permits": ("permits", lambda _, n: Quota(n, 1, 1)),
    "Quota.burst": ("burst", lambda _, n: Quota(1, 1, n)),
    "from_ns.permits": ("permits", lambda _, n: Quota.from_ns(n, 1, 1)),
    "from_ns.burst": ("burst", lambda _, n: Quota.from_ns(1, 1, n)),
    "per_second": ("permits", lambda _, n: Quota.per_second(n)),
    "per_minute": ("permits", lambda _, n: Quota.per_minute(n)),
    "per_hour": ("permits", lambda _, n: Quota.per_hour(n)),
    "per_day": ("permits", lambda _, n: Quota.per_day(n)),
    "with_burst": ("burst", lambda _, n: Quota(1, 1, 1).with_burst(n)),
    "try_acquire": ("permits", lambda of, n: of.bucket.try_acquire(n)),
    "try_acquire_at": ("permits", lambda of, n: of.bucket.try_acquire_at(0, n)),
    "peek": ("permits", lambda of, n: of.bucket.peek(n)),
    "peek_at": ("permits", lambda of, n: of.bucket.peek_at(0, n)),
    "reserve": ("permits", lambda of, n: of.bucket.reserve(n)),
    "reserve_at": ("permits", lambda of, n: of.bucket.reserve_at(0, n)),
    "reserve_within": ("permits", lambda of, n: of.bucket.reserve_within(n)),
    "reserve_within_at": ("permits", lambda of, n: of.bucket.reserve_within_at(0, n)),
    "acquire": ("permits", lambda of, n: of.bucket.acquire(n)),
    "acquire_async": ("permits", lambda of, n: of.bucket.acquire_async(n).send(None)),
    "limit": ("permits", lambda of, n: of.bucket.limit(permits=n)),
    "meter.try_acquire": ("permits", lambda of, n: of.meter.try_acquire(n)),
    "meter.try_acquire_at": ("permits", lambda of, n: of.meter.try_acquire_at(0, n)),
    "meter.peek": ("permits", lambda of, n: of.meter.peek(n)),
    "meter.peek_at": ("permits", lambda of, n: of.meter.peek_at(0, n)),
    "queue.try_reserve": ("permits", lambda of, n: of.queue.try_reserve(n)),
    "queue.try_reserve_at": ("permits", lambda of, n: of.queue.try_reserve_at(0, n)),
    "queue.try_reserve_within": ("permits", lambda of, n: of.queue.try_reserve_within(n)),
    "queue.try_reserve_within_at": ("permits", lambda of, n: of.queue.try_reserve_within_at(0, n)),
    "queue.acquire": ("permits", lambda of, n: of.queue.acquire(n)),
    "queue.acquire_async": ("permits", lambda of, n: of.queue.acquire_async(n).send(None)),
    "queue.limit": ("permits", lambda of, n: of.queue.limit(permits=n)),
    "queue.peek": ("permits", lambda of, n: of.queue.peek(n)),
    "queue.peek_at": ("permits", lambda of, n: of.queue.peek_at(0, n)),
    "Slot.permits": ("permits", lambda _, n: Slot(n, 0, 0)),
    "period.limit": ("limit", lambda _, n: PeriodLimiter(n, 1)),
    "period.aligned": ("limit", lambda _, n: PeriodLimiter.aligned(n, 1)),
    "period.sliding": ("limit", lambda _, n: PeriodLimiter.sliding(n, 1)),
    "period.try_acquire": ("permits", lambda of, n: of.period.try_acquire(n)),
    "period.try_acquire_at": ("permits", lambda of, n: of.period.try_acquire_at(0, n)),
    "period.peek": ("permits", lambda of, n: of.period.peek(n)),
    "period.peek_at": ("permits", lambda of, n: of.period.peek_at(0, n)),
}
INSTANTS: dict[str, tuple[str, Call]] = {
    "try_acquire_at": ("now_ns", lambda of, now: of.bucket.try_acquire_at(now)),
    "peek_at": ("now_ns", lambda of, now: of.bucket.peek_at(now)),
    "reserve_at": ("now_ns", lambda of, now: of.bucket.reserve_at(now)),
    "reserve_within_at": ("now_ns", lambda of, now: of.bucket.reserve_within_at(now)),
    "cancel_at": ("now_ns", lambda _, now: TokenBucket(Quota(1, 1, 1)).reserve().cancel_at(now)),
    "set_quota_at": ("now_ns", lambda of, now: of.bucket.set_quota_at(now, Quota(1, 1, 1))),
    "snapshot_at": ("now_ns", lambda of, now: of.bucket.snapshot_at(now)),
    "meter.try_acquire_at": ("now_ns", lambda of, now: of.meter.try_acquire_at(now)),
    "meter.peek_at": ("now_ns", lambda of, now: of.meter.peek_at(now)),
    "meter.snapshot_at": ("now_ns", lambda of, now: of.meter.snapshot_at(now)),
    "queue.try_reserve_at": ("now_ns", lambda of, now: of.queue.try_reserve_at(now)),
    "queue.try_reserve_within_at": ("now_ns", lambda of, now: of.queue.try_reserve_within_at(now)),
    "queue.peek_at": ("now_ns", lambda of, now: of.queue.peek_at(now)),
    "queue.snapshot_at": ("now_ns", lambda of, now: of.queue.snapshot_at(now)),
    "period.try_acquire_at": ("now_ns", lambda of, now: of.period.try_acquire_at(now)),
    "period.peek_at": ("now_ns", lambda of, now: of.period.peek_at(now)),
    "period.snapshot_at": ("now_ns", lambda of, now: of.period.snapshot_at(now)),
    "Slot.ready_at_ns": ("ready_at_ns", lambda _, now: Slot(1, 0, now)),
    "set_ns": ("now_ns", lambda _, now: ManualClock().set_ns(now)),
    "start_ns": ("start_ns", lambda _, now: ManualClock(now)),
    "advance_ns": ("by_ns", lambda _, by: ManualClock().advance_ns(by)),
    "period_ns": ("period_ns", lambda _, period: Quota.from_ns(1, period, 1)),
}
DURATIONS: dict[str, tuple[str, Call]] = {
    "Quota.period": ("period", lambda _, duration: Quota(1, duration, 1)),
    "advance": ("by", lambda _, duration: ManualClock().advance(duration)),
    "reserve_within": ("timeout", lambda of, timeout: of.bucket.reserve_within(1, timeout)),
    "reserve_within_at": ("timeout", lambda of, timeout: of.bucket.reserve_within_at(0, 1, timeout)),
    "acquire": ("timeout", lambda of, timeout: of.bucket.acquire(1, timeout)),
    "acquire_async": ("timeout", lambda of, timeout: of.bucket.acquire_async(1, timeout).send(None)),
    "limit": ("timeout", lambda of, timeout: of.bucket.limit(timeout=timeout)),
    "queue.try_reserve_within": ("timeout", lambda of, timeout: of.queue.try_reserve_within(1, timeout)),
    "queue.try_reserve_within_at": (
        "timeout",
        lambda of, timeout: of.queue.try_reserve_within_at(0, 1, timeout),
    ),
    "queue.acquire": ("timeout", lambda of, timeout: of.queue.acquire(1, timeout)),
    "queue.acquire_async": ("timeout", lambda of, timeout: of.queue.acquire_async(1, timeout).send(None)),
    "queue.limit": ("timeout", lambda of, timeout: of.queue.limit(timeout=timeout)),
    "period": ("period", lambda _, duration: PeriodLimiter(1, duration)),
    "period.aligned": ("period", lambda _, duration: PeriodLimiter.aligned(1, duration)),
    "period.sliding": ("period", lambda _, duration: PeriodLimiter.sliding(1, duration)),
}


def short(value: object) -> str:
    """A test's name for a value that may have thousands of digits."""
    return "huge" if isinstance(value, int) and abs(value) > 2**70 else str(value)


@pytest.mark.parametrize("value", BEYOND_COUNTS, ids=short)
@pytest.mark.parametrize(("name", "call"), COUNTS.values(), ids=COUNTS.keys())
def test_a_count_out_of_range_is_refused_by_name(
    limiters: Limiters, name: str, call: Call, value: object
) -> None:
    """Nothing is clamped, wrapped or taken."""
    before = limiters.snapshots()
    with pytest.raises(ConfigError, match=rf"^{name} must be [01] to 4294967295, not "):
        call(limiters, value)
    assert limiters.snapshots() == before


@pytest.mark.parametrize("value", NO_WHOLE_NUMBERS, ids=str)
@pytest.mark.parametrize(
    ("name", "call"), [*COUNTS.values(), *INSTANTS.values()], ids=[*COUNTS.keys(), *INSTANTS.keys()]
)
def test_what_is_no_whole_number_is_no_count_and_no_instant(
    limiters: Limiters, name: str, call: Call, value: object
) -> None:
    """A bool, a float and None are none."""
    with pytest.raises(TypeError, match=rf"(?m)^{name} must be an int, not {type(value).__qualname__}$"):
        call(limiters, value)


@pytest.mark.parametrize("value", BEYOND_INSTANTS, ids=short)
@pytest.mark.parametrize(("name", "call"), INSTANTS.values(), ids=INSTANTS.keys())
def test_an_instant_out_of_range_is_refused_by_name(
    limiters: Limiters, name: str, call: Call, value: object
) -> None:
    """An instant is 0 to 2**63 - 1 nanoseconds."""
    before = limiters.snapshots()
    with pytest.raises(ConfigError, match=rf"^{name} must "):
        call(limiters, value)
    assert limiters.snapshots() == before


@pytest.mark.parametrize("value", BEYOND_DURATIONS, ids=short)
@pytest.mark.parametrize(("name", "call"), DURATIONS.values(), ids=DURATIONS.keys())
def test_a_duration_out_of_range_is_refused_by_name(
    limiters: Limiters, name: str, call: Call, value: object
) -> None:
    """Not a number, negative, infinite and huge alike."""
    before = limiters.snapshots()
    with pytest.raises(ConfigError, match=rf"^{name} must "):
        call(limiters, value)
    assert limiters.snapshots() == before


@pytest.mark.parametrize("value", NO_DURATIONS, ids=str)
@pytest.mark.parametrize(("name", "call"), DURATIONS.values(), ids=DURATIONS.keys())
def test_what_is_no_number_of_seconds_is_no_duration(
    limiters: Limiters, name: str, call: Call, value: object
) -> None:
    """A bool is none."""
    kind = type(value).__qualname__
    with pytest.raises(TypeError, match=rf"(?m)^{name} must be seconds or a timedelta, not {kind}$"):
        call(limiters, value)


def test_what_counts_as_a_number_is_one() -> None:
    """Integers of other libraries by __index__, their floats by __float__."""

    class Three:
        def __index__(self) -> int:
            return 3

    assert Quota(Three(), Decimal("0.5"), Three()) == Quota(3, 0.5, 3)
    assert not TokenBucket(Quota(1, 1, 2)).try_acquire(Three())


def test_what_a_number_raises_while_it_is_asked_goes_through() -> None:
    """It is the caller's, and hides nothing."""

    class Broken:
        def __index__(self) -> int:
            raise ZeroDivisionError

        def __float__(self) -> float:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        TokenBucket(Quota(1, 1, 1)).try_acquire(Broken())
    with pytest.raises(ZeroDivisionError):
        Quota(1, Broken(), 1)


@pytest.mark.parametrize(
    ("message", "make"),
    [
        ("permits must be at least 1, not 0", lambda: Quota(0, 1, 1)),
        ("period must be longer than 0", lambda: Quota(1, 0, 1)),
        ("period must be longer than 0", lambda: Quota.from_ns(1, 0, 1)),
        ("burst must be at least 1, not 0", lambda: Quota(1, 1, 0)),
        ("burst must be at least 1, not 0", lambda: Quota(1, 1, 1).with_burst(0)),
        ("permits must be at least 1, not 0", lambda: Quota.per_second(0)),
        ("permits is too high for the period", lambda: Quota.from_ns(5, 1, 5)),
        ("burst is too high for the rate", lambda: Quota(1, timedelta(days=1), 1_000_000)),
        ("limit must be at least 1, not 0", lambda: PeriodLimiter(0, 1)),
        ("limit must be at least 1, not 0", lambda: PeriodLimiter.aligned(0, 1)),
        ("limit must be at least 1, not 0", lambda: PeriodLimiter.sliding(0, 1)),
        ("limit is too high for the period", lambda: PeriodLimiter(2, 3e-9)),
        ("period must be longer than 0", lambda: PeriodLimiter(1, 0)),
        ("initial must be at most the burst", lambda: TokenBucket(Quota(1, 1, 1), initial=2)),
        ("initial must be 0 to 4294967295, not -1", lambda: TokenBucket(Quota(1, 1, 1), initial=-1)),
        ("permits must be 1 to 4294967295, not -1", lambda: Quota(-1, 1, 1)),
        ("weight must be 0 to 65535, not -1", lambda: HashRing({"a": -1})),
        (r"weight must be at most 65535 \(node 'a', weight 70000\)", lambda: HashRing({"b": 1, "a": 70_000})),
        ("virtual_nodes must be 1 to 16777216, not -1", lambda: HashRing(virtual_nodes=-1)),
    ],
)
def test_a_wrong_configuration_is_refused_by_the_name_of_the_field(
    message: str, make: Callable[[], object]
) -> None:
    """It is never mended silently."""
    with pytest.raises(ConfigError, match=f"^{message}"):
        make()


@pytest.mark.parametrize(
    ("message", "call"),
    [
        ("quota must be a resil.Quota, not int", lambda bucket: type(bucket)(5)),
        ("quota must be a resil.Quota, not NoneType", lambda bucket: bucket.set_quota(None)),
        (
            "clock must be a MonotonicClock, CoarseClock, QuantaClock, UnixClock or ManualClock, not float",
            lambda bucket: type(bucket)(bucket.quota, clock=1.0),
        ),
        ("initial must be an int, not bool", lambda bucket: type(bucket)(bucket.quota, initial=True)),
        ("quota must be a resil.Quota, not int", lambda _: LeakyMeter(5)),  # type: ignore[arg-type]
        ("quota must be a resil.Quota, not int", lambda _: LeakyQueue(5)),  # type: ignore[arg-type]
        ("clock must be a MonotonicClock,", lambda _: PeriodLimiter(1, 1, clock="unix")),  # type: ignore[arg-type]
        ("carry must be a resil.Carry, not str", lambda bucket: bucket.set_quota(Quota(1, 1, 1), "as_is")),
        ("answer must be a resil.Verdict, not bool", lambda bucket: type(bucket.peek())(True, 1, 1)),
    ],
)
def test_an_argument_of_the_wrong_type_is_refused_by_name(
    bucket: TokenBucket, message: str, call: Callable[[Any], object]
) -> None:
    """Before anything changes."""
    before = bucket.snapshot()
    with pytest.raises(TypeError, match=f"^{message}"):
        call(bucket)
    assert bucket.snapshot() == before


def test_no_combination_of_extreme_arguments_ends_in_anything_but_an_answer_or_an_error() -> None:
    """In particular in no panic, which would pass every `except Exception`."""
    counts = [0, 1, 2**31, 2**32 - 1]
    instants = [0, 1, 2**59, 2**60, 2**62, 2**63 - 1]
    timeouts = [None, 0, 1e-9, 9_223_372_036, timedelta(days=99_999)]
    quotas = [
        Quota.from_ns(1, 1, 1),
        Quota.from_ns(4, 1, 2**32 - 1),
        Quota.from_ns(2**32 - 1, 2**63 - 1, 1),
        Quota.from_ns(1, 2**52 * 1_000, 1),
        Quota(3, 7, 2**30),
    ]
    answers = 0
    for quota in quotas:
        for start in instants:
            clock = ManualClock(start)
            bucket = TokenBucket(quota, initial=quota.burst // 2, clock=clock)
            for now in instants:
                for permits in counts:
                    bucket.try_acquire_at(now, permits)
                    bucket.peek_at(now, permits)
                    for timeout in timeouts:
                        try:
                            reservation = bucket.reserve_within_at(now, permits, timeout)
                            bucket.acquire(permits, timeout)
                            reservation.cancel_at(start)
                        except Denied as denied:
                            assert denied.exceeds_limit or denied.retry_after_ns
                        answers += 1
                for carry in Carry:
                    bucket.set_quota_at(now, quotas[answers % len(quotas)], carry)
                    bucket.snapshot_at(start)
    assert answers == 5 * 6 * 6 * 4 * 5


def test_no_extreme_of_the_other_limiters_ends_in_anything_but_an_answer_or_an_error() -> None:
    """In particular in no panic; and every answer pickles to what prints alike."""
    counts = [0, 1, 2**31, 2**32 - 1]
    instants = [0, 1, 2**60, 2**62, 2**63 - 1]
    quotas = [Quota.from_ns(1, 1, 1), Quota.from_ns(1, 2**52 * 1_000, 1), Quota(3, 7, 2**30)]
    periods = [Fraction(period, 10**9) for period in (2, 2**33, 2**62, 2**63 - 1)]
    answers: list[object] = []
    for start in instants:
        for quota in quotas:
            meter, queue = LeakyMeter(quota), LeakyQueue(quota)
            for now in (start, *instants):
                for permits in counts:
                    answers += [meter.peek_at(now, permits), meter.try_acquire_at(now, permits)]
                    answers += [queue.peek_at(now, permits), queue.snapshot_at(now)]
                    try:
                        answers.append(queue.try_reserve_at(now, permits))
                    except Denied as denied:
                        assert denied.exceeds_limit or denied.retry_after_ns
        for period in periods:
            for make in (PeriodLimiter, PeriodLimiter.aligned, PeriodLimiter.sliding):
                limiter = make(1, period)
                for now in (start, *instants):
                    for permits in counts:
                        answers += [limiter.peek_at(now, permits), limiter.try_acquire_at(now, permits)]
                        answers.append(limiter.snapshot_at(now))
    assert len(answers) > 5 * (3 * 6 * 4 * 4 + 4 * 3 * 6 * 4 * 3)
    # Not its equal: what the core answers beyond 2**64 ns, Python is told as 2**64 - 1.
    assert repr(pickle.loads(pickle.dumps(answers))) == repr(answers)


def test_the_package_lists_its_names_sorted_and_has_them() -> None:
    """The list is what `from resil import *` gives."""
    names = [name for name in resil.__all__ if not name.startswith("_")]
    assert resil.__all__ == [*sorted(names), "__version__"]
    for name in names:
        named = getattr(resil, name)
        # A class says where it is to be found; a compiled function, where it was.
        assert named.__module__ in {"resil", "resil.carry"} or inspect.isbuiltin(named)
        assert inspect.getdoc(named)
    assert issubclass(resil.ConfigError, ResilError)
