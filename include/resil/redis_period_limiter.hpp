/// So many permits per period that many processes share.
#ifndef RESIL_REDIS_PERIOD_LIMITER_HPP
#define RESIL_REDIS_PERIOD_LIMITER_HPP

#include "redis_store.hpp"

namespace resil {
inline namespace RESIL_FORM {
namespace redis {

/// So many permits per period that many processes share, per subject.
///
/// Windows lie on the server's clock. No window grants more than the limit; while the store is away, under
/// policy::rescue, each member grants its whole part of the limit, at least 1, in windows of its own. A grant that reaches
/// the limit says so: `decision.last()`.
///
///     auto reports = resil::redis::period_limiter::aligned(store, "reports", 1000, 24h, 1h);
///     if (reports.try_acquire("tenant-7")) serve();
class period_limiter {
public:
    using native_type = ::resil_redis_period_limiter_t;

#if RESIL_EXCEPTIONS
    /// From first use; as make. Its errors are thrown.
    period_limiter(const redis::store &store, const std::string &name, std::uint32_t limit,
                   std::chrono::nanoseconds period, redis::policy policy = redis::policy::rescue)
        : period_limiter(make(store, name, limit, period, policy).value())
    {
    }
    /// As make_aligned; its errors are thrown.
    static period_limiter aligned(const redis::store &store, const std::string &name, std::uint32_t limit,
                                  std::chrono::nanoseconds period,
                                  std::chrono::seconds utc_offset = std::chrono::seconds(0),
                                  redis::policy policy = redis::policy::rescue)
    {
        return make_aligned(store, name, limit, period, utc_offset, policy).value();
    }
    /// As make_sliding; its errors are thrown.
    static period_limiter sliding(const redis::store &store, const std::string &name, std::uint32_t limit,
                                  std::chrono::nanoseconds period, redis::policy policy = redis::policy::rescue)
    {
        return make_sliding(store, name, limit, period, policy).value();
    }
#endif

    /// The limiter called `name`, of at most `limit` permits in each `period` for each subject; a window begins with the
    /// first permit taken when none runs.
    ///
    /// Errors: NAME_NOT_PLAIN, NOT_UTF8 (name); LIMIT_IS_ZERO, LIMIT_TOO_HIGH, PERIOD_IS_ZERO, PERIOD_TOO_LONG,
    /// PERIOD_NOT_WHOLE_MICROS, PERIOD_TOO_LONG_FOR_STORE, NEGATIVE_DURATION; NULL_ARGUMENT (a store that was moved from).
    static result<period_limiter> make(const redis::store &store, const std::string &name, std::uint32_t limit,
                                       std::chrono::nanoseconds period, redis::policy policy = redis::policy::rescue)
    {
        return made("resil::redis::period_limiter::make", name, period, policy, [&](auto options, auto out) {
            return ::resil_redis_period_limiter_new(store.native_handle(), name.c_str(), limit, detail::ns(period),
                                                    options, out);
        });
    }

    /// As make, in windows at multiples of the period on the wall clock that is `utc_offset` ahead of UTC.
    ///
    /// Errors: as make; UTC_OFFSET_TOO_LARGE (24 hours or more, either way).
    static result<period_limiter> make_aligned(const redis::store &store, const std::string &name,
                                               std::uint32_t limit, std::chrono::nanoseconds period,
                                               std::chrono::seconds utc_offset = std::chrono::seconds(0),
                                               redis::policy policy = redis::policy::rescue)
    {
        const auto secs = detail::utc_offset_secs(utc_offset);
        return made("resil::redis::period_limiter::make_aligned", name, period, policy, [&](auto options, auto out) {
            return ::resil_redis_period_limiter_aligned(store.native_handle(), name.c_str(), limit,
                                                        detail::ns(period), secs, options, out);
        });
    }

    /// As make, by an estimate that slides: the permits of the window that runs, and of the one before the share that one
    /// period back from now still covers.
    ///
    /// Errors: as make.
    static result<period_limiter> make_sliding(const redis::store &store, const std::string &name,
                                               std::uint32_t limit, std::chrono::nanoseconds period,
                                               redis::policy policy = redis::policy::rescue)
    {
        return made("resil::redis::period_limiter::make_sliding", name, period, policy, [&](auto options, auto out) {
            return ::resil_redis_period_limiter_sliding(store.native_handle(), name.c_str(), limit,
                                                        detail::ns(period), options, out);
        });
    }

    /// Takes `permits` of `subject` if so many are left.
    ///
    /// Errors: NOT_UTF8 (subject).
    decision try_acquire(std::string_view subject = {}, std::uint32_t permits = 1) const
    {
        return detail::asked_of_redis([&](::resil_redis_answer_t *answer) {
            return ::resil_redis_period_limiter_try_acquire(native_handle(), subject.data(), subject.size(), permits,
                                                            answer);
        });
    }

    /// What try_acquire would answer, and how much is left. Takes nothing, and is no first use.
    ///
    /// Errors: NOT_UTF8 (subject).
    [[nodiscard]] decision peek(std::string_view subject = {}, std::uint32_t permits = 1) const
    {
        return detail::asked_of_redis([&](::resil_redis_answer_t *answer) {
            return ::resil_redis_period_limiter_peek(native_handle(), subject.data(), subject.size(), permits,
                                                     answer);
        });
    }

    /// For functions of resil.h. Still owned by this object.
    [[nodiscard]] const native_type *native_handle() const noexcept { return handle_.get(); }

private:
    explicit period_limiter(native_type *made) noexcept : handle_(made) {}

    template <class New>
    static result<period_limiter> made(const char *function, const std::string &name, std::chrono::nanoseconds period,
                                       redis::policy policy, New make)
    {
        if (detail::is_negative(period))
            return detail::negative(function, "period");
        if (detail::has_nul(name))
            return detail::nul_in(function, "name", RESIL_STATUS_NAME_NOT_PLAIN);
        const ::resil_redis_limiter_options_t options = {sizeof(::resil_redis_limiter_options_t),
                                                         static_cast<std::int32_t>(policy)};
        native_type *handle = nullptr;
        const auto status = make(&options, &handle);
        return detail::made<period_limiter>(status, [&] { return period_limiter(handle); });
    }

    detail::handle<native_type, &::resil_redis_period_limiter_free> handle_;
};

} // namespace redis
} // namespace RESIL_FORM
} // namespace resil

#endif
