"""The timelines of the token bucket that every language replays, through this one."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from timelines import Timeline, name, refusal, replay, timelines, units

from resil import Carry, Denied, Quota, Reservation, TokenBucket, Verdict


class Bucket:
    """A bucket, its reservations, and answers in the words of the file."""

    def __init__(self, timeline: Timeline) -> None:
        """Makes the bucket of a timeline."""
        self.unit = timeline.get("unit_ns", 1)
        quota = Quota.from_ns(timeline["permits"], timeline["period_ns"], timeline["burst"])
        self.bucket = TokenBucket(quota, initial=timeline.get("initial"))
        self.reservations: dict[str, Reservation] = {}

    def try_acquire(self, now_ns: int, permits: str) -> str:
        """Asks."""
        return self._verdict(self.bucket.try_acquire_at(now_ns, int(permits)))

    def peek(self, now_ns: int, permits: str) -> str:
        """Looks."""
        peek = self.bucket.peek_at(now_ns, int(permits))
        reset_after = units(peek.reset_after_ns, self.unit)
        return f"{self._verdict(peek.answer)} remaining {peek.remaining} reset_after {reset_after}"

    def reserve(self, now_ns: int, name: str, permits: str) -> str:
        """Reserves under a name."""
        return self._keep(name, lambda: self.bucket.reserve_at(now_ns, int(permits)))

    def reserve_within(self, now_ns: int, name: str, permits: str, timeout: str) -> str:
        """Reserves under a name, if it does not take too long."""
        seconds = Fraction(int(timeout) * self.unit, 10**9)
        return self._keep(name, lambda: self.bucket.reserve_within_at(now_ns, int(permits), seconds))

    def cancel(self, now_ns: int, name: str) -> str:
        """Cancels by name; a reservation that was refused has nothing to give."""
        reservation = self.reservations.get(name)
        gave = reservation is not None and reservation.cancel_at(now_ns)
        return "gave_back" if gave else "gave_nothing"

    def set_quota(self, now_ns: int, permits: str, period: str, burst: str, carry: str) -> str:
        """Changes the quota."""
        quota = Quota.from_ns(int(permits), int(period) * self.unit, int(burst))
        self.bucket.set_quota_at(now_ns, quota, Carry(carry))
        return "ok"

    def _keep(self, name: str, reserve: Callable[[], Reservation]) -> str:
        try:
            reservation = reserve()
        except Denied as denied:
            return refusal(denied, self.unit)
        self.reservations[name] = reservation
        return f"ready_after {units(reservation.ready_after_ns, self.unit)}"

    def _verdict(self, verdict: Verdict) -> str:
        return "granted" if verdict else refusal(verdict, self.unit)


@pytest.mark.parametrize("timeline", timelines("token_bucket"), ids=name)
def test_every_step_of_a_timeline_has_the_answer_in_the_file(timeline: Timeline) -> None:
    """What Python says is what the file says, step by step."""
    replay(Bucket(timeline), timeline)
