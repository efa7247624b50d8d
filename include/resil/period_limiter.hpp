/// Period limiter: so many permits per hour or calendar day, or in a sliding period.
#ifndef RESIL_PERIOD_LIMITER_HPP
#define RESIL_PERIOD_LIMITER_HPP

#include "clock.hpp"
#include "verdict.hpp"

namespace resil {
inline namespace RESIL_FORM {

/// Where a period limiter's windows begin.
enum class period_limiter_kind : std::int32_t {
    /// The first with the first permit ever taken, and each where the one before ends.
    from_first_use = RESIL_PERIOD_LIMITER_KIND_FROM_FIRST_USE,
    /// At multiples of the period on a wall clock.
    aligned = RESIL_PERIOD_LIMITER_KIND_ALIGNED,
    /// At multiples of the period from the clock's zero; the window before still counts in part.
    sliding = RESIL_PERIOD_LIMITER_KIND_SLIDING,
};

/// A period limiter at one instant.
struct period_limiter_snapshot {
    /// The most permits of one window.
    std::uint32_t limit = 0;
    /// Permits taken in the window.
    std::uint32_t taken = 0;
    /// Sliding, permits taken in the window before; else 0.
    std::uint32_t taken_before = 0;
    /// Permits that could be taken at once.
    std::uint32_t remaining = 0;
    /// The length of a window.
    std::chrono::nanoseconds period{0};
    /// Time to the end of the window; 0 before first use.
    std::chrono::nanoseconds reset_after{0};
    /// Where windows begin.
    period_limiter_kind kind = period_limiter_kind::from_first_use;
    /// Aligned, how far its wall clock is ahead of UTC; else 0.
    std::chrono::seconds utc_offset{0};
};

/// Limits permits per period: so many in each window, then none until the next.
///
/// Windows are half-open: the instant `start + period` belongs to the next. No window grants more than the limit; but two
/// windows meet, so from first use and aligned it can grant twice the limit within a moment around a boundary. For a bound
/// on every interval take a token_bucket. An instant in an earlier window than one already seen is decided in, and
/// counted into, the newest. A grant that reaches the limit says so: `verdict.last()`.
///
/// Any number of threads may use one limiter at once, but for its destruction, assignment and moving; sliding, a thread
/// may spin for the few stores of another. About 128 bytes; nothing is allocated after it is made.
///
///     auto daily = resil::period_limiter::aligned(1000, 24h, 1h); // from midnight to midnight, one hour ahead of UTC
///     if (auto verdict = daily.try_acquire(); verdict.last()) warn();
class period_limiter {
public:
    using native_type = ::resil_period_limiter_t;

#if RESIL_EXCEPTIONS
    /// From first use; as make. Its errors are thrown.
    period_limiter(std::uint32_t limit, std::chrono::nanoseconds period, clock_source clock = resil::clock::steady)
        : period_limiter(make(limit, period, clock).value())
    {
    }
    /// As make_aligned; its errors are thrown.
    static period_limiter aligned(std::uint32_t limit, std::chrono::nanoseconds period,
                                  std::chrono::seconds utc_offset = std::chrono::seconds(0),
                                  clock_source clock = resil::clock::wall)
    {
        return make_aligned(limit, period, utc_offset, clock).value();
    }
    /// As make_sliding; its errors are thrown.
    static period_limiter sliding(std::uint32_t limit, std::chrono::nanoseconds period,
                                  clock_source clock = resil::clock::steady)
    {
        return make_sliding(limit, period, clock).value();
    }
#endif

    /// At most `limit` permits in each `period`, the first of which begins with the first permit ever taken and each
    /// where the one before ends.
    ///
    /// Errors: LIMIT_IS_ZERO, PERIOD_IS_ZERO, PERIOD_TOO_LONG, LIMIT_TOO_HIGH (more than one permit per 2 ns),
    /// NEGATIVE_DURATION; NULL_ARGUMENT (a manual clock that was moved from).
    static result<period_limiter> make(std::uint32_t limit, std::chrono::nanoseconds period,
                                       clock_source clock = resil::clock::steady)
    {
        return made("resil::period_limiter::make", period, clock, [&](auto options, auto out) {
            return ::resil_period_limiter_new(limit, detail::ns(period), options, out);
        });
    }

    /// At most `limit` permits in each `period` of the wall clock that is `utc_offset` ahead of UTC (behind it, if
    /// negative): with a period of 24 h, windows begin at that clock's midnight.
    ///
    /// Windows lie at multiples of the period from 1970-01-01 00:00 of that wall clock, so weeks begin on Thursdays. The
    /// offset is fixed: where summer time matters, make a new limiter when it changes. The instants it takes, and a
    /// manual clock's, are of Unix time.
    ///
    /// Errors: as make; UTC_OFFSET_TOO_LARGE (24 hours or more, either way); UNKNOWN_VALUE (a steady clock, which knows
    /// no calendar).
    static result<period_limiter> make_aligned(std::uint32_t limit, std::chrono::nanoseconds period,
                                               std::chrono::seconds utc_offset = std::chrono::seconds(0),
                                               clock_source clock = resil::clock::wall)
    {
        const auto secs = detail::utc_offset_secs(utc_offset);
        return made("resil::period_limiter::make_aligned", period, clock, [&](auto options, auto out) {
            return ::resil_period_limiter_aligned(limit, detail::ns(period), secs, options, out);
        });
    }

    /// At most `limit` permits by an estimate that slides: those of the window that runs, and of the one before the share
    /// that one period back from now still covers, as an exact fraction.
    ///
    /// Errors: as make.
    static result<period_limiter> make_sliding(std::uint32_t limit, std::chrono::nanoseconds period,
                                               clock_source clock = resil::clock::steady)
    {
        return made("resil::period_limiter::make_sliding", period, clock, [&](auto options, auto out) {
            return ::resil_period_limiter_sliding(limit, detail::ns(period), options, out);
        });
    }

    /// Takes `permits` if so many are left. Never waits.
    verdict try_acquire(std::uint32_t permits = 1) const
    {
        return detail::asked([&](std::uint64_t *wait_ns) {
            return ::resil_period_limiter_try_acquire(native_handle(), permits, wait_ns);
        });
    }
    /// As try_acquire, at an instant that the caller has read already.
    verdict try_acquire_at(instant now, std::uint32_t permits = 1) const
    {
        return detail::asked([&](std::uint64_t *wait_ns) {
            return ::resil_period_limiter_try_acquire_at(native_handle(), now.ns(), permits, wait_ns);
        });
    }

    /// What try_acquire would answer, and how much is left. Takes nothing, and is no first use.
    [[nodiscard]] answer<resil::peek> peek(std::uint32_t permits = 1) const
    {
        return detail::peeked([&](::resil_peek_t *seen) {
            return ::resil_period_limiter_peek(native_handle(), permits, seen);
        });
    }
    /// As peek, at an instant that the caller has read already.
    [[nodiscard]] answer<resil::peek> peek_at(instant now, std::uint32_t permits = 1) const
    {
        return detail::peeked([&](::resil_peek_t *seen) {
            return ::resil_period_limiter_peek_at(native_handle(), now.ns(), permits, seen);
        });
    }

    /// What the limiter looks like now, for monitoring.
    [[nodiscard]] answer<period_limiter_snapshot> snapshot() const
    {
        ::resil_period_limiter_snapshot_t seen = {};
        return pictured(::resil_period_limiter_snapshot(native_handle(), &seen), seen);
    }
    /// As snapshot, at an instant that the caller has read already.
    [[nodiscard]] answer<period_limiter_snapshot> snapshot_at(instant now) const
    {
        ::resil_period_limiter_snapshot_t seen = {};
        return pictured(::resil_period_limiter_snapshot_at(native_handle(), now.ns(), &seen), seen);
    }

    /// For functions of resil.h. Still owned by this object.
    [[nodiscard]] const native_type *native_handle() const noexcept { return handle_.get(); }

private:
    explicit period_limiter(native_type *made) noexcept : handle_(made) {}

    template <class New>
    static result<period_limiter> made(const char *function, std::chrono::nanoseconds period, clock_source clock, New make)
    {
        if (detail::is_negative(period))
            return detail::negative(function, "period");
        const ::resil_period_limiter_options_t options = {sizeof(::resil_period_limiter_options_t), clock.kind(),
                                                          clock.manual()};
        native_type *made = nullptr;
        const auto status = make(&options, &made);
        return detail::made<period_limiter>(status, [&] { return period_limiter(made); });
    }

    static answer<period_limiter_snapshot> pictured(::resil_status_t status,
                                                    const ::resil_period_limiter_snapshot_t &seen)
    {
        return detail::answered(status, [&] {
            return period_limiter_snapshot{seen.limit,
                                           seen.taken,
                                           seen.taken_before,
                                           seen.remaining,
                                           detail::duration(seen.period_ns),
                                           detail::duration(seen.reset_after_ns),
                                           static_cast<period_limiter_kind>(seen.kind),
                                           std::chrono::seconds(seen.utc_offset_secs)};
        });
    }

    detail::handle<native_type, &::resil_period_limiter_free> handle_;
};

} // namespace RESIL_FORM
} // namespace resil

#endif
