"""The single flight between threads: who calls, who shares, who leaves, and that nothing stays behind."""

import gc
import math
import pickle
import threading
import weakref
from datetime import timedelta
from typing import Any, NoReturn

import pytest
from flying import Caller, Gate, followed, led_and_followed, until
from guarding import throw
from switching import switched_often

import resil
from resil import LeaderFailed, Reentered, Shared, SingleFlight, SingleFlightSnapshot, TimedOut


def test_a_call_alone_is_the_callers_own_and_nothing_is_kept(flight: SingleFlight) -> None:
    """The next call is made again; arguments are handed on."""
    for value in ([1], [2]):
        shared = flight.run("key", value.copy)
        assert (shared.value, shared.led, shared.shared) == (value, True, False)
    assert flight.run("key", int, "ff", base=16).value == 255
    assert flight.run("key", int).value == 0
    assert flight.run_timeout("key", 0, int, "ff", base=16).value == 255
    assert flight.run_timeout("key", 1.5, int).value == 0


def test_a_thousand_followers_share_one_object(flight: SingleFlight) -> None:
    """One call is made, all wake, and everybody has the very object."""
    gate = Gate(object())
    before = threading.stack_size(256 << 10)
    try:
        leader, following = led_and_followed(flight, gate, 1_000)
    finally:
        threading.stack_size(before)
    assert len(flight) == 1
    gate.open.set()
    assert [caller.end().answer.value for caller in (leader, *following)] == [gate.outcome] * 1_001
    assert (leader.answer.led, leader.answer.shared) == (True, True)
    assert {(caller.answer.led, caller.answer.shared) for caller in following} == {(False, True)}
    assert gate.made == 1


def test_a_value_is_let_go_when_the_callers_have_let_go(flight: SingleFlight) -> None:
    """Nothing of it stays in the object."""

    class Value:
        pass

    gate = Gate(Value())
    leader, following = led_and_followed(flight, gate, 3)
    gate.open.set()
    callers = [leader.end(), *(caller.end() for caller in following)]
    reference = weakref.ref(gate.outcome)
    assert reference() is callers[-1].answer.value
    gate.outcome = None
    for caller in callers:
        caller.answer = None
    assert reference() is None


def test_a_follower_whose_time_is_up_leaves_the_others_waiting(flight: SingleFlight) -> None:
    """It is told by a TimeoutError; the call goes on, and a long wait has its value."""
    gate = Gate(5)
    leader, following = led_and_followed(flight, gate, 1)
    for timeout in (0, 0.0, 0.002, timedelta(milliseconds=2)):
        with pytest.raises(TimedOut, match="timed out waiting") as told:
            flight.run_timeout("key", timeout, throw, AssertionError())
        assert isinstance(told.value, TimeoutError)
        assert flight.snapshot() == SingleFlightSnapshot(1, 1)
    patient = [
        Caller(flight.run_timeout, "key", timeout, int)
        for timeout in (None, 3_600, 10**9, timedelta(days=100_000), 9_223_372_036.8)
    ]
    until(followed(flight, 6))
    gate.open.set()
    assert [caller.end().answer.value for caller in (leader, *following, *patient)] == [5] * 7


def test_asking_for_the_key_whose_call_one_makes_is_refused(flight: SingleFlight) -> None:
    """Other keys are not, nor other threads."""

    def call() -> int:
        with pytest.raises(Reentered, match="this thread or task"):
            flight.run("key", int)
        with pytest.raises(Reentered, match="this thread or task"):
            flight.run_timeout("key", 3_600, int)
        other = Caller(flight.run_timeout, "key", 0, int)
        assert isinstance(other.end().raised, TimedOut)
        return flight.run("another", lambda: 2).value

    assert flight.run("key", call).value == 2


def test_forgetting_leaves_those_who_wait_and_lets_the_next_caller_lead(flight: SingleFlight) -> None:
    """It says whether there was anything to forget."""
    gate = Gate(1)
    leader, (follower,) = led_and_followed(flight, gate, 1)
    assert flight.forget("key")
    assert not flight.forget("key")
    assert not flight.forget("another")
    newer = flight.run("key", lambda: 2)
    assert (newer.value, newer.led, newer.shared) == (2, True, False)
    assert len(flight) == 1
    gate.open.set()
    assert (leader.end().answer.value, follower.end().answer.value) == (1, 1)


