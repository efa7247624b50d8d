/* Replays timelines of rolling windows and counters through the C library: a script on stdin, one answer a line
 * on stdout.
 *
 *     timeline NAME window|counter BUCKET_WIDTH_NS BUCKET_COUNT LEAVE_OUT_CURRENT(0|1)
 *     NOW_NS record VALUE     kept | saturated | late              (window)
 *     NOW_NS totals           sum S count C
 *     NOW_NS add AMOUNT       kept | saturated | late              (counter)
 *     NOW_NS total            N
 *     NOW_NS fold             S/C (window) or N (counter) for each bucket, oldest first; "nothing" if none is
 *     end
 *
 * Recording and reading take turns between the `_at` forms and, on a manual clock, those that read it. An error
 * of the library is answered by `error STATUS MESSAGE`. */
#define _POSIX_C_SOURCE 200809L

#include "replay_clock.h"

struct timeline {
    struct replay_clock clock;
    resil_rolling_window_t *window; /* or else */
    resil_rolling_counter_t *counter;
};

static bool is_begun(const struct timeline *timeline)
{
    return timeline->clock.manual != NULL;
}

static void end(struct timeline *timeline)
{
    resil_rolling_window_free(timeline->window);
    resil_rolling_counter_free(timeline->counter);
    resil_manual_clock_free(timeline->clock.manual);
    *timeline = (struct timeline){{NULL, false}, NULL, NULL};
}

static void begin(struct timeline *timeline, const struct line *line)
{
    static const char *const kinds[] = {"window", "counter"};
    resil_rolling_window_options_t options = RESIL_ROLLING_WINDOW_OPTIONS_INIT;
    uint64_t width_ns = nanoseconds(line, 3);
    uint32_t count = (uint32_t)number(line, 4, UINT32_MAX);
    resil_status_t status;
    end(timeline);
    make_clock(&timeline->clock, line);
    options.clock = RESIL_CLOCK_MANUAL;
    options.manual_clock = timeline->clock.manual;
    options.leave_out_current = (uint32_t)number(line, 5, 1);
    if (place(line, 2, kinds, 2) == 0)
        status = resil_rolling_window_new(width_ns, count, &options, &timeline->window);
    else
        status = resil_rolling_counter_new(width_ns, count, &options, &timeline->counter);
    if (status != RESIL_STATUS_GRANTED)
        give_up(line, "%s", resil_last_error_message());
}

static void print_recorded(resil_status_t status)
{
    if (status == RESIL_STATUS_GRANTED)
        printf("kept");
    else if (status == RESIL_STATUS_SATURATED)
        printf("saturated");
    else if (status == RESIL_STATUS_LATE)
        printf("late");
    else
        print_error(status);
}

static void record(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    uint64_t value = number(line, 2, UINT64_MAX);
    needs(line, timeline->window);
    print_recorded(reads_clock(&timeline->clock, line, now_ns)
                       ? resil_rolling_window_record(timeline->window, value)
                       : resil_rolling_window_record_at(timeline->window, now_ns, value));
}

static void add(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    uint64_t amount = number(line, 2, UINT64_MAX);
    needs(line, timeline->counter);
    print_recorded(reads_clock(&timeline->clock, line, now_ns)
                       ? resil_rolling_counter_add(timeline->counter, amount)
                       : resil_rolling_counter_add_at(timeline->counter, now_ns, amount));
}

static void totals(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    resil_totals_t totals = {0, 0};
    needs(line, timeline->window);
    resil_status_t status = reads_clock(&timeline->clock, line, now_ns)
                                ? resil_rolling_window_totals(timeline->window, &totals)
                                : resil_rolling_window_totals_at(timeline->window, now_ns, &totals);
    if (status == RESIL_STATUS_GRANTED)
        printf("sum %" PRIu64 " count %" PRIu64, totals.sum, totals.count);
    else
        print_error(status);
}

static void total(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    uint64_t total = 0;
    needs(line, timeline->counter);
    resil_status_t status = reads_clock(&timeline->clock, line, now_ns)
                                ? resil_rolling_counter_total(timeline->counter, &total)
                                : resil_rolling_counter_total_at(timeline->counter, now_ns, &total);
    if (status == RESIL_STATUS_GRANTED)
        printf("%" PRIu64, total);
    else
        print_error(status);
}

/* What stands before the next bucket. */
static void print_bucket(void *separator, uint64_t sum, uint64_t count)
{
    printf("%s%" PRIu64 "/%" PRIu64, *(const char **)separator, sum, count);
    *(const char **)separator = " ";
}

static void print_count(void *separator, uint64_t count)
{
    printf("%s%" PRIu64, *(const char **)separator, count);
    *(const char **)separator = " ";
}

static void fold(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    const char *separator = "";
    bool reads = reads_clock(&timeline->clock, line, now_ns);
    resil_status_t status;
    if (timeline->window != NULL)
        status = reads ? resil_rolling_window_fold(timeline->window, print_bucket, &separator)
                       : resil_rolling_window_fold_at(timeline->window, now_ns, print_bucket,
                                                      &separator);
    else
        status = reads ? resil_rolling_counter_fold(timeline->counter, print_count, &separator)
                       : resil_rolling_counter_fold_at(timeline->counter, now_ns, print_count,
                                                       &separator);
    if (status != RESIL_STATUS_GRANTED)
        print_error(status);
    else if (*separator == '\0')
        printf("nothing");
}

int main(void)
{
    static const struct operation operations[] = {
        {"record", record, 3}, {"totals", totals, 2}, {"add", add, 3},
        {"total", total, 2},   {"fold", fold, 2}};
    static const struct replayer replayer = {begin, end, is_begun, operations,
                                             sizeof operations / sizeof *operations};
    struct timeline timeline = {{NULL, false}, NULL, NULL};
    return replay(&replayer, &timeline);
}
