/// Rolling window: sums and counts over the last buckets of time.
#ifndef RESIL_ROLLING_WINDOW_HPP
#define RESIL_ROLLING_WINDOW_HPP

#include "callback.hpp"
#include "window_options.hpp"

namespace resil {
inline namespace RESIL_FORM {

/// What a window, or one bucket of it, holds. A plain value.
struct totals {
    /// The sum of the values recorded.
    std::uint64_t sum = 0;
    /// How many values were recorded.
    std::uint64_t count = 0;

    /// sum / count; nothing if nothing was recorded.
    [[nodiscard]] constexpr std::optional<double> mean() const noexcept
    {
        if (count == 0)
            return std::nullopt;
        return static_cast<double>(sum) / static_cast<double>(count);
    }

    friend constexpr bool operator==(const totals &a, const totals &b) noexcept
    {
        return a.sum == b.sum && a.count == b.count;
    }
    friend constexpr bool operator!=(const totals &a, const totals &b) noexcept { return !(a == b); }
};

/// A rolling window at one instant.
struct rolling_window_snapshot {
    /// The width of a bucket.
    std::chrono::nanoseconds bucket_width{0};
    /// How many buckets the window has, the current one included.
    std::uint32_t bucket_count = 0;
    /// What is in it.
    resil::totals totals;
};

/// Sums and counts what was recorded in the last so many buckets of time.
///
/// Buckets lie at multiples of their width from the clock's zero; a boundary belongs to the bucket it begins. A sample
/// counts in the bucket of its own instant, however late it comes, while that is in the window. Values are whole
/// numbers: scale them (us, bytes). The most a bucket's sum can hold depends on width and count (2^33 for 250 ms by 40).
///
/// Any number of threads may use one window at once, but for its destruction, assignment and moving; none ever
/// waits. While others record, a reading holds every record that was done before it began and none that had not begun
/// when it ended. About 128 bytes, and 16 for each bucket; nothing is allocated after it is made.
///
///     resil::rolling_window latencies_us(250ms, 40);
///     latencies_us.record(1250);
///     auto mean_us = latencies_us.totals().mean();
class rolling_window {
public:
    using native_type = ::resil_rolling_window_t;
    using options = rolling_window_options;

#if RESIL_EXCEPTIONS
    /// As make; its errors are thrown.
    rolling_window(std::chrono::nanoseconds bucket_width, std::uint32_t bucket_count, const options &with = options())
        : rolling_window(make(bucket_width, bucket_count, with).value())
    {
    }
#endif

    /// A window of `bucket_count` buckets (1 to 65536), each `bucket_width` wide (1 us or more; together at most 292
    /// years).
    ///
    /// Errors: BUCKET_WIDTH_TOO_SHORT, BUCKET_COUNT_IS_ZERO, BUCKET_COUNT_TOO_HIGH, WINDOW_SPAN_TOO_LONG,
    /// BUCKET_WIDTH_TOO_SHORT_FOR_CLOCK (below 100 ms on the coarse clock), NEGATIVE_DURATION; NULL_ARGUMENT (a
    /// manual clock that was moved from).
    static result<rolling_window> make(std::chrono::nanoseconds bucket_width, std::uint32_t bucket_count,
                                       const options &with = options())
    {
        if (detail::is_negative(bucket_width))
            return detail::negative("resil::rolling_window::make", "bucket_width");
        const auto c_options = detail::c_options(with);
        native_type *made = nullptr;
        const auto status = ::resil_rolling_window_new(detail::ns(bucket_width), bucket_count, &c_options, &made);
        return detail::made<rolling_window>(status, [&] { return rolling_window(made); });
    }

    /// Records `value` now.
    recorded record(std::uint64_t value) const
    {
        return detail::sampled(::resil_rolling_window_record(native_handle(), value));
    }
    /// As record, at an instant that the caller has read already.
    recorded record_at(instant now, std::uint64_t value) const
    {
        return detail::sampled(::resil_rolling_window_record_at(native_handle(), now.ns(), value));
    }

    /// The sum and the count of what is in the window.
    [[nodiscard]] answer<resil::totals> totals() const
    {
        ::resil_totals_t seen = {0, 0};
        return summed(::resil_rolling_window_totals(native_handle(), &seen), seen);
    }
    /// As totals, at an instant that the caller has read already.
    [[nodiscard]] answer<resil::totals> totals_at(instant now) const
    {
        ::resil_totals_t seen = {0, 0};
        return summed(::resil_rolling_window_totals_at(native_handle(), now.ns(), &seen), seen);
    }

    /// `f(accumulated, totals)` over the buckets of the window, oldest first, empty ones as zero: bucket_count of
    /// them, or one fewer if the current one is left out. What `f` throws ends it and goes on to the caller.
    ///
    ///     auto worst = window.fold(std::uint64_t{0}, [](std::uint64_t most, resil::totals bucket) {
    ///         return std::max(most, bucket.count);
    ///     });
    template <class T, class F> [[nodiscard]] answer<T> fold(T init, F &&f) const
    {
        return folded(std::move(init), f, [this](auto visit, void *user_data) {
            return ::resil_rolling_window_fold(native_handle(), visit, user_data);
        });
    }
    /// As fold, at an instant that the caller has read already.
    template <class T, class F> [[nodiscard]] answer<T> fold_at(instant now, T init, F &&f) const
    {
        return folded(std::move(init), f, [this, now](auto visit, void *user_data) {
            return ::resil_rolling_window_fold_at(native_handle(), now.ns(), visit, user_data);
        });
    }

    /// What the window looks like now, for monitoring.
    [[nodiscard]] answer<rolling_window_snapshot> snapshot() const
    {
        ::resil_rolling_window_snapshot_t seen = {};
        return pictured(::resil_rolling_window_snapshot(native_handle(), &seen), seen);
    }
    /// As snapshot, at an instant that the caller has read already.
    [[nodiscard]] answer<rolling_window_snapshot> snapshot_at(instant now) const
    {
        ::resil_rolling_window_snapshot_t seen = {};
        return pictured(::resil_rolling_window_snapshot_at(native_handle(), now.ns(), &seen), seen);
    }

    /// For functions of resil.h. Still owned by this object.
    [[nodiscard]] const native_type *native_handle() const noexcept { return handle_.get(); }

private:
    explicit rolling_window(native_type *made) noexcept : handle_(made) {}

    template <class T, class F, class Fold> static answer<T> folded(T init, F &f, Fold fold)
    {
        auto step = [&](T so_far, std::uint64_t sum, std::uint64_t count) {
            return f(std::move(so_far), resil::totals{sum, count});
        };
        return detail::folded<std::uint64_t, std::uint64_t>(std::move(init), step, fold);
    }

    static answer<resil::totals> summed(::resil_status_t status, const ::resil_totals_t &seen)
    {
        return detail::answered(status, [&] { return resil::totals{seen.sum, seen.count}; });
    }

    static answer<rolling_window_snapshot> pictured(::resil_status_t status,
                                                    const ::resil_rolling_window_snapshot_t &seen)
    {
        return detail::answered(status, [&] {
            return rolling_window_snapshot{detail::duration(seen.bucket_width_ns), seen.bucket_count,
                                           resil::totals{seen.totals.sum, seen.totals.count}};
        });
    }

    detail::handle<native_type, &::resil_rolling_window_free> handle_;
};

} // namespace RESIL_FORM
} // namespace resil

#endif
