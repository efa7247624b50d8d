"""Lemmas of `frame.rs` and of a moved origin (`change.rs`): instants and waits of a bucket, before, at and after.

Ranges: scales of 1/16 to 5 ticks in a nanosecond, which every accepted quota's is (`bucket.py`); instants below
2^63; timeouts of any 64 bits, of 63 where somebody comes back; origins up to the last instant.
"""

import formulas
import z3
from arithmetic import div, high, low, pick
from formulas import LAST_INSTANT, MAX_AHEAD, MAX_SPAN, MAX_TICK, POINT
from prover import lemma

U64 = 2**64 - 1
NANOSECOND = {"scale": POINT}


def any_scale(m):
    return m.number("scale", POINT // 16, 5 * POINT + 1)


def first_at(m, scale, tick, nanos):
    """Tells the prover what it needs to see that `tick` runs exactly from `nanos(tick)` on, and when that is."""
    begins = formulas.nanos(scale, tick)
    m.product_rises(begins, nanos, scale)
    m.product_rises(nanos + 1, begins, scale)
    return begins


def rounded_down(scale, tick):
    return div(tick * POINT, scale)


def nearest_origin(scale, now):
    return now, formulas.nanos(scale, MAX_TICK) - 1


def one_beyond(scale, now):
    origin, horizon = formulas.anchored(scale, now)
    return origin, horizon + 1


@lemma(
    {
        "twice as far back": (
            {"anchored": lambda scale, now: (now - formulas.nanos(scale, MAX_TICK), formulas.nanos(scale, MAX_TICK) - 1)},
            {},
        ),
        "a horizon one later": ({"anchored": one_beyond}, NANOSECOND | {"now": 0}),
    }
)
def an_instant_fixes_an_origin_from_which_it_and_all_up_to_the_horizon_have_a_tick(m):
    """The origin is no later than the instant, which is before the horizon; up to there ticks stay below 2^59."""
    scale, now = any_scale(m), m.number("now", 0, LAST_INSTANT)
    origin, horizon = m.anchored(scale, now)
    first_at(m, scale, MAX_SPAN, now)
    first_at(m, scale, MAX_TICK, now)
    first_at(m, scale, MAX_TICK, now - origin)
    first_at(m, scale, MAX_TICK, horizon)
    m.product_rises(POINT // 16, scale, 2**63)
    m.claim(origin >= 0, origin <= now, now - origin <= horizon, horizon <= LAST_INSTANT)
    m.claim(formulas.reading(scale, horizon) < MAX_TICK, formulas.reading(scale, now - origin) < MAX_SPAN + 6)


@lemma({"the next instant has no tick": ({"anchored": nearest_origin}, NANOSECOND | {"now": 2**62, "back": 1})})
def what_was_read_up_to_nine_years_before_the_first_instant_has_a_true_tick(m):
    """Up to 2^58 ticks before it, less one of rounding, an instant is not before the origin."""
    scale, now = any_scale(m), m.number("now", 0, LAST_INSTANT)
    back = m.number("back", 0, LAST_INSTANT)
    m.assume(back <= now, scale * back <= MAX_SPAN * POINT)
    origin, _ = m.anchored(scale, now)
    begins = first_at(m, scale, MAX_SPAN, now)
    m.product_rises(begins + 1, back, scale)
    m.claim(now - back >= origin)


@lemma(
    {
        "the deadline a tick late": (
            {"deadline": lambda *given: formulas.deadline(*given) + 1}, NANOSECOND | {"origin": 0}),
        "the timeout counts from the origin": (
            {"deadline": lambda scale, origin, now, timeout: formulas.reading(scale, timeout)}, NANOSECOND),
        "waits rounded down": (
            {"wait": lambda scale, origin, now, tick: high(origin + rounded_down(scale, tick) - now, 0)},
            {"scale": POINT * 2 // 3, "origin": 0, "now": 0}),
    }
)
def a_promise_is_within_its_timeout_exactly_if_its_wait_is(m):
    """`ready <= deadline` says the same as `wait <= timeout`: nobody is told to wait longer than was allowed."""
    scale, origin = any_scale(m), m.number("origin", 0, LAST_INSTANT)
    now, timeout = m.number("now", 0, LAST_INSTANT), m.number("timeout", 0, U64)
    ready = m.number("ready", 0, 2**60 - 1)
    begins = formulas.nanos(scale, ready)
    # `no_wait_leaves_its_word` says that it is so.
    m.assume(origin + begins <= U64)
    first_at(m, scale, ready, high(low(now + timeout, U64) - origin, 0))
    m.claim((ready <= m.deadline(scale, origin, now, timeout)) == (m.wait(scale, origin, now, ready) <= timeout))


@lemma({"ticks of 17 ns": ({"slowest": POINT // 17}, {})})
def no_wait_leaves_its_word(m):
    """What is promised at most 2^59 ticks ahead of an instant begins within 64 bits of nanoseconds."""
    scale = m.number("scale", getattr(m, "slowest", POINT // 16), 5 * POINT + 1)
    origin, now = m.number("origin", 0, LAST_INSTANT), m.number("now", 0, LAST_INSTANT)
    tick, ready = formulas.reading(scale, high(now - origin, 0)), m.number("ready", 0, 2**60 - 1)
    m.assume(ready <= tick + MAX_AHEAD)
    begins = formulas.nanos(scale, ready)
    # Later than the instant by more than 2^63 ns, it would be more than 2^59 ticks ahead.
    m.product_rises(high(now - origin, 0) + 2**63 + 1, begins, scale)
    m.product_rises(POINT // 16, scale, 2**63)
    m.claim(origin + begins <= 2**64)


@lemma(
    {
        "the timeout is not taken off": (
            {"come_back": lambda s, o, now, timeout, ready, room: high(
                formulas.wait(s, o, now, ready), formulas.wait(s, o, now, room))},
            NANOSECOND | {"origin": 0, "now": 0, "timeout": 3, "ready": 5, "room": 0}),
        "the horizon is forgotten": (
            {"come_back": lambda s, o, now, timeout, ready, room: high(formulas.wait(s, o, now, ready) - timeout, 0)},
            NANOSECOND | {"origin": 0, "now": 0, "timeout": 9, "ready": 5, "room": 4}),
    }
)
def who_comes_back_when_told_is_promised_and_nobody_before(m):
    """A promise is refused until `come_back` has passed, with the same timeout, and no longer: from the origin on."""
    scale, origin = any_scale(m), m.number("origin", 0, LAST_INSTANT)
    now, timeout = m.number("now", 0, LAST_INSTANT), m.number("timeout", 0, LAST_INSTANT)
    ready, room = m.number("ready", 0, 2**60 - 1), m.number("room", 0, 2**60 - 1)
    passed = m.number("passed", 0, LAST_INSTANT)
    m.assume(now >= origin, now + passed <= LAST_INSTANT)
    told = m.come_back(scale, origin, now, timeout, ready, room)
    deadline = formulas.deadline(scale, origin, now + passed, timeout)
    tick = formulas.reading(scale, now + passed - origin)
    first_at(m, scale, ready, now + passed + timeout - origin)
    first_at(m, scale, room, now + passed - origin)
    for begins in (ready, room):
        m.assume(formulas.nanos(scale, begins) >= 0)
    m.claim(z3.And(ready <= deadline, room <= tick) == (passed >= told))


@lemma(
    {
        "nothing is missing any more": ({"carried": lambda tick, missing: tick}, {"tat": 2**59 + 9, "old_tick": 2**59}),
        "cut off sooner": (
            {"carried": lambda tick, missing: tick + low(missing, MAX_SPAN)},
            {"tat": 2**59 + 2**58 + 1, "old_tick": 2**59}),
    }
)
def a_moved_origin_leaves_what_is_missing(m):
    """From beyond the horizon (2^59 ticks or more): all that is missing moves along, and what is granted is the same."""
    burst, per_permit = m.number("burst", 1, 2**32 - 1), m.number("per_permit", 1, MAX_SPAN)
    permits = m.number("permits", 0, 2**32 - 1)
    m.assume(burst * per_permit <= MAX_SPAN)
    tat, old_tick = m.number("tat", 0, 2**60 - 1), m.number("old_tick", MAX_TICK, U64)
    new_tick = m.number("new_tick", 0, MAX_TICK - 1)
    moved = m.carried(new_tick, high(tat - old_tick, 0))
    m.claim(moved - new_tick == high(tat - old_tick, 0), moved < 2**60)
    before = formulas.grant(burst, per_permit, tat, old_tick, permits)
    after = formulas.grant(burst, per_permit, moved, new_tick, permits)
    m.claim(before[0] == after[0], z3.Implies(before[0], before[1] - old_tick == after[1] - new_tick))


def all_of_it(moved, level, promised, worth):
    return formulas.give_back(moved, level, promised)


@lemma({"its permits, whatever is left of it": ({"give_back_moved": all_of_it}, {"promised": 5, "old_tick": 2**59 + 5})})
def a_promise_given_back_after_the_origin_moved_leaves_no_more_than_before(m):
    """What is missing after is at least what it would be without the move, and the same if nobody took since."""
    promised = m.number("promised", 0, MAX_SPAN)
    level, tat = m.number("level", 0, 2**60 - 1), m.number("tat", 0, 2**60 - 1)
    old_tick, new_tick = m.number("old_tick", MAX_TICK, U64), m.number("new_tick", 0, MAX_TICK - 1)
    m.assume(promised <= level, level <= tat)

    def moved(where):
        return formulas.carried(new_tick, high(where - old_tick, 0))

    worth = moved(level) - moved(level - promised)
    give_back = getattr(m, "give_back_moved", lambda tat, level, promised, worth: formulas.give_back(tat, level, worth))
    still = high(formulas.give_back(tat, level, promised) - old_tick, 0)
    after = give_back(moved(tat), moved(level), promised, worth) - new_tick
    m.claim(after >= still, z3.Implies(tat == level, after == still))


@lemma({"a tick between the frames": ({"between": 1}, {"scale": POINT // 3})})
def across_a_moved_origin_readings_run_less_than_two_ticks_ahead(m):
    """Ticks from a reading in the old frame to one in the new: what passed, and less than two more.

    As within a frame, but for one that the second rounding adds. From one move to the next 2^58 ticks pass, of which
    at most 5 are in a nanosecond: 21 months.
    """
    scale = any_scale(m)
    old, new = m.number("old", 0, LAST_INSTANT), m.number("new", 0, LAST_INSTANT)
    first, moved, last = (m.number(name, 0, LAST_INSTANT) for name in ("first", "moved", "last"))
    m.assume(old <= first, first <= moved, new <= moved, moved <= last)
    passed = formulas.reading(scale, moved - old) - formulas.reading(scale, first - old)
    passed += formulas.reading(scale, last - new) - formulas.reading(scale, moved - new) + getattr(m, "between", 0)
    m.same(scale * (moved - old) - scale * (first - old) + scale * (last - new) - scale * (moved - new),
           scale * (last - first))
    m.claim(passed * POINT < scale * (last - first) + 2 * POINT)
