/// What rolling windows and counters are made with.
#ifndef RESIL_WINDOW_OPTIONS_HPP
#define RESIL_WINDOW_OPTIONS_HPP

#include "clock.hpp"

namespace resil {
inline namespace RESIL_FORM {

/// What a rolling window or counter is made with, beyond its buckets. `{}`: on the coarse clock, the current bucket
/// read too.
struct rolling_window_options {
    /// The clock it reads. The coarse one serves buckets of 100 ms and more.
    clock_source clock = resil::clock::coarse;
    /// Whether it is read without the bucket that is still filling: one bucket fewer.
    bool leave_out_current = false;

    /// The same on another clock.
    [[nodiscard]] rolling_window_options with_clock(clock_source other) const { return {other, leave_out_current}; }
    /// The same, read without the bucket that is still filling.
    [[nodiscard]] rolling_window_options with_current_left_out() const { return {clock, true}; }
};

/// What became of a sample: kept, kept as far as it fitted, or come too late. May be ignored. A plain value.
class recorded {
public:
    /// Of what a function of resil.h has answered.
    constexpr explicit recorded(::resil_status_t status) noexcept : status_(status) {}

    /// It counts.
    [[nodiscard]] constexpr bool kept() const noexcept { return status_ == RESIL_STATUS_GRANTED; }
    /// It does not count: its bucket has left the window.
    [[nodiscard]] constexpr bool late() const noexcept { return status_ == RESIL_STATUS_LATE; }
    /// It counts as far as it fitted: its bucket holds the most that a bucket can.
    [[nodiscard]] constexpr bool saturated() const noexcept { return status_ == RESIL_STATUS_SATURATED; }
    /// RESIL_STATUS_...; without exceptions also an error's, 64 or more.
    [[nodiscard]] constexpr ::resil_status_t status() const noexcept { return status_; }

private:
    ::resil_status_t status_;
};

namespace detail {

inline ::resil_rolling_window_options_t c_options(const rolling_window_options &with) noexcept
{
    return {sizeof(::resil_rolling_window_options_t), with.leave_out_current ? 1U : 0U, with.clock.kind(),
            with.clock.manual()};
}

/// What a C function that has returned `status` made of a sample; an error is thrown, if it can be.
inline recorded sampled(::resil_status_t status)
{
#if RESIL_EXCEPTIONS
    check(status);
#endif
    return recorded(status);
}

} // namespace detail
} // namespace RESIL_FORM
} // namespace resil

#endif
