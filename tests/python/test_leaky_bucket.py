"""What a meter grants, and when a queue lets go. How a queue is waited for: test_waiting.py and others."""

import pytest

from resil import (
    Denied,
    LeakyBucket,
    LeakyBucketSnapshot,
    LeakyMeter,
    LeakyQueue,
    ManualClock,
    Quota,
    Slot,
    Verdict,
)

QUOTA = Quota(10, 1, 3)
INTERVAL = 100_000_000


@pytest.fixture
def meter(clock: ManualClock) -> LeakyMeter:
    """Ten permits a second, burst 3, on the manual clock."""
    return LeakyMeter(QUOTA, clock=clock)


@pytest.fixture
def queue(clock: ManualClock) -> LeakyQueue:
    """The same quota."""
    return LeakyQueue(QUOTA, clock=clock)


def test_a_meter_grants_its_burst_and_then_says_when_to_come_back(
    meter: LeakyMeter, clock: ManualClock
) -> None:
    """To the nanosecond; and by the shared verdict."""
    assert meter.try_acquire() is Verdict()
    assert meter.try_acquire(permits=2)
    assert meter.try_acquire().retry_after == 0.1
    clock.advance_ns(INTERVAL - 1)
    assert meter.try_acquire().retry_after_ns == 1
    clock.advance_ns(1)
    assert meter.try_acquire()
    assert meter.try_acquire(4).exceeds_limit
    assert meter.try_acquire(0)


def test_peeking_at_a_meter_takes_nothing(meter: LeakyMeter) -> None:
    """It tells the answer, the room, and the time until the bucket is empty."""
    assert meter.try_acquire_at(0, 2)
    for _ in range(3):
        peek = meter.peek(2)
        assert peek.answer == Verdict(retry_after_ns=INTERVAL)
        assert (peek.remaining, peek.reset_after, peek.reset_after_ns) == (1, 0.2, 2 * INTERVAL)
    assert meter.peek_at(INTERVAL, 2).answer


def test_an_idle_queue_takes_a_burst_at_one_instant_and_lets_them_go_one_by_one(
    queue: LeakyQueue, clock: ManualClock
) -> None:
    """Slots count from the first request, not from multiples of the interval."""
    clock.advance_ns(7)
    slots = [queue.try_reserve() for _ in range(3)]
    assert slots == [Slot(1, wait, 7 + wait) for wait in (0, INTERVAL, 2 * INTERVAL)]
    assert [slot.ready_after for slot in slots] == [0.0, 0.1, 0.2]
    with pytest.raises(Denied) as full:
        queue.try_reserve()
    assert full.value.retry_after_ns == INTERVAL


def test_several_permits_go_together_and_keep_the_queue_for_as_many_intervals(queue: LeakyQueue) -> None:
    """More than the burst are never admitted, and none may always go."""
    assert queue.try_reserve(2) == Slot(2, 0, 0)
    assert queue.try_reserve_at(0) == Slot(1, 2 * INTERVAL, 2 * INTERVAL)
    with pytest.raises(Denied) as never:
        queue.try_reserve(4)
    assert never.value.exceeds_limit
    assert queue.try_reserve(0) == Slot(0, 0, 0)


def test_joining_within_a_timeout_takes_no_place_if_it_would_take_longer(queue: LeakyQueue) -> None:
    """The refusal says after which wait the same call succeeds."""
    queue.try_reserve()
    before = queue.snapshot()
    with pytest.raises(Denied) as denied:
        queue.try_reserve_within(1, timeout=0.04)
    assert denied.value.retry_after_ns == 60_000_000
    assert queue.snapshot() == before
    assert queue.try_reserve_within_at(60_000_000, 1, timeout=0.04).ready_after_ns == 40_000_000
    assert queue.try_reserve_within().ready_at_ns == 2 * INTERVAL


def test_peeking_at_a_queue_takes_no_place(queue: LeakyQueue) -> None:
    """It tells the wait before the slot, or the refusal."""
    queue.try_reserve(2)
    for _ in range(3):
        peek = queue.peek()
        assert peek.answer is Verdict()
        assert (peek.ready_after, peek.ready_after_ns) == (0.2, 2 * INTERVAL)
        assert (peek.remaining, peek.reset_after, peek.reset_after_ns) == (1, 0.2, 2 * INTERVAL)
    refused = queue.peek(2)
    assert refused.answer == Verdict(retry_after_ns=INTERVAL)
    assert (refused.ready_after, refused.ready_after_ns) == (None, None)
    assert queue.peek_at(INTERVAL, 2).ready_after_ns == INTERVAL


def test_a_full_queue_refuses_a_waiter_at_once(queue: LeakyQueue, clock: ManualClock) -> None:
    """However patient it is: the queue is bounded."""
    queue.try_reserve(3)
    assert queue.acquire(timeout=None) == Verdict(retry_after_ns=INTERVAL)
    assert clock.now_ns() == 0


def test_permits_that_wait_together_keep_the_queue_afterwards(
    queue: LeakyQueue, clock: ManualClock
) -> None:
    """They go at the next free instant, and the one behind them waits for them all."""
    assert queue.acquire()
    assert queue.acquire(2)
    assert clock.now_ns() == INTERVAL
    assert queue.acquire()
    assert clock.now_ns() == 3 * INTERVAL


def test_a_meter_grants_what_a_queue_admits(meter: LeakyMeter, queue: LeakyQueue) -> None:
    """With the same refusals."""
    steps = [(0, 2), (0, 2), (50, 1), (99, 1), (100, 1), (400, 3), (401, 1)]
    for at_ms, permits in steps:
        verdict = meter.try_acquire_at(at_ms * 1_000_000, permits)
        try:
            queue.try_reserve_at(at_ms * 1_000_000, permits)
        except Denied as denied:
            assert verdict == Verdict(denied.retry_after_ns, denied.exceeds_limit)
        else:
            assert verdict
    assert meter.snapshot() == queue.snapshot()


def test_the_bucket_names_both_and_has_no_objects(clock: ManualClock) -> None:
    """As in the other languages."""
    meter, queue = LeakyBucket.meter(QUOTA, clock=clock), LeakyBucket.queue(QUOTA, clock=clock)
    assert (type(meter), type(queue)) == (LeakyMeter, LeakyQueue)
    assert (meter.quota, queue.quota) == (QUOTA, QUOTA)
    assert meter.clock == queue.clock == clock
    with pytest.raises(TypeError):
        LeakyBucket()


def test_a_snapshot_shows_quota_room_and_time_until_empty(meter: LeakyMeter, queue: LeakyQueue) -> None:
    """It is a plain value."""
    meter.try_acquire(2)
    queue.try_reserve(2)
    for snapshot in (meter.snapshot(), queue.snapshot()):
        assert snapshot == LeakyBucketSnapshot(QUOTA, 1, 2 * INTERVAL)
        assert (snapshot.quota, snapshot.remaining, snapshot.reset_after) == (QUOTA, 1, 0.2)
    assert meter.snapshot_at(INTERVAL).remaining == queue.snapshot_at(INTERVAL).remaining == 2


@pytest.mark.parametrize("kind", [LeakyMeter, LeakyQueue])
def test_a_subclass_is_used_like_the_class_itself(kind: type[LeakyMeter] | type[LeakyQueue]) -> None:
    """It may have attributes, and shows its name and quota."""

    class Named(kind):  # type: ignore[valid-type, misc]
        pass

    named = Named(QUOTA)
    named.name = "search"
    assert repr(kind(QUOTA)) == f"<{kind.__name__} Quota(permits=10, period=1.0, burst=3)>"
    assert "Named Quota(" in repr(named)
