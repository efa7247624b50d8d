/* The smallest test frame that says where, what and how many.
 *
 * A test is a function without arguments; `RUN(test)` counts it. `CHECK` notes a failure and goes on.
 * `return finish("program")` ends `main` with the line that ci/test_c adds up. */
#ifndef RESIL_TESTS_CHECK_H
#define RESIL_TESTS_CHECK_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "resil.h"

static int tests_run, tests_failed, checks_failed;

#define CHECK(condition)                                                                  \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            checks_failed++;                                                              \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);       \
        }                                                                                 \
    } while (0)

/* Two integers that must be equal; both are shown. */
#define CHECK_EQUAL(actual, expected)                                                     \
    do {                                                                                  \
        uint64_t is = (uint64_t)(actual), wanted = (uint64_t)(expected);                  \
        if (is != wanted) {                                                               \
            checks_failed++;                                                              \
            fprintf(stderr, "%s:%d: %s is %" PRIu64 ", not %" PRIu64 "\n", __FILE__,      \
                    __LINE__, #actual, is, wanted);                                       \
        }                                                                                 \
    } while (0)

/* A status that must come back. */
#define CHECK_STATUS(actual, expected)                                                    \
    do {                                                                                  \
        resil_status_t is = (actual);                                                     \
        if (is != (expected)) {                                                           \
            checks_failed++;                                                              \
            fprintf(stderr, "%s:%d: %s is %d (%s), not %s; last error: %s\n", __FILE__,   \
                    __LINE__, #actual, (int)is, resil_status_string(is), #expected,       \
                    resil_last_error_message());                                          \
        }                                                                                 \
    } while (0)

/* An error that must come back, with a message that begins with the function and names what is wrong.
 * `function` is called with `arguments` (in parentheses). */
#define CHECK_ERROR(function, arguments, expected, named)                                 \
    do {                                                                                  \
        CHECK_STATUS(function arguments, expected);                                       \
        if (!message_says(#function ": ", named)) {                                       \
            checks_failed++;                                                              \
            fprintf(stderr, "%s:%d: the message \"%s\" does not say \"%s: ...%s...\"\n",  \
                    __FILE__, __LINE__, resil_last_error_message(), #function, named);    \
        }                                                                                 \
    } while (0)

#define CHECK_NULL(function, arguments, argument)                                         \
    CHECK_ERROR(function, arguments, RESIL_STATUS_NULL_ARGUMENT, argument " must not be NULL")

static inline bool message_says(const char *begins, const char *contains)
{
    const char *message = resil_last_error_message();
    return strncmp(message, begins, strlen(begins)) == 0 && strstr(message, contains) != NULL;
}

/* Whether a struct that was filled with `byte` is as it was. */
static inline bool untouched(const void *start, size_t size, unsigned char byte)
{
    const unsigned char *bytes = (const unsigned char *)start; /* the cast is for C++ */
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != byte)
            return false;
    return true;
}

#define RUN(test)                                                                         \
    do {                                                                                  \
        int before = checks_failed;                                                       \
        test();                                                                           \
        tests_run++;                                                                      \
        if (checks_failed != before) {                                                    \
            tests_failed++;                                                               \
            fprintf(stderr, "FAILED %s\n", #test);                                        \
        }                                                                                 \
    } while (0)

static inline int finish(const char *program)
{
    printf("%s: ran %d failed %d\n", program, tests_run, tests_failed);
    return tests_failed == 0 ? 0 : 1;
}

#endif
