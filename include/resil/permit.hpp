/// The permit of a guarded call: settled once, with what became of the call.
#ifndef RESIL_PERMIT_HPP
#define RESIL_PERMIT_HPP

#include "instant.hpp"
#include "result.hpp"
#include "verdict.hpp"

#if RESIL_EXCEPTIONS
#include <exception>
#endif

namespace resil {
inline namespace RESIL_FORM {

/// What became of a call that was let through.
enum class outcome : std::int32_t {
    /// It went well.
    success = RESIL_OUTCOME_SUCCESS,
    /// It failed, in a way that speaks against whoever was called.
    failure = RESIL_OUTCOME_FAILURE,
    /// It says nothing about whoever was called: given up, refused further in, a caller's own mistake.
    ignored = RESIL_OUTCOME_IGNORED,
};

/// Why a breaker did not let a call through. A plain value.
class rejection {
public:
    /// Of what a function of resil.h has answered.
    explicit rejection(::resil_status_t status = RESIL_STATUS_GRANTED, ::resil_rejected_t why = {0.0, false}) noexcept
        : drop_ratio_(why.drop_ratio), status_(status), forced_open_(why.forced_open)
    {
    }

    /// The share of calls refused at that moment, above 0 and at most 1.
    [[nodiscard]] double drop_ratio() const noexcept { return drop_ratio_; }
    /// Refused because the breaker was set to refuse everything, not by chance.
    [[nodiscard]] bool forced_open() const noexcept { return forced_open_; }
    /// RESIL_STATUS_REJECTED; without exceptions also an error's, 64 or more.
    [[nodiscard]] ::resil_status_t status() const noexcept { return status_; }

#if RESIL_EXCEPTIONS
    /// Throws `resil::rejected`.
    [[noreturn]] inline void or_throw() const;
#endif

private:
    double drop_ratio_;
    ::resil_status_t status_;
    bool forced_open_;
};

#if RESIL_EXCEPTIONS
/// A breaker's refusal, thrown by `run` and `value()`.
class rejected : public refused {
public:
    explicit rejected(resil::rejection rejection)
        : refused(rejection.status(), ::resil_status_string(rejection.status())), rejection_(rejection)
    {
    }

    /// Why.
    [[nodiscard]] resil::rejection rejection() const noexcept { return rejection_; }

private:
    resil::rejection rejection_;
};

inline void rejection::or_throw() const { throw rejected(*this); }
#endif

/// A call that was let through. Settle it once: `success`, `failure` or `ignore`. Destroyed unsettled it counts as
/// nothing, or as a failure if an exception thrown since ends its scope.
///
/// Moved, never copied; one thread at a time, which need not be the one that asked. The breaker must outlive it.
class [[nodiscard]] permit {
public:
    permit(permit &&other) noexcept : breaker_(other.breaker_), permit_(other.taken()) {}
    permit &operator=(permit &&other) noexcept
    {
        if (this != &other) {
            breaker_ = other.breaker_;
            permit_ = other.taken();
        }
        return *this;
    }
    permit(const permit &) = delete;
    permit &operator=(const permit &) = delete;

    ~permit()
    {
#if RESIL_EXCEPTIONS
        if (pending() && std::uncaught_exceptions() > exceptions_)
            static_cast<void>(::resil_sre_breaker_failure(breaker_, &permit_));
#endif
    }

    /// The call went well. Errors: ALREADY_SETTLED if it was settled before, or moved from.
    answer<void> success() { return detail::answered(::resil_sre_breaker_success(breaker_, &permit_)); }
    /// As success, at an instant that the caller has read already.
    answer<void> success_at(instant now)
    {
        return detail::answered(::resil_sre_breaker_success_at(breaker_, now.ns(), &permit_));
    }

    /// The call failed, in a way that speaks against whoever was called. Errors: as success.
    answer<void> failure() { return detail::answered(::resil_sre_breaker_failure(breaker_, &permit_)); }
    /// As failure, at an instant that the caller has read already.
    answer<void> failure_at(instant now)
    {
        return detail::answered(::resil_sre_breaker_failure_at(breaker_, now.ns(), &permit_));
    }

    /// The call says nothing about the backend: nothing is counted, at whatever time. Errors: as success.
    answer<void> ignore() { return detail::answered(::resil_sre_breaker_ignore(breaker_, &permit_)); }

    /// The call came to `outcome`. Errors: as success.
    answer<void> settle(resil::outcome outcome)
    {
        return detail::answered(
            ::resil_sre_breaker_settle(breaker_, &permit_, static_cast<std::int32_t>(outcome)));
    }
    /// As settle, at an instant that the caller has read already.
    answer<void> settle_at(instant now, resil::outcome outcome)
    {
        return detail::answered(
            ::resil_sre_breaker_settle_at(breaker_, now.ns(), &permit_, static_cast<std::int32_t>(outcome)));
    }

    /// Whether it is still to be settled.
    [[nodiscard]] bool pending() const noexcept { return permit_.opaque_owner != nullptr; }

    /// Of what resil.h has let through.
    permit(const ::resil_sre_breaker_t *breaker, const ::resil_permit_t &granted) noexcept
        : breaker_(breaker), permit_(granted)
    {
    }

private:
    ::resil_permit_t taken() noexcept { return std::exchange(permit_, ::resil_permit_t RESIL_PERMIT_INIT); }

    const ::resil_sre_breaker_t *breaker_;
    ::resil_permit_t permit_;
#if RESIL_EXCEPTIONS
    // Exceptions under way where this object lives: one more of them ends its scope.
    int exceptions_ = std::uncaught_exceptions();
#endif
};

/// A permit, or why the call was not let through.
using admission = attempt<permit, rejection>;

/// How a value that a guarded call has returned is settled, unless the caller says otherwise: what holds a refusal of
/// a limiter or breaker further in says nothing about the backend, what holds an error is a failure, anything else is
/// a success.
struct by_value {
    template <class T> [[nodiscard]] outcome operator()(const T &) const noexcept { return outcome::success; }
    [[nodiscard]] outcome operator()(const verdict &inner) const noexcept { return of(inner.status()); }
    template <class T> [[nodiscard]] outcome operator()(const result<T> &inner) const noexcept
    {
        return of(inner.error().status);
    }
    template <class T, class Refusal> [[nodiscard]] outcome operator()(const attempt<T, Refusal> &inner) const noexcept
    {
        return of(inner.status());
    }

private:
    static outcome of(::resil_status_t status) noexcept
    {
        if (detail::is_granted(status))
            return outcome::success;
        return detail::is_error(status) ? outcome::failure : outcome::ignored;
    }
};

} // namespace RESIL_FORM
} // namespace resil

#endif
