/* A manual clock that every other step of a replay reads; the steps between are told the time. */
#ifndef RESIL_TESTS_REPLAY_CLOCK_H
#define RESIL_TESTS_REPLAY_CLOCK_H

#include "replay_script.h"

struct replay_clock {
    resil_manual_clock_t *manual;
    bool reads;
};

static inline void make_clock(struct replay_clock *clock, const struct line *line)
{
    if (resil_manual_clock_new(0, &clock->manual) != RESIL_STATUS_GRANTED)
        give_up(line, "%s", resil_last_error_message());
}

/* Whether this step reads the clock, which then shows `now_ns`. */
static inline bool reads_clock(struct replay_clock *clock, const struct line *line, uint64_t now_ns)
{
    clock->reads = !clock->reads;
    if (clock->reads && resil_manual_clock_set(clock->manual, now_ns) != RESIL_STATUS_GRANTED)
        give_up(line, "%s", resil_last_error_message());
    return clock->reads;
}

/* The object that this step is for. */
static inline void needs(const struct line *line, const void *handle)
{
    if (handle == NULL)
        give_up(line, "not an operation of this kind: %s", word(line, 1));
}

#endif
