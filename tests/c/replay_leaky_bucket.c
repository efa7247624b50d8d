/* Replays timelines of leaky meters and queues through the C library: a script on stdin, one answer a line on
 * stdout.
 *
 *     timeline NAME meter|queue PERMITS PERIOD_NS BURST
 *     NOW_NS try_acquire N                      granted | retry_after NS | exceeds_limit              (meter)
 *     NOW_NS try_reserve N                      ready_after NS | retry_after NS | exceeds_limit       (queue)
 *     NOW_NS try_reserve_within N TIMEOUT_NS    (as try_reserve)
 *     NOW_NS peek N                             (as asking) remaining R reset_after NS
 *     end
 *
 * Asking and looking take turns between the `_at` forms and, on a manual clock, those that read it. An error of
 * the library is answered by `error STATUS MESSAGE`. */
#define _POSIX_C_SOURCE 200809L

#include "replay_clock.h"

struct timeline {
    struct replay_clock clock;
    resil_leaky_meter_t *meter; /* or else */
    resil_leaky_queue_t *queue;
};

static bool is_begun(const struct timeline *timeline)
{
    return timeline->clock.manual != NULL;
}

static void end(struct timeline *timeline)
{
    resil_leaky_meter_free(timeline->meter);
    resil_leaky_queue_free(timeline->queue);
    resil_manual_clock_free(timeline->clock.manual);
    *timeline = (struct timeline){{NULL, false}, NULL, NULL};
}

static void begin(struct timeline *timeline, const struct line *line)
{
    static const char *const kinds[] = {"meter", "queue"};
    resil_leaky_bucket_options_t options = RESIL_LEAKY_BUCKET_OPTIONS_INIT;
    resil_quota_t quota = {permits(line, 3), permits(line, 5), nanoseconds(line, 4)};
    resil_status_t status;
    end(timeline);
    make_clock(&timeline->clock, line);
    options.clock = RESIL_CLOCK_MANUAL;
    options.manual_clock = timeline->clock.manual;
    if (place(line, 2, kinds, 2) == 0)
        status = resil_leaky_meter_new(&quota, &options, &timeline->meter);
    else
        status = resil_leaky_queue_new(&quota, &options, &timeline->queue);
    if (status != RESIL_STATUS_GRANTED)
        give_up(line, "%s", resil_last_error_message());
}

static void try_acquire(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    uint64_t retry_after_ns = 0;
    needs(line, timeline->meter);
    resil_status_t status =
        reads_clock(&timeline->clock, line, now_ns)
            ? resil_leaky_meter_try_acquire(timeline->meter, permits(line, 2), &retry_after_ns)
            : resil_leaky_meter_try_acquire_at(timeline->meter, now_ns, permits(line, 2),
                                               &retry_after_ns);
    print_answer(status, retry_after_ns);
}

static void print_slot(resil_status_t status, uint64_t ready_after_ns, uint64_t retry_after_ns)
{
    if (status == RESIL_STATUS_GRANTED)
        printf("ready_after %" PRIu64, ready_after_ns);
    else
        print_answer(status, retry_after_ns);
}

static void try_reserve(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    resil_slot_t slot = {0, 0, 0};
    uint64_t retry_after_ns = 0;
    needs(line, timeline->queue);
    resil_status_t status = reads_clock(&timeline->clock, line, now_ns)
                                ? resil_leaky_queue_try_reserve(timeline->queue, permits(line, 2),
                                                                &slot, &retry_after_ns)
                                : resil_leaky_queue_try_reserve_at(timeline->queue, now_ns,
                                                                   permits(line, 2), &slot,
                                                                   &retry_after_ns);
    print_slot(status, slot.ready_after_ns, retry_after_ns);
}

static void try_reserve_within(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    resil_slot_t slot = {0, 0, 0};
    uint64_t retry_after_ns = 0, timeout_ns = nanoseconds(line, 3);
    needs(line, timeline->queue);
    resil_status_t status =
        reads_clock(&timeline->clock, line, now_ns)
            ? resil_leaky_queue_try_reserve_within(timeline->queue, permits(line, 2), timeout_ns,
                                                   &slot, &retry_after_ns)
            : resil_leaky_queue_try_reserve_within_at(timeline->queue, now_ns, permits(line, 2),
                                                      timeout_ns, &slot, &retry_after_ns);
    print_slot(status, slot.ready_after_ns, retry_after_ns);
}

static void print_left(resil_status_t status, uint32_t remaining, uint64_t reset_after_ns)
{
    if (status < RESIL_STATUS_NULL_ARGUMENT)
        printf(" remaining %" PRIu32 " reset_after %" PRIu64, remaining, reset_after_ns);
}

static void peek(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    bool reads = reads_clock(&timeline->clock, line, now_ns);
    if (timeline->meter != NULL) {
        resil_peek_t peek = {0, 0, 0};
        resil_status_t status =
            reads ? resil_leaky_meter_peek(timeline->meter, permits(line, 2), &peek)
                  : resil_leaky_meter_peek_at(timeline->meter, now_ns, permits(line, 2), &peek);
        print_answer(status, peek.retry_after_ns);
        print_left(status, peek.remaining, peek.reset_after_ns);
    } else {
        resil_leaky_queue_peek_t peek = {0, 0, 0, 0};
        resil_status_t status =
            reads ? resil_leaky_queue_peek(timeline->queue, permits(line, 2), &peek)
                  : resil_leaky_queue_peek_at(timeline->queue, now_ns, permits(line, 2), &peek);
        print_slot(status, peek.ready_after_ns, peek.retry_after_ns);
        print_left(status, peek.remaining, peek.reset_after_ns);
    }
}

int main(void)
{
    static const struct operation operations[] = {{"try_acquire", try_acquire, 3},
                                                  {"try_reserve", try_reserve, 3},
                                                  {"try_reserve_within", try_reserve_within, 4},
                                                  {"peek", peek, 3}};
    static const struct replayer replayer = {begin, end, is_begun, operations,
                                             sizeof operations / sizeof *operations};
    struct timeline timeline = {{NULL, false}, NULL, NULL};
    return replay(&replayer, &timeline);
}
