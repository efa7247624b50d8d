#!/usr/bin/env python3
"""Writes token_bucket.toml: timelines of the token bucket that every language replays.

    python3 tests/vectors/token_bucket.py            # write the file
    python3 tests/vectors/token_bucket.py --check    # compare it, print the mend

Published tables are data below, with the answers as published: the models (token_bucket_model.py) must give
them. What is not published, the edges (token_bucket_edges.py) most of all, is what the models answer.
"""

import sys

sys.dont_write_bytecode = True

from token_bucket_edges import edges, long_spans  # noqa: E402
from token_bucket_timeline import DAY, MS, SECOND, Timeline  # noqa: E402
from writing import write  # noqa: E402


def gcra_table():
    """Sixteen rows of the throttled rate limiter. Its "burst 4" leaves out the first permit: 5 here."""
    rows = [  # ms, n, remaining, reset ms, retry ms or None, limited
        (0, 6, 5, 0, None, True),
        (0, 1, 4, 1000, None, False),
        (0, 1, 3, 2000, None, False),
        (0, 1, 2, 3000, None, False),
        (0, 1, 1, 4000, None, False),
        (0, 1, 0, 5000, None, False),
        (0, 1, 0, 5000, 1000, True),
        (3000, 1, 2, 3000, None, False),
        (3100, 1, 1, 3900, None, False),
        (4000, 1, 1, 4000, None, False),
        (8000, 1, 4, 1000, None, False),
        (9500, 1, 4, 1000, None, False),
        (9500, 0, 4, 1000, None, False),
        (9500, 2, 2, 3000, None, False),
        (9500, 5, 2, 3000, 3000, True),
        (15000, 6, 5, 0, None, True),
    ]
    line = Timeline(
        "gcra_table",
        "The sixteen rows of the throttled rate limiter's test, 1/s with its burst 4, which leaves out the"
        " first permit: 5 here. After each row a peek shows what it left; asking for nothing always fits.",
        1, SECOND, 5, unit=MS,
    )
    for at, permits, remaining, reset, retry, limited in rows:
        refusal = "exceeds_limit" if retry is None else f"retry_after {retry}"
        line(at, f"try_acquire {permits}", refusal if limited else "granted")
        line(at, "peek 0", f"granted remaining {remaining} reset_after {reset}")


def allow_tables():
    """golang x/time: (time, tokens there before, n, allowed), 10/s, time in steps of 100 ms."""
    tables = {
        "x_time_allow_burst_one": (1, [
            (0, 1, 1, True), (0, 0, 1, False), (0, 0, 1, False), (1, 1, 1, True), (1, 0, 1, False),
            (1, 0, 1, False), (2, 1, 2, False), (2, 1, 1, True), (2, 0, 1, False),
        ]),
        "x_time_allow_burst_three": (3, [
            (0, 3, 2, True), (0, 1, 2, False), (0, 1, 1, True), (0, 0, 1, False), (1, 1, 4, False),
            (2, 2, 1, True), (3, 2, 1, True), (4, 2, 1, True), (4, 1, 1, True), (4, 0, 1, False),
            (4, 0, 1, False), (9, 3, 3, True), (9, 0, 0, True),
        ]),
    }
    for name, (burst, rows) in tables.items():
        line = Timeline(
            name,
            f"golang x/time's table of allowed events, 10/s burst {burst}, in steps of 100 ms; each peek shows"
            " the tokens that the table lists before the event.",
            10, SECOND, burst, unit=100 * MS,
        )
        for at, tokens, permits, allowed in rows:
            line(at, "peek 0")
            assert line.lines[-1][2].startswith(f"granted remaining {tokens} "), (name, at)
            line(at, f"try_acquire {permits}")
            assert (line.lines[-1][2] == "granted") == allowed, (name, at)

    # There a step back keeps the tokens; here an earlier instant may find fewer, never more. So each of its
    # refusals stands, and of what it allows from the step on, less is granted and nothing more is left.
    rows = [
        (1, 3, 1, True), (0, 2, 1, True), (0, 1, 1, True), (0, 0, 1, False), (0, 0, 1, False),
        (1, 1, 1, True), (1, 0, 1, False), (1, 0, 1, False), (2, 1, 1, True), (2, 0, 1, False),
        (2, 0, 1, False),
    ]
    line = Timeline(
        "x_time_allow_jump_backwards",
        "The events of golang x/time's table in which time jumps back, 10/s burst 3. There the step back keeps"
        " the tokens, and by instant 1 four events were allowed; here an earlier instant may find fewer, never"
        " more, and it is three, the burst.",
        10, SECOND, 3, unit=100 * MS,
    )
    ours = [True, True, False, False, False, True, False, False, True, False, False]
    granted = allowed_so_far = 0
    for (at, _, permits, allowed), answer in zip(rows, ours, strict=True):
        line(at, f"try_acquire {permits}")
        assert (line.lines[-1][2] == "granted") == answer, (line.name, at, line.lines[-1])
        granted += permits * answer
        allowed_so_far += permits * allowed
        assert granted <= allowed_so_far


