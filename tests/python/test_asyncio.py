"""Waiting in tasks."""

import asyncio
import selectors
from collections.abc import Callable

import pytest
from waiters import Limiter, Way, intervals_ahead

from resil import Denied, LeakyQueue, ManualClock, Quota, TokenBucket, Verdict


class LoopWithoutWaiting(asyncio.SelectorEventLoop):
    """An event loop whose time jumps to the next timer when nothing else is to do."""

    def __init__(self) -> None:
        """Starts now."""
        self.skipped = 0.0
        super().__init__(SelectorWithoutWaiting(self))

    def time(self) -> float:
        """The time, with what was not waited."""
        return super().time() + self.skipped


class SelectorWithoutWaiting(selectors.DefaultSelector):
    """Moves its loop's time on instead of waiting."""

    def __init__(self, loop: LoopWithoutWaiting) -> None:
        """Belongs to one loop."""
        super().__init__()
        self.loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now."""
        ready = super().select(0)
        if not ready and timeout is not None:
            self.loop.skipped += timeout
        return ready


def test_what_is_there_is_taken_without_sleeping(way: Way) -> None:
    """The coroutine is done at its first step."""
    with pytest.raises(StopIteration) as done:
        way.idle(3_600).acquire_async().send(None)
    assert done.value.value is Verdict()


def test_a_wait_beyond_the_timeout_is_refused_at_once_and_takes_nothing(limiter: Limiter) -> None:
    """The refusal is a verdict."""

    async def main() -> None:
        assert await limiter.acquire_async()
        before = limiter.snapshot()
        denied = await limiter.acquire_async(1, timeout=0.04)
        assert denied.retry_after_ns == 60_000_000
        assert (await limiter.acquire_async(limiter.quota.burst + 1)).exceeds_limit
        assert limiter.snapshot() == before

    asyncio.run(main())


def test_on_a_manual_clock_waiting_moves_the_clock_and_lets_others_run(
    limiter: Limiter, clock: ManualClock
) -> None:
    """A loop of waits does not starve the event loop."""

    async def other() -> None:
        pass

    async def main() -> None:
        task = asyncio.create_task(other())
        await limiter.acquire_async()
        assert not task.done()
        await limiter.acquire_async()
        assert task.done()

    asyncio.run(main())
    assert clock.now_ns() == 100_000_000


def test_a_cancelled_waiter_of_a_bucket_gives_its_permits_back(way: Way) -> None:
    """The next one in line is not held up by it; a queue's slot stays taken, and unused."""

    async def main() -> None:
        limiter = way.busy(3_600)
        task = asyncio.create_task(limiter.acquire_async())
        await asyncio.sleep(0)
        assert intervals_ahead(limiter) == 2
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert intervals_ahead(limiter) == (1 if way.gives_back else 2)

    asyncio.run(main())


def test_a_deadline_ends_a_wait_as_cancelling_does(way: Way) -> None:
    """As asyncio.timeout() cancels it."""

    async def main() -> None:
        limiter = way.busy(3_600)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await limiter.acquire_async()
        assert intervals_ahead(limiter) == (1 if way.gives_back else 2)

    asyncio.run(main())


def test_a_waiter_that_is_closed_unfinished_ends_as_cancelled(way: Way) -> None:
    """So does one whose loop is gone."""
    limiter = way.busy(3_600)
    loop = asyncio.new_event_loop()
    try:
        task = loop.create_task(limiter.acquire_async())
        loop.run_until_complete(asyncio.sleep(0))
        assert intervals_ahead(limiter) == 2
        task.cancel()
        loop.run_until_complete(asyncio.wait([task]))
    finally:
        loop.close()
    assert intervals_ahead(limiter) == (1 if way.gives_back else 2)


@pytest.mark.parametrize("kind", [TokenBucket, LeakyQueue])
def test_waiters_are_served_in_the_order_in_which_they_came(
    kind: type[TokenBucket] | type[LeakyQueue],
) -> None:
    """Whatever they ask for: nobody overtakes, and nobody starves."""
    amounts = [1, 5, 1, 3, 1, 1, 4, 2, 1, 1] * 3

    async def main() -> None:
        limiter = kind(Quota(1, 3_600, 5 if kind is TokenBucket else sum(amounts)))
        served: list[int] = []

        async def wait(number: int, permits: int) -> None:
            assert await limiter.acquire_async(permits)
            served.append(number)

        await asyncio.gather(*(wait(*request) for request in enumerate(amounts)))
        assert served == list(range(len(amounts)))

    with asyncio.Runner(loop_factory=LoopWithoutWaiting) as runner:
        runner.run(main())


def test_a_long_wait_is_slept_in_days(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """No event loop's timer takes everything."""
    sleeps: list[float] = []

    async def sleep(seconds: float) -> None:
        sleeps.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    limiter = way.busy(3 * 86_400)
    with pytest.raises(StopIteration):
        limiter.acquire_async().send(None)
    assert sleeps[:2] == [86_400.0, 86_400.0]
    assert len(sleeps) == 3


def test_one_limiter_serves_several_event_loops(limiter: Limiter) -> None:
    """It is bound to none."""
    assert asyncio.run(limiter.acquire_async())
    assert asyncio.run(limiter.acquire_async())


def test_entering_an_async_with_block_waits_for_one_permit(limiter: Limiter, clock: ManualClock) -> None:
    """Leaving gives nothing back, and hides no exception."""

    async def main() -> None:
        async with limiter:
            assert clock.now_ns() == 0
        with pytest.raises(LookupError):
            async with limiter:
                raise LookupError
        assert clock.now_ns() == 100_000_000
        async with limiter:
            assert clock.now_ns() == 200_000_000

    asyncio.run(main())


def promised_away() -> TokenBucket:
    """A bucket whose permits are promised away for years."""
    bucket = TokenBucket(Quota.from_ns(1, 2**52 * 1_000, 1), clock=ManualClock())
    with pytest.raises(Denied):
        for _ in range(1_000):
            bucket.reserve()
    return bucket


def full() -> LeakyQueue:
    """A queue that has no room."""
    queue = LeakyQueue(Quota(1, 3_600, 1), clock=ManualClock())
    queue.try_reserve()
    return queue


@pytest.mark.parametrize("make", [promised_away, full])
def test_a_block_that_cannot_be_entered_raises_the_refusal(make: Callable[[], Limiter]) -> None:
    """There is no timeout that it could wait for."""
    limiter = make()
    with pytest.raises(Denied), limiter:
        raise AssertionError("entered")

    async def main() -> None:
        async with limiter:
            raise AssertionError("entered")

    with pytest.raises(Denied):
        asyncio.run(main())
