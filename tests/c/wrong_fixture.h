/* Arguments that are wrong for more than one type, and how they are checked. */
#ifndef RESIL_TESTS_WRONG_FIXTURE_H
#define RESIL_TESTS_WRONG_FIXTURE_H

#include "clock_fixture.h"

/* A `_new` that must fail, and set the handle, which `arguments` pass as `&made`, to NULL. */
#define CHECK_NOT_MADE(type, function, arguments, expected, named)                        \
    do {                                                                                  \
        /* Not NULL, so that it is seen to be set. */                                     \
        uint64_t not_null = 0;                                                            \
        type *made = (type *)(void *)&not_null;                                           \
        CHECK_ERROR(function, arguments, expected, named);                                \
        CHECK(made == NULL);                                                              \
    } while (0)

/* An `_at` form that is given an instant past the last. */
#define CHECK_TOO_LATE(function, arguments)                                               \
    CHECK_ERROR(function, arguments, RESIL_STATUS_NOW_OUT_OF_RANGE, "now_ns")

/* Options of which only the size is there, and wrong: the library must not look past it. `check(pointer)` says what
 * becomes of a pointer to them. */
#define CHECK_ONLY_THE_SIZE_IS_READ(type, check)                                          \
    do {                                                                                  \
        size_t *size_alone = malloc(sizeof *size_alone);                                  \
        if (size_alone == NULL)                                                           \
            abort();                                                                      \
        *size_alone = sizeof *size_alone;                                                 \
        check((const type *)(const void *)size_alone);                                    \
        free(size_alone);                                                                 \
    } while (0)

/* Options with every size, clock and manual clock that is wrong for any type: `check(status, field)` says what
 * becomes of `options`, which are otherwise `good`. */
#define CHECK_WRONG_CLOCKS_AND_SIZES(options, good, check)                                \
    do {                                                                                  \
        size_t sizes[] = {0, 4, sizeof good - 1, sizeof good + 1, SIZE_MAX};              \
        int32_t clocks[] = {-1, 5, INT32_MIN, INT32_MAX};                                 \
        resil_manual_clock_t *clock = clock_at(0);                                        \
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {                       \
            options = good;                                                               \
            options.struct_size = sizes[i];                                               \
            check(RESIL_STATUS_STRUCT_SIZE, "options->struct_size");                      \
        }                                                                                 \
        for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {                     \
            options = good;                                                               \
            options.clock = clocks[i];                                                    \
            check(RESIL_STATUS_UNKNOWN_VALUE, "options->clock");                          \
        }                                                                                 \
        options = good;                                                                   \
        options.clock = RESIL_CLOCK_MANUAL;                                               \
        check(RESIL_STATUS_NULL_ARGUMENT, "options->manual_clock");                       \
        options = good;                                                                   \
        options.manual_clock = clock;                                                     \
        check(RESIL_STATUS_UNKNOWN_VALUE, "options->manual_clock");                       \
        resil_manual_clock_free(clock);                                                   \
    } while (0)

#endif
