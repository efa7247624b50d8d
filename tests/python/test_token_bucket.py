"""What a bucket decides."""

import pytest

from resil import Carry, Denied, ManualClock, Quota, TokenBucket, TokenBucketSnapshot, Verdict


def test_a_full_bucket_grants_its_burst_and_then_says_when_to_come_back(bucket: TokenBucket) -> None:
    """The verdict is true when granted, and else carries the wait as float and as integer."""
    assert bucket.try_acquire()
    assert bucket.try_acquire(1)
    denied = bucket.try_acquire(permits=1)
    assert not denied
    assert (denied.granted, denied.exceeds_limit) == (False, False)
    assert (denied.retry_after, denied.retry_after_ns) == (0.1, 100_000_000)


def test_what_is_due_at_an_exact_instant_is_granted_at_it(bucket: TokenBucket, clock: ManualClock) -> None:
    """One nanosecond earlier it is refused, with a wait of that nanosecond."""
    assert bucket.try_acquire(2)
    clock.advance_ns(99_999_999)
    assert bucket.try_acquire().retry_after_ns == 1
    clock.advance_ns(1)
    assert bucket.try_acquire()


def test_more_than_the_burst_is_never_granted(bucket: TokenBucket) -> None:
    """Such a refusal has no wait, for no wait helps."""
    denied = bucket.try_acquire(3)
    assert denied.exceeds_limit
    assert denied.retry_after is None
    assert denied.retry_after_ns is None
    assert bucket.try_acquire(2)


def test_no_permits_are_always_granted(bucket: TokenBucket) -> None:
    """A cost that was computed may be zero."""
    assert bucket.try_acquire(2)
    assert bucket.try_acquire(0)
    assert bucket.acquire(0)
    assert bucket.reserve(0).ready_after == 0.0


def test_there_is_one_granted_verdict(bucket: TokenBucket) -> None:
    """Granting allocates nothing."""
    assert bucket.try_acquire() is bucket.try_acquire() is Verdict()


def test_a_refusal_raises_when_asked_to(bucket: TokenBucket) -> None:
    """And a grant does not."""
    bucket.try_acquire(2).raise_if_denied()
    with pytest.raises(Denied, match=r"retry after 0\.1 s") as later:
        bucket.try_acquire().raise_if_denied()
    assert later.value.retry_after_ns == 100_000_000
    with pytest.raises(Denied, match="more permits than") as never:
        bucket.try_acquire(3).raise_if_denied()
    assert never.value.exceeds_limit


def test_peeking_takes_nothing(bucket: TokenBucket) -> None:
    """It tells the answer, what is there, and the time until the bucket is full."""
    assert bucket.try_acquire()
    for _ in range(3):
        peek = bucket.peek()
        assert peek.answer
        assert (peek.remaining, peek.reset_after, peek.reset_after_ns) == (1, 0.1, 100_000_000)
    assert bucket.peek(2).answer == Verdict(retry_after_ns=100_000_000)
    assert bucket.peek_at(100_000_000, 2).answer


def test_an_initial_fill_holds_at_the_first_instant(clock: ManualClock) -> None:
    """However late that is."""
    clock.set_ns(10**18)
    bucket = TokenBucket(Quota(10, 1, 2), initial=0, clock=clock)
    assert bucket.peek().remaining == 0
    assert bucket.try_acquire().retry_after_ns == 100_000_000


def test_a_reservation_says_when_to_act_and_others_queue_behind_it(bucket: TokenBucket) -> None:
    """While it is outstanding, asking is refused."""
    assert bucket.reserve(2).ready_after_ns == 0
    reservation = bucket.reserve()
    assert (reservation.permits, reservation.ready_after) == (1, 0.1)
    assert (reservation.ready_after_ns, reservation.ready_at_ns) == (100_000_000, 100_000_000)
    assert bucket.try_acquire_at(100_000_000).retry_after_ns == 100_000_000
    assert bucket.snapshot().owed == 1


def test_a_reservation_is_given_back_once(bucket: TokenBucket) -> None:
    """The second time it gives nothing and says so."""
    bucket.reserve(2)
    reservation = bucket.reserve()
    assert reservation.cancel()
    assert not reservation.cancel()
    assert not reservation.cancel_at(0)
    assert bucket.snapshot().owed == 0


def test_a_reservation_is_given_back_up_to_its_instant_and_not_after(bucket: TokenBucket) -> None:
    """Afterwards whoever reserved has acted."""
    bucket.reserve(2)
    assert bucket.reserve().cancel_at(100_000_000)
    assert not bucket.reserve().cancel_at(100_000_001)


