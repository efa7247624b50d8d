"""The timelines that a store can replay, through each way from Python to a real one.

A store counts whole microseconds, knows no change of quota and no first fill, and from first use begins its windows
anew. What needs one of these is left out, and what is left is counted: the very timelines that the scripts replay.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from redis_servers import needs_server, redis_server
from timelines import Timeline, name, refusal, replay, timelines, units

pytest.importorskip("redis")

from redis_clock import ServersClock, servers_clock
from redis_ways import WAYS, Way

from resil import Denied, Quota
from resil.redis import Answer, LeakyMeter, LeakyQueue, PeriodLimiter, Source, TokenBucket

pytestmark = needs_server

LONGEST_WAIT = timedelta(microseconds=2**50)


@pytest.fixture(scope="module")
def clock() -> Iterator[ServersClock]:
    """A server whose scripts are told the time."""
    with redis_server() as server, servers_clock(server.port) as clock:
        yield clock


@pytest.fixture(scope="module", params=list(WAYS.values()), ids=list(WAYS))
def way(request: pytest.FixtureRequest, clock: ServersClock) -> Iterator[Way]:
    """Each way to it."""
    clock.now_us = None
    with request.param(clock.port) as way:
        yield way


def steps(timeline: Timeline) -> list[tuple[int, list[str], list[str]]]:
    """The steps: at so many nanoseconds, the words, those of the answer."""
    unit, start = timeline.get("unit_ns", 1), timeline.get("start_ns", 0)
    read = []
    for line in timeline["steps"].splitlines():
        step, answer = line.split("->")
        at, *words = step.split()
        read.append((start + int(at) * unit, words, answer.split()))
    return read


def is_whole(timeline: Timeline) -> bool:
    """Whether all of it is whole microseconds."""
    unit = timeline.get("unit_ns", 1)
    for at, words, answer in steps(timeline):
        waits = answer[1:2] if answer[0] in ("retry_after", "ready_after") else []
        waits += words[-1:] if words[0].endswith("_within") else []
        if at % 1000 or any(int(wait) * unit % 1000 for wait in waits):
            return False
    return True


def steps_back(timeline: Timeline) -> bool:
    """Whether an earlier instant follows a later one."""
    instants = [at for at, *_ in steps(timeline)]
    return instants != sorted(instants)


def is_for_a_bucket(timeline: Timeline) -> bool:
    """Whether a store's token bucket can replay it."""
    changes = any(words[0] == "set_quota" for _, words, _ in steps(timeline))
    fine = {"ns", "rounded"} & set(timeline.get("tags", []))
    return not (changes or fine or "initial" in timeline) and is_whole(timeline) and not steps_back(timeline)


def is_for_a_leaky_bucket(timeline: Timeline) -> bool:
    """Whether a store's leaky bucket can."""
    return timeline["unit_ns"] % 1000 == 0 == timeline["start_ns"] % 1000 and not steps_back(timeline)


def rests(timeline: Timeline) -> bool:
    """Whether a window from first use begins anywhere but where the one before ended."""
    start, period = None, timeline["period_ns"]
    for at, words, answer in steps(timeline):
        if start is not None:
            windows, into = divmod(at - start, period)
            if windows > 1 or (windows == 1 and into != 0):
                return True
            start += windows * period
        elif words[0] == "try_acquire" and words[1] != "0" and answer[0].startswith("granted"):
            start = at
    return False


def is_for_a_period_limiter(timeline: Timeline) -> bool:
    """Whether a store's period limiter can."""
    if timeline["period_ns"] % 1000 or not is_for_a_leaky_bucket(timeline):
        return False
    return timeline["kind"] != "from_first_use" or not rests(timeline)


BUCKETS = list(filter(is_for_a_bucket, timelines("token_bucket")))
LEAKY_BUCKETS = list(filter(is_for_a_leaky_bucket, timelines("leaky_bucket")))
PERIODS = list(filter(is_for_a_period_limiter, timelines("period_limiter")))


@pytest.mark.parametrize(("chosen", "counted"), [(BUCKETS, (13, 132)), (LEAKY_BUCKETS, (10, 1068)), (PERIODS, (13, 567))])
def test_nothing_is_left_out_that_a_store_can_replay(chosen: list[Timeline], counted: tuple[int, int]) -> None:
    """As many timelines and steps as the scripts themselves replay."""
    assert (len(chosen), sum(len(steps(timeline)) for timeline in chosen)) == counted


