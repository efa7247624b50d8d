"""Averages from Python: kinds, clocks, what is refused, and what is shown."""

import math
import pickle
import threading
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from resil import CoarseClock, ConfigError, Ewma, EwmaSnapshot, ManualClock, MonotonicClock, decay_factor

SECOND = 10**9
BY_TIME = [Ewma.by_time, Ewma.sample_weighted, Ewma.peak]


def test_by_count_each_sample_enters_with_alpha() -> None:
    """An age of 3 is an alpha of one half."""
    for ewma in (Ewma.by_count(0.5), Ewma.by_count(age=3), Ewma.by_count(Fraction(1, 2))):
        assert ewma.value() is None
        ewma.record(8)
        ewma.record(4.0)
        assert ewma.value() == ewma.value_at(5) == 6.0
        assert ewma.snapshot().alpha == 0.5


def test_a_warm_up_has_no_value_before_its_mean() -> None:
    """Then it goes on by alpha."""
    ewma = Ewma.by_count(0.25, warm_up=3)
    for x in (1, 2):
        ewma.record(x)
        assert ewma.value() is None
    assert ewma.snapshot().missing == 1
    ewma.record(6)
    assert ewma.value() == 3
    ewma.record(7)
    assert ewma.value() == 4


def test_zero_is_a_value_and_nothing_is_none() -> None:
    """In every kind."""
    for make in BY_TIME:
        ewma = make(10)
        assert ewma.value() is None
        ewma.record(0)
        assert ewma.value() == 0


def test_each_kind_weighs_samples_of_one_instant_its_own_way() -> None:
    """By time the first, sample-weighted all, a peak the largest."""
    for make, value in zip(BY_TIME, (20, 40, 80), strict=True):
        ewma = make(10)
        for x in (20, 80, 20):
            ewma.record_at(7, x)
        assert ewma.value_at(7) == value


def test_only_a_peak_decays_while_nothing_is_recorded() -> None:
    """And reading it changes nothing."""
    clock = ManualClock()
    for make, left in zip(BY_TIME, (1, 1, math.exp(-1)), strict=True):
        ewma = make(timedelta(seconds=10), clock=clock)
        ewma.record(80)
        clock.advance(10)
        assert ewma.value() == pytest.approx(80 * left, rel=1e-15)
        assert ewma.value() == ewma.value()
        assert ewma.snapshot().idle_for == 10.0
        assert ewma.clock == clock


def test_an_earlier_now_counts_as_the_latest_or_by_its_age() -> None:
    """The time never goes back."""
    gauge, latency = Ewma.by_time(1), Ewma.sample_weighted(1)
    for ewma in (gauge, latency):
        ewma.record_at(9 * SECOND, 20)
        ewma.record_at(7 * SECOND, 30)
        assert ewma.snapshot_at(9 * SECOND).idle_for_ns == 0
    assert gauge.value() == 20
    w = math.exp(-2)
    assert latency.value() == pytest.approx((20 + 30 * w) / (1 + w), rel=1e-15)


def test_no_clock_given_is_the_steady_one() -> None:
    """Any other is taken as it is."""
    assert Ewma.by_time(1).clock == MonotonicClock()
    assert Ewma.by_count(1).clock == MonotonicClock()
    assert Ewma.peak(1, clock=CoarseClock()).clock == CoarseClock()
    ewma = Ewma.sample_weighted(3600)
    ewma.record(Decimal("7.5"))
    seen = ewma.snapshot()
    assert seen.value == 7.5 and seen.idle_for is not None and seen.idle_for < 3600


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf, 10**400, -(10**400)])
def test_what_is_no_finite_number_is_refused_and_changes_nothing(x: float) -> None:
    """Whatever the kind."""
    for ewma in (Ewma.by_count(0.5), Ewma.by_time(1), Ewma.sample_weighted(1), Ewma.peak(1)):
        with pytest.raises(ConfigError, match="^x must be a finite number"):
            ewma.record(x)
        with pytest.raises(ConfigError, match="^x must be a finite number"):
            ewma.record_at(1, x)
        assert ewma.value() is None


def test_a_sum_that_would_not_be_finite_is_refused_and_changes_nothing() -> None:
    """Only where sums are kept."""
    largest = 1.7976931348623157e308
    for ewma in (Ewma.sample_weighted(1), Ewma.by_count(0.5, warm_up=3)):
        ewma.record_at(0, largest)
        with pytest.raises(ConfigError, match="^x is too large"):
            ewma.record_at(0, largest)
        ewma.record_at(0, -largest)
        ewma.record_at(0, 9)
        assert ewma.value_at(0) == 3


