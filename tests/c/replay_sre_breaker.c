/* Replays timelines of SRE breakers through the C library: a script on stdin, one answer a line on stdout.
 *
 *     timeline NAME PRESET [FIELD VALUE]...
 *     NOW_NS try_acquire DRAW       granted | rejected RATIO | forced_open
 *     NOW_NS success|failure|ignore N    ok        N calls are settled so, one after another
 *     NOW_NS set_mode enabled|disabled|forced_open|dry_run    ok
 *     NOW_NS snapshot               requests R accepts A drop_ratio RATIO mode MODE drops D would_reject W
 *     end
 *
 * FIELD is one of resil_sre_breaker_config_t; a ratio has 12 decimals. Settling and looking take turns between
 * the `_at` forms and, on a manual clock, those that read it; asking with a draw has an `_at` form and, with
 * the draw in a callback, one that reads the clock. An error of the library is answered by
 * `error STATUS MESSAGE`. */
#define _POSIX_C_SOURCE 200809L

#include "replay_script.h"

struct timeline {
    resil_manual_clock_t *clock;
    resil_sre_breaker_t *breaker;
    double draw;
    bool reads_clock;
};

static const char *const MODES[] = {"enabled", "disabled", "forced_open", "dry_run"};
static const int32_t MODE_VALUES[] = {RESIL_MODE_ENABLED, RESIL_MODE_DISABLED,
                                      RESIL_MODE_FORCED_OPEN, RESIL_MODE_DRY_RUN};
enum { MODE_COUNT = sizeof MODES / sizeof *MODES };

static bool is_begun(const struct timeline *timeline)
{
    return timeline->clock != NULL;
}

static void end(struct timeline *timeline)
{
    resil_sre_breaker_free(timeline->breaker);
    resil_manual_clock_free(timeline->clock);
    *timeline = (struct timeline){NULL, NULL, 0.0, false};
}

/* A double that is written out exactly. */
static double real(const struct line *line, size_t index)
{
    const char *text = word(line, index);
    char *end_of_number;
    double value = strtod(text, &end_of_number);
    if (end_of_number == text || *end_of_number != '\0')
        give_up(line, "\"%s\" is no number", text);
    return value;
}

static int32_t preset(const struct line *line, size_t index)
{
    static const char *const names[] = {"sre_book", "go_zero_1_3", "go_zero",
                                        "grpc_rls", "kratos",      "envoy"};
    static const int32_t values[] = {
        RESIL_SRE_BREAKER_PRESET_SRE_BOOK, RESIL_SRE_BREAKER_PRESET_GO_ZERO_1_3,
        RESIL_SRE_BREAKER_PRESET_GO_ZERO,  RESIL_SRE_BREAKER_PRESET_GRPC_RLS,
        RESIL_SRE_BREAKER_PRESET_KRATOS,   RESIL_SRE_BREAKER_PRESET_ENVOY};
    return values[place(line, index, names, sizeof names / sizeof *names)];
}

/* Sets the field that word `index` names to what the next word says. */
static void change(resil_sre_breaker_config_t *config, const struct line *line, size_t index)
{
    const char *field = word(line, index);
    if (strcmp(field, "bucket_width_ns") == 0)
        config->bucket_width_ns = nanoseconds(line, index + 1);
    else if (strcmp(field, "bucket_count") == 0)
        config->bucket_count = (uint32_t)number(line, index + 1, UINT32_MAX);
    else if (strcmp(field, "multiplier") == 0) {
        config->multiplier = real(line, index + 1);
        config->has_success_ratio = 0;
        config->success_ratio = 0;
    } else if (strcmp(field, "success_ratio") == 0) {
        config->success_ratio = real(line, index + 1);
        config->has_success_ratio = 1;
        config->multiplier = 0;
    } else if (strcmp(field, "min_multiplier") == 0) {
        config->min_multiplier = real(line, index + 1);
        config->has_min_multiplier = 1;
    } else if (strcmp(field, "protection") == 0)
        config->protection = number(line, index + 1, UINT64_MAX);
    else if (strcmp(field, "padding") == 0)
        config->padding = real(line, index + 1);
    else if (strcmp(field, "min_requests") == 0)
        config->min_requests = number(line, index + 1, UINT64_MAX);
    else if (strcmp(field, "min_rps") == 0)
        config->min_rps = (uint32_t)number(line, index + 1, UINT32_MAX);
    else if (strcmp(field, "aggression") == 0)
        config->aggression = real(line, index + 1);
    else if (strcmp(field, "max_drop_ratio") == 0)
        config->max_drop_ratio = real(line, index + 1);
    else
        give_up(line, "no such field: %s", field);
}

static double scripted(void *timeline)
{
    return ((const struct timeline *)timeline)->draw;
}

