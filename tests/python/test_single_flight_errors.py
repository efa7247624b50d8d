"""The single flight where the call fails: whose exception is whose."""

import traceback
from typing import Any, NoReturn

import pytest
from flying import Gate, led_and_followed
from guarding import throw

import resil
from resil import LeaderFailed, SingleFlight


class Odd(Exception):
    """Its arguments are not those of its constructor."""

    def __init__(self, code: int, *, hint: str) -> None:
        super().__init__(f"failed with {code}")
        self.code = code
        self.hint = hint


class Slotted(Exception):
    """Keeps what it knows in slots."""

    __slots__ = ("code",)


class Pickled(Exception):
    """Says itself how it is made again."""

    def __init__(self, code: int, twice: int) -> None:
        super().__init__(code)
        self.twice = twice

    def __reduce__(self) -> tuple[Any, ...]:
        return Pickled, (self.args[0], self.twice)


class File(OSError):
    """An error of the system, with a constructor of its own."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.seen = True


def slotted(code: int) -> Slotted:
    """One with its slot filled."""
    made = Slotted("text")
    made.code = code  # type: ignore[attr-defined]
    return made


EXCEPTIONS = [
    ValueError("wrong", 17),
    KeyError("key"),
    OSError(2, "No such file", "name"),
    File(2, "No such file", "name"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"),
    ImportError("no", name="module", path="/"),
    StopIteration(3),
    ExceptionGroup("some", [ValueError(1), LookupError(2)]),
    resil.Denied(5),
    resil.Rejected(0.5, True),
    Odd(17, hint="later"),
    slotted(4),
    Pickled(1, 2),
]


@pytest.mark.parametrize("raised", EXCEPTIONS, ids=lambda raised: type(raised).__name__)
def test_each_follower_gets_an_exception_of_its_own(flight: SingleFlight, raised: Exception) -> None:
    """Same type, arguments and attributes; the leader's is its cause; each has only its own traceback."""
    raised.add_note("a note")
    gate = Gate(raised)
    leader, following = led_and_followed(flight, gate, 3)
    gate.open.set()
    assert leader.end().raised is raised
    copies: list[Any] = [caller.end().raised for caller in following]
    assert len({id(one) for one in (raised, *copies)}) == 4
    for one in copies:
        assert type(one) is type(raised)
        assert (one.args, str(one), vars(one)) == (raised.args, str(raised), vars(raised))
        assert one.__cause__ is raised
        assert one.__notes__ is not raised.__notes__
        assert len(traceback.extract_tb(one.__traceback__)) == 1, "the follower's own frame"
        for name in ("errno", "filename", "start", "name", "path", "value", "exceptions", "code", "twice", "seen"):
            assert getattr(one, name, None) == getattr(raised, name, None), name


class Only(Exception):
    """There can be only one."""

    def __copy__(self) -> "Only":
        return self


class Refusing(Exception):
    """Its copies fail."""

    def __reduce__(self) -> NoReturn:
        raise TypeError("no copies")


@pytest.mark.parametrize("raised", [Only("one"), Refusing("one")])
def test_what_cannot_be_copied_is_told_as_the_cause_of_a_failed_leader(flight: SingleFlight, raised: Exception) -> None:
    """The one object is never raised in two threads."""
    gate = Gate(raised)
    leader, (follower,) = led_and_followed(flight, gate, 1)
    gate.open.set()
    assert leader.end().raised is raised
    assert type(follower.end().raised) is LeaderFailed
    assert follower.raised is not None
    assert follower.raised.__cause__ is raised
    assert "cannot be copied" in str(follower.raised)


def test_an_error_is_not_kept(flight: SingleFlight) -> None:
    """The next call is made."""
    with pytest.raises(LookupError):
        flight.run("key", throw, LookupError())
    assert flight.run("key", int).value == 0


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), SystemExit(3), GeneratorExit()])
def test_what_is_no_exception_goes_on_in_the_leader_and_fails_the_followers(
    flight: SingleFlight, raised: BaseException
) -> None:
    """The key is free at once."""
    gate = Gate(raised)
    leader, following = led_and_followed(flight, gate, 3)
    gate.open.set()
    assert leader.end().raised is raised
    assert [type(caller.end().raised) for caller in following] == [LeaderFailed] * 3
    assert len({id(caller.raised) for caller in following}) == 3
    assert following[0].raised.__cause__ is None  # type: ignore[union-attr]
    assert flight.run("key", int).value == 0