def test_different_keys_never_wait_for_one_another(flight: SingleFlight) -> None:
    """More keys than the object has parts are all under way at once."""
    keys = [*(f"{number}" for number in range(50)), *(b"%d" % number for number in range(50))]
    inside = threading.Barrier(len(keys) + 1)
    callers = [Caller(flight.run, key, inside.wait) for key in keys]
    until(lambda: len(flight) == len(keys))
    inside.wait(60)
    assert all(caller.end().answer.led for caller in callers)


def same_key(flight: SingleFlight, one: str | bytes, other: str | bytes) -> bool:
    """Whether a call of the one is in the way of the other."""

    def again() -> bool:
        try:
            flight.run(other, int)
        except Reentered:
            return True
        return False

    return flight.run(one, again).value


def test_keys_are_compared_by_value_and_text_is_not_bytes(flight: SingleFlight) -> None:
    """Text of any characters will do."""

    class Name(str):
        __slots__ = ()

    assert same_key(flight, "key", "".join(["k", "ey"]))
    assert same_key(flight, "key", Name("key"))
    assert same_key(flight, "\ud800", "\ud800")
    assert same_key(flight, "", "")
    assert same_key(flight, b"a\0b", b"a\0b")
    assert not same_key(flight, "key", b"key")
    assert not same_key(flight, b"a\0b", b"a\0c")
    assert not same_key(flight, "\ud800", "\ud801")
    assert not same_key(flight, "e\u0301", "\xe9")


def test_keys_of_every_length_are_told_apart(flight: SingleFlight) -> None:
    """Short ones are kept elsewhere than long ones."""
    for length in (*range(30), 255, 256, 257, 300):
        text = "k" * length
        assert same_key(flight, text, "".join(["k"] * length))
        assert not same_key(flight, text, text.encode())
        for other in (text + "k", text + "\0", text[1:] + "l"):
            assert not same_key(flight, text, other)
            assert not same_key(flight, other.encode(), text.encode())


@pytest.mark.parametrize("key", [None, 1, ("a",), bytearray(b"a"), memoryview(b"a")])
def test_keys_of_other_types_are_refused_by_name(flight: SingleFlight, key: Any) -> None:
    """Before anything is called."""
    for call in (
        lambda: flight.run(key, throw, AssertionError()),
        lambda: flight.run_timeout(key, 1, throw, AssertionError()),
        lambda: flight.forget(key),
    ):
        with pytest.raises(TypeError, match="key must be str or bytes, not"):
            call()


def test_wrong_timeouts_and_missing_arguments_are_refused_by_name(flight: SingleFlight) -> None:
    """Before anything is called."""
    for timeout in (-1, math.nan, math.inf, 10**30, timedelta(-1)):
        with pytest.raises(resil.ConfigError, match="timeout must"):
            flight.run_timeout("key", timeout, throw, AssertionError())
    with pytest.raises(TypeError, match="timeout must be"):
        flight.run_timeout("key", "1", throw, AssertionError())  # type: ignore[arg-type]
    call: Any = flight
    for method, given, missing in (
        (call.run, (), "key"),
        (call.run, ("key",), "function"),
        (call.run_timeout, ("key", 1), "function"),
    ):
        with pytest.raises(TypeError, match=f"missing required positional argument: '{missing}'"):
            method(*given)
    with pytest.raises(TypeError, match="missing required positional argument"):
        call.run(key="key", function=int)
    with pytest.raises(TypeError, match="not callable"):
        call.run("key", 3)


def test_a_coroutine_is_refused_and_closed(flight: SingleFlight) -> None:
    """Nobody else could await it."""

    async def fetch() -> None:
        raise AssertionError("runs")

    with pytest.raises(TypeError, match=r"share it with run_async\(\)"):
        flight.run("key", fetch)


