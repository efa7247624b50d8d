"""Waiting in threads: it sleeps as Python sleeps, and gives back what it did not use."""

import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from types import FrameType

import pytest

from resil import ManualClock, Quota, TokenBucket, Verdict

HOUR = Quota(1, 3_600, 1)


@pytest.fixture
def empty() -> TokenBucket:
    """A bucket on the real clock that has its next permit in an hour."""
    return TokenBucket(HOUR, initial=0)


def test_what_is_there_is_taken_without_sleeping(monkeypatch: pytest.MonkeyPatch) -> None:
    """The granted verdict is the shared one."""
    monkeypatch.delattr(time, "sleep")
    assert TokenBucket(HOUR).acquire() is Verdict()


def test_on_a_manual_clock_waiting_moves_the_clock(bucket: TokenBucket, clock: ManualClock) -> None:
    """Tests of callers need not sleep."""
    assert bucket.acquire(2)
    assert bucket.acquire()
    assert clock.now_ns() == 100_000_000
    assert bucket.acquire(2)
    assert clock.now_ns() == 300_000_000


@pytest.mark.parametrize("timeout", [0.099, timedelta(milliseconds=99), 0])
def test_a_wait_beyond_the_timeout_is_refused_at_once_and_takes_nothing(
    bucket: TokenBucket, clock: ManualClock, timeout: float | timedelta
) -> None:
    """The refusal is a verdict that says when the same call succeeds."""
    bucket.acquire(2)
    before = bucket.snapshot()
    denied = bucket.acquire(timeout=timeout)
    assert not denied
    assert denied.retry_after_ns == (100_000_000 if timeout == 0 else 1_000_000)
    assert (bucket.snapshot(), clock.now_ns()) == (before, 0)
    assert bucket.acquire(timeout=0.1)


def test_waiting_for_more_than_the_burst_is_refused(bucket: TokenBucket) -> None:
    """It would never end."""
    assert bucket.acquire(3).exceeds_limit


def test_it_sleeps_in_time_sleep_as_it_is_at_the_call(
    empty: TokenBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So gevent's patch and a test's patch are honoured."""
    sleeps: list[float] = []
    monkeypatch.setattr(time, "sleep", sleeps.append)
    assert empty.acquire()
    [first] = sleeps
    assert 0 < first <= 3_600
    assert empty.acquire()
    assert first < sleeps[1] <= 7_200


def test_a_long_wait_is_slept_in_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """No platform's sleep takes everything."""
    sleeps: list[float] = []
    monkeypatch.setattr(time, "sleep", sleeps.append)
    assert TokenBucket(Quota(1, timedelta(days=3), 1), initial=0).acquire()
    assert sleeps[:2] == [86_400.0, 86_400.0]
    assert len(sleeps) == 3
    assert 0 < sleeps[2] <= 86_400.0


@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_whatever_ends_the_sleep_gives_the_permits_back_and_goes_on(
    empty: TokenBucket, monkeypatch: pytest.MonkeyPatch, raised: type[BaseException]
) -> None:
    """Whoever gave up waiting holds up nobody."""
    owed: list[int] = []

    def interrupted(seconds: float) -> None:
        owed.append(empty.snapshot().owed)
        raise raised

    monkeypatch.setattr(time, "sleep", interrupted)
    with pytest.raises(raised):
        empty.acquire()
    assert owed == [1]
    assert empty.snapshot().owed == 0


@pytest.fixture
def alarm() -> Iterator[None]:
    """Lets SIGALRM interrupt as Ctrl-C does."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("alarm")
def test_a_signal_ends_a_real_wait(empty: TokenBucket) -> None:
    """An hour's wait is over with the handler's exception, and nothing is owed."""
    with pytest.raises(KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        empty.acquire()
    assert empty.snapshot().owed == 0


def test_a_real_wait_lasts_until_the_permit_is_due() -> None:
    """Sleeping never ends early."""
    bucket = TokenBucket(Quota(1, 0.02, 1), initial=0)
    started = time.monotonic_ns()
    assert bucket.acquire(timeout=10)
    assert time.monotonic_ns() - started >= 20_000_000


def test_entering_a_with_block_waits_for_one_permit(bucket: TokenBucket, clock: ManualClock) -> None:
    """Leaving gives nothing back, whether by an exception or not, and hides none."""
    with bucket:
        pass
    with pytest.raises(LookupError), bucket:
        raise LookupError
    assert clock.now_ns() == 0
    with bucket:
        assert clock.now_ns() == 100_000_000
