/// Moving averages that forget: by count, by time, sample by sample, and of peaks.
#ifndef RESIL_EWMA_HPP
#define RESIL_EWMA_HPP

#include "clock.hpp"

namespace resil {
inline namespace RESIL_FORM {

/// What an average is made with, beyond how it forgets. `{}`: no warm-up, on the steady clock.
struct ewma_options {
    /// The clock it reads; by count none.
    clock_source clock = resil::clock::steady;
    /// By count: the first value is the plain mean of so many samples, and before there is none. 0 and 1: it is the first
    /// sample. In the other kinds: 0.
    std::uint32_t warm_up = 0;

    /// The same on another clock.
    [[nodiscard]] ewma_options with_clock(clock_source other) const { return {other, warm_up}; }
    /// The same with another warm-up.
    [[nodiscard]] ewma_options with_warm_up(std::uint32_t samples) const { return {clock, samples}; }
};

/// How an average forgets.
enum class ewma_kind : std::int32_t {
    /// By the number of samples that came after.
    by_count = RESIL_EWMA_BY_COUNT,
    /// By the time since; a sample weighs the time since the last one.
    by_time = RESIL_EWMA_BY_TIME,
    /// By the time since; every sample weighs the same when it is new.
    sample_weighted = RESIL_EWMA_SAMPLE_WEIGHTED,
    /// Up at once, down as by time; decays while nothing is recorded.
    peak = RESIL_EWMA_PEAK,
};

/// An average at one instant.
struct ewma_snapshot {
    /// How it forgets.
    ewma_kind kind = ewma_kind::by_count;
    /// By count, the samples that the first value is the plain mean of; else 0.
    std::uint32_t warm_up = 0;
    /// By count, the weight of a new sample; else 0.
    double alpha = 0;
    /// The time in which the weight of the past falls to 1/e; by count 0.
    std::chrono::nanoseconds time_constant{0};
    /// The average; nothing while samples are missing.
    std::optional<double> value;
    /// How many samples it takes until there is a value; 0 when there is one.
    std::uint32_t missing = 0;
    /// The time since the newest sample; by count, and before the first, 0.
    std::chrono::nanoseconds idle_for{0};
};

/// An average that forgets: the weight of a sample falls exponentially with what came after it.
///
/// By count, for one number per call or round: value * (1 - alpha) + x * alpha. By time, for a gauge that is read now and
/// then: value * w + x * (1 - w) with w = e^(-elapsed / time constant), so one of the same instant as the last weighs
/// nothing. Sample-weighted, for one number per request: the mean of all samples, each weighted by e^(-age / time
/// constant). Peak, for a cost to be wary of: a larger sample replaces the value, a smaller one enters as by time, and
/// silence decays it.
///
/// The first sample is the first value; reading never changes anything. Any number of threads may use one average at once,
/// but for its destruction, assignment and moving, and no sample is lost; but for by count without warm-up a thread may
/// spin for another's few stores. About 256 bytes; nothing is allocated after it is made.
///
///     auto latency_ms = resil::ewma::sample_weighted(10s);
///     latency_ms.record(12.5);
///     if (auto mean = latency_ms.value()) report(*mean);
class ewma {
public:
    using native_type = ::resil_ewma_t;
    using options = ewma_options;

#if RESIL_EXCEPTIONS
    /// As make_by_count; its errors are thrown.
    static ewma by_count(double alpha, const options &with = options()) { return make_by_count(alpha, with).value(); }
    /// As make_by_count_with_age; its errors are thrown.
    static ewma by_count_with_age(double age, const options &with = options())
    {
        return make_by_count_with_age(age, with).value();
    }
    /// As make_by_time; its errors are thrown.
    static ewma by_time(std::chrono::nanoseconds time_constant, const options &with = options())
    {
        return make_by_time(time_constant, with).value();
    }
    /// As make_sample_weighted; its errors are thrown.
    static ewma sample_weighted(std::chrono::nanoseconds time_constant, const options &with = options())
    {
        return make_sample_weighted(time_constant, with).value();
    }
    /// As make_peak; its errors are thrown.
    static ewma peak(std::chrono::nanoseconds time_constant, const options &with = options())
    {
        return make_peak(time_constant, with).value();
    }
#endif

    /// By count: each sample enters with the weight `alpha`, above 0 and at most 1.
    ///
    /// Errors: ALPHA_OUT_OF_RANGE; NULL_ARGUMENT (a manual clock that was moved from).
    static result<ewma> make_by_count(double alpha, const options &with = options())
    {
        return made(with, [&](auto c, auto out) { return ::resil_ewma_by_count(alpha, c, out); });
    }
    /// By count with the alpha 2 / (age + 1): samples are `age` old, about as in a plain mean of the last `age`; 1 or
    /// more.
    ///
    /// Errors: AGE_OUT_OF_RANGE; NULL_ARGUMENT (a manual clock that was moved from).
    static result<ewma> make_by_count_with_age(double age, const options &with = options())
    {
        return made(with, [&](auto c, auto out) { return ::resil_ewma_by_count_with_age(age, c, out); });
    }
    /// By time: a sample weighs what time passed since the last one. The past's weight falls to 1/e in `time_constant`.
    ///
    /// Errors: TIME_CONSTANT_IS_ZERO, NEGATIVE_DURATION; WARM_UP_NOT_BY_COUNT; NULL_ARGUMENT (a manual clock that was
    /// moved from).
    static result<ewma> make_by_time(std::chrono::nanoseconds time_constant, const options &with = options())
    {
        if (detail::is_negative(time_constant))
            return detail::negative("resil::ewma::make_by_time", "time_constant");
        return made(with, [&](auto c, auto out) { return ::resil_ewma_by_time(detail::ns(time_constant), c, out); });
    }
    /// The mean of all samples, each weighted by its age. Errors: as make_by_time.
    static result<ewma> make_sample_weighted(std::chrono::nanoseconds time_constant, const options &with = options())
    {
        if (detail::is_negative(time_constant))
            return detail::negative("resil::ewma::make_sample_weighted", "time_constant");
        return made(with,
                    [&](auto c, auto out) { return ::resil_ewma_sample_weighted(detail::ns(time_constant), c, out); });
    }
    /// An average of peaks: up at once, down as by time. Errors: as make_by_time.
    static result<ewma> make_peak(std::chrono::nanoseconds time_constant, const options &with = options())
    {
        if (detail::is_negative(time_constant))
            return detail::negative("resil::ewma::make_peak", "time_constant");
        return made(with, [&](auto c, auto out) { return ::resil_ewma_peak(detail::ns(time_constant), c, out); });
    }

    /// Takes in `x`, now. By count no clock is read.
    ///
    /// Errors: SAMPLE_NOT_FINITE; SAMPLE_SUM_TOO_LARGE. Nothing changes then.
    answer<void> record(double x) const { return detail::answered(::resil_ewma_record(native_handle(), x)); }
    /// As record, at an instant that the caller has read already.
    answer<void> record_at(instant now, double x) const
    {
        return detail::answered(::resil_ewma_record_at(native_handle(), now.ns(), x));
    }

    /// The average; nothing while nothing, or with a warm-up too little, was recorded. Only a peak reads the clock.
    [[nodiscard]] answer<std::optional<double>> value() const
    {
        double seen = 0;
        return read(::resil_ewma_value(native_handle(), &seen), seen);
    }
    /// As value, at an instant that the caller has read already.
    [[nodiscard]] answer<std::optional<double>> value_at(instant now) const
    {
        double seen = 0;
        return read(::resil_ewma_value_at(native_handle(), now.ns(), &seen), seen);
    }

    /// What the average looks like now, for monitoring.
    [[nodiscard]] answer<ewma_snapshot> snapshot() const
    {
        ::resil_ewma_snapshot_t seen = {};
        return pictured(::resil_ewma_snapshot(native_handle(), &seen), seen);
    }
    /// As snapshot, at an instant that the caller has read already.
    [[nodiscard]] answer<ewma_snapshot> snapshot_at(instant now) const
    {
        ::resil_ewma_snapshot_t seen = {};
        return pictured(::resil_ewma_snapshot_at(native_handle(), now.ns(), &seen), seen);
    }

    /// For functions of resil.h. Still owned by this object.
    [[nodiscard]] const native_type *native_handle() const noexcept { return handle_.get(); }

private:
    explicit ewma(native_type *made) noexcept : handle_(made) {}

    template <class New> static result<ewma> made(const options &with, New make)
    {
        const ::resil_ewma_options_t c = {sizeof(::resil_ewma_options_t), with.warm_up, with.clock.kind(),
                                          with.clock.manual()};
        native_type *made = nullptr;
        const auto status = make(&c, &made);
        return detail::made<ewma>(status, [&] { return ewma(made); });
    }

    static answer<std::optional<double>> read(::resil_status_t status, const double &seen)
    {
        return detail::answered(status, [&]() -> std::optional<double> {
            if (!detail::is_granted(status))
                return std::nullopt;
            return seen;
        });
    }

    static answer<ewma_snapshot> pictured(::resil_status_t status, const ::resil_ewma_snapshot_t &seen)
    {
        return detail::answered(status, [&] {
            ewma_snapshot picture{static_cast<ewma_kind>(seen.kind),      seen.warm_up, seen.alpha,
                                  detail::duration(seen.time_constant_ns), std::nullopt, seen.missing,
                                  detail::duration(seen.idle_for_ns)};
            if (seen.missing == 0)
                picture.value = seen.value;
            return picture;
        });
    }

    detail::handle<native_type, &::resil_ewma_free> handle_;
};

/// What is left of a value after a time without samples (Newton's law of cooling): e^(-elapsed / time_constant), which is
/// 1 for no time at all and 0 from 746 time constants on.
///
/// Errors: TIME_CONSTANT_IS_ZERO, NEGATIVE_DURATION.
[[nodiscard]] inline answer<double> decay_factor(std::chrono::nanoseconds elapsed, std::chrono::nanoseconds time_constant)
{
    if (detail::is_negative(elapsed))
        return detail::failed<double>(detail::negative("resil::decay_factor", "elapsed"));
    if (detail::is_negative(time_constant))
        return detail::failed<double>(detail::negative("resil::decay_factor", "time_constant"));
    double left = 0;
    const auto status = ::resil_decay_factor(detail::ns(elapsed), detail::ns(time_constant), &left);
    return detail::answered(status, [&] { return left; });
}

} // namespace RESIL_FORM
} // namespace resil

#endif
