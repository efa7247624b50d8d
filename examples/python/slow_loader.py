#!/usr/bin/env python3
"""Puts a single flight between a cache and a slow source: however many miss the cache at once, one loads.

    python examples/python/slow_loader.py

A thousand tasks ask for one price at the same moment: while the cache is cold, while the first of them gives up,
while the source is broken, and when the cache is warm. The source answers when all have asked, so the program
takes a moment and always prints the same.
"""

import asyncio

import resil


class SourceError(Exception):
    """The source is broken."""


class Source:
    """Slow, and sometimes broken: a database, a service, a file to parse."""

    def __init__(self) -> None:
        self.loads = 0
        self.is_broken = False
        self.answers = asyncio.Event()

    async def load(self, name: str) -> float:
        """The price of something, after a while."""
        self.loads += 1
        await self.answers.wait()
        if self.is_broken:
            raise SourceError(name)
        return float(len(name))


class Prices:
    """A cache in front of the source. A plain one would send the source everybody who misses."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.cache: dict[str, float] = {}
        self.flight = resil.SingleFlight()

    async def price(self, name: str) -> float:
        """From the cache, else loaded: by one of those who ask meanwhile."""
        if name in self.cache:
            return self.cache[name]
        return (await self.flight.run_async(name, self._load, name)).value

    async def _load(self, name: str) -> float:
        # Kept before the flight ends, so that nobody finds neither the flight nor the value.
        self.cache[name] = await self.source.load(name)
        return self.cache[name]


async def storm(prices: Prices, what: str, *, first_gives_up: bool = False) -> None:
    """A thousand ask at once; prints what became of them."""
    source = prices.source
    source.loads = 0
    source.answers.clear()
    tasks = [asyncio.create_task(prices.price("tea")) for _ in range(1_000)]
    await asyncio.sleep(0)  # Now all have asked.
    if first_gives_up:
        tasks[0].cancel()
        await asyncio.wait(tasks[:1])
    source.answers.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    served = sum(isinstance(answer, float) for answer in answers)
    failed = sum(isinstance(answer, SourceError) for answer in answers)
    gone = sum(isinstance(answer, asyncio.CancelledError) for answer in answers)
    print(f"{what:<20} loads {source.loads}, served {served:>4}, told of the failure {failed:>4}, gone {gone}")


async def main() -> None:
    """Four storms."""
    prices = Prices(Source())
    await storm(prices, "cold cache")
    await storm(prices, "warm cache")
    prices.cache.clear()
    await storm(prices, "the first gives up", first_gives_up=True)
    prices.cache.clear()
    prices.source.is_broken = True
    await storm(prices, "the source is broken")
    prices.source.is_broken = False
    await storm(prices, "and works again")


if __name__ == "__main__":
    asyncio.run(main())
