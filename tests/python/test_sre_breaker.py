"""What a breaker decides, and on what."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest

from resil import (
    CoarseClock,
    ConfigError,
    ManualClock,
    Mode,
    MonotonicClock,
    Outcome,
    Rejected,
    ResilError,
    SreBreaker,
    SreBreakerConfig,
    SreBreakerSnapshot,
)

SECOND = 10**9


def undrawn() -> float:
    """A draw that nobody may ask for."""
    raise AssertionError("drawn")


def failing(clock: ManualClock, failures: int = 10, draw: Callable[[], float] = undrawn) -> SreBreaker:
    """A breaker on a manual clock that has seen nothing but failures."""
    breaker = SreBreaker(clock=clock, draw=draw)
    for _ in range(failures):
        breaker.record(Outcome.FAILURE)
    return breaker


def test_a_call_is_refused_if_its_draw_is_below_the_ratio(clock: ManualClock) -> None:
    """At the ratio itself it passes; the exception says how much is refused."""
    breaker = failing(clock)
    ratio = 5 / 11
    assert breaker.snapshot().drop_ratio == ratio
    breaker.try_acquire_at(0, ratio)
    with pytest.raises(Rejected) as rejected:
        breaker.try_acquire_at(0, 0.45454545454545453 - 1e-16)
    assert (rejected.value.drop_ratio, rejected.value.forced_open) == (ratio, False)
    assert rejected.value.retry_after is None
    assert str(rejected.value) == "rejected: too many calls failed lately (drop ratio 0.455)"
    assert isinstance(rejected.value, ResilError)


def test_while_all_is_well_nothing_is_drawn(clock: ManualClock) -> None:
    """Nor while the first five failures are forgiven."""
    breaker = failing(clock, failures=5)
    for _ in range(9):
        breaker.try_acquire().success()
    assert breaker.snapshot() == SreBreakerSnapshot(14, 9, 0.0, Mode.ENABLED, 0, 0)


def test_one_draw_is_used_up_where_a_chance_decides(clock: ManualClock) -> None:
    """The callable is called once for each such call, and not by try_acquire_at()."""
    drawn: list[float] = []

    def draw() -> float:
        drawn.append(0.9)
        return drawn[-1]

    breaker = failing(clock, draw=draw)
    breaker.try_acquire()
    breaker.run(int)
    with breaker.guard():
        pass
    breaker.protect(int)()
    breaker.run_with(int, lambda _: Outcome.IGNORED, lambda _: 1)
    assert len(drawn) == 5
    breaker.try_acquire_at(0, 0.9)
    assert len(drawn) == 5


@pytest.mark.parametrize("raised", [LookupError, KeyboardInterrupt])
@pytest.mark.parametrize("preset", [SreBreakerConfig.go_zero, SreBreakerConfig.sre_book])
def test_a_draw_that_raises_goes_through_and_counts_nothing(
    clock: ManualClock, raised: type[BaseException], preset: Callable[[], SreBreakerConfig]
) -> None:
    """Not even as the last pass, after which a pass is forced: the next questions are decided as ever."""
    error: BaseException | None = raised("mine")

    def draw() -> float:
        if error is not None:
            raise error
        return 0.0

    breaker = SreBreaker(preset(), clock=clock, draw=draw)
    for _ in range(100):
        breaker.record(Outcome.FAILURE)
    before = breaker.snapshot()
    for ask in (breaker.try_acquire, lambda: breaker.run(undrawn), lambda: breaker.guard().__enter__()):
        with pytest.raises(raised) as caught:
            ask()
        assert caught.value is error
    assert breaker.snapshot() == before
    error = None
    clock.advance(2)
    with pytest.raises(Rejected):
        breaker.try_acquire()


@pytest.mark.parametrize("nonsense", [1.0, -0.1, 2, float("nan"), float("inf"), -(10**400)], ids=str)
def test_a_draw_of_nonsense_is_refused_by_name_and_counts_nothing(
    clock: ManualClock, nonsense: float
) -> None:
    """From the callable and from the caller alike."""
    breaker = failing(clock, draw=lambda: nonsense)
    before = breaker.snapshot()
    with pytest.raises(ConfigError, match="^draw must be at least 0 and below 1, not "):
        breaker.try_acquire()
    with pytest.raises(ConfigError, match="^draw must"):
        breaker.try_acquire_at(0, nonsense)
    assert breaker.snapshot() == before


@pytest.mark.parametrize("wrong", ["0.5", None, True, []], ids=str)
def test_a_draw_that_is_no_number_is_refused(clock: ManualClock, wrong: float) -> None:
    """By TypeError, and it counts nothing."""
    breaker = failing(clock, draw=lambda: wrong)
    for ask in (breaker.try_acquire, lambda: breaker.try_acquire_at(0, wrong)):
        with pytest.raises(TypeError, match=f"(?m)^draw must be a number, not {type(wrong).__qualname__}$"):
            ask()
    assert breaker.snapshot().drops == 0


def test_a_draw_may_be_any_real_number(clock: ManualClock) -> None:
    """Decimals and fractions among them."""
    breaker = failing(clock, draw=lambda: Fraction(1, 2))  # type: ignore[arg-type, return-value]
    breaker.try_acquire()
    with pytest.raises(Rejected):
        breaker.try_acquire_at(0, Decimal("0.4"))


def test_a_draw_may_ask_the_breaker_itself(clock: ManualClock) -> None:
    """Nothing is locked while it runs; each question has its own draw."""
    deep: list[SreBreaker] = []

    def draw() -> float:
        if len(deep) < 3:
            deep.append(breaker)
            assert breaker.run(int) == 0
            other.try_acquire()
        return 0.9

    breaker = failing(clock, draw=draw)
    other = failing(clock, draw=lambda: 0.9)
    breaker.try_acquire()
    assert len(deep) == 3
    assert breaker.snapshot().accepts == 3


def test_draws_are_spread_evenly_without_a_callable(clock: ManualClock) -> None:
    """As many calls are refused as the ratio says."""
    breaker = SreBreaker(SreBreakerConfig.go_zero_1_3().with_max_drop_ratio(0.3), clock=clock)
    for _ in range(1_000):
        breaker.record(Outcome.FAILURE)
    passed = 0
    for _ in range(10_000):
        try:
            breaker.try_acquire()
        except Rejected:
            continue
        passed += 1
    # 7 000 expected, standard deviation 46: eight of them.
    assert abs(passed - 7_000) < 370
    assert breaker.snapshot().drops == 10_000 - passed


def test_modes_change_what_is_done_and_not_what_is_known(clock: ManualClock) -> None:
    """Permits out settle in every mode."""
    breaker = failing(clock, failures=100, draw=lambda: 0.1)
    out = SreBreaker(clock=clock).try_acquire()
    breaker.set_mode(Mode.DISABLED)
    out = breaker.try_acquire()
    breaker.set_mode(Mode.DRY_RUN)
    breaker.try_acquire()
    assert breaker.snapshot().would_reject == 1
    breaker.set_mode(Mode.FORCED_OPEN)
    with pytest.raises(Rejected, match=r"^rejected: the breaker is forced open$") as rejected:
        breaker.try_acquire()
    assert (rejected.value.drop_ratio, rejected.value.forced_open) == (1.0, True)
    out.success()
    seen = breaker.snapshot()
    assert (seen.mode, seen.requests, seen.accepts, seen.drops) == (Mode.FORCED_OPEN, 101, 1, 1)
    breaker.set_mode(Mode.ENABLED)
    with pytest.raises(Rejected):
        breaker.try_acquire()


def test_trouble_ends_when_the_last_failure_leaves_the_window(clock: ManualClock) -> None:
    """At the boundary."""
    breaker = failing(clock, draw=lambda: 0.0)
    clock.set_ns(10 * SECOND - 1)
    with pytest.raises(Rejected):
        breaker.try_acquire()
    clock.advance_ns(1)
    breaker.try_acquire()
    assert breaker.snapshot_at(0).requests == 0


def test_outcomes_can_be_recorded_without_a_permit(clock: ManualClock) -> None:
    """At an instant of the caller's too."""
    breaker = SreBreaker(clock=clock)
    breaker.record(Outcome.SUCCESS)
    breaker.record_at(SECOND, Outcome.FAILURE)
    breaker.record(Outcome.IGNORED)
    seen = breaker.snapshot_at(SECOND)
    assert (seen.requests, seen.accepts) == (2, 1)
    breaker.record_at(100 * SECOND, Outcome.SUCCESS)
    breaker.record_at(0, Outcome.FAILURE)
    assert breaker.snapshot_at(100 * SECOND).requests == 1


