"""What a breaker can be made of, and that all of it reaches the law."""

from collections.abc import Callable

import pytest
from guarding import throw

from resil import ConfigError, ManualClock, Outcome, Refusals, Rejected, SreBreaker, SreBreakerConfig

SECOND = 10**9


@pytest.mark.parametrize(
    ("preset", "width", "count"),
    [
        (SreBreakerConfig.sre_book, 1.0, 120),
        (SreBreakerConfig.go_zero_1_3, 0.25, 40),
        (SreBreakerConfig.go_zero, 0.25, 40),
        (SreBreakerConfig.grpc_rls, 0.3, 100),
        (SreBreakerConfig.kratos, 0.3, 10),
        (SreBreakerConfig.envoy, 1.0, 30),
    ],
)
def test_a_preset_is_a_value_of_its_own(
    preset: Callable[[], SreBreakerConfig], width: float, count: int
) -> None:
    """A changed copy leaves it as it was."""
    config = preset()
    assert (config.bucket_width, config.bucket_count) == (width, count)
    assert config.bucket_width_ns == round(width * 10**9)
    changed = config.with_padding(3.5)
    assert changed != config == preset()
    assert changed == preset().with_padding(1.0).with_padding(3.5)
    assert SreBreaker(changed).config == changed


def test_every_field_of_a_configuration_reaches_the_law(clock: ManualClock) -> None:
    """The ratio after 100 failures and 20 successes in one bucket, field by field."""
    base = SreBreakerConfig.go_zero_1_3()
    for config, ratio in [
        (base, (120 - 5 - 1.5 * 20) / 121),
        (base.with_multiplier(2.0), (120 - 5 - 2.0 * 20) / 121),
        (base.with_success_ratio(0.5), (120 - 5 - 20 / 0.5) / 121),
        (base.with_success_ratio(0.5).with_multiplier(2.0), (120 - 5 - 2.0 * 20) / 121),
        (base.with_protection(50), (120 - 50 - 1.5 * 20) / 121),
        (base.with_padding(9), (120 - 5 - 1.5 * 20) / 129),
        (base.with_min_requests(121), 0.0),
        (base.with_min_rps(121), 0.0),
        (base.with_min_rps(120), (120 - 5 - 1.5 * 20) / 121),
        (base.with_aggression(2), ((120 - 5 - 1.5 * 20) / 121) ** 0.5),
        (base.with_max_drop_ratio(0.25), 0.25),
        (base.with_window(1, 1), (120 - 5 - 1.5 * 20) / 121),
    ]:
        breaker = SreBreaker(config, clock=clock)
        for outcome, times in ((Outcome.FAILURE, 100), (Outcome.SUCCESS, 20)):
            for _ in range(times):
                breaker.record(outcome)
        assert breaker.snapshot().drop_ratio == pytest.approx(ratio, abs=1e-15), config


def test_runs_of_buckets_and_refusals_reach_the_law(clock: ManualClock) -> None:
    """What shows only over several buckets or calls."""
    base = SreBreakerConfig.sre_book().with_window(1, 4)

    def ratio(config: SreBreakerConfig, outcome: Outcome) -> float:
        breaker = SreBreaker(config, clock=clock)
        breaker.record_at(0, Outcome.FAILURE)
        breaker.record_at(0, Outcome.FAILURE)
        breaker.record_at(0, Outcome.FAILURE)
        breaker.record_at(0, Outcome.SUCCESS)
        breaker.record_at(SECOND, outcome)
        return breaker.snapshot_at(SECOND).drop_ratio

    assert ratio(base.with_multiplier(1.5).with_min_multiplier(1.1), Outcome.FAILURE) == pytest.approx(
        (5 - (1.5 - 0.4 / 4) * 1) / 6
    )
    assert ratio(base.with_recovery(True), Outcome.SUCCESS) == pytest.approx((5 - 4) / 6 * 3 / 4)
    for refusals, requests in [(Refusals.UNCOUNTED, 9), (Refusals.AS_FAILURES, 10), (Refusals.APART, 10)]:
        breaker = SreBreaker(base.with_refusals(refusals), clock=clock)
        for _ in range(9):
            breaker.record(Outcome.FAILURE)
        with pytest.raises(Rejected):
            breaker.try_acquire_at(0, 0.0)
        assert breaker.snapshot().requests == requests
    breaker = SreBreaker(base.with_forced_pass_after(1), clock=clock, draw=lambda: throw(AssertionError("drawn")))
    for _ in range(99):
        breaker.record(Outcome.FAILURE)
    breaker.try_acquire_at(0, 0.999)
    with pytest.raises(Rejected):
        breaker.try_acquire_at(SECOND, 0.0)
    clock.set_ns(SECOND + 1)
    breaker.try_acquire()


@pytest.mark.parametrize(
    ("message", "config"),
    [
        ("bucket_width must be at least 100ms on this clock", lambda c: c.with_window(0.05, 20)),
        ("bucket_width must be at least 1 us", lambda c: c.with_window(0, 20)),
        ("bucket_width must not be negative", lambda c: c.with_window(-1, 20)),
        ("bucket_count must be at least 1, not 0", lambda c: c.with_window(1, 0)),
        ("bucket_count must be 1 to 65536, not ", lambda c: c.with_window(1, 2**32)),
        ("multiplier must be", lambda c: c.with_multiplier(0.9)),
        ("multiplier must be", lambda c: c.with_multiplier(float("nan"))),
        ("multiplier must be", lambda c: c.with_multiplier(10**400)),
        ("success_ratio must be", lambda c: c.with_success_ratio(0)),
        ("min_multiplier must be", lambda c: c.with_min_multiplier(1.6)),
        ("min_multiplier needs a multiplier", lambda c: c.with_success_ratio(0.5).with_min_multiplier(1)),
        ("protection must be 0 to", lambda c: c.with_protection(-1)),
        ("padding must be", lambda c: c.with_padding(-0.1)),
        ("padding must be", lambda c: c.with_padding(-(10**400))),
        ("min_requests must be 0 to", lambda c: c.with_min_requests(2**64)),
        ("min_rps must be 0 to", lambda c: c.with_min_rps(2**32)),
        ("aggression must be", lambda c: c.with_aggression(0.5)),
        ("max_drop_ratio must be", lambda c: c.with_max_drop_ratio(1.1)),
        ("forced_pass_after must", lambda c: c.with_forced_pass_after(float("inf"))),
    ],
)
def test_a_wrong_configuration_is_refused_by_the_name_of_the_field(
    message: str, config: Callable[[SreBreakerConfig], SreBreakerConfig]
) -> None:
    """At the latest when a breaker is made of it; it is never mended silently."""
    with pytest.raises(ConfigError, match=f"^{message}"):
        SreBreaker(config(SreBreakerConfig.go_zero_1_3()))
