/// A rate with bursts that many processes share.
#ifndef RESIL_REDIS_TOKEN_BUCKET_HPP
#define RESIL_REDIS_TOKEN_BUCKET_HPP

#include "quota.hpp"
#include "redis_store.hpp"
#include "token_bucket.hpp"

namespace resil {
inline namespace RESIL_FORM {
namespace redis {

/// What a bucket is made with, beyond its quota. A plain value.
struct token_bucket_options {
    /// Who decides while the store does not.
    redis::policy policy = redis::policy::rescue;
    /// Nobody reserves for later than this; it also bounds how long a server's clock that was set back can refuse
    /// everybody. At most 2^50 us (35 years).
    std::chrono::nanoseconds max_wait = std::chrono::seconds(60);
};

/// Permits that are promised for later. Destroying it keeps the promise; `cancel` gives it back. Moved, never copied. It
/// may outlive its bucket.
class [[nodiscard]] reservation {
public:
    using native_type = ::resil_redis_reservation_t;

    /// How long after reserving the permits are there; 0 if at once.
    [[nodiscard]] std::chrono::nanoseconds ready_after() const noexcept
    {
        return detail::duration(::resil_redis_reservation_ready_after_ns(handle_.get()));
    }

    /// Who promised, and what is left.
    [[nodiscard]] const redis::decision &decision() const noexcept { return decision_; }

    /// Gives back the permits that nobody took since, up to and including the instant they are promised for; once, also
    /// where the answer to a cancelling was lost. Where the store is away nothing of the store's comes back.
    ///
    /// Errors: ALREADY_SETTLED if it was cancelled before; NULL_ARGUMENT if it was moved from.
    answer<cancelled> cancel()
    {
        const auto status = ::resil_redis_reservation_cancel(handle_.get(), nullptr);
        return detail::answered(status, [&] {
            return status == RESIL_STATUS_GAVE_NOTHING ? cancelled::gave_nothing : cancelled::gave_back;
        });
    }

    /// Of what resil.h has reserved, which it owns from now on.
    reservation(native_type *made, const redis::decision &decision) noexcept : handle_(made), decision_(decision) {}

private:
    detail::handle<native_type, &::resil_redis_reservation_free> handle_;
    redis::decision decision_;
};

/// A reservation, or why there is none. `refusal()` is a decision.
using reserved = attempt<reservation, decision>;

/// A rate with bursts that many processes share: asked for, promised, or waited for, per subject.
///
/// Over every interval of the server's clock the store grants at most `burst + rate * interval` to each subject, whatever
/// callers' clocks say. While it is away, under policy::rescue, all members together grant no more than the rate, after
/// a burst at the beginning; on return the store is charged for it, also one that lost its data.
///
/// A subject is UTF-8 of any length; "" is all. A call costs one round trip, shared with whoever calls meanwhile, and
/// waits for it at most one deadline of the store. Any number of threads may use one bucket at once, but for its
/// destruction, assignment and moving.
///
///     resil::redis::token_bucket api(store, "api", resil::quota::per_second(100).with_burst(20));
///     if (api.try_acquire("user-42")) serve();
class token_bucket {
public:
    using native_type = ::resil_redis_token_bucket_t;
    using options = token_bucket_options;

#if RESIL_EXCEPTIONS
    /// As make; its errors are thrown.
    token_bucket(const redis::store &store, const std::string &name, const resil::quota &quota,
                 const options &with = options())
        : token_bucket(make(store, name, quota, with).value())
    {
    }
#endif

    /// The bucket called `name`, of `quota` for each subject. All who share it should agree on the quota.
    ///
    /// Errors: NAME_NOT_PLAIN, NOT_UTF8 (name); PERMITS_IS_ZERO, PERIOD_IS_ZERO, BURST_IS_ZERO, PERIOD_TOO_LONG,
    /// RATE_TOO_HIGH, SPAN_TOO_LONG, QUOTA_TOO_FINE, NEGATIVE_DURATION (quota); MAX_WAIT_TOO_LONG; NULL_ARGUMENT (a store
    /// that was moved from).
    static result<token_bucket> make(const redis::store &store, const std::string &name, const resil::quota &quota,
                                     const options &with = options())
    {
        constexpr auto function = "resil::redis::token_bucket::make";
        if (detail::is_negative(quota.period))
            return detail::negative(function, "quota.period");
        if (detail::is_negative(with.max_wait))
            return detail::negative(function, "max_wait");
        if (detail::has_nul(name))
            return detail::nul_in(function, "name", RESIL_STATUS_NAME_NOT_PLAIN);
        const auto c_quota = detail::c_quota(quota);
        const ::resil_redis_token_bucket_options_t c_options = {sizeof(::resil_redis_token_bucket_options_t),
                                                                static_cast<std::int32_t>(with.policy),
                                                                detail::ns(with.max_wait)};
        native_type *made = nullptr;
        const auto status =
            ::resil_redis_token_bucket_new(store.native_handle(), name.c_str(), &c_quota, &c_options, &made);
        return detail::made<token_bucket>(status, [&] { return token_bucket(made); });
    }

    /// Takes `permits` of `subject` if they are there.
    ///
    /// Errors: NOT_UTF8 (subject).
    decision try_acquire(std::string_view subject = {}, std::uint32_t permits = 1) const
    {
        return detail::asked_of_redis([&](::resil_redis_answer_t *answer) {
            return ::resil_redis_token_bucket_try_acquire(native_handle(), subject.data(), subject.size(), permits,
                                                          answer);
        });
    }

    /// Waits until `permits` are there and takes them, in the store's order of arrival; the thread sleeps. Refused at
    /// once, taking nothing, if the wait would exceed the timeout or the bucket's longest wait.
    ///
    /// Errors: NOT_UTF8 (subject); NEGATIVE_DURATION.
    decision acquire(std::string_view subject = {}, std::uint32_t permits = 1,
                     std::chrono::nanoseconds timeout = no_timeout) const
    {
        if (detail::is_negative(timeout))
            return detail::refused_by_redis(detail::negative("resil::redis::token_bucket::acquire", "timeout"));
        return detail::asked_of_redis([&](::resil_redis_answer_t *answer) {
            return ::resil_redis_token_bucket_acquire(native_handle(), subject.data(), subject.size(), permits,
                                                      detail::timeout_ns(timeout), answer);
        });
    }

    /// What try_acquire would answer, and how full the bucket is. Takes nothing.
    ///
    /// Errors: NOT_UTF8 (subject).
    [[nodiscard]] decision peek(std::string_view subject = {}, std::uint32_t permits = 1) const
    {
        return detail::asked_of_redis([&](::resil_redis_answer_t *answer) {
            return ::resil_redis_token_bucket_peek(native_handle(), subject.data(), subject.size(), permits, answer);
        });
    }

    /// Takes `permits` now, for use once `ready_after()` has passed, if that is at most `timeout` and the bucket's longest
    /// wait. A promise in both directions: others queue behind it.
    ///
    /// Errors: NOT_UTF8 (subject); NEGATIVE_DURATION.
    reserved reserve(std::string_view subject = {}, std::uint32_t permits = 1,
                     std::chrono::nanoseconds timeout = no_timeout) const
    {
        if (detail::is_negative(timeout))
            return reserved(
                detail::refused_by_redis(detail::negative("resil::redis::token_bucket::reserve", "timeout")));
        ::resil_redis_reservation_t *made = nullptr;
        const auto decision = detail::asked_of_redis([&](::resil_redis_answer_t *answer) {
            return ::resil_redis_token_bucket_reserve(native_handle(), subject.data(), subject.size(), permits,
                                                      detail::timeout_ns(timeout), &made, answer);
        });
        return decision ? reserved(std::in_place, made, decision) : reserved(decision);
    }

    /// The quota of each subject.
    [[nodiscard]] answer<resil::quota> quota() const
    {
        return detail::quota_read([&](::resil_quota_t *seen) {
            return ::resil_redis_token_bucket_quota(native_handle(), seen);
        });
    }

    /// For functions of resil.h. Still owned by this object.
    [[nodiscard]] const native_type *native_handle() const noexcept { return handle_.get(); }

private:
    explicit token_bucket(native_type *made) noexcept : handle_(made) {}

    detail::handle<native_type, &::resil_redis_token_bucket_free> handle_;
};

} // namespace redis
} // namespace RESIL_FORM
} // namespace resil

#endif