def test_a_reservation_outlives_the_last_reference_to_its_bucket(clock: ManualClock) -> None:
    """It holds what it needs to be given back."""
    bucket = TokenBucket(Quota(10, 1, 2), clock=clock)
    bucket.reserve(2)
    reservation = bucket.reserve()
    del bucket
    assert reservation.cancel()


def test_reserving_within_a_timeout_takes_nothing_if_it_would_take_longer(bucket: TokenBucket) -> None:
    """The refusal says after which wait the same call succeeds."""
    bucket.reserve(2)
    with pytest.raises(Denied) as denied:
        bucket.reserve_within(1, timeout=0.04)
    assert denied.value.retry_after_ns == 60_000_000
    assert bucket.snapshot().owed == 0
    assert bucket.reserve_within(1, timeout=0.1).ready_after == 0.1
    assert bucket.reserve_within_at(0).ready_after == 0.2


def test_reserving_more_than_the_burst_is_refused(bucket: TokenBucket) -> None:
    """No promise can be kept for it."""
    with pytest.raises(Denied) as denied:
        bucket.reserve(3)
    assert denied.value.exceeds_limit
    with pytest.raises(Denied):
        bucket.reserve_at(0, 3)


@pytest.mark.parametrize(
    ("carry", "remaining"),
    [(Carry.RESET, 8), (Carry.AS_IS, 1), (Carry.PROPORTIONAL, 4), (Carry.ADDITIVE, 7)],
)
def test_a_new_quota_carries_the_permits_over_as_told(
    bucket: TokenBucket, carry: Carry, remaining: int
) -> None:
    """One of two permits is there when the burst becomes eight."""
    bucket.try_acquire()
    bucket.set_quota(Quota(20, 1, 8), carry)
    assert bucket.quota == Quota(20, 1, 8)
    assert bucket.peek().remaining == remaining


def test_permits_are_carried_over_as_they_are_unless_told_otherwise(bucket: TokenBucket) -> None:
    """The default neither gives nor takes."""
    bucket.try_acquire()
    bucket.set_quota_at(0, Quota(20, 1, 8))
    assert bucket.peek().remaining == 1


def test_a_snapshot_shows_quota_content_and_debt(bucket: TokenBucket) -> None:
    """It is a plain value."""
    bucket.reserve(2)
    bucket.reserve(2)
    snapshot = bucket.snapshot()
    assert snapshot == TokenBucketSnapshot(Quota(10, 1, 2), 0, 2, 400_000_000)
    assert (snapshot.quota, snapshot.remaining, snapshot.owed) == (Quota(10, 1, 2), 0, 2)
    assert (snapshot.reset_after, snapshot.reset_after_ns) == (0.4, 400_000_000)
    assert bucket.snapshot_at(200_000_000).owed == 0


def test_the_ends_of_the_time_range_are_instants_like_others(bucket: TokenBucket) -> None:
    """Nothing overflows, and an earlier instant than one seen grants no more."""
    last = 2**63 - 1
    assert bucket.try_acquire_at(0)
    assert bucket.try_acquire_at(last, 2)
    assert not bucket.try_acquire_at(last)
    assert not bucket.try_acquire_at(0)
    assert bucket.snapshot_at(last).remaining == 0


def test_a_subclass_is_used_like_the_bucket_itself(clock: ManualClock) -> None:
    """It may have attributes and arguments of its own."""

    class Named(TokenBucket):
        name: str

        def __new__(cls, name: str) -> "Named":
            made = super().__new__(cls, Quota(10, 1, 2), clock=clock)
            made.name = name
            return made

    bucket = Named("search")
    assert bucket.name == "search"
    assert bucket.try_acquire(2)
    assert not bucket.try_acquire()
    assert "Named" in repr(bucket)


def test_a_bucket_shows_its_quota() -> None:
    """For logs."""
    assert repr(TokenBucket(Quota(10, 1, 2))) == "<TokenBucket Quota(permits=10, period=1.0, burst=2)>"


def test_a_reservation_prints_what_it_promises() -> None:
    """Of the second permit of one a second: a second later, and as much to wait."""
    bucket = TokenBucket(Quota(1, 1, 1), clock=ManualClock(5))
    bucket.reserve()
    made = bucket.reserve()
    assert repr(made) == "<Reservation permits=1 ready_at_ns=1000000005 ready_after_ns=1000000000>"
