/// A leaky bucket that many processes share: a meter that grants or refuses, a queue that says when.
#ifndef RESIL_REDIS_LEAKY_BUCKET_HPP
#define RESIL_REDIS_LEAKY_BUCKET_HPP

#include "quota.hpp"
#include "redis_store.hpp"

namespace resil {
inline namespace RESIL_FORM {

namespace detail {

/// What makes a meter or queue on Redis for C, or what is wrong before C has seen it.
template <class T, class New>
result<T> made_leaky_on_redis(const char *function, const std::string &name, const quota &quota, redis::policy policy,
                              New make)
{
    if (is_negative(quota.period))
        return negative(function, "quota.period");
    if (has_nul(name))
        return nul_in(function, "name", RESIL_STATUS_NAME_NOT_PLAIN);
    const auto c = c_quota(quota);
    const ::resil_redis_limiter_options_t options = {sizeof(::resil_redis_limiter_options_t),
                                                     static_cast<std::int32_t>(policy)};
    return make(&c, &options);
}

} // namespace detail

namespace redis {

/// A leaky bucket as a meter that many processes share: grants what fits, refuses the rest, per subject. It grants what a
/// redis::token_bucket of the same quota does that nobody reserves from, and keeps its bounds.
///
///     resil::redis::leaky_meter uploads(store, "uploads", resil::quota::per_minute(30));
///     if (uploads.try_acquire("user-42")) accept();
class leaky_meter {
public:
    using native_type = ::resil_redis_leaky_meter_t;

#if RESIL_EXCEPTIONS
    /// As make; its errors are thrown.
    leaky_meter(const redis::store &store, const std::string &name, const resil::quota &quota,
                redis::policy policy = redis::policy::rescue)
        : leaky_meter(make(store, name, quota, policy).value())
    {
    }
#endif

    /// The meter called `name`, of `quota` for each subject. Errors: as redis::token_bucket::make.
    static result<leaky_meter> make(const redis::store &store, const std::string &name, const resil::quota &quota,
                                    redis::policy policy = redis::policy::rescue)
    {
        constexpr auto function = "resil::redis::leaky_meter::make";
        return detail::made_leaky_on_redis<leaky_meter>(function, name, quota, policy, [&](auto c, auto options) {
            native_type *made = nullptr;
            const auto status = ::resil_redis_leaky_meter_new(store.native_handle(), name.c_str(), c, options, &made);
            return detail::made<leaky_meter>(status, [&] { return leaky_meter(made); });
        });
    }

    /// Pours `permits` of `subject` in if they fit.
    ///
    /// Errors: NOT_UTF8 (subject).
    decision try_acquire(std::string_view subject = {}, std::uint32_t permits = 1) const
    {
        return detail::asked_of_redis([&](::resil_redis_answer_t *answer) {
            return ::resil_redis_leaky_meter_try_acquire(native_handle(), subject.data(), subject.size(), permits,
                                                         answer);
        });
    }

    /// What try_acquire would answer, and how full the bucket is. Takes nothing.
    ///
    /// Errors: NOT_UTF8 (subject).
    [[nodiscard]] decision peek(std::string_view subject = {}, std::uint32_t permits = 1) const
    {
        return detail::asked_of_redis([&](::resil_redis_answer_t *answer) {
            return ::resil_redis_leaky_meter_peek(native_handle(), subject.data(), subject.size(), permits, answer);
        });
    }

    /// The quota of each subject.
    [[nodiscard]] answer<resil::quota> quota() const
    {
        return detail::quota_read([&](::resil_quota_t *seen) {
            return ::resil_redis_leaky_meter_quota(native_handle(), seen);
        });
    }

    /// For functions of resil.h. Still owned by this object.
    [[nodiscard]] const native_type *native_handle() const noexcept { return handle_.get(); }

private:
    explicit leaky_meter(native_type *made) noexcept : handle_(made) {}

    detail::handle<native_type, &::resil_redis_leaky_meter_free> handle_;
};

/// When a request that a queue admitted may go, and whose queue it is. A plain value.
struct slot {
    /// How long after asking it may go; 0 if at once.
    std::chrono::nanoseconds ready_after{0};
    /// Who admitted it, and what is left.
    redis::decision decision;
};

/// A slot, or why there is none. `refusal()` is a decision.
using queued = attempt<slot, decision>;

/// A leaky bucket as a queue that many processes share: admits what fits, and says when each may go, per subject. One turn
/// after another, whichever process asks. A slot cannot be given back.
///
///     resil::redis::leaky_queue mails(store, "mails", resil::quota::per_second(10).with_burst(100));
///     if (auto slot = mails.try_reserve("relay-1")) send_after(slot->ready_after);
class leaky_queue {
public:
    using native_type = ::resil_redis_leaky_queue_t;

#if RESIL_EXCEPTIONS
    /// As make; its errors are thrown.
    leaky_queue(const redis::store &store, const std::string &name, const resil::quota &quota,
                redis::policy policy = redis::policy::rescue)
        : leaky_queue(make(store, name, quota, policy).value())
    {
    }
#endif

    /// The queue called `name`, of `quota` for each subject. Errors: as redis::token_bucket::make.
    static result<leaky_queue> make(const redis::store &store, const std::string &name, const resil::quota &quota,
                                    redis::policy policy = redis::policy::rescue)
    {
        constexpr auto function = "resil::redis::leaky_queue::make";
        return detail::made_leaky_on_redis<leaky_queue>(function, name, quota, policy, [&](auto c, auto options) {
            native_type *made = nullptr;
            const auto status = ::resil_redis_leaky_queue_new(store.native_handle(), name.c_str(), c, options, &made);
            return detail::made<leaky_queue>(status, [&] { return leaky_queue(made); });
        });
    }

    /// Joins the queue of `subject` with `permits`, unless the wait would exceed `timeout`. Does not wait for the slot
    /// itself: the caller acts once `ready_after` has passed.
    ///
    /// Errors: NOT_UTF8 (subject); NEGATIVE_DURATION.
    queued try_reserve(std::string_view subject = {}, std::uint32_t permits = 1,
                       std::chrono::nanoseconds timeout = no_timeout) const
    {
        if (detail::is_negative(timeout))
            return queued(
                detail::refused_by_redis(detail::negative("resil::redis::leaky_queue::try_reserve", "timeout")));
        return joined([&](std::uint64_t *wait_ns, ::resil_redis_answer_t *answer) {
            return ::resil_redis_leaky_queue_try_reserve(native_handle(), subject.data(), subject.size(), permits,
                                                         detail::timeout_ns(timeout), wait_ns, answer);
        });
    }

    /// Joins the queue of `subject` with `permits` and waits for their slot; the thread sleeps. Refused at once, taking no
    /// place, if the queue is full or the wait would exceed the timeout.
    ///
    /// Errors: NOT_UTF8 (subject); NEGATIVE_DURATION.
    decision acquire(std::string_view subject = {}, std::uint32_t permits = 1,
                     std::chrono::nanoseconds timeout = no_timeout) const
    {
        if (detail::is_negative(timeout))
            return detail::refused_by_redis(detail::negative("resil::redis::leaky_queue::acquire", "timeout"));
        return detail::asked_of_redis([&](::resil_redis_answer_t *answer) {
            return ::resil_redis_leaky_queue_acquire(native_handle(), subject.data(), subject.size(), permits,
                                                     detail::timeout_ns(timeout), answer);
        });
    }

    /// What try_reserve would answer, and how full the queue is. Takes no place.
    ///
    /// Errors: NOT_UTF8 (subject).
    [[nodiscard]] queued peek(std::string_view subject = {}, std::uint32_t permits = 1) const
    {
        return joined([&](std::uint64_t *wait_ns, ::resil_redis_answer_t *answer) {
            return ::resil_redis_leaky_queue_peek(native_handle(), subject.data(), subject.size(), permits, wait_ns,
                                                  answer);
        });
    }

    /// The quota of each subject.
    [[nodiscard]] answer<resil::quota> quota() const
    {
        return detail::quota_read([&](::resil_quota_t *seen) {
            return ::resil_redis_leaky_queue_quota(native_handle(), seen);
        });
    }

    /// For functions of resil.h. Still owned by this object.
    [[nodiscard]] const native_type *native_handle() const noexcept { return handle_.get(); }

private:
    explicit leaky_queue(native_type *made) noexcept : handle_(made) {}

    template <class Join> static queued joined(Join join)
    {
        std::uint64_t wait_ns = 0;
        const auto decision =
            detail::asked_of_redis([&](::resil_redis_answer_t *answer) { return join(&wait_ns, answer); });
        return decision ? queued(std::in_place, slot{detail::duration(wait_ns), decision}) : queued(decision);
    }

    detail::handle<native_type, &::resil_redis_leaky_queue_free> handle_;
};

} // namespace redis
} // namespace RESIL_FORM
} // namespace resil

#endif