def test_a_breaker_says_what_it_is_made_of() -> None:
    """The default is the law most widely run, on the coarse clock."""
    breaker = SreBreaker()
    assert breaker.config == SreBreakerConfig.go_zero_1_3()
    assert breaker.clock == CoarseClock()
    assert repr(breaker) == "<SreBreaker SreBreakerConfig.go_zero_1_3()>"
    config = SreBreakerConfig.envoy().with_window(0.5, 4)
    assert SreBreaker(config, clock=MonotonicClock()).config == config


@pytest.mark.parametrize(
    ("message", "call"),
    [
        ("config must be a resil.SreBreakerConfig, not str", lambda: SreBreaker("go_zero")),  # type: ignore[arg-type]
        ("clock must be a MonotonicClock", lambda: SreBreaker(clock=1)),  # type: ignore[arg-type]
        ("draw must be callable, not float", lambda: SreBreaker(draw=0.5)),  # type: ignore[arg-type]
        ("outcome must be a resil.Outcome, not str", lambda: SreBreaker().record("success")),  # type: ignore[arg-type]
        ("outcome must be a resil.Outcome, not Mode", lambda: SreBreaker().record(Mode.ENABLED)),  # type: ignore[arg-type]
        ("mode must be a resil.Mode, not str", lambda: SreBreaker().set_mode("enabled")),  # type: ignore[arg-type]
        ("multiplier must be a number, not str", lambda: SreBreakerConfig.envoy().with_multiplier("2")),  # type: ignore[arg-type]
        ("multiplier must be a number, not bool", lambda: SreBreakerConfig.envoy().with_multiplier(True)),
        ("recovery must be a bool, not int", lambda: SreBreakerConfig.envoy().with_recovery(1)),  # type: ignore[arg-type]
        ("refusals must be a resil.Refusals, not str", lambda: SreBreakerConfig.envoy().with_refusals("apart")),  # type: ignore[arg-type]
    ],
)
def test_an_argument_of_the_wrong_type_is_refused_by_name(message: str, call: Callable[[], object]) -> None:
    """Before anything changes."""
    with pytest.raises(TypeError, match=f"^{message}"):
        call()


