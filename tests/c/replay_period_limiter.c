/* Replays timelines of period limiters through the C library: a script on stdin, one answer a line on stdout.
 *
 *     timeline NAME from_first_use|sliding|aligned LIMIT PERIOD_NS UTC_OFFSET_SECS
 *     NOW_NS try_acquire N    granted | granted_last | retry_after NS | exceeds_limit
 *     NOW_NS peek N           (as try_acquire) remaining R reset_after NS
 *     end
 *
 * Only an aligned limiter has an offset; the others ignore it. Steps take turns between the `_at` forms and, on
 * a manual clock, those that read it. An error of the library is answered by `error STATUS MESSAGE`. */
#define _POSIX_C_SOURCE 200809L

#include "replay_clock.h"

struct timeline {
    struct replay_clock clock;
    resil_period_limiter_t *limiter;
};

static bool is_begun(const struct timeline *timeline)
{
    return timeline->limiter != NULL;
}

static void end(struct timeline *timeline)
{
    resil_period_limiter_free(timeline->limiter);
    resil_manual_clock_free(timeline->clock.manual);
    *timeline = (struct timeline){{NULL, false}, NULL};
}

/* Seconds ahead of UTC; negative behind it. */
static int32_t offset(const struct line *line, size_t index)
{
    const char *text = word(line, index);
    char *rest;
    long seconds = strtol(text, &rest, 10);
    if (rest == text || *rest != '\0' || seconds < -86400 || seconds > 86400)
        give_up(line, "\"%s\" is no offset", text);
    return (int32_t)seconds;
}

static void begin(struct timeline *timeline, const struct line *line)
{
    static const char *const kinds[] = {"from_first_use", "aligned", "sliding"};
    resil_period_limiter_options_t options = RESIL_PERIOD_LIMITER_OPTIONS_INIT;
    uint32_t limit = permits(line, 3);
    uint64_t period_ns = nanoseconds(line, 4);
    resil_status_t status;
    end(timeline);
    make_clock(&timeline->clock, line);
    options.clock = RESIL_CLOCK_MANUAL;
    options.manual_clock = timeline->clock.manual;
    switch (place(line, 2, kinds, 3)) {
    case 0:
        status = resil_period_limiter_new(limit, period_ns, &options, &timeline->limiter);
        break;
    case 1:
        status = resil_period_limiter_aligned(limit, period_ns, offset(line, 5), &options,
                                              &timeline->limiter);
        break;
    default:
        status = resil_period_limiter_sliding(limit, period_ns, &options, &timeline->limiter);
    }
    if (status != RESIL_STATUS_GRANTED)
        give_up(line, "%s", resil_last_error_message());
}

static void print_granted(resil_status_t status, uint64_t retry_after_ns)
{
    if (status == RESIL_STATUS_GRANTED_LAST)
        printf("granted_last");
    else
        print_answer(status, retry_after_ns);
}

static void try_acquire(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    uint64_t retry_after_ns = 0;
    resil_status_t status =
        reads_clock(&timeline->clock, line, now_ns)
            ? resil_period_limiter_try_acquire(timeline->limiter, permits(line, 2),
                                               &retry_after_ns)
            : resil_period_limiter_try_acquire_at(timeline->limiter, now_ns, permits(line, 2),
                                                  &retry_after_ns);
    print_granted(status, retry_after_ns);
}

static void peek(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    resil_peek_t peek = {0, 0, 0};
    resil_status_t status =
        reads_clock(&timeline->clock, line, now_ns)
            ? resil_period_limiter_peek(timeline->limiter, permits(line, 2), &peek)
            : resil_period_limiter_peek_at(timeline->limiter, now_ns, permits(line, 2), &peek);
    print_granted(status, peek.retry_after_ns);
    if (status < RESIL_STATUS_NULL_ARGUMENT)
        printf(" remaining %" PRIu32 " reset_after %" PRIu64, peek.remaining, peek.reset_after_ns);
}

int main(void)
{
    static const struct operation operations[] = {{"try_acquire", try_acquire, 3},
                                                  {"peek", peek, 3}};
    static const struct replayer replayer = {begin, end, is_begun, operations,
                                             sizeof operations / sizeof *operations};
    struct timeline timeline = {{NULL, false}, NULL};
    return replay(&replayer, &timeline);
}
