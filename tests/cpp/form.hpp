// What lets one test say the same with exceptions and without.
#ifndef RESIL_TESTS_FORM_HPP
#define RESIL_TESTS_FORM_HPP

#include "check.h"
#include "resil.hpp"

using namespace std::chrono_literals;

// The value of an answer, which is the value itself or a result.
template <class T> T got(T value) { return value; }
template <class T> T got(resil::result<T> answered) { return std::move(answered).value(); }

inline resil_status_t status_of(const resil::error_info &error) { return error.status; }
template <class T> resil_status_t status_of(const resil::result<T> &result) { return result.error().status; }
template <class T> resil_status_t status_of(const T &answered) { return answered.status(); }

// What must be done, where there is no value.
#if RESIL_EXCEPTIONS
#define DONE(expression) static_cast<void>(expression)
#else
#define DONE(expression) (expression).value()
#endif

// An error that must come back: thrown, or held by the answer.
#if RESIL_EXCEPTIONS
#define CHECK_FAILS(expression, expected)                                                                  \
    do {                                                                                                   \
        try {                                                                                              \
            static_cast<void>(expression);                                                                 \
            checks_failed++;                                                                               \
            fprintf(stderr, "%s:%d: nothing was thrown by %s\n", __FILE__, __LINE__, #expression);         \
        } catch (const resil::error &thrown) {                                                             \
            CHECK_STATUS(thrown.status(), expected);                                                       \
        }                                                                                                  \
    } while (0)
#else
#define CHECK_FAILS(expression, expected) CHECK_STATUS(status_of(expression), expected)
#endif

// A `make` that must answer an error whose message names what is wrong.
#define CHECK_REFUSED_BY_NAME(expression, expected, named)                                                 \
    do {                                                                                                   \
        const auto refused = (expression);                                                                 \
        CHECK(!refused && !refused.has_value());                                                           \
        CHECK_STATUS(refused.error().status, expected);                                                    \
        CHECK(refused.error().message.find(named) != std::string::npos);                                   \
    } while (0)

constexpr resil::instant at(std::chrono::nanoseconds since_zero) { return resil::instant() + since_zero; }

// An object whose handle was moved away.
template <class T> T moved_from(T object)
{
    T elsewhere = std::move(object);
    return object;
}

#endif
