"""Timelines where answers change: at the nanosecond, at the ends of the range, where time steps and leaps.

The models answer them; what is written out here is what must be so whatever they say.
"""

from token_bucket_model import LAST, SPAN_LIMIT, Quota
from token_bucket_timeline import DAY, MS, SECOND, UNIX_2015, UNIX_2050, YEAR, Timeline

RATES = [  # name, permits, period, burst
    ("tenth", 1, 10 * SECOND, 5),
    ("three_per_seven_seconds", 3, 7 * SECOND, 5),
    ("two_per_nanosecond", 2_000_000_000, SECOND, 7),
    ("four_per_nanosecond", 4_000_000_000, SECOND, 9),
]


def due(rate, permits):
    """The first whole nanosecond at which an empty bucket has so many permits, in truth."""
    _, count, period, _ = rate
    return -(-permits * period // count)


def edge(name, about, rate, **more):
    short, permits, period, burst = rate
    return Timeline(f"{name}_{short}", f"{about} At {permits} per {period} ns, burst {burst}.",
                    permits, period, burst, **more)


def boundaries(line, rate, at):
    """From empty at `at`: each count of permits one nanosecond early, and at its instant."""
    burst = rate[3]
    line(at, f"try_acquire {burst}", "granted")
    for permits in range(1, burst + 1):
        when = due(rate, permits)
        line(at, f"try_acquire {permits}", f"retry_after {when}")
        line(at + when - 1, f"try_acquire {permits}", "retry_after 1")
        line(at + when, f"peek {permits}")
        assert line.lines[-1][2].startswith("granted "), line.lines[-1]
    line(at + due(rate, 1), "try_acquire 1", "granted")
    line(at + due(rate, burst), f"try_acquire {burst - 1}", "granted")


def edges():
    for rate in RATES:
        _, permits, period, burst = rate
        exact = Quota(permits, period, burst).is_exact
        interval = due(rate, 1)

        line = edge("boundary", "Each permit is there at its first whole nanosecond and not one earlier.", rate)
        boundaries(line, rate, 0)

        line = edge("stands_still", "While time stands still one instant grants the burst and no more.", rate, start=SECOND)
        for _ in range(burst):
            line(0, "try_acquire 1", "granted")
        for n in (1, burst, 0):
            line(0, f"try_acquire {n}", f"retry_after {due(rate, n)}" if n else "granted")
        line(0, f"try_acquire {burst + 1}", "exceeds_limit")(0, "try_acquire 4294967295", "exceeds_limit")
        line(0, f"peek {burst + 1}")(0, f"reserve_within a {burst + 1} 0", "exceeds_limit")
        line(0, "reserve a 1")(0, "reserve b 1")(0, "cancel b", "gave_back")(0, "peek 1")

        line = edge("steps_back", "An earlier instant may be refused more, never granted more; the latest one is"
                    " as if there had been no step.", rate, start=100 * SECOND)
        line(0, f"try_acquire {burst - 1}")(-1, "try_acquire 1")(-interval, "try_acquire 1")(-interval, "peek 1")
        line(-100 * SECOND, "peek 1")(0, "try_acquire 1")(interval, "try_acquire 1")(interval - 1, "try_acquire 1")
        line(-interval, "reserve a 1")(-2 * interval, "cancel a", "gave_back")(2 * interval, "try_acquire 1")

        line = edge("from_zero", "The first instant of a clock.", rate)
        line(0, "peek 1", f"granted remaining {burst} reset_after 0")
        line(0, f"try_acquire {burst}", "granted")(1, "peek 1")(0, "peek 1")

        line = edge("near_the_end", "The last instants there are: waits may end after them.", rate, start=LAST - 2 * interval)
        line(0, f"try_acquire {burst}", "granted")(0, "try_acquire 1")(interval, "try_acquire 1")
        line(2 * interval, f"try_acquire {burst}")(2 * interval, "reserve a 1")(2 * interval, f"reserve b {burst}")
        line(2 * interval, "cancel b", "gave_back")(0, "peek 1")(2 * interval, "set_quota 1 1 1 reset")
        line(2 * interval, "try_acquire 1", "granted")

        line = edge("zero_to_the_end", "From the first instant there is to the last, and back.", rate)
        line(0, f"try_acquire {burst}", "granted")(LAST, f"try_acquire {burst}", "granted")
        line(LAST, "try_acquire 1")(0, "try_acquire 1")(LAST, "peek 1")

        for year, unix in (("2015", UNIX_2015), ("2050", UNIX_2050)):
            line = edge(f"unix_{year}", f"Unix time of {year}, to the nanosecond.", rate, start=unix)
            if exact:
                boundaries(line, rate, 0)
            else:
                line(0, f"try_acquire {burst}", "granted")
                for n in range(1, burst + 1):
                    line(0, f"try_acquire {n}")(due(rate, n) - 3, f"try_acquire {n}")(due(rate, n) - 1, f"peek {n}")
                    line(due(rate, n), f"peek {n}")
                    assert line.lines[-1][2].startswith("granted "), line.lines[-1]

            line = edge(f"back_to_zero_from_unix_{year}", "A step back across the origin: every instant before"
                        " it reads as the origin, and the wait counts the difference.", rate, start=unix)
            line(0, f"try_acquire {burst}", "granted")(-unix, "try_acquire 1")(-unix, "peek 1")
            line(1 - unix, "reserve a 1")(-unix, "cancel a", "gave_back")(0, "try_acquire 1")
            line(interval, "try_acquire 1")
            line = edge(f"full_at_zero_from_unix_{year}", "A bucket that is full at its first instant was full"
                        " at every earlier one, too.", rate, start=unix)
            line(0, "peek 1")(-unix, f"try_acquire {burst}", "granted")(-unix, "peek 1")(0, f"try_acquire {burst}", "granted")
            line = edge(f"change_at_zero_from_unix_{year}", "A change of quota across the origin takes place at"
                        " the origin: back at the latest instant nothing was minted.", rate, start=unix)
            line(0, f"try_acquire {burst}", "granted")(-unix, f"set_quota {permits} {period} {burst} as_is")
            line(-unix, "peek 1")(0, "peek 1")(0, "try_acquire 1")
            assert line.lines[-1][2].startswith("retry_after "), line.lines[-1]
            line(due(rate, burst) + 1, f"try_acquire {burst}")

        for name, start in (("zero", 0), ("unix_2015", UNIX_2015), ("unix_2050", UNIX_2050)):
            line = edge(f"leap_from_{name}", "A leap of 200 years fills the bucket, once.", rate, start=start)
            line(0, f"try_acquire {burst}", "granted")(200 * YEAR, f"try_acquire {burst}", "granted")
            line(200 * YEAR, "try_acquire 1")(200 * YEAR + interval, "try_acquire 1")(0, "try_acquire 1")
            line(200 * YEAR, f"reserve a {burst}")
            line(200 * YEAR, "cancel a", "gave_back")(200 * YEAR, "peek 1")

        line = edge("zero_permits", "No permits are granted always and change nothing: not even the first"
                    " instant is told.", rate, initial=0)
        line(5, "try_acquire 0", "granted")(5, "reserve a 0", "ready_after 0")(5, "reserve_within b 0 0", "ready_after 0")
        line(5, "cancel a", "gave_nothing")(7, "try_acquire 1", f"retry_after {interval}")
        line(7, "try_acquire 0", "granted")(7, "reserve c 1", f"ready_after {interval}")
        line(7, "try_acquire 0", "granted")(7, "peek 0")(7, "reserve d 0", "ready_after 0")(7, "cancel d", "gave_nothing")

        line = edge("initial_two", "Two permits at the first instant the bucket is told, whenever that is.",
                    rate, initial=2, start=UNIX_2015)
        line(0, "peek 1")(0, "try_acquire 3")(0, "try_acquire 2", "granted")(0, "try_acquire 1")(-10, "try_acquire 1")
        line = edge("initial_none", "Nothing at first, then at the rate.", rate, initial=0, start=3 * DAY)
        line(0, "try_acquire 1")(interval - 1, "try_acquire 1")(interval, "try_acquire 1", "granted")

        line = edge("timeouts", "A wait of the timeout is accepted, of a nanosecond more is not.", rate)
        for name, n in (("a", 1), ("b", burst)):
            line(0, f"try_acquire {burst}" if name == "a" else "try_acquire 0", "granted")
            line(0, f"peek {n}")
            wait = due(rate, n) if name == "a" else due(rate, n + 1)
            if wait > 1:
                line(0, f"reserve_within {name} {n} {wait - 1}", "retry_after 1")
            line(0, f"reserve_within {name} {n} 0", f"retry_after {wait}")
            line(1, f"reserve_within {name} {n} {wait - 1}" , f"ready_after {wait - 1}")
            if name == "a":
                line(1, "cancel a", "gave_back")(0, "peek 1")
                line(0, f"reserve_within a 1 {LAST}", f"ready_after {wait}")

        line = edge("cancel_to_the_nanosecond", "A reservation can be cancelled at its very instant, and not a"
                    " nanosecond later.", rate)
        last = due(rate, burst)
        line(0, f"try_acquire {burst}", "granted")(0, f"reserve a {burst}", f"ready_after {last}")
        line(last + 1, "cancel a", "gave_nothing")(last + 1, "peek 1")
        line(last + 1, f"reserve b {burst}")
        wait = line.lines[-1][2].split()[1]
        line(last + 1 + int(wait), "cancel b", "gave_back")


def long_spans():
    line = Timeline("day_burst_50_000", "1 per day with a burst of 50 000: 136 years from empty to full, in"
                    " ticks of 15 ns. What is due is granted at its instant, and at most two ticks early.",
                    1, DAY, 50_000)
    line(0, "try_acquire 50001", "exceeds_limit")(0, "try_acquire 50000", "granted")(0, "peek 1")
    line(0, "try_acquire 1")(DAY - 31, "try_acquire 1")(DAY, "try_acquire 1", "granted")(DAY, "try_acquire 1")
    line(1_000 * DAY - 31, "try_acquire 999")(1_000 * DAY, "try_acquire 999", "granted")
    line(50_000 * DAY, "peek 49000")(51_000 * DAY, "peek 50000")(51_000 * DAY, "try_acquire 50000", "granted")
    line(51_000 * DAY, "reserve a 49999")(51_000 * DAY, "reserve b 1")(51_000 * DAY, "cancel b", "gave_back")

    line = Timeline("day_burst_50_000_unix", "The same from Unix time of 2015, and back to zero.",
                    1, DAY, 50_000, start=UNIX_2015)
    line(0, "try_acquire 50000", "granted")(DAY, "try_acquire 1", "granted")(-UNIX_2015, "peek 1")
    line(LAST - UNIX_2015, "try_acquire 1")(LAST - UNIX_2015, "peek 50000")

    line = Timeline("promised_away", "A bucket is promised away for 2^59 ticks at most; then there is room"
                    " again as time passes.", 1, SPAN_LIMIT, 1)
    line(0, "try_acquire 1", "granted")(0, "reserve a 1", f"ready_after {SPAN_LIMIT}")
    line(0, "reserve b 1", f"retry_after {SPAN_LIMIT}")(SPAN_LIMIT - 1, "reserve b 1", "retry_after 1")
    line(SPAN_LIMIT, "reserve b 1", f"ready_after {SPAN_LIMIT}")

    line = Timeline("debt_stops", "A carried debt stops 2^59 ticks ahead.", 1, 1_000, 1_000_000, initial=0)
    line(0, "reserve a 1000000")(0, "reserve b 1000000")(0, f"set_quota 1 {DAY} 2 as_is")(0, "peek 1")
    line(0, "try_acquire 1")

    line = Timeline("three_in_seven_years_later", "3 per 7 s asked at its due instants, then after 30 years in"
                    " which nothing drifted.", 3, 7 * SECOND, 3, unit=SECOND)
    for k in range(3):
        line(7 * k, "try_acquire 3", "granted")(7 * k, "try_acquire 3", "retry_after 7")
    later = 7 * 135_000_000
    line(later, "try_acquire 3", "granted")(later, "try_acquire 3")(later + 7, "try_acquire 3", "granted")

    line = Timeline("origin_moves_in_debt", "A reading of 2^59 ticks moves the origin; what is owed then"
                    " stays to the tick.", 1, 2**57, 2)
    line(0, "try_acquire 2", "granted")(2**59 - 5, "try_acquire 2", "granted")(2**59 - 5, "reserve a 2")
    line(2**59 - 1, "peek 1")(2**59, "peek 1")(2**59, "cancel a", "gave_back")(2**59, "peek 1")
    line(2**59 - 5, "try_acquire 1")

    line = Timeline("handmade", "Asking, peeking, reserving and changing, as a reader would try it.",
                    1, SECOND, 5, unit=MS)
    line(0, "try_acquire 6", "exceeds_limit")(0, "try_acquire 5", "granted")(0, "try_acquire 1", "retry_after 1000")
    line(2000, "reserve a 2", "ready_after 0")(2000, "reserve b 2", "ready_after 2000")
    line(2000, "reserve_within c 1 2999", "retry_after 1")(2000, "cancel b", "gave_back")
    line(2000, "set_quota 10 1000 5 as_is", "ok")(2100, "try_acquire 1", "granted")(2100, "try_acquire 1")
