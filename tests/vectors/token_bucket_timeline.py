"""One timeline: its steps are answered by both models as they are added.

Where ticks are exact the two must say the same; elsewhere a grant may come at most two ticks early, and never
late, unless time stepped back or something was carried over.
"""

from fractions import Fraction

from token_bucket_model import LAST, Ns, Quota, Ticks, Truth, ceil

MS = 1_000_000
SECOND = 1_000_000_000
DAY = 86_400 * SECOND
YEAR = 365 * DAY + DAY // 4
UNIX_2015 = 1_431_857_103 * SECOND
UNIX_2050 = 2_524_608_000 * SECOND


class Timeline:
    """One timeline: steps are answered as they are added."""

    every = []

    def __init__(self, name, about, permits, period, burst, initial=None, unit=1, start=0):
        assert name not in [timeline.name for timeline in Timeline.every], name
        assert initial is None or initial <= burst
        assert 2**52 * 1_000 >= burst * Fraction(period, permits) and permits <= 4 * period
        self.name, self.about, self.initial, self.unit, self.start = name, about, initial, unit, start
        self.quota = Quota(permits, period, burst)
        self.ticks = Ticks(self.quota, initial)
        self.truth = Truth(self.quota, initial, self.ticks)
        self.lines = []
        self.tags = set() if self.quota.is_exact else {"rounded"}
        self.latest = 0
        self.sees(period, ns_only=True)
        Timeline.every.append(self)

    def note(self, text):
        self.lines.append(f"# {text}")
        return self

    def __call__(self, at, operation, expected=None):
        """One step, its durations in units. `expected` is the answer that the source of the row gives."""
        now = self.start + at * self.unit
        assert 0 <= now <= LAST, f"{self.name}: {at} is no instant"
        verb, *args = operation.split()
        args = [int(arg) if arg.lstrip("-").isdigit() else arg for arg in args]
        self.sees(now)
        if now < self.latest:
            self.tags.add("steps_back")
        self.latest = max(self.latest, now)
        if verb == "set_quota":
            self.tags.add("carry")
            permits, period, burst, carry = args
            args = [Quota(permits, period * self.unit, burst), carry]
            if not args[0].is_exact:
                self.tags.add("rounded")
            self.sees(args[0].period, ns_only=True)
        if verb == "reserve_within":
            args[2] *= self.unit
            self.sees(args[2], ns_only=True)
        answer = getattr(self.ticks, verb)(now, *args)
        truth = self.follow(verb, now, args, answer)
        self.truth.origin = self.ticks.origin
        self.compare(f"{self.name}: {at} {operation}", answer, truth)
        for word in answer:
            if isinstance(word, Ns):
                self.sees(now + word.value)
        if self.ticks.moves:
            self.tags.add("moves_origin")
        words = " ".join(str(self.in_units(word)) for word in answer)
        if expected is not None:
            assert words == expected, f"{self.name}: {at} {operation}: published {expected}, model {words}"
        self.lines.append((str(at), operation, words))
        return self

    def follow(self, verb, now, args, answer):
        """What the truth says; then it takes the answer that was given, so that the two stay side by side."""
        truth = self.truth
        if verb not in ("try_acquire", "reserve", "reserve_within") or args[-1 - (verb == "reserve_within")] == 0:
            return getattr(truth, verb)(now, *args)
        before = truth.full_at
        said = getattr(truth, verb)(now, *args)
        permits = args[0] if verb == "try_acquire" else args[1]
        taken = answer[0] in ("granted", "ready_after")
        if taken and said[0] == "retry_after":
            # Early by a tick or two (`compare` measures it): take it all the same.
            level = max(truth.full_at, truth.read(now)) + permits * truth.unit
            truth.full_at = level
            if verb != "try_acquire":
                ready_at = min(LAST, now + answer[1].value)
                truth.promises[args[0]] = {
                    "permits": permits, "ready_at": ready_at, "level": level, "changes": 0,
                    "began": level - permits * truth.unit,
                }
        elif not taken and said[0] in ("granted", "ready_after"):
            truth.full_at = before
        return said

    def compare(self, where, answer, truth):
        if self.quota_is_exact and not self.ticks.rounds:
            assert [ceil(w.value) if isinstance(w, Ns) else w for w in truth] == [
                w.value if isinstance(w, Ns) else w for w in answer
            ], f"{where}: {answer}, exactly {truth}"
            return
        # Ticks: at most two early; late only where time stepped back or something was carried over.
        early = 2 * self.ticks.quota.tick
        late = 0 if self.tags <= {"rounded", "ns", "over_2_53"} else 3 * self.ticks.quota.tick
        waits = lambda words: [w.value for w in words if isinstance(w, Ns)] or [0]
        yes = ("granted", "ready_after", "gave_back", "gave_nothing", "ok")
        if answer[0] in yes and truth[0] == "retry_after":
            assert truth[1].value <= early, f"{where}: {answer}, exactly {truth}"
        elif answer[0] == "retry_after" and truth[0] in yes:
            assert answer[1].value <= late, f"{where}: {answer}, exactly {truth}"
        else:
            assert answer[0] == truth[0], f"{where}: {answer}, exactly {truth}"
            for got, exact in zip(waits(answer), waits(truth), strict=True):
                assert exact - early <= got <= ceil(exact + late), f"{where}: {answer}, exactly {truth}"

    @property
    def quota_is_exact(self):
        return "rounded" not in self.tags

    def sees(self, nanos, ns_only=False):
        if nanos % 1_000:
            self.tags.add("ns")
        if not ns_only and nanos > 2**53 * 1_000:
            self.tags.add("over_2_53")

    def in_units(self, word):
        if not isinstance(word, Ns):
            return word
        assert word.value % self.unit == 0, f"{self.name}: {word.value} ns is no whole number of units"
        return word.value // self.unit

    def toml(self):
        fields = {
            "name": f'"{self.name}"',
            "about": f'"{self.about}"',
            "permits": number(self.quota.permits),
            "period_ns": number(self.quota.period),
            "burst": number(self.quota.burst),
        }
        if self.initial is not None:
            fields["initial"] = number(self.initial)
        if self.unit != 1:
            fields["unit_ns"] = number(self.unit)
        if self.start != 0:
            fields["start_ns"] = number(self.start)
        if self.tags:
            fields["tags"] = "[" + ", ".join(f'"{tag}"' for tag in sorted(self.tags)) + "]"
        head = "\n".join(f"{key} = {value}" for key, value in fields.items())
        steps = [line for line in self.lines if not isinstance(line, str)]
        wide = [max(len(step[i]) for step in steps) for i in (0, 1)]
        body = "\n".join(
            line if isinstance(line, str) else f"{line[0]:<{wide[0]}}  {line[1]:<{wide[1]}} -> {line[2]}"
            for line in self.lines
        )
        return f'[[timeline]]\n{head}\nsteps = """\n{body}\n"""\n'


def number(n):
    return f"{n:_}"
