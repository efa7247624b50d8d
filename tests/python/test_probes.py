"""What other Python packages of this field were seen to do wrong, each as a test, here or where it belongs.

A breaker that serialises the calls it guards
    test_probes.py::test_guarded_calls_overlap
A child forked during a guarded call hangs
    test_fork.py::test_a_child_forked_while_a_guarded_call_runs_is_not_held_up
An interrupt counts as a failure, or is replaced by the refusal; so is the call's own exception
    test_guarding.py::test_what_is_no_exception_of_the_call_counts_as_neither_and_is_never_replaced
    test_guarding.py::test_an_exception_counts_as_a_failure_and_goes_through_as_it_is
Coroutine functions are decorated and never counted
    test_protect.py::test_a_coroutine_function_stays_one
A cancelled call counts as a success and closes the circuit
    test_protect.py::test_a_cancelled_awaited_call_counts_as_neither
A block runs although the circuit is open
    test_guarding.py::test_a_refused_call_is_not_made
Everybody is let in to probe
    test_probes.py::test_one_of_many_threads_makes_the_forced_pass
Cancelled clients open the circuit
    test_probes.py::test_cancelled_clients_open_nothing
Local and UTC wall clocks mixed
    test_probes.py::test_the_time_zone_changes_no_answer
A drained key is forgotten for 1,024 others
    test_keyed.py::test_a_drained_bucket_is_remembered_until_as_many_other_keys_came_as_there_is_room_for
Permits come back in steps of a second
    test_probes.py::test_permits_come_back_one_by_one
Threads are granted more than the burst, or fewer
    test_processes.py::test_threads_at_one_instant_are_granted_exactly_the_burst
Expiring keys takes a third of a core, and threads
    test_keyed.py::test_many_keys_cost_no_thread
Waiters for large amounts starve
    test_asyncio.py::test_waiters_are_served_in_the_order_in_which_they_came
A cancelled leader poisons its key, or cancels its followers
    test_single_flight_async.py::test_when_the_leader_is_cancelled_a_follower_makes_its_own_call
    test_single_flight_async.py::test_when_everybody_is_cancelled_the_key_is_free
A cancelled follower cancels everybody
    test_single_flight_async.py::test_cancelling_a_follower_leaves_the_others_waiting
Asking for the key whose call one makes deadlocks
    test_single_flight.py::test_asking_for_the_key_whose_call_one_makes_is_refused
    test_single_flight_async.py::test_a_task_that_asks_for_the_key_whose_call_it_makes_is_refused
A call that raises runs once for each caller, or all get one exception object
    test_single_flight_errors.py::test_each_follower_gets_an_exception_of_its_own
Refusals do not pickle
    test_probes.py::test_every_exception_survives_pickling_with_its_fields
"""

import asyncio
import inspect
import os
import pickle
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from guarding import counted

import resil
from resil import (
    Denied,
    LeaderFailed,
    ManualClock,
    Outcome,
    Quota,
    Reentered,
    Rejected,
    ResilError,
    SreBreaker,
    SreBreakerConfig,
    TimedOut,
    TokenBucket,
)


def test_each_of_the_tests_named_above_is_there() -> None:
    """A test that was renamed is named so here, too."""
    assert __doc__ is not None
    named = re.findall(r"^    (\w+\.py)::(\w+)$", __doc__, re.MULTILINE)
    assert len(named) >= 22
    for file, test in named:
        assert f"def {test}(" in (Path(__file__).parent / file).read_text(), f"{file}::{test}"


