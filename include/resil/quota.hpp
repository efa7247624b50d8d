/// How much is allowed.
#ifndef RESIL_QUOTA_HPP
#define RESIL_QUOTA_HPP

#include "instant.hpp"
#include "result.hpp"

namespace resil {
inline namespace RESIL_FORM {

/// `permits` in each `period`, at most `burst` of them at one instant.
///
/// None may be 0; at most 4 permits per nanosecond; `burst * period / permits`, the time from empty to full, at most
/// 2^52 us (142 years). It is checked by what it is given to. A plain value.
///
///     auto quota = resil::quota::per_second(100).with_burst(10);
struct quota {
    /// Permits in each period.
    std::uint32_t permits = 0;
    /// The period in which they come back.
    std::chrono::nanoseconds period{0};
    /// The most permits one instant can grant.
    std::uint32_t burst = 0;

    /// `permits` a second, in a burst of as many.
    [[nodiscard]] static constexpr quota per_second(std::uint32_t permits) noexcept
    {
        return {permits, std::chrono::seconds(1), permits};
    }
    /// `permits` a minute, in a burst of as many.
    [[nodiscard]] static constexpr quota per_minute(std::uint32_t permits) noexcept
    {
        return {permits, std::chrono::minutes(1), permits};
    }
    /// `permits` an hour, in a burst of as many.
    [[nodiscard]] static constexpr quota per_hour(std::uint32_t permits) noexcept
    {
        return {permits, std::chrono::hours(1), permits};
    }
    /// `permits` in 24 hours, in a burst of as many.
    [[nodiscard]] static constexpr quota per_day(std::uint32_t permits) noexcept
    {
        return {permits, std::chrono::hours(24), permits};
    }

    /// The same with another burst.
    [[nodiscard]] constexpr quota with_burst(std::uint32_t other) const noexcept { return {permits, period, other}; }

    /// Permits per second.
    [[nodiscard]] constexpr double rate() const noexcept
    {
        return static_cast<double>(permits) * 1e9 / static_cast<double>(period.count());
    }

    friend constexpr bool operator==(const quota &a, const quota &b) noexcept
    {
        return a.permits == b.permits && a.period == b.period && a.burst == b.burst;
    }
    friend constexpr bool operator!=(const quota &a, const quota &b) noexcept { return !(a == b); }
};

namespace detail {

/// A quota for C, whose period is not negative.
constexpr ::resil_quota_t c_quota(const quota &quota) noexcept
{
    return {quota.permits, quota.burst, ns(quota.period)};
}

constexpr quota cpp_quota(const ::resil_quota_t &quota) noexcept
{
    return {quota.permits, duration(quota.period_ns), quota.burst};
}

/// The quota that `read(&quota)`, a call of a C function, writes.
template <class Read> answer<quota> quota_read(Read read)
{
    ::resil_quota_t seen = {0, 0, 0};
    const auto status = read(&seen);
    return answered(status, [&] { return cpp_quota(seen); });
}

} // namespace detail
} // namespace RESIL_FORM
} // namespace resil

#endif