static void begin(struct timeline *timeline, const struct line *line)
{
    resil_sre_breaker_config_t config;
    resil_sre_breaker_options_t options = RESIL_SRE_BREAKER_OPTIONS_INIT;
    end(timeline);
    if (resil_sre_breaker_config_init(&config, preset(line, 2)) != RESIL_STATUS_GRANTED)
        give_up(line, "%s", resil_last_error_message());
    for (size_t i = 3; i < line->count; i += 2)
        change(&config, line, i);
    if (resil_manual_clock_new(0, &timeline->clock) != RESIL_STATUS_GRANTED)
        give_up(line, "%s", resil_last_error_message());
    options.clock = RESIL_CLOCK_MANUAL;
    options.manual_clock = timeline->clock;
    options.draw = scripted;
    options.draw_user_data = timeline;
    if (resil_sre_breaker_new(&config, &options, &timeline->breaker) != RESIL_STATUS_GRANTED)
        give_up(line, "%s", resil_last_error_message());
}

/* Whether this step reads the clock, which then shows `now_ns`. Every other one does. */
static bool reads_clock(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    timeline->reads_clock = !timeline->reads_clock;
    if (timeline->reads_clock
        && resil_manual_clock_set(timeline->clock, now_ns) != RESIL_STATUS_GRANTED)
        give_up(line, "%s", resil_last_error_message());
    return timeline->reads_clock;
}

static void print_done(resil_status_t status)
{
    if (status == RESIL_STATUS_GRANTED)
        printf("ok");
    else
        print_error(status);
}

static void try_acquire(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    resil_permit_t forgotten = RESIL_PERMIT_INIT;
    resil_rejected_t rejected = {0, false};
    resil_status_t status;
    timeline->draw = real(line, 2);
    if (reads_clock(timeline, line, now_ns))
        status = resil_sre_breaker_try_acquire(timeline->breaker, &forgotten, &rejected);
    else
        status = resil_sre_breaker_try_acquire_at(timeline->breaker, now_ns, timeline->draw,
                                                  &forgotten, &rejected);
    if (status == RESIL_STATUS_GRANTED)
        printf("granted");
    else if (status == RESIL_STATUS_REJECTED && rejected.forced_open)
        printf("forced_open");
    else if (status == RESIL_STATUS_REJECTED)
        printf("rejected %.12f", rejected.drop_ratio);
    else
        print_error(status);
}

static void settle(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    static const char *const names[] = {"success", "failure", "ignore"};
    static const int32_t outcomes[] = {RESIL_OUTCOME_SUCCESS, RESIL_OUTCOME_FAILURE,
                                       RESIL_OUTCOME_IGNORED};
    int32_t outcome = outcomes[place(line, 1, names, 3)];
    resil_status_t status = RESIL_STATUS_GRANTED;
    for (uint64_t left = number(line, 2, UINT64_MAX); left > 0 && status == RESIL_STATUS_GRANTED;
         left--)
        status = reads_clock(timeline, line, now_ns)
                     ? resil_sre_breaker_record(timeline->breaker, outcome)
                     : resil_sre_breaker_record_at(timeline->breaker, now_ns, outcome);
    print_done(status);
}

static void set_mode(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    (void)now_ns;
    print_done(resil_sre_breaker_set_mode(timeline->breaker,
                                          MODE_VALUES[place(line, 2, MODES, MODE_COUNT)]));
}

static void snapshot(struct timeline *timeline, const struct line *line, uint64_t now_ns)
{
    resil_sre_breaker_snapshot_t seen = {0, 0, 0, -1, 0, 0};
    resil_status_t status = reads_clock(timeline, line, now_ns)
                                ? resil_sre_breaker_snapshot(timeline->breaker, &seen)
                                : resil_sre_breaker_snapshot_at(timeline->breaker, now_ns, &seen);
    size_t mode = 0;
    if (status != RESIL_STATUS_GRANTED) {
        print_error(status);
        return;
    }
    while (mode < MODE_COUNT && MODE_VALUES[mode] != seen.mode)
        mode++;
    printf("requests %" PRIu64 " accepts %" PRIu64 " drop_ratio %.12f mode %s drops %" PRIu64
           " would_reject %" PRIu64,
           seen.requests, seen.accepts, seen.drop_ratio,
           mode < MODE_COUNT ? MODES[mode] : "unknown", seen.drops, seen.would_reject);
}

int main(void)
{
    static const struct operation operations[] = {
        {"try_acquire", try_acquire, 3}, {"success", settle, 3},    {"failure", settle, 3},
        {"ignore", settle, 3},           {"set_mode", set_mode, 3}, {"snapshot", snapshot, 2}};
    static const struct replayer replayer = {begin, end, is_begun, operations,
                                             sizeof operations / sizeof *operations};
    struct timeline timeline = {NULL, NULL, 0.0, false};
    return replay(&replayer, &timeline);
}
