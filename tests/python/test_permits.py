"""Permits, and the blocks that settle them."""

import threading
from collections.abc import Callable, Generator

import pytest
from guarding import counted

from resil import ManualClock, Mode, Outcome, Permit, Rejected, ResilError, SreBreaker


@pytest.mark.parametrize(
    ("settle", "expected"),
    [
        (lambda permit: permit.success(), (1, 0)),
        (lambda permit: permit.failure(), (0, 1)),
        (lambda permit: permit.ignore(), (0, 0)),
        (lambda permit: permit.success_at(0), (1, 0)),
        (lambda permit: permit.failure_at(0), (0, 1)),
        (lambda permit: permit.settle(Outcome.FAILURE), (0, 1)),
        (lambda permit: permit.settle_at(0, Outcome.SUCCESS), (1, 0)),
    ],
)
def test_a_permit_is_settled_once(
    breaker: SreBreaker, settle: Callable[[Permit], None], expected: tuple[int, int]
) -> None:
    """The second time is an error that changes nothing, however it is done."""
    permit = breaker.try_acquire()
    assert repr(permit) == "<Permit>"
    settle(permit)
    assert counted(breaker) == expected
    assert repr(permit) == "<Permit settled>"
    for again in (permit.success, permit.failure, permit.ignore, lambda: settle(permit)):
        with pytest.raises(ResilError, match="^the permit is settled$"):
            again()
    assert counted(breaker) == expected


def test_a_permit_counts_when_it_is_settled(breaker: SreBreaker, clock: ManualClock) -> None:
    """Not when it was given out; a wrong instant or outcome leaves it unsettled."""
    permit = breaker.try_acquire()
    with pytest.raises(ValueError, match="^now_ns must"):
        permit.success_at(-1)
    with pytest.raises(TypeError, match="^outcome must"):
        permit.settle("success")  # type: ignore[arg-type]
    clock.advance(3_600)
    permit.failure()
    assert counted(breaker) == (0, 1)


def test_a_dropped_permit_counts_as_neither(breaker: SreBreaker) -> None:
    """It outlives its breaker, too."""
    del_me = breaker.try_acquire()
    del del_me
    assert counted(breaker) == (0, 0)
    permit = SreBreaker().try_acquire()
    permit.success()


def test_a_permit_can_be_settled_by_another_thread_and_only_once(breaker: SreBreaker) -> None:
    """One of them does."""
    permit = breaker.try_acquire()
    barrier = threading.Barrier(4)
    settled: list[bool] = []

    def settle() -> None:
        barrier.wait()
        try:
            permit.failure()
        except ResilError:
            settled.append(False)
        else:
            settled.append(True)

    workers = [threading.Thread(target=settle) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(settled) == [False, False, False, True]
    assert counted(breaker) == (0, 1)


def test_a_block_may_settle_its_permit_by_hand(breaker: SreBreaker) -> None:
    """Then leaving counts nothing more, whichever way."""
    with breaker.guard() as permit:
        permit.failure()
    with pytest.raises(LookupError), breaker.guard() as permit:
        permit.ignore()
        raise LookupError
    with breaker.guard() as permit:
        pass
    with pytest.raises(ResilError):
        permit.success()
    assert counted(breaker) == (1, 1)


def test_a_guard_is_for_one_block(breaker: SreBreaker) -> None:
    """A refused one may be tried again; leaving before entering is an error."""
    guard = breaker.guard()
    with pytest.raises(ResilError, match="not entered"):
        guard.__exit__(None, None, None)
    breaker.set_mode(Mode.FORCED_OPEN)
    with pytest.raises(Rejected):
        guard.__enter__()
    breaker.set_mode(Mode.ENABLED)
    with guard:
        pass
    with pytest.raises(ResilError, match="entered once"), guard:
        pytest.fail("entered")
    assert counted(breaker) == (1, 0)


def test_a_block_in_a_generator_is_settled_when_the_generator_ends(breaker: SreBreaker) -> None:
    """Exhausted it is a success, closed early it is neither."""

    def values() -> Generator[int]:
        with breaker.guard():
            yield 1
            yield 2

    assert list(values()) == [1, 2]
    assert counted(breaker) == (1, 0)
    started = values()
    next(started)
    started.close()
    assert counted(breaker) == (1, 0)
