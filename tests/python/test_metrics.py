"""What Prometheus and OpenTelemetry read."""

import math
from collections.abc import Callable
from typing import Any

import pytest

import resil
from resil import (
    Ewma,
    HashRing,
    LeakyMeter,
    LeakyQueue,
    ManualClock,
    Mode,
    Outcome,
    PeriodLimiter,
    Quota,
    RollingCounter,
    RollingWindow,
    SingleFlight,
    SreBreaker,
    TokenBucket,
)
from resil.keyed import Keyed
from resil.measurements import INSTRUMENTS

prometheus_client = pytest.importorskip("prometheus_client")
pytest.importorskip("opentelemetry.sdk")

from opentelemetry.sdk.metrics import MeterProvider  # noqa: E402
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, Sum  # noqa: E402

from resil.opentelemetry import observe  # noqa: E402
from resil.prometheus import ResilCollector  # noqa: E402

Readings = dict[tuple[str, str], float]
Watch = Callable[..., Callable[[], Readings]]


def by_prometheus(*named: Any) -> Callable[[], Readings]:
    """What a scrape of a registry of our own says, in OpenTelemetry's spelling of the names."""
    registry = prometheus_client.CollectorRegistry()
    registry.register(ResilCollector(*named))

    def read() -> Readings:
        found: Readings = {}
        for family in registry.collect():
            for sample in family.samples:
                name = sample.name.removesuffix("_total").removesuffix("_seconds").removeprefix("resil_")
                found[name, sample.labels["name"]] = sample.value
        return found

    return read


def by_opentelemetry(*named: Any) -> Callable[[], Readings]:
    """What a collection of a provider of our own says."""
    reader = InMemoryMetricReader()
    observe(MeterProvider([reader]).get_meter("test"), *named)

    def read() -> Readings:
        found: Readings = {}
        data = reader.get_metrics_data()
        for metric in [m for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics] if data else []:
            for point in metric.data.data_points:
                assert point.attributes is not None
                name = metric.name.removeprefix("resil.").replace(".", "_")
                found[name, str(point.attributes["name"])] = point.value  # type: ignore[union-attr]
        return found

    return read


@pytest.fixture(params=[by_prometheus, by_opentelemetry])
def watch(request: pytest.FixtureRequest) -> Watch:
    """Both ways."""
    found: Watch = request.param
    return found


def test_every_number_of_every_kind_is_told(watch: Watch, clock: ManualClock) -> None:
    """As the snapshots say at the reading."""
    quota = Quota(10, 1, burst=5)
    bucket, meter = TokenBucket(quota, clock=clock), LeakyMeter(quota, clock=clock)
    queue, daily = LeakyQueue(quota, clock=clock), PeriodLimiter(7, 60, clock=clock)
    counter, window = RollingCounter(1, 10, clock=clock), RollingWindow(1, 10, clock=clock)
    breaker = SreBreaker(clock=clock, draw=lambda: 0.0)
    average, ring, flight = Ewma.by_count(0.5), HashRing({"x": 2, "y": 3}, virtual_nodes=10), SingleFlight()
    read = watch(
        {"a": bucket, "b": meter, "c": queue, "d": daily, "e": counter, "f": window, "g": breaker},
        {"h": average, "i": ring, "j": flight, "k": Ewma.by_count(0.5)},
    )
    average.record(8)
    average.record(4)
    bucket.reserve(5)
    bucket.reserve(2)
    meter.try_acquire(2)
    queue.try_reserve(3)
    daily.try_acquire(4)
    counter.add(9)
    window.record(3)
    window.record(4)
    for outcome in [Outcome.SUCCESS] * 2 + [Outcome.FAILURE] * 29:
        breaker.record(outcome)
    for mode in (Mode.ENABLED, Mode.DRY_RUN):
        breaker.set_mode(mode)
        try:
            breaker.run(int)
        except resil.Rejected:
            pass
    told = flight.run("key", read).value
    expected = {
        ("token_bucket_remaining", "a"): 0,
        ("token_bucket_reset_after", "a"): 0.7,
        ("token_bucket_owed", "a"): 2,
        ("token_bucket_burst", "a"): 5,
        ("token_bucket_rate", "a"): 10,
        ("leaky_meter_remaining", "b"): 3,
        ("leaky_meter_reset_after", "b"): 0.2,
        ("leaky_meter_burst", "b"): 5,
        ("leaky_meter_rate", "b"): 10,
        ("leaky_queue_remaining", "c"): 2,
        ("leaky_queue_reset_after", "c"): 0.3,
        ("leaky_queue_burst", "c"): 5,
        ("leaky_queue_rate", "c"): 10,
        ("period_limiter_remaining", "d"): 3,
        ("period_limiter_reset_after", "d"): 60,
        ("period_limiter_taken", "d"): 4,
        ("period_limiter_limit", "d"): 7,
        ("rolling_counter_count", "e"): 9,
        ("rolling_window_sum", "f"): 7,
        ("rolling_window_count", "f"): 2,
        ("sre_breaker_requests", "g"): 32,
        ("sre_breaker_accepts", "g"): 3,
        ("sre_breaker_drop_ratio", "g"): breaker.snapshot().drop_ratio,
        ("sre_breaker_drops", "g"): 1,
        ("sre_breaker_would_reject", "g"): 1,
        ("sre_breaker_disabled", "g"): 0,
        ("sre_breaker_forced_open", "g"): 0,
        ("sre_breaker_dry_run", "g"): 1,
        ("ewma_value", "h"): 6,
        ("hash_ring_nodes", "i"): 2,
        ("hash_ring_total_weight", "i"): 5,
        ("hash_ring_points", "i"): 50,
        ("single_flight_flights", "j"): 1,
        ("single_flight_followers", "j"): 0,
    }
    assert told.keys() == expected.keys()
    for key, value in expected.items():
        assert math.isclose(told[key], value), key