# The unit of all x/time rows: 100 ms. Its tables give the instant to act; a reservation answers the wait.
def reservations(name, about, permits, burst, rows):
    line = Timeline(name, about, permits, SECOND, burst, unit=100 * MS)
    for row in rows:
        at, verb, *rest = row
        if verb == "reserve":
            ident, n, act = rest
            line(at, f"reserve {ident} {n}", "exceeds_limit" if act is None else f"ready_after {act - at}")
        elif verb == "within":
            ident, n, timeout, act = rest
            line(at, f"reserve_within {ident} {n} {timeout}", act if isinstance(act, str) else f"ready_after {act - at}")
        elif verb == "cancel":
            ident, gave = rest
            line(at, f"cancel {ident}", "gave_back" if gave else "gave_nothing")
        elif verb == "set":
            new_permits, new_burst = rest
            line(at, f"set_quota {new_permits} 10 {new_burst} as_is", "ok")
        elif verb == "try":
            n, answer = rest
            line(at, f"try_acquire {n}", answer)
        else:
            raise ValueError(verb)


def reserve_tables():
    source = "golang x/time, 10/s burst 2, in steps of 100 ms: "
    reservations("x_time_reserve", source + "each reservation acts when its permits are there.", 10, 2, [
        (0, "reserve", "a", 2, 0), (0, "reserve", "b", 2, 2), (3, "reserve", "c", 2, 4),
    ])
    reservations("x_time_reserve_and_ask", source + "who asks does not overtake who reserved.", 10, 2, [
        (0, "reserve", "a", 3, None), (0, "reserve", "b", 2, 0), (1, "try", 2, "retry_after 1"),
        (1, "reserve", "c", 2, 2), (1, "try", 1, "retry_after 2"), (3, "try", 1, "granted"),
    ])
    reservations("x_time_refused_reservation", source + "a refused reservation took nothing.", 10, 2, [
        (0, "reserve", "a", 2, 0), (0, "reserve", "b", 3, None), (0, "reserve", "c", 2, 2),
    ])
    reservations("x_time_cancel_last", source + "the last reservation gives everything back.", 10, 2, [
        (0, "reserve", "a", 2, 0), (0, "reserve", "b", 2, 2), (1, "cancel", "b", True),
        (1, "reserve", "c", 2, 2),
    ])
    reservations("x_time_cancel_too_late", source + "after its instant nothing comes back.", 10, 2, [
        (0, "reserve", "a", 2, 0), (0, "reserve", "b", 2, 2), (3, "cancel", "b", False),
        (3, "reserve", "c", 2, 4),
    ])
    reservations("x_time_cancel_none_left", source + "what others took since is not given back.", 10, 2, [
        (0, "reserve", "a", 2, 0), (0, "reserve", "b", 1, 1), (0, "reserve", "c", 1, 2),
        (0, "cancel", "b", False), (0, "reserve", "d", 1, 3),
    ])
    reservations("x_time_cancel_one_left", source + "of two, the one that nobody took since.", 10, 2, [
        (0, "reserve", "a", 2, 0), (0, "reserve", "b", 2, 2), (0, "reserve", "c", 1, 3),
        (2, "cancel", "b", True), (2, "reserve", "d", 2, 4),
    ])
    reservations("x_time_cancel_many", "golang x/time, 10/s burst 4: a cancelled one no longer counts"
                 " as taken since.", 10, 4, [
        (0, "reserve", "a", 4, 0), (0, "reserve", "b", 3, 3), (0, "reserve", "c", 1, 4),
        (0, "reserve", "d", 1, 5), (1, "cancel", "d", True), (1, "cancel", "b", True),
        (1, "reserve", "e", 3, 5),
    ])
    reservations("x_time_reserve_within", source + "a wait of one step is accepted, of two not.", 10, 2, [
        (0, "within", "a", 2, 1, 0), (0, "within", "b", 1, 1, 1), (0, "within", "c", 1, 1, "retry_after 1"),
    ])
    reservations("x_time_reserve_jump_back", "The events of golang x/time's table in which time jumps back,"
                 " 10/s burst 2. There (0,1) acts at 1; here no earlier instant grants what a later one would"
                 " have refused: it acts at 2, and the next at 4.", 10, 2, [
        (1, "reserve", "a", 2, 1), (0, "reserve", "b", 1, 2), (2, "reserve", "c", 2, 4),
    ])
    reservations("x_time_reserve_jump_back_cancel", "The events of golang x/time's table in which a"
                 " reservation is cancelled from an earlier instant. There the last acts at 4; here it"
                 " queues behind all that was promised and not given back: 5.", 10, 2, [
        (1, "reserve", "a", 2, 1), (1, "reserve", "b", 2, 3), (1, "reserve", "c", 1, 4),
        (0, "cancel", "b", True), (1, "reserve", "d", 2, 5),
    ])
    change = "golang x/time, from 5/s burst 2, in steps of 100 ms: "
    reservations("x_time_limit_change", change + "10/s at 2; the debt of one permit stays one permit.", 5, 2, [
        (0, "reserve", "a", 2, 0), (0, "reserve", "b", 2, 4), (2, "set", 10, 2), (2, "reserve", "c", 1, 4),
    ])
    reservations("x_time_burst_change", change + "burst 4 at 3; half a permit of debt stays, and the burst"
                 " grew by nothing that is there.", 5, 2, [
        (0, "reserve", "a", 2, 0), (0, "reserve", "b", 2, 4), (3, "set", 5, 4), (3, "reserve", "c", 4, 12),
    ])
    reservations("x_time_burst_change_then_back", change + "burst 4 at 3, then a reservation from instant 0."
                 " There it acts at 9; here as from the latest instant: 12.", 5, 2, [
        (0, "reserve", "a", 2, 0), (0, "reserve", "b", 2, 4), (3, "set", 5, 4), (0, "reserve", "c", 4, 12),
    ])
    reservations("x_time_limit_change_cancel", change + "10/s at 2, and both permits come back.", 5, 2, [
        (0, "reserve", "a", 2, 0), (0, "reserve", "b", 2, 4), (2, "set", 10, 2), (2, "cancel", "b", True),
        (2, "reserve", "c", 2, 3),
    ])