def test_guarded_calls_overlap(breaker: SreBreaker) -> None:
    """Each of four waits inside for the other three."""
    all_inside = threading.Barrier(4)
    workers = [threading.Thread(target=breaker.run, args=(all_inside.wait, 30)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert counted(breaker) == (4, 0)


def test_one_of_many_threads_makes_the_forced_pass(clock: ManualClock) -> None:
    """Where the breaker lets one call through to see how the backend does, it is one, and one each second."""
    draw = 0.999
    breaker = SreBreaker(SreBreakerConfig.go_zero(), clock=clock, draw=lambda: draw)
    for _ in range(100):
        breaker.record(Outcome.FAILURE)
    # By chance, while in trouble: a second after it one is forced.
    breaker.try_acquire().ignore()
    draw = 0.0

    def let_in() -> int:
        threads = 10
        at_once = threading.Barrier(threads)
        passed: list[int] = []

        def ask() -> None:
            at_once.wait(30)
            try:
                breaker.try_acquire().ignore()
            except Rejected:
                return
            passed.append(1)

        workers = [threading.Thread(target=ask) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return len(passed)

    assert let_in() == 0
    for _ in range(3):
        clock.advance(1.25)
        assert let_in() == 1
        assert let_in() == 0


def test_cancelled_clients_open_nothing(breaker: SreBreaker) -> None:
    """However many: they gave up, the backend did not fail."""

    async def slow() -> None:
        await asyncio.sleep(3_600)

    async def main() -> None:
        clients = [asyncio.create_task(breaker.run_async(slow)) for _ in range(100)]
        await asyncio.sleep(0)
        for client in clients:
            client.cancel()
        ended = await asyncio.gather(*clients, return_exceptions=True)
        assert all(isinstance(end, asyncio.CancelledError) for end in ended)

    asyncio.run(main())
    assert breaker.snapshot().drop_ratio == 0
    assert counted(breaker) == (0, 0)


def test_the_time_zone_changes_no_answer() -> None:
    """A wait is a wait, and an aligned window begins at the offset it was given, wherever the machine stands."""
    script = """
import datetime, resil
bucket = resil.TokenBucket(resil.Quota(1, 30, 1), clock=resil.ManualClock())
bucket.try_acquire()
noon = resil.ManualClock(12 * 3_600 * 10**9)
daily = resil.PeriodLimiter.aligned(1, datetime.timedelta(days=1), datetime.timedelta(hours=1), clock=noon)
daily.try_acquire()
print(bucket.try_acquire().retry_after, daily.try_acquire().retry_after)
"""
    answers = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "TZ": zone},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        for zone in ("UTC", "America/New_York", "Asia/Kolkata")
    }
    assert answers == {"30.0 39600.0\n"}


def test_permits_come_back_one_by_one(clock: ManualClock) -> None:
    """Ten a second are one each 100 ms, to the nanosecond."""
    bucket = TokenBucket(Quota.per_second(10), clock=clock)
    assert bucket.try_acquire(10)
    for _ in range(30):
        clock.advance_ns(99_999_999)
        assert not bucket.try_acquire()
        clock.advance_ns(1)
        assert bucket.try_acquire()
        assert not bucket.try_acquire()


EXCEPTIONS: list[ResilError] = [
    ResilError("mine"),
    resil.ConfigError("permits must be at least 1, not 0"),
    Denied(7),
    Denied(),
    LeaderFailed("mine"),
    Reentered("mine"),
    Rejected(0.25),
    Rejected(1.0, forced_open=True),
    TimedOut("mine"),
]


@pytest.mark.parametrize("error", EXCEPTIONS, ids=repr)
def test_every_exception_survives_pickling_with_its_fields(error: ResilError) -> None:
    """By every protocol."""
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        twin = pickle.loads(pickle.dumps(error, protocol))
        assert type(twin) is type(error)
        assert (twin.args, vars(twin), str(twin), repr(twin)) == (error.args, vars(error), str(error), repr(error))


def test_every_exception_is_pickled_above() -> None:
    """One that is added must be added there."""
    offered = [getattr(resil, name) for name in resil.__all__]
    exceptions = {one for one in offered if inspect.isclass(one) and issubclass(one, BaseException)}
    assert exceptions == {type(error) for error in EXCEPTIONS}
