/// Rolling counter: how often something happened in the last buckets of time.
#ifndef RESIL_ROLLING_COUNTER_HPP
#define RESIL_ROLLING_COUNTER_HPP

#include <functional>

#include "callback.hpp"
#include "window_options.hpp"

namespace resil {
inline namespace RESIL_FORM {

/// A rolling counter at one instant.
struct rolling_counter_snapshot {
    /// The width of a bucket.
    std::chrono::nanoseconds bucket_width{0};
    /// How many buckets the window has, the current one included.
    std::uint32_t bucket_count = 0;
    /// What is in it.
    std::uint64_t total = 0;
};

/// Counts what happened in the last so many buckets of time: a rolling_window without the sums, whose promises hold
/// here too. One locked add. About 128 bytes, and 8 for each bucket.
///
///     resil::rolling_counter requests(1s, 60);
///     requests.add();
///     auto last_minute = requests.total();
class rolling_counter {
public:
    using native_type = ::resil_rolling_counter_t;
    using options = rolling_window_options;

#if RESIL_EXCEPTIONS
    /// As make; its errors are thrown.
    rolling_counter(std::chrono::nanoseconds bucket_width, std::uint32_t bucket_count, const options &with = options())
        : rolling_counter(make(bucket_width, bucket_count, with).value())
    {
    }
#endif

    /// A counter over `bucket_count` buckets (1 to 65536), each `bucket_width` wide (1 us or more; together at most 292
    /// years).
    ///
    /// Errors: as rolling_window::make.
    static result<rolling_counter> make(std::chrono::nanoseconds bucket_width, std::uint32_t bucket_count,
                                        const options &with = options())
    {
        if (detail::is_negative(bucket_width))
            return detail::negative("resil::rolling_counter::make", "bucket_width");
        const auto c_options = detail::c_options(with);
        native_type *made = nullptr;
        const auto status = ::resil_rolling_counter_new(detail::ns(bucket_width), bucket_count, &c_options, &made);
        return detail::made<rolling_counter>(status, [&] { return rolling_counter(made); });
    }

    /// Adds `amount` now.
    recorded add(std::uint64_t amount = 1) const
    {
        return detail::sampled(::resil_rolling_counter_add(native_handle(), amount));
    }
    /// As add, at an instant that the caller has read already.
    recorded add_at(instant now, std::uint64_t amount = 1) const
    {
        return detail::sampled(::resil_rolling_counter_add_at(native_handle(), now.ns(), amount));
    }

    /// What is in the window.
    [[nodiscard]] answer<std::uint64_t> total() const
    {
        std::uint64_t seen = 0;
        const auto status = ::resil_rolling_counter_total(native_handle(), &seen);
        return detail::answered(status, [&] { return seen; });
    }
    /// As total, at an instant that the caller has read already.
    [[nodiscard]] answer<std::uint64_t> total_at(instant now) const
    {
        std::uint64_t seen = 0;
        const auto status = ::resil_rolling_counter_total_at(native_handle(), now.ns(), &seen);
        return detail::answered(status, [&] { return seen; });
    }

    /// `f(accumulated, count)` over the buckets, as rolling_window::fold.
    template <class T, class F> [[nodiscard]] answer<T> fold(T init, F &&f) const
    {
        return detail::folded<std::uint64_t>(std::move(init), std::ref(f), [this](auto visit, void *user_data) {
            return ::resil_rolling_counter_fold(native_handle(), visit, user_data);
        });
    }
    /// As fold, at an instant that the caller has read already.
    template <class T, class F> [[nodiscard]] answer<T> fold_at(instant now, T init, F &&f) const
    {
        return detail::folded<std::uint64_t>(std::move(init), std::ref(f), [this, now](auto visit, void *user_data) {
            return ::resil_rolling_counter_fold_at(native_handle(), now.ns(), visit, user_data);
        });
    }

    /// What the counter looks like now, for monitoring.
    [[nodiscard]] answer<rolling_counter_snapshot> snapshot() const
    {
        ::resil_rolling_counter_snapshot_t seen = {};
        return pictured(::resil_rolling_counter_snapshot(native_handle(), &seen), seen);
    }
    /// As snapshot, at an instant that the caller has read already.
    [[nodiscard]] answer<rolling_counter_snapshot> snapshot_at(instant now) const
    {
        ::resil_rolling_counter_snapshot_t seen = {};
        return pictured(::resil_rolling_counter_snapshot_at(native_handle(), now.ns(), &seen), seen);
    }

    /// For functions of resil.h. Still owned by this object.
    [[nodiscard]] const native_type *native_handle() const noexcept { return handle_.get(); }

private:
    explicit rolling_counter(native_type *made) noexcept : handle_(made) {}

    static answer<rolling_counter_snapshot> pictured(::resil_status_t status,
                                                     const ::resil_rolling_counter_snapshot_t &seen)
    {
        return detail::answered(status, [&] {
            return rolling_counter_snapshot{detail::duration(seen.bucket_width_ns), seen.bucket_count, seen.total};
        });
    }

    detail::handle<native_type, &::resil_rolling_counter_free> handle_;
};

} // namespace RESIL_FORM
} // namespace resil

#endif