def test_a_storm_of_threads_leaves_nothing_behind(flight: SingleFlight) -> None:
    """Errors, breaks, timeouts and forgetting at once: never two calls of one key, unless one was forgotten."""
    inside = [0] * 3
    wrong: list[str] = []

    def call(key: int, turn: int) -> int:
        inside[key] += 1
        if key != 2 and inside[key] != 1:
            wrong.append(f"two calls of {key}")
        inside[key] -= 1
        if turn % 5 == 0:
            raise LookupError
        if turn % 7 == 0:
            raise GeneratorExit
        return turn

    def ask(number: int) -> None:
        for turn in range(300):
            key = (number + turn) % 3
            try:
                if turn % 2:
                    flight.run(str(key), call, key, turn)
                else:
                    flight.run_timeout(str(key), 0.0001, call, key, turn)
            except (LookupError, GeneratorExit, LeaderFailed, TimedOut):
                pass
            if key == 2:
                flight.forget("2")

    with switched_often():
        callers = [Caller(ask, number) for number in range(8)]
        assert [caller.end().raised for caller in callers] == [None] * 8
    assert wrong == []


def test_waiting_uses_the_locks_and_threads_that_threading_has_at_the_call(
    flight: SingleFlight, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So gevent can put its own in their place, of which many share one thread of the system."""
    log: list[str] = []

    class Lock:
        """Whoever waits for it lets the leader go on, in the same thread."""

        def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
            log.append("acquire")
            if log.count("acquire") == 2:
                greenlet.switch()
            return True

        def release(self) -> None:
            log.append("release")

    class Greenlet:
        """The leader, which goes on when the follower waits."""

        def switch(self) -> None:
            part.land("value")

    greenlet = Greenlet()
    monkeypatch.setattr(threading, "get_ident", lambda: 1)
    part = flight._enter("key", None)
    assert part.leads
    monkeypatch.setattr(threading, "get_ident", lambda: 2)
    monkeypatch.setattr(threading, "Lock", Lock)
    shared = flight.run("key", throw, AssertionError())
    assert (shared.value, shared.led) == ("value", False)
    assert log == ["acquire", "acquire", "release"]
    monkeypatch.setattr(threading, "get_ident", lambda: 1)
    with pytest.raises(Reentered):
        flight.run("key", flight.run, "key", int)


def test_a_call_that_was_interrupted_while_it_waits_has_left(
    flight: SingleFlight, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the wait raises goes through."""

    class Lock:
        def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
            if flight.snapshot().followers:
                raise KeyboardInterrupt if taken else AssertionError
            taken.append(True)
            return True

        def release(self) -> NoReturn:
            raise AssertionError

    gate = Gate(1)
    leader, _ = led_and_followed(flight, gate, 0)
    taken: list[bool] = [True]
    monkeypatch.setattr(threading, "Lock", Lock)
    with pytest.raises(KeyboardInterrupt):
        flight.run("key", throw, AssertionError())
    assert flight.snapshot() == SingleFlightSnapshot(1, 0)
    monkeypatch.undo()
    gate.open.set()
    assert not leader.end().answer.shared


def test_values_of_the_library_say_what_they_are() -> None:
    """Representation, comparison, pickles; the object itself is bound to its process."""
    flight = SingleFlight()
    assert repr(flight) == "<SingleFlight flights=0 followers=0>"
    assert flight, "true, though it is empty"
    with pytest.raises(TypeError, match="cannot pickle or copy a SingleFlight"):
        pickle.dumps(flight)
    shared = Shared([1], led=False, shared=True)
    assert repr(shared) == "Shared([1], led=False, shared=True)"
    again = pickle.loads(pickle.dumps(shared))
    assert (again.value, again.led, again.shared) == ([1], False, True)
    assert Shared[int] is not None
    seen = SingleFlightSnapshot(1, 2)
    assert seen == pickle.loads(pickle.dumps(seen))
    assert seen != SingleFlightSnapshot(2, 1)
    assert hash(seen) == hash(SingleFlightSnapshot(1, 2))
    assert repr(seen) == "SingleFlightSnapshot(flights=1, followers=2)"
    for kind in (LeaderFailed, Reentered, TimedOut):
        error = pickle.loads(pickle.dumps(kind("why")))
        assert (type(error), error.args) == (kind, ("why",))
        assert isinstance(error, resil.ResilError)


def test_rings_through_shared_values_and_flights_are_collected() -> None:
    """A value that holds what holds it, and an object that is an attribute of its own call."""

    class Node:
        held: object = None

    def make() -> list["weakref.ref[Any]"]:
        flight, node = SingleFlight(), Node()
        node.held = flight.run("key", lambda: node)

        @flight.share(key="key")
        def call() -> object:
            return flight, call

        call()
        return [weakref.ref(node), weakref.ref(call)]

    references = make()
    gc.collect()
    assert [reference() for reference in references] == [None] * 2
