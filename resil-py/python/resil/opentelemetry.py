"""Limiters and breakers as metrics of OpenTelemetry, read where they are collected.

>>> from opentelemetry import metrics
>>> from resil import SreBreaker
>>> from resil.opentelemetry import observe
>>> observe(metrics.get_meter("my.service"), {"payments": SreBreaker()})
"""

from collections.abc import Iterable

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from resil.measurements import INSTRUMENTS, Instrument, Named, check_named, snapshots

__all__ = ["observe"]


def observe(meter: Meter, *named: Named) -> None:
    """Makes observable instruments that tell what the snapshots of named objects say.

    Takes any number of dicts, or of Keyed such as ``transport.breakers``; each is read at each collection, so
    objects may come and go. The names stand in the attribute ``name``, so their number should be small; whoever
    hands in a Keyed of clients has a time series for each. To be called once for each meter: OpenTelemetry has no
    way to take instruments back.

    Instruments are named ``resil.<row>.<quantity>``: ``resil.token_bucket.remaining``,
    ``resil.sre_breaker.drops``. Nothing runs between collections.
    """
    check_named(named)
    for kind, instruments in INSTRUMENTS.items():
        for instrument in instruments:
            _observe(meter, kind, instrument, named)


def _observe(meter: Meter, kind: type, instrument: Instrument, named: tuple[Named, ...]) -> None:
    def read(options: CallbackOptions) -> Iterable[Observation]:
        told = ((name, instrument.read(snapshot)) for name, snapshot in snapshots(kind, named))
        return [Observation(number, {"name": name}) for name, number in told if number is not None]

    create = meter.create_observable_counter if instrument.counts_up else meter.create_observable_gauge
    name = f"resil.{instrument.kind}.{instrument.quantity}"
    create(name, callbacks=[read], unit=instrument.unit, description=instrument.description)
