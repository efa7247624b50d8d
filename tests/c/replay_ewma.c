/* Replays timelines of averages through the C library: a script on stdin, one answer a line on stdout.
 *
 *     timeline NAME KIND NUMBER WARM_UP     by_count and alpha, by_count_with_age and age; by_time, sample_weighted,
 *                                           peak or decay_factor and the time constant in ns
 *     NOW_NS record X         ok | not_finite | sum_too_large
 *     NOW_NS value            V | none
 *     NOW_NS snapshot         missing N idle NS | missing N idle none
 *     NOW_NS decay            V            (decay_factor, after the time NOW_NS)
 *     end
 *
 * V is written with 17 digits, which tell every double. Recording and reading take turns between the `_at` forms
 * and, on a manual clock, those that read it. An error of the library is answered by `error STATUS MESSAGE`. */
#define _POSIX_C_SOURCE 200809L

#include "replay_script.h"

struct timeline {
    resil_manual_clock_t *clock;
    resil_ewma_t *ewma; /* or else */
    uint64_t time_constant_ns;
    bool by_count;
    bool reads_clock;
};

static const struct timeline nothing;

static bool is_begun(const struct timeline *timeline)
{
    return timeline->clock != NULL;
}

static void end(struct timeline *timeline)
{
    resil_ewma_free(timeline->ewma);
    resil_manual_clock_free(timeline->clock);
    *timeline = nothing;
}

static double real(const struct line *line, size_t index)
{
    const char *text = word(line, index);
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0')
        give_up(line, "\"%s\" is no number", text);
    return value;
}

static void begin(struct timeline *timeline, const struct line *line)
{
    static const char *const kinds[] = {"by_count", "by_count_with_age", "by_time",
                                        "sample_weighted", "peak", "decay_factor"};
    resil_ewma_options_t options = RESIL_EWMA_OPTIONS_INIT;
    resil_status_t status = RESIL_STATUS_GRANTED;
    end(timeline);
    if (resil_manual_clock_new(0, &timeline->clock) != RESIL_STATUS_GRANTED)
        give_up(line, "%s", resil_last_error_message());
    options.clock = RESIL_CLOCK_MANUAL;
    options.manual_clock = timeline->clock;
    options.warm_up = (uint32_t)number(line, 4, UINT32_MAX);
    size_t kind = place(line, 2, kinds, sizeof kinds / sizeof *kinds);
    timeline->by_count = kind < 2;
    if (!timeline->by_count)
        timeline->time_constant_ns = nanoseconds(line, 3);
    switch (kind) {
    case 0: status = resil_ewma_by_count(real(line, 3), &options, &timeline->ewma); break;
    case 1: status = resil_ewma_by_count_with_age(real(line, 3), &options, &timeline->ewma); break;
    case 2:
        status = resil_ewma_by_time(timeline->time_constant_ns, &options, &timeline->ewma);
        break;
    case 3:
        status = resil_ewma_sample_weighted(timeline->time_constant_ns, &options, &timeline->ewma);
        break;
    case 4:
        status = resil_ewma_peak(timeline->time_constant_ns, &options, &timeline->ewma);
        break;
    default: break;
    }
    if (status != RESIL_STATUS_GRANTED)
        give_up(line, "%s", resil_last_error_message());
}

/* Whether this step reads the clock, which then shows `now_ns`. Every other one does. */
static bool reads_clock(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    if (timeline->ewma == NULL)
        give_up(line, "not an operation of this kind: %s", word(line, 1));
    timeline->reads_clock = !timeline->reads_clock;
    if (timeline->reads_clock
        && resil_manual_clock_set(timeline->clock, now_ns) != RESIL_STATUS_GRANTED)
        give_up(line, "%s", resil_last_error_message());
    return timeline->reads_clock;
}

static void record(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    double x = real(line, 2);
    resil_status_t status = reads_clock(timeline, line, now_ns)
                                ? resil_ewma_record(timeline->ewma, x)
                                : resil_ewma_record_at(timeline->ewma, now_ns, x);
    if (status == RESIL_STATUS_GRANTED)
        printf("ok");
    else if (status == RESIL_STATUS_SAMPLE_NOT_FINITE)
        printf("not_finite");
    else if (status == RESIL_STATUS_SAMPLE_SUM_TOO_LARGE)
        printf("sum_too_large");
    else
        print_error(status);
}

static void print_value(resil_status_t status, double value)
{
    if (status == RESIL_STATUS_GRANTED)
        printf("%.17g", value);
    else if (status == RESIL_STATUS_ABSENT)
        printf("none");
    else
        print_error(status);
}

static void value(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    double value = 0.0;
    resil_status_t status = reads_clock(timeline, line, now_ns)
                                ? resil_ewma_value(timeline->ewma, &value)
                                : resil_ewma_value_at(timeline->ewma, now_ns, &value);
    print_value(status, value);
}

static void snapshot(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    resil_ewma_snapshot_t seen;
    resil_status_t status = reads_clock(timeline, line, now_ns)
                                ? resil_ewma_snapshot(timeline->ewma, &seen)
                                : resil_ewma_snapshot_at(timeline->ewma, now_ns, &seen);
    if (status != RESIL_STATUS_GRANTED)
        print_error(status);
    else if (timeline->by_count || seen.missing > 0)
        printf("missing %" PRIu32 " idle none", seen.missing);
    else
        printf("missing %" PRIu32 " idle %" PRIu64, seen.missing, seen.idle_for_ns);
}

static void decay(struct timeline *timeline, const struct line *line, uint64_t elapsed_ns)
{
    double factor = 0.0;
    (void)line;
    resil_status_t status = resil_decay_factor(elapsed_ns, timeline->time_constant_ns, &factor);
    print_value(status, factor);
}

int main(void)
{
    static const struct operation operations[] = {
        {"record", record, 3}, {"value", value, 2}, {"snapshot", snapshot, 2}, {"decay", decay, 2}};
    static const struct replayer replayer = {begin, end, is_begun, operations,
                                             sizeof operations / sizeof *operations};
    struct timeline timeline = nothing;
    return replay(&replayer, &timeline);
}
