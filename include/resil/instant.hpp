/// Instants and durations.
#ifndef RESIL_INSTANT_HPP
#define RESIL_INSTANT_HPP

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

#include "error.hpp"

namespace resil {
inline namespace RESIL_FORM {

/// The timeout of a caller who waits as long as it takes.
inline constexpr std::chrono::nanoseconds no_timeout = std::chrono::nanoseconds::max();

/// A point in time: whole nanoseconds since the zero of a clock, 0 to 2^63 - 1 (292 years). Instants of different
/// clocks must not be mixed in one object. A plain value.
class instant {
public:
    /// The clock's zero.
    constexpr instant() noexcept = default;

    /// `ns` nanoseconds after the clock's zero; nothing if that is later than 2^63 - 1.
    [[nodiscard]] static constexpr std::optional<instant> from_ns(std::uint64_t ns) noexcept
    {
        if (ns > RESIL_INSTANT_MAX)
            return std::nullopt;
        return instant(ns);
    }

    /// As from_ns, but the last instant if `ns` is later than that.
    [[nodiscard]] static constexpr instant saturating_from_ns(std::uint64_t ns) noexcept
    {
        return instant(ns > RESIL_INSTANT_MAX ? RESIL_INSTANT_MAX : ns);
    }

    /// The last instant there is.
    [[nodiscard]] static constexpr instant max() noexcept { return instant(RESIL_INSTANT_MAX); }

    /// Nanoseconds since the clock's zero.
    [[nodiscard]] constexpr std::uint64_t ns() const noexcept { return ns_; }

    /// Later by `by`, or earlier if that is negative. Stops at the first and the last instant.
    [[nodiscard]] friend constexpr instant operator+(instant at, std::chrono::nanoseconds by) noexcept
    {
        if (by.count() >= 0)
            return saturating_from_ns(at.ns_ + static_cast<std::uint64_t>(by.count()));
        const std::uint64_t back = ~static_cast<std::uint64_t>(by.count()) + 1;
        return instant(at.ns_ > back ? at.ns_ - back : 0);
    }

    /// How much later `at` is than `earlier`; negative if it is not.
    [[nodiscard]] friend constexpr std::chrono::nanoseconds operator-(instant at, instant earlier) noexcept
    {
        return std::chrono::nanoseconds(static_cast<std::int64_t>(at.ns_) - static_cast<std::int64_t>(earlier.ns_));
    }

    friend constexpr bool operator==(instant a, instant b) noexcept { return a.ns_ == b.ns_; }
    friend constexpr bool operator!=(instant a, instant b) noexcept { return a.ns_ != b.ns_; }
    friend constexpr bool operator<(instant a, instant b) noexcept { return a.ns_ < b.ns_; }
    friend constexpr bool operator<=(instant a, instant b) noexcept { return a.ns_ <= b.ns_; }
    friend constexpr bool operator>(instant a, instant b) noexcept { return a.ns_ > b.ns_; }
    friend constexpr bool operator>=(instant a, instant b) noexcept { return a.ns_ >= b.ns_; }

private:
    constexpr explicit instant(std::uint64_t ns) noexcept : ns_(ns) {}

    std::uint64_t ns_ = 0;
};

namespace detail {

/// A duration of C. Those past 292 years, which only sums reach, stop there.
constexpr std::chrono::nanoseconds duration(std::uint64_t ns) noexcept
{
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    return std::chrono::nanoseconds(ns > static_cast<std::uint64_t>(most) ? most : static_cast<std::int64_t>(ns));
}

constexpr bool is_negative(std::chrono::nanoseconds duration) noexcept { return duration.count() < 0; }

/// A duration for C, which is not negative.
constexpr std::uint64_t ns(std::chrono::nanoseconds duration) noexcept
{
    return static_cast<std::uint64_t>(duration.count());
}

/// A timeout for C, which is not negative.
constexpr std::uint64_t timeout_ns(std::chrono::nanoseconds timeout) noexcept
{
    return timeout == no_timeout ? RESIL_NO_TIMEOUT : ns(timeout);
}

/// An offset for C. What is too large for it is too large: it is refused by name there.
constexpr std::int32_t utc_offset_secs(std::chrono::seconds utc_offset) noexcept
{
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    const std::int64_t offset = utc_offset.count();
    return static_cast<std::int32_t>(offset > most ? most : offset < -most ? -most : offset);
}

} // namespace detail
} // namespace RESIL_FORM
} // namespace resil

#endif
