"""Limiters and breakers as metrics of Prometheus, read where they are scraped.

>>> from prometheus_client import CollectorRegistry
>>> from resil import SreBreaker
>>> from resil.prometheus import ResilCollector
>>> registry = CollectorRegistry()
>>> registry.register(ResilCollector({"payments": SreBreaker()}))
>>> registry.get_sample_value("resil_sre_breaker_drop_ratio", {"name": "payments"})
0.0
"""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from resil.measurements import INSTRUMENTS, Instrument, Named, check_named, snapshots

__all__ = ["ResilCollector"]

Family = CounterMetricFamily | GaugeMetricFamily


class ResilCollector(Collector):
    """Tells what the snapshots of named objects say: ``REGISTRY.register(ResilCollector({"api": bucket}))``.

    Takes any number of dicts, or of Keyed such as ``transport.breakers``; each is read at each scrape, so objects
    may come and go. One registry takes one such collector. The names stand in the label ``name``, so their number
    should be small; whoever hands in a Keyed of clients has a time series for each.

    Metrics are named ``resil_<row>_<quantity>``: ``resil_token_bucket_remaining``,
    ``resil_sre_breaker_drops_total``; seconds end in ``_seconds``. Nothing runs between scrapes.
    """

    def __init__(self, *named: Named) -> None:
        """Reads nothing yet."""
        check_named(named)
        self._named = named

    def collect(self) -> Iterator[Family]:
        """The metrics, of one snapshot of each object."""
        for kind, instruments in INSTRUMENTS.items():
            families = [_family(instrument) for instrument in instruments]
            for name, snapshot in snapshots(kind, self._named):
                for instrument, family in zip(instruments, families, strict=True):
                    number = instrument.read(snapshot)
                    if number is not None:
                        family.add_metric([name], float(number))
            yield from (family for family in families if family.samples)

    def describe(self) -> Iterator[Family]:
        """The metrics there can be, which registering compares with those that are there."""
        return (_family(instrument) for instruments in INSTRUMENTS.values() for instrument in instruments)


def _family(instrument: Instrument) -> Family:
    family = CounterMetricFamily if instrument.counts_up else GaugeMetricFamily
    unit = "_seconds" if instrument.unit == "s" else ""
    return family(f"resil_{instrument.kind}_{instrument.quantity}{unit}", instrument.description, labels=["name"])
