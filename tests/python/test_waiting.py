"""Waiting in threads: it sleeps as Python sleeps."""

import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from types import FrameType

import pytest
from waiters import Limiter, Way, intervals_ahead

from resil import ManualClock, TokenBucket, Verdict


@pytest.fixture
def busy(way: Way) -> Limiter:
    """A limiter on the real clock that has its next permit in an hour."""
    return way.busy(3_600)


def test_what_is_there_is_taken_without_sleeping(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """The granted verdict is the shared one."""
    monkeypatch.delattr(time, "sleep")
    assert way.idle(3_600).acquire() is Verdict()


def test_on_a_manual_clock_waiting_moves_the_clock(limiter: Limiter, clock: ManualClock) -> None:
    """Tests of callers need not sleep."""
    assert limiter.acquire()
    assert clock.now_ns() == 0
    assert limiter.acquire()
    assert clock.now_ns() == 100_000_000
    assert limiter.acquire()
    assert clock.now_ns() == 200_000_000


def test_several_permits_are_waited_for_together(bucket: TokenBucket, clock: ManualClock) -> None:
    """As long as they take to come back."""
    assert bucket.acquire(2)
    assert bucket.acquire()
    assert clock.now_ns() == 100_000_000
    assert bucket.acquire(2)
    assert clock.now_ns() == 300_000_000


@pytest.mark.parametrize("timeout", [0.099, timedelta(milliseconds=99), 0])
def test_a_wait_beyond_the_timeout_is_refused_at_once_and_takes_nothing(
    limiter: Limiter, clock: ManualClock, timeout: float | timedelta
) -> None:
    """The refusal is a verdict that says when the same call succeeds."""
    limiter.acquire()
    before = limiter.snapshot()
    denied = limiter.acquire(timeout=timeout)
    assert not denied
    assert denied.retry_after_ns == (100_000_000 if timeout == 0 else 1_000_000)
    assert (limiter.snapshot(), clock.now_ns()) == (before, 0)
    assert limiter.acquire(timeout=0.1)


def test_waiting_for_more_than_the_burst_is_refused(limiter: Limiter) -> None:
    """It would never end."""
    assert limiter.acquire(limiter.quota.burst + 1).exceeds_limit


def test_it_sleeps_in_time_sleep_as_it_is_at_the_call(
    busy: Limiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So gevent's patch and a test's patch are honoured."""
    sleeps: list[float] = []
    monkeypatch.setattr(time, "sleep", sleeps.append)
    assert busy.acquire()
    [first] = sleeps
    assert 0 < first <= 3_600
    assert busy.acquire()
    assert first < sleeps[1] <= 7_200


def test_a_long_wait_is_slept_in_days(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """No platform's sleep takes everything."""
    sleeps: list[float] = []
    monkeypatch.setattr(time, "sleep", sleeps.append)
    assert way.busy(timedelta(days=3)).acquire()
    assert sleeps[:2] == [86_400.0, 86_400.0]
    assert len(sleeps) == 3
    assert 0 < sleeps[2] <= 86_400.0


@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_whatever_ends_the_sleep_goes_on_and_a_bucket_has_its_permits_back(
    way: Way, busy: Limiter, monkeypatch: pytest.MonkeyPatch, raised: type[BaseException]
) -> None:
    """Whoever gives up waiting for a bucket holds up nobody; a queue's slot stays taken, and unused."""
    waiting: list[int] = []

    def interrupted(seconds: float) -> None:
        waiting.append(intervals_ahead(busy))
        raise raised

    monkeypatch.setattr(time, "sleep", interrupted)
    with pytest.raises(raised):
        busy.acquire()
    assert waiting == [2]
    assert intervals_ahead(busy) == (1 if way.gives_back else 2)


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
def test_a_signal_ends_a_real_wait(way: Way, busy: Limiter) -> None:
    """An hour's wait is over with the handler's exception."""
    with pytest.raises(KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        busy.acquire()
    assert intervals_ahead(busy) == (1 if way.gives_back else 2)


def test_a_real_wait_lasts_until_the_permit_is_due(way: Way) -> None:
    """Sleeping never ends early."""
    started = time.monotonic_ns()
    assert way.busy(0.02).acquire(timeout=10)
    assert time.monotonic_ns() - started >= 20_000_000


def test_entering_a_with_block_waits_for_one_permit(limiter: Limiter, clock: ManualClock) -> None:
    """Leaving gives nothing back, whether by an exception or not, and hides none."""
    with limiter:
        assert clock.now_ns() == 0
    with pytest.raises(LookupError), limiter:
        raise LookupError
    assert clock.now_ns() == 100_000_000
    with limiter:
        assert clock.now_ns() == 200_000_000
