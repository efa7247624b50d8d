"""Guarded calls amid threads, interrupts and the garbage collector."""

import _thread
import gc
import signal
import threading
import weakref
from typing import Any

import pytest
from guarding import counted
from switching import work_in_threads

from resil import (
    Mode,
    Outcome,
    SreBreaker,
)


def test_ctrl_c_in_a_guarded_call_is_neither_held_back_nor_counted(breaker: SreBreaker) -> None:
    """A real one, at the point where the breaker would refuse the next call."""
    for _ in range(100):
        breaker.record(Outcome.FAILURE)
    breaker.set_mode(Mode.DRY_RUN)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            breaker.run(interrupt_and_go_on)
        with pytest.raises(KeyboardInterrupt), breaker.guard():
            interrupt_and_go_on()
    finally:
        signal.signal(signal.SIGINT, before)
    assert counted(breaker) == (0, 100)


def interrupt_and_go_on() -> None:
    """Is interrupted somewhere in the loop."""
    _thread.interrupt_main()
    for _ in range(10_000_000):
        pass
    pytest.fail("not interrupted")


def test_guarded_calls_of_several_threads_run_at_the_same_time(breaker: SreBreaker) -> None:
    """Each waits inside for all the others: a lock around calls would hang here."""
    barrier = threading.Barrier(8, timeout=30)
    workers = [threading.Thread(target=breaker.run, args=(barrier.wait,)) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert counted(breaker) == (8, 0)


def test_threads_lose_no_outcome(breaker: SreBreaker) -> None:
    """However they are switched, and whichever way they count."""
    breaker.set_mode(Mode.DRY_RUN)

    @breaker.protect
    def call(number: int) -> None:
        if number % 2:
            raise LookupError

    def work() -> None:
        for number in range(1_000):
            try:
                call(number)
                with breaker.guard():
                    pass
            except LookupError:
                pass

    work_in_threads(work, [()] * 4)
    assert counted(breaker) == (4_000, 2_000)


def test_cycles_through_a_breaker_are_collected() -> None:
    """Through its draw, a guard and a subclass's attributes."""

    class Client(SreBreaker):
        pass

    class Draw:
        def __call__(self) -> float:
            return 0.5

    def make() -> list[weakref.ref[Any]]:
        draw = Draw()
        drawing = SreBreaker(draw=draw)
        draw.breaker = drawing  # type: ignore[attr-defined]
        client = Client()
        client.guard_again = client.guard()  # type: ignore[attr-defined]
        client.permit = client.try_acquire()  # type: ignore[attr-defined]
        return [weakref.ref(draw), weakref.ref(drawing), weakref.ref(client)]

    references = make()
    gc.collect()
    assert [reference() for reference in references] == [None] * 3
