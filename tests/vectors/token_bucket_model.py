"""Two models of the token bucket, written from its documentation and slow on purpose.

* `Ticks` counts as the library says it does: whole ticks per permit, a clock reading of ticks rounded by a
  64.64 scale, an origin. Its answers are what `token_bucket.toml` holds.
* `Truth` is the bucket itself in exact fractions of a nanosecond.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import gcd

LAST = 2**63 - 1  # the last instant there is
SPAN_LIMIT = 2**58  # ticks from empty to full; also the history that a first instant leaves room for
READING_LIMIT = 2**59  # a reading stays below
AHEAD_LIMIT = 2**59  # the bucket is never promised away for longer


def ceil(x):
    return -(-x.numerator // x.denominator) if isinstance(x, Fraction) else x


@dataclass(frozen=True)
class Quota:
    permits: int
    period: int  # ns
    burst: int

    @property
    def interval(self):
        """Nanoseconds per permit, exactly."""
        return Fraction(self.period, self.permits)

    @property
    def ticks_per_permit(self):
        common = gcd(self.permits, self.period)
        parts, nanos = self.permits // common, self.period // common
        if parts <= 2 and nanos * self.burst <= SPAN_LIMIT:
            return nanos
        return min(ceil(self.interval), SPAN_LIMIT // self.burst)

    @property
    def tick(self):
        """Nanoseconds per tick, exactly."""
        return self.interval / self.ticks_per_permit

    @property
    def scale(self):
        """Ticks per nanosecond as 64.64 fixed point, rounded up."""
        return ceil(2**64 / self.tick)

    @property
    def is_exact(self):
        """Every whole nanosecond is a whole number of ticks."""
        return (1 / self.tick).denominator == 1

    @property
    def span(self):
        return self.burst * self.ticks_per_permit

    def ticks(self, nanos):
        return nanos * self.scale >> 64

    def nanos(self, ticks):
        """The first nanosecond at which so many ticks have passed."""
        return -(-(ticks << 64) // self.scale)


def carried(there, old, new, carry):
    """Permits in a bucket after its burst changes from `old` to `new`."""
    if carry == "reset":
        return Fraction(new)
    if carry == "as_is":
        return min(there, Fraction(new))
    if carry == "proportional":
        return there * new / old if there >= 0 else there
    if carry == "additive":
        return min(there, Fraction(new)) + max(0, new - old)
    raise ValueError(f"carry: {carry}")


class Bucket:
    """What both models share: the order of events and the words of the answers."""

    def __init__(self, quota, initial):
        self.quota = quota
        self.initial = quota.burst if initial is None else initial
        self.promises = {}

    def try_acquire(self, now, permits):
        return self.request(now, permits, 0, "granted")[0]

    def peek(self, now, permits):
        answer, _ = self.request(now, permits, 0, "granted", take=False)
        reading = self.read(now)
        there = self.there(reading)
        reset = self.wait(now, self.full_at) if there < self.quota.burst else 0
        return (*answer, "remaining", max(0, there.numerator // there.denominator), "reset_after", Ns(reset))

    def reserve(self, now, name, permits):
        return self.reserve_within(now, name, permits, None)

    def reserve_within(self, now, name, permits, timeout):
        answer, level = self.request(now, permits, timeout, "ready_after")
        if answer[0] == "ready_after":
            ready_at = min(LAST, now + ceil(answer[1].value))
            self.promises[name] = {"permits": permits, "ready_at": ready_at, "level": level, "changes": 0}
            if level is not None:
                self.promises[name]["began"] = level - permits * self.unit
        return answer

    def request(self, now, permits, timeout, yes, take=True):
        words = (yes,) if yes == "granted" else (yes, Ns(0))
        if permits == 0:
            return words, None
        quota = self.quota
        reading = self.read(now)
        if permits > quota.burst:
            return ("exceeds_limit",), None
        level = max(self.full_at, reading) + permits * self.unit
        ready = level - quota.burst * self.unit
        room = level - self.ahead
        # Promised for too long, or later than the caller would wait: the wait less the caller's patience.
        if self.late(now, ready, timeout) or room > reading:
            missing = 0 if timeout is None else max(0, self.wait(now, ready) - timeout)
            return ("retry_after", Ns(max(missing, self.wait(now, room)))), None
        if take:
            self.full_at = level
        if yes == "ready_after":
            words = (yes, Ns(self.wait(now, ready)))
        return words, level

    def cancel(self, now, name):
        promise = self.promises.pop(name)
        if promise["level"] is None or promise["changes"] is None or now > promise["ready_at"]:
            return ("gave_nothing",)
        taken_since = max(0, self.full_at - promise["level"])
        back = promise["level"] - promise["began"] - taken_since
        if back <= 0:
            return ("gave_nothing",)
        self.full_at -= back
        return ("gave_back",)

    def change(self, reading, reading_after, quota, carry):
        """Carries the bucket, and each promise's level, from one reading to the other."""

        def after(level):
            old, unit = self.quota, self.unit
            there = old.burst - Fraction(max(0, level - reading)) / unit
            missing = quota.burst - carried(there, old.burst, quota.burst, carry)
            return reading_after + min(self.rounded(missing * self.unit_of(quota)), self.ahead_of(quota))

        full_at = after(self.full_at)
        for promise in self.promises.values():
            if promise["level"] is None or promise["changes"] is None:
                continue
            promise["began"], promise["level"] = after(promise["began"]), after(promise["level"])
            kept = carry in ("as_is", "additive") and promise["changes"] == 0
            promise["changes"] = 1 if kept else None
        self.full_at = full_at
        self.quota = quota


