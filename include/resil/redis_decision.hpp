/// What limiters on Redis answer: a verdict, and whose it is.
#ifndef RESIL_REDIS_DECISION_HPP
#define RESIL_REDIS_DECISION_HPP

#include <optional>
#include <string>
#include <string_view>

#include "handle.hpp"
#include "verdict.hpp"

namespace resil {
inline namespace RESIL_FORM {
namespace redis {

/// Who decides while the store does not.
enum class policy : std::int32_t {
    /// This process by itself, with its share: the limit divided by the members that were last counted.
    rescue = RESIL_REDIS_POLICY_RESCUE,
    /// Everything is granted: where refusing costs more than the limit protects.
    open = RESIL_REDIS_POLICY_OPEN,
    /// Everything is refused for a moment: logins, payments.
    closed = RESIL_REDIS_POLICY_CLOSED,
    /// The caller, who is told why: `decision.unavailable()`.
    unavailable = RESIL_REDIS_POLICY_UNAVAILABLE,
};

/// Who decided.
enum class source : std::int32_t {
    /// The store, for all processes.
    store = RESIL_REDIS_SOURCE_STORE,
    /// This process, with its share of the limit.
    rescue = RESIL_REDIS_SOURCE_RESCUE,
    /// The limiter's policy, which looks at nothing.
    policy = RESIL_REDIS_SOURCE_POLICY,
    /// The limit by itself: no permits, or more than it ever grants. Nobody was asked.
    limit = RESIL_REDIS_SOURCE_LIMIT,
};

/// Why the store did not decide.
enum class fault : std::int32_t {
    /// It did, or a policy decided in its place.
    none = RESIL_REDIS_FAULT_NONE,
    /// No answer in time. The call may count on the server all the same.
    timeout = RESIL_REDIS_FAULT_TIMEOUT,
    /// No connection, or it broke.
    disconnected = RESIL_REDIS_FAULT_DISCONNECTED,
    /// The server answers, and does not do it: read-only, out of memory, loading, busy, too few replicas.
    unable = RESIL_REDIS_FAULT_UNABLE,
    /// The server does not let this client do it: password, rights.
    refused = RESIL_REDIS_FAULT_REFUSED,
    /// This call alone went wrong: something else lies at its key.
    call = RESIL_REDIS_FAULT_CALL,
    /// The server does not know the script, and did not run it. For clients of the caller's own; no decision shows it.
    unknown_script = RESIL_REDIS_FAULT_UNKNOWN_SCRIPT,
};

/// A verdict, and who gave it. True only if granted. A plain value.
///
///     const auto decision = bucket.try_acquire("user-42");
///     if (decision.source() != resil::redis::source::store) count_degraded();
class [[nodiscard]] decision : public verdict {
public:
    /// Of what a function of resil.h has answered.
    explicit decision(::resil_status_t status = RESIL_STATUS_GRANTED,
                      const ::resil_redis_answer_t &answer = ::resil_redis_answer_t()) noexcept
        : verdict(status, answer.retry_after_ns), answer_(answer)
    {
    }

    /// Who decided. Any but the store is this process alone.
    [[nodiscard]] redis::source source() const noexcept { return static_cast<redis::source>(answer_.source); }

    /// Whether nobody decided: the policy leaves it to the caller. `fault()` says why.
    [[nodiscard]] bool unavailable() const noexcept { return status() == RESIL_STATUS_UNAVAILABLE; }

    /// If nobody decided, why; else none.
    [[nodiscard]] redis::fault fault() const noexcept { return static_cast<redis::fault>(answer_.fault); }

    /// Permits that could be taken at once, where it was told.
    [[nodiscard]] std::optional<std::uint32_t> remaining() const noexcept
    {
        return answer_.has_remaining ? std::optional(answer_.remaining) : std::nullopt;
    }

    /// Time until the limit is as new, or to the end of the window, where it was told.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> reset_after() const noexcept
    {
        return answer_.has_reset_after ? std::optional(detail::duration(answer_.reset_after_ns)) : std::nullopt;
    }

private:
    ::resil_redis_answer_t answer_;
};

} // namespace redis

namespace detail {

/// The decision of `ask(&answer)`, a call of a C function; an error is thrown, if it can be.
template <class Ask> redis::decision asked_of_redis(Ask ask)
{
    ::resil_redis_answer_t answer = {};
    const auto status = ask(&answer);
#if RESIL_EXCEPTIONS
    check(status);
#endif
    return redis::decision(status, answer);
}

/// The decision on a request that is wrong before C has seen it.
inline redis::decision refused_by_redis(const error_info &info)
{
#if RESIL_EXCEPTIONS
    fail(info);
#else
    return redis::decision(info.status);
#endif
}

/// Whether a text would end early for C.
inline bool has_nul(std::string_view text) noexcept { return text.find('\0') != text.npos; }

/// What is wrong with a name that has a NUL in it.
inline error_info nul_in(const char *function, const char *field, ::resil_status_t status)
{
    return {status, std::string(function) + ": " + field + " must not contain a NUL"};
}

} // namespace detail
} // namespace RESIL_FORM
} // namespace resil

#endif