def test_wrong_arguments_are_refused_by_their_names() -> None:
    """Before anything is made or changed."""
    for alpha in (0, -0.1, 1.1, math.nan):
        with pytest.raises(ConfigError, match="^alpha must be above 0"):
            Ewma.by_count(alpha)
    for age in (0.9, math.nan, math.inf):
        with pytest.raises(ConfigError, match="^age must be"):
            Ewma.by_count(age=age)
    with pytest.raises(ConfigError, match="^alpha or age must be given"):
        Ewma.by_count()
    with pytest.raises(ConfigError, match="^alpha and age must not both"):
        Ewma.by_count(0.5, age=3)
    with pytest.raises(ConfigError, match="^warm_up must be 0 to"):
        Ewma.by_count(0.5, warm_up=-1)
    for make in BY_TIME:
        with pytest.raises(ConfigError, match="^time_constant must be longer than 0"):
            make(0)
        with pytest.raises(ConfigError, match="^time_constant must be finite"):
            make(math.inf)
        with pytest.raises(TypeError, match="^clock must be"):
            make(1, clock=7)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="^x must be a number, not str"):
            make(1).record("7")  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match="^now_ns must be"):
            make(1).record_at(-1, 7)
        with pytest.raises(ConfigError, match="^now_ns must be"):
            make(1).value_at(2**63)
    with pytest.raises(TypeError):
        Ewma()


def test_newton_cooling_by_itself() -> None:
    """From 1 at once to 0 in the end."""
    assert decay_factor(0, 1) == 1.0
    assert decay_factor(timedelta(seconds=3), 3) == pytest.approx(math.exp(-1), rel=1e-15)
    assert decay_factor(746, 1.0) == 0.0
    with pytest.raises(ConfigError, match="^time_constant must be longer than 0"):
        decay_factor(1, 0)
    with pytest.raises(ConfigError, match="^elapsed must not be negative"):
        decay_factor(-1, 1)


def test_a_snapshot_tells_everything_and_pickles() -> None:
    """Also the kind's own numbers."""
    ewma = Ewma.by_count(0.5, warm_up=2)
    ewma.record(3)
    assert ewma.snapshot() == EwmaSnapshot("by_count", 0.5, 2, None, None, 1, None)
    for make in BY_TIME:
        ewma = make(2.5)
        ewma.record_at(7, -0.0)
        seen = ewma.snapshot_at(9)
        assert seen == EwmaSnapshot(ewma.kind, None, 0, 2_500_000_000, 0, 0, 2)
        assert pickle.loads(pickle.dumps(seen)) == seen
        assert (seen.time_constant, seen.time_constant_ns, seen.idle_for_ns) == (2.5, 2_500_000_000, 2)


def test_a_snapshot_that_no_average_has_is_refused() -> None:
    """By the name of what does not fit."""
    for fields, named in (
        (("by_count", None, 0, None, None, 1, None), "alpha"),
        (("by_count", 2.0, 0, None, None, 1, None), "alpha"),
        (("by_count", 0.5, 0, 7, None, 1, None), "time_constant_ns"),
        (("by_time", None, 0, None, None, 1, None), "time_constant_ns"),
        (("by_time", None, 0, 0, None, 1, None), "time_constant"),
        (("peak", 0.5, 0, 7, None, 1, None), "alpha"),
        (("peak", None, 3, 7, None, 1, None), "warm_up"),
        (("mean", None, 0, 7, None, 1, None), "kind"),
        (("peak", None, 0, 7, math.inf, 0, 1), "value"),
        (("peak", None, 0, 7, None, 0, None), "missing"),
        (("peak", None, 0, 7, 5.0, 1, 1), "missing"),
        (("peak", None, 0, 7, 5.0, 0, -1), "idle_for_ns"),
    ):
        with pytest.raises(ConfigError, match=f"^{named}"):
            EwmaSnapshot(*fields)
    with pytest.raises(TypeError, match="^kind must be a str"):
        EwmaSnapshot(7, None, 0, 7, None, 1, None)  # type: ignore[arg-type]


def test_what_it_prints() -> None:
    """Its kind and numbers."""
    assert repr(Ewma.by_count(0.5)) == "<Ewma by_count alpha=0.5>"
    assert repr(Ewma.by_count(age=3, warm_up=10)) == "<Ewma by_count alpha=0.5 warm_up=10>"
    assert repr(Ewma.peak(2)) == "<Ewma peak time_constant=2.0>"


def test_threads_lose_no_sample() -> None:
    """Each enters whole."""
    ewma = Ewma.sample_weighted(1)

    def record() -> None:
        for x in range(1, 1001):
            ewma.record_at(7, x)

    threads = [threading.Thread(target=record) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ewma.value() == 500.5
