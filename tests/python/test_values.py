"""Quotas, answers and exceptions are plain values; what is shared is none."""

import copy
import pickle
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from resil import (
    Carry,
    CoarseClock,
    ConfigError,
    Denied,
    Ewma,
    EwmaSnapshot,
    LeakyBucketSnapshot,
    LeakyMeter,
    LeakyQueue,
    ManualClock,
    Mode,
    MonotonicClock,
    Outcome,
    Peek,
    PeriodLimiter,
    PeriodLimiterKind,
    PeriodLimiterSnapshot,
    Quota,
    QuantaClock,
    QueuePeek,
    Recorded,
    Refusals,
    Rejected,
    ResilError,
    RollingCounter,
    RollingCounterSnapshot,
    RollingWindow,
    RollingWindowSnapshot,
    Slot,
    SreBreaker,
    SreBreakerConfig,
    SreBreakerSnapshot,
    TokenBucket,
    TokenBucketSnapshot,
    Totals,
    UnixClock,
    Verdict,
)

PRINTED_AS_MADE: list[object] = [
    Quota(3, 7, 5),
    Quota.from_ns(3, 2**52 * 1_000 - 1, 2),
    Verdict(),
    Verdict(retry_after_ns=5),
    Verdict(exceeds_limit=True),
    Verdict(last=True),
    Verdict(retry_after_ns=2**64 - 1),
    Peek(Verdict(retry_after_ns=5), 3, 7),
    Peek(Verdict(last=True), 3, 2**64 - 1),
    QueuePeek(Verdict(), 5, 3, 7),
    QueuePeek(Verdict(retry_after_ns=5), None, 3, 7),
    Slot(3, 5, 2**63 - 1),
    LeakyBucketSnapshot(Quota(3, 7, 5), 1, 2**62),
    PeriodLimiterSnapshot(9, 2**63 - 1, PeriodLimiterKind.FROM_FIRST_USE, None, 1, 0, 8, 5),
    PeriodLimiterSnapshot(9, 10**9, PeriodLimiterKind.ALIGNED, -3_600, 1, 0, 8, 5),
    PeriodLimiterSnapshot(9, 10**9, PeriodLimiterKind.SLIDING, None, 1, 2, 6, 5),
    TokenBucketSnapshot(Quota(3, 7, 5), 1, 0, 2**62),
    MonotonicClock(),
    CoarseClock(),
    QuantaClock(),
    UnixClock(),
    Totals(7, 2),
    RollingWindowSnapshot(10**9, 3, Totals(2**64 - 1, 2)),
    RollingCounterSnapshot(1_001, 65_536, 2**64 - 1),
    EwmaSnapshot("by_count", 0.1, 2**32 - 1, None, None, 7, None),
    EwmaSnapshot("sample_weighted", None, 0, 2**63 - 1, -1e300, 0, 2**63 - 1),
    SreBreakerConfig.sre_book(),
    SreBreakerConfig.go_zero().with_window(timedelta(milliseconds=100), 7).with_padding(1 / 3),
    SreBreakerConfig.kratos().with_success_ratio(0.5).with_refusals(Refusals.APART).with_recovery(True),
    SreBreakerConfig.envoy().with_forced_pass_after(1.5).with_min_requests(2**64 - 1).with_min_rps(9),
    SreBreakerConfig.grpc_rls().with_forced_pass_after(None).with_min_multiplier(1.25).with_protection(3),
    SreBreakerConfig.go_zero_1_3().with_min_multiplier(None).with_aggression(2).with_max_drop_ratio(0.5),
    SreBreakerSnapshot(9, 8, 0.1, Mode.DRY_RUN, 7, 6),
]
VALUES = [
    *PRINTED_AS_MADE,
    SreBreakerConfig.sre_book().with_window(Fraction(2**62 + 1, 10**9), 1),
    Carry.ADDITIVE,
    Mode.FORCED_OPEN,
    Outcome.IGNORED,
    PeriodLimiterKind.ALIGNED,
    Recorded.LATE,
    Refusals.AS_FAILURES,
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_pickles_and_copies_to_its_equal(value: object) -> None:
    """With every protocol, and with the same hash."""
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        twin = pickle.loads(pickle.dumps(value, protocol))
        assert twin == value
        assert hash(twin) == hash(value)
    assert copy.copy(value) == copy.deepcopy(value) == value


@pytest.mark.parametrize("value", PRINTED_AS_MADE, ids=repr)
def test_a_value_prints_as_what_makes_it(value: object) -> None:
    """Also where a float of seconds would not be exact."""
    import resil

    assert eval(repr(value), vars(resil)) == value


def test_values_that_differ_are_unequal() -> None:
    """Field by field, and never equal to anything else."""
    assert len(set(VALUES)) == len(VALUES)
    assert Quota(1, 1, 1) != Quota(1, 1, 2)
    assert Quota(1, 1, 1) != (1, 1, 1)
    assert Verdict(retry_after_ns=1) != Verdict(retry_after_ns=2)


@pytest.mark.parametrize("granted", [Verdict(), Verdict(last=True)], ids=repr)
def test_an_unpickled_grant_is_the_shared_one(granted: Verdict) -> None:
    """There is only one of each."""
    assert granted
    assert pickle.loads(pickle.dumps(granted)) is granted is Verdict(last=granted.last)


def test_a_last_grant_is_another_than_one_that_is_not() -> None:
    """Both are true."""
    assert Verdict(last=True) != Verdict()
    assert (Verdict(last=True).last, Verdict().last, Verdict(retry_after_ns=1).last) == (True, False, False)
    Verdict(last=True).raise_if_denied()


def test_a_quota_says_what_it_is_made_of() -> None:
    """Exactly in nanoseconds, to the nearest float in seconds."""
    quota = Quota(permits=3, period=7, burst=5)
    assert (quota.permits, quota.period, quota.period_ns, quota.burst) == (3, 7.0, 7 * 10**9, 5)
    assert quota.rate == 3 / 7


def test_periods_are_seconds_or_a_timedelta() -> None:
    """A timedelta and an int are exact; a float goes to the nearest nanosecond."""
    assert Quota(1, timedelta(milliseconds=100), 1) == Quota(1, 0.1, 1) == Quota.from_ns(1, 100_000_000, 1)
    assert Quota(1, 1 / 3, 1).period_ns == 333_333_333
    assert Quota(1, timedelta(days=20_000, microseconds=1), 1).period_ns == 20_000 * 86_400 * 10**9 + 1_000
    assert Quota(1, 3_000_000_000, 1).period_ns == 3_000_000_000 * 10**9


def test_periods_that_are_exact_numbers_are_rounded_once() -> None:
    """To the nearest nanosecond, however many digits they have."""
    assert Quota(1, Decimal("0.1"), 1).period_ns == 100_000_000
    assert Quota(1, Fraction(1, 3), 1).period_ns == 333_333_333
    assert Quota(1, Fraction(2, 3), 1).period_ns == 666_666_667
    assert Quota(1, Decimal("4000000000.000000001"), 1).period_ns == 4 * 10**18 + 1


def test_the_helpers_have_a_burst_of_as_many() -> None:
    """Until told otherwise."""
    assert Quota.per_second(9) == Quota(9, 1, 9)
    assert Quota.per_minute(9) == Quota(9, 60, 9)
    assert Quota.per_hour(9) == Quota(9, 3_600, 9)
    assert Quota.per_day(9) == Quota(9, 86_400, 9)
    assert Quota.per_second(9).with_burst(2) == Quota(9, 1, 2)


def test_a_verdict_cannot_be_both_later_and_never() -> None:
    """It is one or the other."""
    with pytest.raises(ConfigError, match="retry_after_ns"):
        Verdict(5, True)
    for wait, never in ((5, False), (None, True), (5, True)):
        with pytest.raises(ConfigError, match="^last "):
            Verdict(wait, never, last=True)


@pytest.mark.parametrize("denied", [Denied(100_000_000), Denied(retry_after_ns=7), Denied()])
def test_a_refusal_survives_pickling_with_its_fields(denied: Denied) -> None:
    """As it must to come back from a worker process."""
    twin = pickle.loads(pickle.dumps(denied))
    assert isinstance(twin, Denied)
    assert (twin.retry_after_ns, twin.retry_after) == (denied.retry_after_ns, denied.retry_after)
    assert twin.exceeds_limit == denied.exceeds_limit
    assert str(twin) == str(denied)
    assert repr(twin) == repr(denied) == f"Denied({denied.retry_after_ns})"


@pytest.mark.parametrize("rejected", [Rejected(0.25), Rejected(1.0, True), Rejected(1.0, forced_open=True)])
def test_a_breakers_refusal_survives_pickling_with_its_fields(rejected: Rejected) -> None:
    """One that a breaker raised, too."""
    breaker = SreBreaker()
    breaker.set_mode(Mode.FORCED_OPEN)
    with pytest.raises(Rejected) as raised:
        breaker.try_acquire()
    for one in (rejected, raised.value):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            twin = pickle.loads(pickle.dumps(one, protocol))
            assert isinstance(twin, Rejected)
            assert (twin.drop_ratio, twin.forced_open) == (one.drop_ratio, one.forced_open)
            assert twin.retry_after is None
            assert (str(twin), repr(twin)) == (str(one), repr(one))


def test_fields_of_made_values_are_checked() -> None:
    """As those of answers never are wrong."""
    for make in (
        lambda: SreBreakerSnapshot(1, 1, 1.1, Mode.ENABLED, 0, 0),
        lambda: SreBreakerSnapshot(-1, 1, 0.1, Mode.ENABLED, 0, 0),
        lambda: Totals(2**64, 1),
        lambda: RollingCounterSnapshot(-1, 1, 1),
        lambda: Slot(1, -1, 0),
        lambda: QueuePeek(Verdict(), None, 1, 1),
        lambda: QueuePeek(Verdict(exceeds_limit=True), 1, 1, 1),
        lambda: QueuePeek(Verdict(last=True), 1, 1, 1),
        lambda: LeakyBucketSnapshot(Quota(1, 1, 1), -1, 1),
        lambda: PeriodLimiterSnapshot(0, 10**9, PeriodLimiterKind.SLIDING, None, 0, 0, 0, 0),
        lambda: PeriodLimiterSnapshot(1, 10**9, PeriodLimiterKind.SLIDING, 0, 0, 0, 0, 0),
        lambda: PeriodLimiterSnapshot(1, 10**9, PeriodLimiterKind.ALIGNED, None, 0, 0, 0, 0),
        lambda: PeriodLimiterSnapshot(1, 10**9, PeriodLimiterKind.ALIGNED, 86_400, 0, 0, 0, 0),
    ):
        with pytest.raises(ConfigError):
            make()
    with pytest.raises(TypeError, match=r"^kind must be a resil.PeriodLimiterKind, not str"):
        PeriodLimiterSnapshot(1, 1, "sliding", None, 0, 0, 0, 0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^totals must be a resil.Totals"):
        RollingWindowSnapshot(1, 1, 5)  # type: ignore[arg-type]
    assert SreBreakerSnapshot(1, 1, -0.0, Mode.ENABLED, 0, 0) == SreBreakerSnapshot(1, 1, 0, Mode.ENABLED, 0, 0)
    assert hash(SreBreakerSnapshot(1, 1, -0.0, Mode.ENABLED, 0, 0)) == hash(
        SreBreakerSnapshot(1, 1, 0, Mode.ENABLED, 0, 0)
    )


def test_a_config_error_survives_pickling_with_its_message() -> None:
    """And is a ValueError."""
    with pytest.raises(ConfigError) as caught:
        Quota(0, 1, 1)
    twin = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(twin, ConfigError)
    assert str(twin) == str(caught.value) == "permits must be at least 1, not 0"


def test_exceptions_form_one_family() -> None:
    """One except clause catches them all."""
    assert issubclass(ConfigError, (ResilError, ValueError))
    assert issubclass(Denied, ResilError)
    assert issubclass(Rejected, ResilError)
    assert not issubclass(Denied, ValueError)


@pytest.mark.parametrize(
    ("name", "shared"),
    [
        ("TokenBucket", TokenBucket(Quota(1, 1, 1))),
        ("Reservation", TokenBucket(Quota(1, 1, 1)).reserve()),
        ("LeakyMeter", LeakyMeter(Quota(1, 1, 1))),
        ("LeakyQueue", LeakyQueue(Quota(1, 1, 1))),
        ("PeriodLimiter", PeriodLimiter(1, 1)),
        ("ManualClock", ManualClock()),
        ("RollingWindow", RollingWindow(1, 1)),
        ("RollingCounter", RollingCounter(1, 1)),
        ("Ewma", Ewma.by_count(1)),
        ("SreBreaker", SreBreaker()),
        ("Permit", SreBreaker().try_acquire()),
        ("Guard", SreBreaker().guard()),
    ],
)
def test_what_is_shared_refuses_to_be_pickled_or_copied(name: str, shared: object) -> None:
    """A copy would be another limit, so it says why not."""
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match=f"cannot pickle or copy a {name}: "):
            attempt(shared)


@pytest.mark.parametrize(
    "value", [*PRINTED_AS_MADE, ManualClock(), TokenBucket(Quota(1, 1, 1)), SreBreaker().guard()], ids=repr
)
def test_objects_take_no_attributes(value: object) -> None:
    """They are frozen: a misspelt setting is no silent success."""
    with pytest.raises(AttributeError):
        value.burst = 3  # type: ignore[attr-defined]