class Ticks(Bucket):
    def __init__(self, quota, initial):
        super().__init__(quota, initial)
        self.origin = None
        self.full_at = 0
        self.moves = 0
        self.rounds = False  # a carried level was rounded

    unit = property(lambda self: self.quota.ticks_per_permit)
    ahead = AHEAD_LIMIT

    def unit_of(self, quota):
        return quota.ticks_per_permit

    def ahead_of(self, _quota):
        return AHEAD_LIMIT

    def rounded(self, ticks):
        self.rounds |= ticks.denominator != 1
        return ceil(ticks)

    def there(self, reading):
        return self.quota.burst - Fraction(max(0, self.full_at - reading), self.unit)

    @staticmethod
    def origin_for(quota, now):
        return 0 if quota.ticks(now) < SPAN_LIMIT else now - quota.nanos(SPAN_LIMIT)

    def read(self, now):
        quota = self.quota
        if self.origin is None:
            self.origin = self.origin_for(quota, now)
            missing = (quota.burst - self.initial) * self.unit
            self.full_at = quota.ticks(now - self.origin) + missing if missing else 0
        elif quota.ticks(max(0, now - self.origin)) >= READING_LIMIT:
            # As a change to the same quota: what is short of full stays exactly.
            reading = quota.ticks(now - self.origin)
            self.origin = self.origin_for(quota, now)
            self.moves += 1
            self.change(reading, quota.ticks(now - self.origin), quota, "as_is")
        return quota.ticks(max(0, now - self.origin))

    def late(self, now, ready, timeout):
        return timeout is not None and self.quota.ticks(max(0, now + timeout - self.origin)) < ready

    def wait(self, now, tick):
        """The time after which `tick` runs. Before the origin, tick 0 runs."""
        return max(0, self.origin + self.quota.nanos(tick) - now) if tick > 0 else 0

    def set_quota(self, now, quota, carry):
        reading = self.read(now)
        # Before the origin it is the origin: there the change takes place.
        now = max(now, self.origin)
        self.origin = self.origin_for(quota, now)
        self.change(reading, quota.ticks(now - self.origin), quota, carry)
        return ("ok",)


class Truth(Bucket):
    """Nanoseconds as they are. It is told where the other's origin is: an earlier instant reads as that."""

    def __init__(self, quota, initial, ticks):
        super().__init__(quota, initial)
        self.other = ticks
        self.origin = None  # as it was before the step
        self.full_at = None
        self.moves = 0

    unit = property(lambda self: self.quota.interval)
    ahead = property(lambda self: AHEAD_LIMIT * self.quota.tick)

    def unit_of(self, quota):
        return quota.interval

    def ahead_of(self, quota):
        return AHEAD_LIMIT * quota.tick

    def rounded(self, nanos):
        return nanos

    def there(self, reading):
        return self.quota.burst - max(Fraction(0), self.full_at - reading) / self.unit

    def read(self, now):
        if self.origin is None:
            self.origin = self.other.origin
        reading = Fraction(max(now, self.origin))
        if self.full_at is None:
            missing = (self.quota.burst - self.initial) * self.unit
            self.full_at = reading + missing if missing else Fraction(self.origin)
        if self.moves != self.other.moves:
            self.moves = self.other.moves
            self.change(reading, reading, self.quota, "as_is")
        return reading

    def late(self, now, ready, timeout):
        return timeout is not None and max(now + timeout, self.origin) < ready

    def wait(self, now, instant):
        return max(Fraction(0), instant - now) if instant > self.origin else Fraction(0)

    def set_quota(self, now, quota, carry):
        reading = self.read(now)
        self.change(reading, reading, quota, carry)
        return ("ok",)


@dataclass(frozen=True)
class Ns:
    """A duration in an answer."""

    value: object