def test_a_reading_is_as_of_its_own_time(watch: Watch, clock: ManualClock) -> None:
    """Nothing is kept between readings; objects come and go, and subclasses count."""

    class Own(TokenBucket):
        pass

    named: dict[str, object] = {"own": Own(Quota(10, 1, burst=5), clock=clock), "none": "no limiter"}
    read = watch(named)
    assert named["own"].acquire(5)  # type: ignore[attr-defined]
    assert read()["token_bucket_remaining", "own"] == 0
    clock.advance(0.2)
    assert read()["token_bucket_remaining", "own"] == 2
    named["late"] = LeakyMeter(Quota(10, 1, burst=5), clock=clock)
    del named["own"]
    told = read()
    assert told["leaky_meter_remaining", "late"] == 5
    assert {name for _, name in told} == {"late"}
    del named["late"]
    assert read() == {}


def test_the_breakers_of_an_integration_are_told_by_host(watch: Watch) -> None:
    """They are held by key; of two of one name the first is told."""
    breakers = Keyed(lambda host: SreBreaker())
    breakers["http://a"].record(Outcome.SUCCESS)
    read = watch(breakers, {"http://a": SreBreaker(), "http://b": SreBreaker()})
    told = read()
    assert told["sre_breaker_requests", "http://a"] == 1
    assert told["sre_breaker_requests", "http://b"] == 0


def test_objects_may_come_while_others_are_read(watch: Watch) -> None:
    """They are told the next time."""

    class Coming(TokenBucket):
        def snapshot(self) -> Any:
            named.setdefault("late", TokenBucket(Quota(1, 1, 1)))
            return super().snapshot()

    named: dict[str, object] = {"first": Coming(Quota(1, 1, 1)), "second": Coming(Quota(1, 1, 1))}
    read = watch(named)
    read()
    assert {name for _, name in read()} == {"first", "second", "late"}


def test_reading_takes_nothing(watch: Watch, clock: ManualClock) -> None:
    """Not even a first use."""
    limiter, bucket = PeriodLimiter(1, 60, clock=clock), TokenBucket(Quota(1, 60, 1), clock=clock)
    read = watch({"a": limiter, "b": bucket})
    for _ in range(3):
        read()
    assert limiter.try_acquire()
    assert bucket.try_acquire()


def test_what_grows_is_a_counter_and_seconds_are_named_for_prometheus() -> None:
    """As its conventions want."""
    registry = prometheus_client.CollectorRegistry()
    registry.register(ResilCollector({"a": TokenBucket(Quota(1, 1, 1)), "b": SreBreaker()}))
    text = prometheus_client.generate_latest(registry).decode()
    assert "# TYPE resil_sre_breaker_drops_total counter" in text
    assert "# TYPE resil_sre_breaker_requests gauge" in text
    assert 'resil_token_bucket_reset_after_seconds{name="a"} 0.0' in text
    assert "leaky_queue" not in text


def test_what_grows_is_a_counter_for_opentelemetry() -> None:
    """Cumulative and monotonic, with its unit."""
    reader = InMemoryMetricReader()
    observe(MeterProvider([reader]).get_meter("test"), {"b": SreBreaker()})
    data = reader.get_metrics_data()
    assert data is not None
    metrics = {m.name: m for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics}
    drops = metrics["resil.sre_breaker.drops"]
    assert isinstance(drops.data, Sum)
    assert (drops.data.is_monotonic, drops.unit) == (True, "{call}")
    assert not isinstance(metrics["resil.sre_breaker.requests"].data, Sum)


def test_a_second_collector_is_refused_where_it_is_registered() -> None:
    """Its metrics would be there twice; even while there are none yet."""
    registry = prometheus_client.CollectorRegistry()
    registry.register(ResilCollector({}))
    with pytest.raises(ValueError, match="Duplicated timeseries"):
        registry.register(ResilCollector({}))


def test_every_field_of_a_snapshot_is_told() -> None:
    """But its shape, which does not change, and the exact twins."""
    shape = {"quota", "bucket_count", "bucket_width", "kind", "period", "utc_offset"}
    shape |= {"alpha", "warm_up", "time_constant", "virtual_nodes"}
    # Only one kind has them, and they explain another; or told as three modes, as sum and count, as count.
    # In Prometheus only counters' names end in `total`.
    other = {"taken_before", "mode", "totals", "total", "missing", "idle_for"}
    for kind, instruments in INSTRUMENTS.items():
        snapshot = getattr(resil, {"LeakyMeter": "LeakyBucket", "LeakyQueue": "LeakyBucket"}.get(
            kind.__name__, kind.__name__
        ) + "Snapshot")
        fields = {field for field in dir(snapshot) if not field.startswith("_") and not field.endswith("_ns")}
        told = {instrument.quantity for instrument in instruments}
        assert fields - shape - other <= told, kind


def test_what_has_no_names_is_refused() -> None:
    """Where the collector is made."""
    with pytest.raises(TypeError, match="^objects must be by name, as in a dict, not TokenBucket"):
        ResilCollector(TokenBucket(Quota(1, 1, 1)))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="^objects must be by name, as in a dict, not TokenBucket"):
        observe(MeterProvider().get_meter("test"), TokenBucket(Quota(1, 1, 1)))  # type: ignore[arg-type]
