/// What limiters answer.
#ifndef RESIL_VERDICT_HPP
#define RESIL_VERDICT_HPP

#include <optional>

#include "instant.hpp"
#include "result.hpp"

namespace resil {
inline namespace RESIL_FORM {

/// A limiter's answer: granted, or refused with the wait after which the same request would be granted, or refused
/// for good. True only if granted. Two words, returned in registers.
///
///     if (auto verdict = bucket.try_acquire()) serve();
///     else if (auto wait = verdict.retry_after()) come_back_in(*wait);
class [[nodiscard]] verdict {
public:
    /// Of what a function of resil.h has answered.
    constexpr explicit verdict(::resil_status_t status = RESIL_STATUS_GRANTED,
                               std::uint64_t retry_after_ns = 0) noexcept
        : retry_after_ns_(retry_after_ns), status_(status)
    {
    }

    [[nodiscard]] constexpr bool granted() const noexcept { return detail::is_granted(status_); }
    constexpr explicit operator bool() const noexcept { return granted(); }

    /// After how long the same request is granted, if nobody else takes permits; nothing if it was granted now, or
    /// never will be.
    [[nodiscard]] constexpr std::optional<std::chrono::nanoseconds> retry_after() const noexcept
    {
        if (status_ != RESIL_STATUS_RETRY_AFTER)
            return std::nullopt;
        return detail::duration(retry_after_ns_);
    }

    /// Whether it was granted and the limit is reached now: not one permit more fits. Of period limiters.
    [[nodiscard]] constexpr bool last() const noexcept { return status_ == RESIL_STATUS_GRANTED_LAST; }

    /// Whether it asked for more permits than can ever be granted at once: no wait helps.
    [[nodiscard]] constexpr bool exceeds_limit() const noexcept { return status_ == RESIL_STATUS_EXCEEDS_LIMIT; }

    /// RESIL_STATUS_...; without exceptions also an error's, 64 or more.
    [[nodiscard]] constexpr ::resil_status_t status() const noexcept { return status_; }

#if RESIL_EXCEPTIONS
    /// Throws `resil::denied` unless granted.
    inline void or_throw() const;
#endif

    friend constexpr bool operator==(verdict a, verdict b) noexcept
    {
        return a.status_ == b.status_ && a.retry_after() == b.retry_after();
    }
    friend constexpr bool operator!=(verdict a, verdict b) noexcept { return !(a == b); }

private:
    std::uint64_t retry_after_ns_;
    ::resil_status_t status_;
};

#if RESIL_EXCEPTIONS
/// A limiter's refusal, thrown by `or_throw()` and `value()`.
class denied : public refused {
public:
    explicit denied(resil::verdict verdict)
        : refused(verdict.status(), ::resil_status_string(verdict.status())), verdict_(verdict)
    {
    }

    /// The refusal.
    [[nodiscard]] resil::verdict verdict() const noexcept { return verdict_; }

private:
    resil::verdict verdict_;
};

inline void verdict::or_throw() const
{
    if (!granted())
        throw denied(*this);
}
#endif

/// How much a limiter has left. A plain value.
struct peek {
    /// What try_acquire would have answered.
    resil::verdict verdict;
    /// Permits that could be taken at once; 0 in debt.
    std::uint32_t remaining = 0;
    /// Time until the limiter is as if unused, if nobody takes any: a token bucket full, a leaky one empty, a period
    /// limiter's window over.
    std::chrono::nanoseconds reset_after{0};
};

namespace detail {

/// The verdict of a C function that has returned `status`; an error is thrown, if it can be.
inline verdict decided(::resil_status_t status, std::uint64_t retry_after_ns)
{
#if RESIL_EXCEPTIONS
    check(status);
#endif
    return verdict(status, retry_after_ns);
}

/// The verdict on a request that is wrong before C has seen it.
inline verdict decided(const error_info &info)
{
#if RESIL_EXCEPTIONS
    fail(info);
#else
    return verdict(info.status);
#endif
}

/// The verdict of `ask(&wait_ns)`, a call of a C function.
template <class Ask> verdict asked(Ask ask)
{
    std::uint64_t wait_ns = 0;
    const auto status = ask(&wait_ns);
    return decided(status, wait_ns);
}

/// What `look(&seen)`, a call of a C function, shows.
template <class Look> answer<peek> peeked(Look look)
{
    ::resil_peek_t seen = {0, 0, 0};
    const auto status = look(&seen);
    return answered(status, [&] {
        return peek{resil::verdict(status, seen.retry_after_ns), seen.remaining, duration(seen.reset_after_ns)};
    });
}

} // namespace detail
} // namespace RESIL_FORM
} // namespace resil

#endif