class Player:
    """A limiter, and its answers in the words of the file."""

    def __init__(self, timeline: Timeline, way: Way, clock: ServersClock, limiter: Any) -> None:
        """Plays a timeline."""
        self.unit = timeline.get("unit_ns", 1)
        self.key, self.way, self.clock, self.limiter = timeline["name"], way, clock, limiter
        self.promised: dict[str, Any] = {}

    def _ask(self, now_ns: int, method: str, *arguments: object) -> Any:
        self.clock.now_us = now_ns // 1000
        return self.way.call(self.limiter, method, self.key, *arguments)

    def _shown(self, answer: Answer) -> str:
        assert answer.source in (Source.STORE, Source.LIMIT), answer
        if not answer:
            assert answer.verdict is not None
            return refusal(answer.verdict, self.unit)
        if answer.ready_after_ns is not None:
            return f"ready_after {units(answer.ready_after_ns, self.unit)}"
        return "granted_last" if answer.last else "granted"

    def try_acquire(self, now_ns: int, permits: str) -> str:
        """Asks."""
        return self._shown(self._ask(now_ns, "try_acquire", int(permits)))

    def peek(self, now_ns: int, permits: str) -> str:
        """Looks."""
        peek = self._ask(now_ns, "peek", int(permits))
        return f"{self._shown(peek)} remaining {peek.remaining} reset_after {units(peek.reset_after_ns, self.unit)}"

    def reserve(self, now_ns: int, name: str, permits: str) -> str:
        """Reserves under a name."""
        return self._keep(name, lambda: self._ask(now_ns, "reserve", int(permits)))

    def reserve_within(self, now_ns: int, name: str, permits: str, timeout: str) -> str:
        """Reserves under a name, if it does not take too long."""
        seconds = Fraction(int(timeout) * self.unit, 10**9)
        return self._keep(name, lambda: self._ask(now_ns, "reserve", int(permits), seconds))

    def cancel(self, now_ns: int, name: str) -> str:
        """Cancels by name; a reservation that was refused has nothing to give."""
        self.clock.now_us = now_ns // 1000
        reservation = self.promised.get(name)
        gave = reservation is not None and self.way.call(reservation, "cancel")
        return "gave_back" if gave else "gave_nothing"

    def try_reserve(self, now_ns: int, permits: str) -> str:
        """Joins a queue."""
        return self._shown(self._ask(now_ns, "try_reserve", int(permits)))

    def try_reserve_within(self, now_ns: int, permits: str, timeout: str) -> str:
        """Joins a queue, if it does not take too long."""
        seconds = Fraction(int(timeout) * self.unit, 10**9)
        return self._shown(self._ask(now_ns, "try_reserve", int(permits), seconds))

    def _keep(self, name: str, reserve: Callable[[], Any]) -> str:
        try:
            reservation = reserve()
        except Denied as denied:
            return refusal(denied, self.unit)
        self.promised[name] = reservation
        return f"ready_after {units(reservation.ready_after_ns, self.unit)}"


def names(way: Way) -> str:
    """A limiter's name that no other way has."""
    return f"vectors-{id(way)}"


def played(timeline: Timeline, way: Way, clock: ServersClock, limiter: Any) -> None:
    """Replays it, on the clock that the file tells."""
    before = clock.told
    replay(Player(timeline, way, clock, limiter), timeline)
    assert clock.told > before, "the scripts were told the time"


@pytest.mark.parametrize("timeline", BUCKETS, ids=name)
def test_a_token_bucket_gives_every_answer_in_the_file(timeline: Timeline, way: Way, clock: ServersClock) -> None:
    """Step by step."""
    quota = Quota.from_ns(timeline["permits"], timeline["period_ns"], timeline["burst"])
    played(timeline, way, clock, TokenBucket(way.store, names(way), quota, max_wait=LONGEST_WAIT))


@pytest.mark.parametrize("timeline", LEAKY_BUCKETS, ids=name)
def test_a_leaky_bucket_gives_every_answer_in_the_file(timeline: Timeline, way: Way, clock: ServersClock) -> None:
    """As meter and as queue."""
    quota = Quota.from_ns(timeline["permits"], timeline["period_ns"], timeline["burst"])
    make = {"meter": LeakyMeter, "queue": LeakyQueue}[timeline["kind"]]
    played(timeline, way, clock, make(way.store, names(way), quota))


@pytest.mark.parametrize("timeline", PERIODS, ids=name)
def test_a_period_limiter_gives_every_answer_in_the_file(timeline: Timeline, way: Way, clock: ServersClock) -> None:
    """Of each kind."""
    limit, period = timeline["limit"], Fraction(timeline["period_ns"], 10**9)
    if timeline["kind"] == "aligned":
        limiter = PeriodLimiter.aligned(way.store, names(way), limit, period, timeline["utc_offset_secs"])
    elif timeline["kind"] == "sliding":
        limiter = PeriodLimiter.sliding(way.store, names(way), limit, period)
    else:
        limiter = PeriodLimiter(way.store, names(way), limit, period)
    played(timeline, way, clock, limiter)
