"""Waiting in tasks."""

import asyncio
import selectors

import pytest

from resil import Denied, ManualClock, Quota, TokenBucket, Verdict

HOUR = Quota(1, 3_600, 1)


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


def test_what_is_there_is_taken_without_sleeping() -> None:
    """The coroutine is done at its first step."""
    with pytest.raises(StopIteration) as done:
        TokenBucket(HOUR).acquire_async().send(None)
    assert done.value.value is Verdict()


def test_a_wait_beyond_the_timeout_is_refused_at_once_and_takes_nothing(bucket: TokenBucket) -> None:
    """The refusal is a verdict."""

    async def main() -> None:
        assert await bucket.acquire_async(2)
        denied = await bucket.acquire_async(1, timeout=0.04)
        assert denied.retry_after_ns == 60_000_000
        assert (await bucket.acquire_async(3)).exceeds_limit
        assert bucket.snapshot().owed == 0

    asyncio.run(main())


def test_on_a_manual_clock_waiting_moves_the_clock_and_lets_others_run(
    bucket: TokenBucket, clock: ManualClock
) -> None:
    """A loop of waits does not starve the event loop."""

    async def other() -> None:
        pass

    async def main() -> None:
        task = asyncio.create_task(other())
        await bucket.acquire_async(2)
        assert not task.done()
        await bucket.acquire_async(2)
        assert task.done()

    asyncio.run(main())
    assert clock.now_ns() == 200_000_000


def test_cancelling_a_waiter_gives_its_permits_back() -> None:
    """The next one in line is not held up by it."""

    async def main() -> None:
        bucket = TokenBucket(HOUR, initial=0)
        task = asyncio.create_task(bucket.acquire_async())
        await asyncio.sleep(0)
        assert bucket.snapshot().owed == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert bucket.snapshot().owed == 0

    asyncio.run(main())


def test_a_deadline_around_a_waiter_gives_its_permits_back() -> None:
    """As asyncio.timeout() cancels it."""

    async def main() -> None:
        bucket = TokenBucket(HOUR, initial=0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await bucket.acquire_async()
        assert bucket.snapshot().owed == 0

    asyncio.run(main())


def test_a_waiter_that_is_closed_unfinished_gives_its_permits_back() -> None:
    """So does one whose loop is gone."""
    bucket = TokenBucket(HOUR, initial=0)
    loop = asyncio.new_event_loop()
    try:
        task = loop.create_task(bucket.acquire_async())
        loop.run_until_complete(asyncio.sleep(0))
        assert bucket.snapshot().owed == 1
        task.cancel()
        loop.run_until_complete(asyncio.wait([task]))
    finally:
        loop.close()
    assert bucket.snapshot().owed == 0


def test_waiters_are_served_in_the_order_in_which_they_came() -> None:
    """Whatever they ask for: nobody overtakes, and nobody starves."""
    amounts = [1, 5, 1, 3, 1, 1, 4, 2, 1, 1] * 3

    async def main() -> None:
        bucket = TokenBucket(Quota(1, 3_600, 5), initial=0)
        served: list[int] = []

        async def wait(number: int, permits: int) -> None:
            assert await bucket.acquire_async(permits)
            served.append(number)

        await asyncio.gather(*(wait(*request) for request in enumerate(amounts)))
        assert served == list(range(len(amounts)))

    with asyncio.Runner(loop_factory=LoopWithoutWaiting) as runner:
        runner.run(main())


def test_a_long_wait_is_slept_in_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """No event loop's timer takes everything."""
    sleeps: list[float] = []

    async def sleep(seconds: float) -> None:
        sleeps.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    bucket = TokenBucket(Quota(1, 3 * 86_400, 1), initial=0)
    with pytest.raises(StopIteration):
        bucket.acquire_async().send(None)
    assert sleeps[:2] == [86_400.0, 86_400.0]
    assert len(sleeps) == 3


def test_one_bucket_serves_several_event_loops(bucket: TokenBucket) -> None:
    """It is bound to none."""
    assert asyncio.run(bucket.acquire_async(2))
    assert asyncio.run(bucket.acquire_async(2))


def test_entering_an_async_with_block_waits_for_one_permit(
    bucket: TokenBucket, clock: ManualClock
) -> None:
    """Leaving gives nothing back, and hides no exception."""

    async def main() -> None:
        async with bucket:
            pass
        with pytest.raises(LookupError):
            async with bucket:
                raise LookupError
        assert clock.now_ns() == 0
        async with bucket:
            assert clock.now_ns() == 100_000_000

    asyncio.run(main())


def test_a_block_that_cannot_be_entered_raises_the_refusal() -> None:
    """As with a bucket that is promised away for years."""
    bucket = TokenBucket(Quota.from_ns(1, 2**52 * 1_000, 1), clock=ManualClock())
    with pytest.raises(Denied):
        for _ in range(1_000):
            bucket.reserve()
    with pytest.raises(Denied), bucket:
        raise AssertionError("entered")

    async def main() -> None:
        async with bucket:
            raise AssertionError("entered")

    with pytest.raises(Denied):
        asyncio.run(main())
