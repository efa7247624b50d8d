/// What went wrong, and how it is told: thrown, or held by what was answered.
///
/// With exceptions an error (a status of 64 or more) is thrown as `resil::error`, and a function that answers a
/// `T` returns it. Compiled with -fno-exceptions, or with RESIL_NO_EXCEPTIONS defined, nothing is thrown: such a
/// function returns a `resil::result<T>`, and verdicts hold the error's status, which is never granted. Both
/// forms may stand in one program: each lives in an inline namespace of its own.
#ifndef RESIL_ERROR_HPP
#define RESIL_ERROR_HPP

#include "../resil.h"

#if !defined(__cplusplus) || (__cplusplus < 201703L && !(defined(_MSVC_LANG) && _MSVC_LANG >= 201703L))
#error "resil.hpp needs C++17 or newer"
#endif

#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#if defined(__cpp_exceptions) && !defined(RESIL_NO_EXCEPTIONS)
#define RESIL_EXCEPTIONS 1
#define RESIL_FORM with_exceptions
#include <stdexcept>
#else
#define RESIL_EXCEPTIONS 0
#define RESIL_FORM without_exceptions
#endif

namespace resil {
inline namespace RESIL_FORM {

/// An error: its number, and a sentence that names the function and the field.
struct error_info {
    /// 64 or more (RESIL_STATUS_...): the number alone is enough to act on.
    ::resil_status_t status = RESIL_STATUS_GRANTED;
    /// UTF-8, for people.
    std::string message;
};

#if RESIL_EXCEPTIONS
/// An error, thrown: wrong input, the use of a moved-from object, a bug in the library. Nothing has changed.
class error : public std::runtime_error {
public:
    explicit error(const error_info &info) : std::runtime_error(info.message), status_(info.status) {}

    /// The number, 64 or more (RESIL_STATUS_...).
    [[nodiscard]] ::resil_status_t status() const noexcept { return status_; }

private:
    ::resil_status_t status_;
};

/// A refusal, thrown by those who asked for that (`value()`, `or_throw()`, `run`): `resil::denied` by a limiter,
/// `resil::rejected` by a breaker. A breaker around the call that threw it counts it as nothing.
class refused : public std::runtime_error {
public:
    refused(::resil_status_t status, const char *message) : std::runtime_error(message), status_(status) {}

    /// The number, 8 to 63 (RESIL_STATUS_...).
    [[nodiscard]] ::resil_status_t status() const noexcept { return status_; }

private:
    ::resil_status_t status_;
};
#endif

/// Parts of this header that are not for its users.
namespace detail {

/// What resil_status_is_granted says, without a call.
constexpr bool is_granted(std::int32_t status) noexcept { return status >= 0 && status <= 7; }

/// Neither granted nor refused.
constexpr bool is_error(std::int32_t status) noexcept { return status < 0 || status > 63; }

/// The error of the C function that has just returned `status`.
inline error_info last_error(::resil_status_t status) { return {status, ::resil_last_error_message()}; }

/// What is wrong with a duration that is below 0; C has none of those.
inline error_info negative(const char *function, const char *field)
{
    return {RESIL_STATUS_NEGATIVE_DURATION, std::string(function) + ": " + field + " must not be negative"};
}

/// Tells an error to a caller who has no other way to hear of it. Out of line: it is not the common case.
[[noreturn, gnu::cold, gnu::noinline]] inline void fail(const error_info &info)
{
#if RESIL_EXCEPTIONS
    throw error(info);
#else
    static_cast<void>(info);
    std::abort();
#endif
}

#if RESIL_EXCEPTIONS
/// Throws the error of the C function that has just returned `status`, if it is one.
inline void check(::resil_status_t status)
{
    struct out_of_line {
        [[noreturn, gnu::cold, gnu::noinline]] static void fail(::resil_status_t status)
        {
            throw error(last_error(status));
        }
    };
    if (is_error(status))
        out_of_line::fail(status);
}
#endif

} // namespace detail
} // namespace RESIL_FORM
} // namespace resil

#endif
