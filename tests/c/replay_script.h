/* Reads a script that replays timelines: a head line, steps, `end`, one timeline after another, on stdin.
 *
 * A program says what a timeline is and how it begins, what a step does and how a timeline ends; a step prints
 * its answer. A line that cannot be read ends the program with exit code 2. */
#ifndef RESIL_TESTS_REPLAY_SCRIPT_H
#define RESIL_TESTS_REPLAY_SCRIPT_H

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resil.h"

enum { MOST_WORDS = 32 };

/* What the program replays on; it says what is in it. */
struct timeline;

/* A line cut into words, and its number for complaints. */
struct line {
    unsigned long number;
    char *words[MOST_WORDS];
    size_t count;
};

static inline _Noreturn void give_up(const struct line *line, const char *reason, ...)
{
    va_list arguments;
    fflush(stdout);
    fprintf(stderr, "line %lu: ", line->number);
    va_start(arguments, reason);
    vfprintf(stderr, reason, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(2);
}

static inline const char *word(const struct line *line, size_t index)
{
    if (index >= line->count)
        give_up(line, "word %zu is missing", index + 1);
    return line->words[index];
}

static inline uint64_t number(const struct line *line, size_t index, uint64_t most)
{
    const char *text = word(line, index);
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value > most)
        give_up(line, "\"%s\" is no number of at most %" PRIu64, text, most);
    return value;
}

static inline uint64_t nanoseconds(const struct line *line, size_t index)
{
    return number(line, index, UINT64_MAX);
}

static inline uint32_t permits(const struct line *line, size_t index)
{
    return (uint32_t)number(line, index, UINT32_MAX);
}

/* The place of a word in a table of names. */
static inline size_t place(const struct line *line, size_t index, const char *const *names,
                           size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], word(line, index)) == 0)
            return i;
    give_up(line, "no such word here: %s", word(line, index));
}

static inline void print_error(resil_status_t status)
{
    printf("error %" PRId32 " %s", (int32_t)status, resil_last_error_message());
}

/* A limiter's grant, refusal or error; other remarks on a grant have their own words. */
static inline void print_answer(resil_status_t status, uint64_t retry_after_ns)
{
    if (status == RESIL_STATUS_GRANTED)
        printf("granted");
    else if (status == RESIL_STATUS_RETRY_AFTER)
        printf("retry_after %" PRIu64, retry_after_ns);
    else if (status == RESIL_STATUS_EXCEEDS_LIMIT)
        printf("exceeds_limit");
    else
        print_error(status);
}

/* One operation of a script. */
struct operation {
    const char *name;
    void (*run)(struct timeline *, const struct line *, uint64_t now_ns);
    size_t words; /* in its line */
};

/* A row's part in reading its script. */
struct replayer {
    void (*begin)(struct timeline *, const struct line *); /* ends what is there first */
    void (*end)(struct timeline *);
    bool (*is_begun)(const struct timeline *);
    const struct operation *operations;
    size_t operation_count;
};

static inline void replay_step(const struct replayer *replayer, struct timeline *timeline,
                               const struct line *line)
{
    uint64_t now_ns = nanoseconds(line, 0);
    size_t i = 0;
    while (i < replayer->operation_count
           && strcmp(replayer->operations[i].name, word(line, 1)) != 0)
        i++;
    if (i == replayer->operation_count)
        give_up(line, "no such operation: %s", word(line, 1));
    const struct operation *operation = &replayer->operations[i];
    if (line->count != operation->words)
        give_up(line, "%s takes %zu words a line, not %zu", operation->name, operation->words,
                line->count);
    if (!replayer->is_begun(timeline))
        give_up(line, "a step outside of a timeline");
    operation->run(timeline, line, now_ns);
    putchar('\n');
}

/* The whole program; returns its exit code. */
static inline int replay(const struct replayer *replayer, struct timeline *timeline)
{
    struct line line = {0, {NULL}, 0};
    char *text = NULL;
    size_t capacity = 0;
    while (getline(&text, &capacity, stdin) >= 0) {
        line.number++;
        line.count = 0;
        for (char *next = strtok(text, " \t\r\n"); next != NULL; next = strtok(NULL, " \t\r\n")) {
            if (line.count == MOST_WORDS)
                give_up(&line, "more than %d words", MOST_WORDS);
            line.words[line.count++] = next;
        }
        if (line.count == 0)
            continue;
        if (strcmp(line.words[0], "timeline") == 0)
            replayer->begin(timeline, &line);
        else if (strcmp(line.words[0], "end") == 0)
            replayer->end(timeline);
        else
            replay_step(replayer, timeline, &line);
    }
    free(text);
    if (replayer->is_begun(timeline))
        give_up(&line, "the last timeline has no end");
    return ferror(stdin) || fflush(stdout) != 0 ? 2 : 0;
}

#endif