def test_no_combination_of_extreme_arguments_ends_in_anything_but_an_answer_or_an_error() -> None:
    """In particular in no panic, which would pass every `except Exception`."""
    instants = [0, 1, 2**62, 2**63 - 1]
    answers = 0
    for config in [
        SreBreakerConfig.sre_book().with_padding(0),
        SreBreakerConfig.go_zero_1_3().with_protection(2**64 - 1),
        SreBreakerConfig.go_zero().with_forced_pass_after(0),
        SreBreakerConfig.go_zero().with_forced_pass_after(9_223_372_036),
        SreBreakerConfig.kratos().with_min_requests(2**64 - 1),
        SreBreakerConfig.envoy().with_min_rps(2**32 - 1).with_aggression(1e308),
        SreBreakerConfig.envoy().with_window(9_223_372_036, 1),
        SreBreakerConfig.envoy().with_window(0.000_001, 65_536).with_multiplier(1e308),
    ]:
        breaker = SreBreaker(config, clock=ManualClock(2**63 - 1))
        for now in [*instants, *reversed(instants)]:
            for outcome in Outcome:
                breaker.record_at(now, outcome)
            for draw in (0, 5e-324, 1 - 2**-53):
                for mode in Mode:
                    breaker.set_mode(mode)
                    try:
                        breaker.try_acquire_at(now, draw).failure_at(now)
                        breaker.try_acquire().failure()
                    except Rejected as rejected:
                        assert 0 < rejected.drop_ratio <= 1
                    assert 0 <= breaker.snapshot_at(now).drop_ratio <= 1
                    answers += 1
    assert answers == 8 * 8 * 3 * 4


def test_a_subclass_is_used_like_the_breaker_itself(clock: ManualClock) -> None:
    """It may have attributes and arguments of its own."""

    class Named(SreBreaker):
        name: str

        def __new__(cls, name: str) -> "Named":
            made = super().__new__(cls, clock=clock)
            made.name = name
            return made

    breaker = Named("search")
    assert (breaker.name, breaker.run(len, "abc")) == ("search", 3)
    assert "Named" in repr(breaker)
