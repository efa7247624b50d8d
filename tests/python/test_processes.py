"""Threads, interrupts, workers, and the end of the interpreter."""

import doctest
import threading
from collections.abc import Callable

import pytest
from interpreters import run
from switching import work_in_threads

import resil
from resil import Denied, LeakyMeter, LeakyQueue, ManualClock, PeriodLimiter, Quota, TokenBucket


def admitted(queue: LeakyQueue) -> bool:
    """Whether a queue had room."""
    try:
        queue.try_reserve()
    except Denied:
        return False
    return True


BURST = 5_000


def askers() -> dict[str, Callable[[], bool]]:
    """One request to each limiter, all of which grant as much in all at one instant."""
    quota, clock = Quota(1, 1, BURST), ManualClock()
    bucket, meter = TokenBucket(quota, clock=clock), LeakyMeter(quota, clock=clock)
    queue = LeakyQueue(quota, clock=clock)
    from_first_use = PeriodLimiter(BURST, 1, clock=clock)
    sliding = PeriodLimiter.sliding(BURST, 1, clock=clock)
    return {
        "TokenBucket": lambda: bool(bucket.try_acquire()),
        "LeakyMeter": lambda: bool(meter.try_acquire()),
        "LeakyQueue": lambda: admitted(queue),
        "PeriodLimiter": lambda: bool(from_first_use.try_acquire()),
        "PeriodLimiter.sliding": lambda: bool(sliding.try_acquire()),
    }


@pytest.mark.parametrize("name", list(askers()))
def test_threads_at_one_instant_are_granted_exactly_the_burst(name: str) -> None:
    """Not one more, not one less, however they are switched."""
    threads, each = 8, 1_000
    ask_once = askers()[name]
    barrier = threading.Barrier(threads)
    granted: list[int] = []

    def ask() -> None:
        barrier.wait()
        granted.append(sum(ask_once() for _ in range(each)))

    work_in_threads(ask, [()] * threads)
    assert len(granted) == threads
    assert sum(granted) == BURST


def test_threads_that_cancel_one_reservation_give_it_back_once() -> None:
    """One of them is told so."""
    bucket = TokenBucket(Quota(1, 1, 10), initial=0, clock=ManualClock())
    reservation = bucket.reserve(10)
    barrier = threading.Barrier(4)
    gave: list[bool] = []

    def cancel() -> None:
        barrier.wait()
        gave.append(reservation.cancel())

    workers = [threading.Thread(target=cancel) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(gave) == [False, False, False, True]
    assert bucket.snapshot().owed == 0


def test_a_refusal_comes_back_from_a_worker_process() -> None:
    """With its fields."""
    script = """
import concurrent.futures, multiprocessing, resil

breaker = resil.SreBreaker()

@breaker.protect
def call(): pass

if __name__ == "__main__":
    breaker.set_mode(resil.Mode.FORCED_OPEN)
    fork = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=fork) as pool:
        try:
            pool.submit(call).result()
        except resil.Rejected as rejected:
            print(rejected.drop_ratio, rejected.forced_open)
"""
    assert run(script) == "1.0 True\n"


def test_an_interrupt_ends_the_wait_of_a_follower() -> None:
    """At once, with a call under way that would never end; a timeout does not hide it."""
    script = """
import os, signal, threading, time, resil
flight = resil.SingleFlight()
inside, leave = threading.Event(), threading.Event()

def call():
    inside.set()
    leave.wait()

threading.Thread(target=flight.run, args=("key", call)).start()
inside.wait()

def strike():
    while not flight.snapshot().followers:
        pass
    # It follows; a moment later its thread sleeps. A signal in between would be heard when it wakes.
    time.sleep(0.05)
    os.kill(os.getpid(), signal.SIGINT)

for wait in (lambda: flight.run("key", int), lambda: flight.run_timeout("key", 3_600, int)):
    thread = threading.Thread(target=strike)
    thread.start()
    try:
        wait()
    except KeyboardInterrupt:
        print("interrupted", flight.snapshot())
    thread.join()
leave.set()
"""
    left = "interrupted SingleFlightSnapshot(flights=1, followers=0)\n"
    assert run(script) == left * 2


def test_an_interrupt_while_followers_are_woken_neither_gets_lost_nor_leaves_one_asleep() -> None:
    """It strikes in a waker, and is raised when the leader's call has landed."""
    script = """
import signal, resil
flight = resil.SingleFlight()
leading = flight._enter("key", 1)
followers = [flight._enter("key", task) for task in (2, 3)]
woken = []

def wake():
    if not woken:
        woken.append("struck")
        signal.raise_signal(signal.SIGINT)
    woken.append("woken")

for part in followers:
    part.look(wake)
try:
    leading.land("value")
    while True:
        pass
except KeyboardInterrupt:
    print(woken, [part.look(wake).value for part in followers], len(flight))
"""
    assert run(script) == "['struck', 'woken', 'woken'] ['value', 'value'] 0\n"


def test_the_interpreter_ends_quietly_with_buckets_and_waiters_about() -> None:
    """A waiting daemon thread and a bucket used while modules go away disturb nothing."""
    script = """
import threading, time, resil
bucket = resil.TokenBucket(resil.Quota(1, 3600, 1))
reservation = bucket.reserve()

@bucket.limit
def call(): pass

class Late:
    def __init__(self): self.bucket = bucket
    def __del__(self):
        self.bucket.try_acquire()
        self.bucket.snapshot()
        meter.try_acquire()
        period.try_acquire()
        queue.try_reserve(0)
        window.record(1)
        breaker.record(resil_outcome)
        breaker.run(int)
        with breaker.guard():
            pass

meter, queue = resil.LeakyMeter(bucket.quota), resil.LeakyQueue(resil.Quota(1, 3600, 3))
queue.try_reserve()
period = resil.PeriodLimiter(1, 60)
window = resil.RollingWindow(1, 3)
breaker = resil.SreBreaker(draw=lambda: 0.5)
resil_outcome = resil.Outcome.FAILURE
unsettled = breaker.try_acquire()
late = Late()
flight = resil.SingleFlight()
leading = flight._enter("key", 1)
threading.Thread(target=flight.run, args=("key", int), daemon=True).start()
while not flight.snapshot().followers:
    pass
def wait(limiter):
    started.set()
    limiter.acquire()
for limiter in (bucket, queue):
    started = threading.Event()
    threading.Thread(target=wait, args=(limiter,), daemon=True).start()
    started.wait()
print("done")
"""
    assert run(script) == "done\n"


def test_the_examples_in_the_docstrings_are_true() -> None:
    """Those of the package and of the bucket."""
    results = doctest.testmod(resil)
    assert results.attempted >= 12
    assert results.failed == 0