def refill_tables():
    """bucket4j's integer refill: start, capacity, refill, period, elapsed -> tokens, remainder of a period."""
    rows = [
        ("thousand", 0, 1000, 1000, 1000, 40, 40, 0), ("part", 0, 100, 100, 1000, 3, 0, 300),
        ("both", 90, 100, 100, 1000, 17, 91, 700), ("full", 0, 100, 100, 1000, 18888, 100, 0),
        ("slow_part", 0, 100, 1, 10, 3, 0, 3), ("slow_both", 90, 100, 1, 10, 17, 91, 7),
    ]
    for name, start, capacity, refill, period, elapsed, tokens, remainder in rows:
        line = Timeline(
            f"refill_{name}",
            f"bucket4j's integer refill: {start} of {capacity} permits, {refill} per {period} ms; after"
            f" {elapsed} ms {tokens}, and {remainder}/{period} of the next.",
            refill, period * MS, capacity, initial=start, unit=MS,
        )
        line(0, "peek 0")
        line(elapsed, "peek 0")
        assert f" remaining {tokens} " in line.lines[-1][2], line.lines
        if tokens < capacity:
            wait = -(-(period - remainder) // refill)
            line(elapsed, f"try_acquire {tokens + 1}", f"retry_after {wait}")
        line(elapsed, f"try_acquire {tokens}", "granted")
    line = Timeline("refill_step_back", "bucket4j: a step back of time changes nothing.",
                    100, SECOND, 100, initial=50, unit=MS)
    line(10, "peek 0", "granted remaining 50 reset_after 500")
    line(9, "try_acquire 1")(10, "peek 0", "granted remaining 49 reset_after 510")


def carry_tables():
    """bucket4j's four ways to replace a configuration: 40 permits of 100, to 200 and to 20."""
    published = {
        200: {"reset": 200, "as_is": 40, "proportional": 80, "additive": 140},
        20: {"reset": 20, "as_is": 20, "proportional": 8, "additive": 20},
    }
    with_debt = {
        200: {"reset": 200, "as_is": -30, "proportional": -30, "additive": 70},
        20: {"reset": 20, "as_is": -30, "proportional": -30, "additive": -30},
    }
    for burst, answers in published.items():
        for carry, there in answers.items():
            line = Timeline(
                f"carry_{carry}_to_{burst}",
                f"bucket4j's table: 40 of 100 permits are there, the burst becomes {burst}, {carry}.",
                1, SECOND, 100, initial=40, unit=SECOND,
            )
            line(7, "peek 0", "granted remaining 40 reset_after 60")
            line(7, f"set_quota 1 1 {burst} {carry}", "ok")
            line(7, "peek 0", f"granted remaining {there} reset_after {burst - there}")
            line(7, f"try_acquire {there}", "granted")
            line(7, "try_acquire 1", "retry_after 1")
            line(8, "try_acquire 1", "granted")
    for burst, answers in with_debt.items():
        for carry, there in answers.items():
            line = Timeline(
                f"carry_debt_{carry}_to_{burst}",
                f"30 permits are owed by a bucket of 100 when the burst becomes {burst} and the rate double,"
                f" {carry}: a debt is permits, not time.",
                1, 2 * SECOND, 100, initial=20, unit=SECOND,
            )
            line(0, "reserve a 50", "ready_after 60")
            line(0, f"set_quota 1 1 {burst} {carry}", "ok")
            line(0, "peek 1")
            assert line.lines[-1][2].endswith(f"remaining {max(0, there)} reset_after {burst - there}"), line.lines
            if there < 0:
                line(0, "try_acquire 1", f"retry_after {1 - there}")
                line(-there, "try_acquire 1", f"retry_after 1")
                line(1 - there, "try_acquire 1", "granted")


def cancel_across_changes():
    def line(name, about, **more):
        line = Timeline(name, about, 1, SECOND, 4, unit=SECOND, **more)
        return line(0, "try_acquire 4", "granted")(0, "reserve a 4", "ready_after 4")

    one = line("cancel_across_as_is", "One AsIs change leaves a reservation its permits and its instant.")
    one(1, "set_quota 2 1 4 as_is")(1, "cancel a", "gave_back")(1, "try_acquire 1", "granted")
    one(1, "try_acquire 2", "retry_after 1")
    late = line("cancel_across_as_is_late", "The instant of a reservation stays, though its permits come"
                " earlier now: up to it they can be given back, after it not.")
    late(1, "set_quota 4 1 4 as_is")(4, "cancel a", "gave_back")(4, "reserve b 4", "ready_after 0")
    late(5, "cancel b", "gave_nothing")
    grow = line("cancel_across_additive", "One Additive change leaves a reservation its permits.")
    grow(1, "set_quota 1 1 6 additive")(1, "peek 2")(1, "cancel a", "gave_back")(1, "peek 2")
    shrink = line("cancel_across_a_smaller_burst", "A reservation gives back all it took, though the burst"
                  " is smaller than that now.")
    shrink(0, "set_quota 1 1 2 as_is")(0, "try_acquire 1", "retry_after 5")(0, "cancel a", "gave_back")
    shrink(0, "try_acquire 1", "retry_after 1")(1, "try_acquire 1", "granted")
    gone = Timeline("cancel_across_a_burst_that_took_it_away", "What did not fit any more would be gone without the"
                    " reservation too: to give it back would grant more than the burst at one instant.",
                    1, SECOND, 20, unit=SECOND)
    gone(0, "reserve a 5", "ready_after 0")(0, "set_quota 1 1 5 as_is")(0, "try_acquire 3", "granted")
    gone(0, "cancel a", "gave_nothing")(0, "try_acquire 2", "granted")(0, "try_acquire 1", "retry_after 1")
    left = Timeline("cancel_across_a_burst_that_left_a_part", "Of ten permits the change leaves five, two of them"
                    " owed; one was taken since.", 1, SECOND, 20, unit=SECOND)
    left(0, "try_acquire 12", "granted")(0, "reserve a 10", "ready_after 2")(0, "set_quota 1 1 3 as_is")
    left(0, "reserve b 1", "ready_after 3")(0, "cancel a", "gave_back")(0, "try_acquire 1", "granted")
    left(0, "try_acquire 1", "retry_after 1")
    taken = line("cancel_across_as_is_taken_since", "Across a change, too, what was taken since stays taken.")
    taken(0, "reserve b 1")(1, "set_quota 1 1 4 as_is")(1, "reserve c 2")(1, "cancel a", "gave_back")
    taken(1, "reserve d 1")(1, "cancel b")
    for carry in ("reset", "proportional"):
        none = line(f"cancel_across_{carry}", f"After a change of kind {carry} a reservation gives nothing back.")
        none(1, f"set_quota 1 1 4 {carry}")(1, "peek 1")(1, "cancel a", "gave_nothing")(1, "peek 1")
    for second in ("as_is", "additive"):
        twice = line(f"cancel_across_two_changes_{second}", "After a second change a reservation gives nothing.")
        twice(1, "set_quota 1 1 4 as_is")(1, f"set_quota 1 1 5 {second}")(1, "cancel a", "gave_nothing")


HEAD = """\
# Timelines of the token bucket. Written by token_bucket.py beside it, which says where each answer comes
# from: change that, and run it. Every language replays this file.
#
# A step is `<at> <operation> -> <answer>`: at start_ns + at * unit_ns, all durations in unit_ns (default 1).
# Tags: ns (not whole microseconds), carry (the quota changes), steps_back (an earlier instant follows a later
# one), rounded (ticks are no whole fractions of a nanosecond), moves_origin (a reading reaches 2^59 ticks),
# over_2_53 (an instant beyond 2^53 microseconds).
"""


def written():
    gcra_table()
    allow_tables()
    reserve_tables()
    refill_tables()
    carry_tables()
    cancel_across_changes()
    edges()
    long_spans()
    return "\n".join([HEAD, *(timeline.toml() for timeline in Timeline.every)])


if __name__ == "__main__":
    write(__file__, written())
