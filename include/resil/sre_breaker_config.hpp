/// The constants of an SRE breaker.
#ifndef RESIL_SRE_BREAKER_CONFIG_HPP
#define RESIL_SRE_BREAKER_CONFIG_HPP

#include "instant.hpp"

namespace resil {
inline namespace RESIL_FORM {

/// Whether a refused call counts as one that was tried.
enum class refusals : std::int32_t {
    /// No: the window holds what the backend answered, and nothing else.
    uncounted = RESIL_REFUSALS_UNCOUNTED,
    /// Yes, as a failure.
    as_failures = RESIL_REFUSALS_AS_FAILURES,
    /// Yes, but not as a failure: a bucket of refusals alone is no failing bucket.
    apart = RESIL_REFUSALS_APART,
};

/// Every constant of an SRE breaker: a preset, then what is to differ. Checked by sre_breaker. A plain value.
///
/// With R the calls that count in the window and A the successes among them, a call is refused with the chance
///
///     ratio = ((R - protection) - K * A) / (R + padding)    (1 / success_ratio in place of K, if that is set)
///     ratio = min(ratio ^ (1 / aggression), max_drop_ratio)
///
/// in which K is the multiplier.
///
///     auto config = resil::sre_breaker_config::go_zero_1_3().with_window(250ms, 8);
struct sre_breaker_config {
    /// The width of a bucket of the window, at least 1 us; on the coarse clock at least 100 ms.
    std::chrono::nanoseconds bucket_width{0};
    /// How many buckets the window has, 1 to 65536; together at most 292 years.
    std::uint32_t bucket_count = 0;
    /// Whether refusals count.
    resil::refusals refusals = resil::refusals::uncounted;
    /// K: refusing begins where less than one in K calls succeeds. Finite, at least 1; 0 if success_ratio is set.
    double multiplier = 0;
    /// Refusing begins where less than this share succeeds. Above 0, at most 1.
    std::optional<double> success_ratio;
    /// What K falls to as the newest buckets hold failures and no success. At least 1, at most the multiplier.
    std::optional<double> min_multiplier;
    /// How many requests are taken off R before it is compared: so many failures are forgiven.
    std::uint64_t protection = 0;
    /// What is added to R below the line: damps the ratio while there are few requests. Finite, at least 0.
    double padding = 0;
    /// Nothing is refused with fewer requests than this in the window.
    std::uint64_t min_requests = 0;
    /// Nothing is refused at fewer requests a second than this.
    std::uint32_t min_rps = 0;
    /// Whether the newest buckets with successes and no failure take their share of the window off the ratio.
    bool recovery = false;
    /// The ratio is raised to the power of 1 / aggression: more refuses more. Finite, at least 1.
    double aggression = 1;
    /// The greatest share refused. From 0 to 1.
    double max_drop_ratio = 1;
    /// A call passes without a draw if the last one that passed while the ratio was above 0 did so longer ago.
    std::optional<std::chrono::nanoseconds> forced_pass_after;

    /// The law as the book has it: (R - 2 A) / (R + 1), refusals count as failures, 2 min in 120 buckets.
    [[nodiscard]] static sre_breaker_config sre_book() { return preset(RESIL_SRE_BREAKER_PRESET_SRE_BOOK); }
    /// go-zero up to v1.6.2, and the default: (R - 5 - 1.5 A) / (R + 1), refusals do not count, 10 s in 40.
    [[nodiscard]] static sre_breaker_config go_zero_1_3() { return preset(RESIL_SRE_BREAKER_PRESET_GO_ZERO_1_3); }
    /// go-zero from v1.6.6 on: K falls from 1.5 to 1.1, refusals count apart, a pass is forced 1 s after the last.
    [[nodiscard]] static sre_breaker_config go_zero() { return preset(RESIL_SRE_BREAKER_PRESET_GO_ZERO); }
    /// gRPC's route lookup service: (R - 2 A) / (R + 8), refusals count as failures, 30 s in 100.
    [[nodiscard]] static sre_breaker_config grpc_rls() { return preset(RESIL_SRE_BREAKER_PRESET_GRPC_RLS); }
    /// kratos (aegis): (R - A / 0.6) / (R + 1) from 100 requests on, refusals count as failures, 3 s in 10.
    [[nodiscard]] static sre_breaker_config kratos() { return preset(RESIL_SRE_BREAKER_PRESET_KRATOS); }
    /// Envoy's admission control: (R - A / 0.95) / (R + 1), at most 0.8, refusals do not count, 30 s in 30.
    [[nodiscard]] static sre_breaker_config envoy() { return preset(RESIL_SRE_BREAKER_PRESET_ENVOY); }

    /// The same over `count` buckets of `width`.
    [[nodiscard]] sre_breaker_config with_window(std::chrono::nanoseconds width, std::uint32_t count) const
    {
        return with([&](auto &c) { c.bucket_width = width, c.bucket_count = count; });
    }
    /// The same with refusals counted otherwise.
    [[nodiscard]] sre_breaker_config with_refusals(resil::refusals counted) const
    {
        return with([&](auto &c) { c.refusals = counted; });
    }
    /// The same with another K, in place of a success ratio if it has one.
    [[nodiscard]] sre_breaker_config with_multiplier(double k) const
    {
        return with([&](auto &c) { c.multiplier = k, c.success_ratio = std::nullopt; });
    }
    /// The same with a success ratio in place of the multiplier.
    [[nodiscard]] sre_breaker_config with_success_ratio(double ratio) const
    {
        return with([&](auto &c) { c.success_ratio = ratio, c.multiplier = 0; });
    }
    /// The same with a K that falls to `k`, or does not.
    [[nodiscard]] sre_breaker_config with_min_multiplier(std::optional<double> k) const
    {
        return with([&](auto &c) { c.min_multiplier = k; });
    }
    /// The same with so many failures forgiven.
    [[nodiscard]] sre_breaker_config with_protection(std::uint64_t requests) const
    {
        return with([&](auto &c) { c.protection = requests; });
    }
    /// The same with `more` added to R below the line.
    [[nodiscard]] sre_breaker_config with_padding(double more) const
    {
        return with([&](auto &c) { c.padding = more; });
    }
    /// The same, refusing nothing with fewer requests in the window.
    [[nodiscard]] sre_breaker_config with_min_requests(std::uint64_t requests) const
    {
        return with([&](auto &c) { c.min_requests = requests; });
    }
    /// The same, refusing nothing at fewer requests a second.
    [[nodiscard]] sre_breaker_config with_min_rps(std::uint32_t per_second) const
    {
        return with([&](auto &c) { c.min_rps = per_second; });
    }
    /// The same with or without recovery.
    [[nodiscard]] sre_breaker_config with_recovery(bool on) const
    {
        return with([&](auto &c) { c.recovery = on; });
    }
    /// The same with another aggression.
    [[nodiscard]] sre_breaker_config with_aggression(double power) const
    {
        return with([&](auto &c) { c.aggression = power; });
    }
    /// The same, refusing no greater share.
    [[nodiscard]] sre_breaker_config with_max_drop_ratio(double ratio) const
    {
        return with([&](auto &c) { c.max_drop_ratio = ratio; });
    }
    /// The same with a pass forced so long after the last, or with none.
    [[nodiscard]] sre_breaker_config with_forced_pass_after(std::optional<std::chrono::nanoseconds> after) const
    {
        return with([&](auto &c) { c.forced_pass_after = after; });
    }

private:
    friend class sre_breaker;

    template <class F> sre_breaker_config with(F change) const
    {
        auto changed = *this;
        change(changed);
        return changed;
    }

    template <class T> static std::optional<T> optional(std::uint32_t flag, T value)
    {
        if (flag == 0)
            return std::nullopt;
        return value;
    }

    static sre_breaker_config preset(std::int32_t number)
    {
        ::resil_sre_breaker_config_t c = {};
        const auto status = ::resil_sre_breaker_config_init(&c, number);
        if (!detail::is_granted(status))
            detail::fail(detail::last_error(status));
        sre_breaker_config made;
        made.bucket_width = detail::duration(c.bucket_width_ns);
        made.bucket_count = c.bucket_count;
        made.refusals = static_cast<resil::refusals>(c.refusals);
        made.multiplier = c.multiplier;
        made.success_ratio = optional(c.has_success_ratio, c.success_ratio);
        made.min_multiplier = optional(c.has_min_multiplier, c.min_multiplier);
        made.protection = c.protection;
        made.padding = c.padding;
        made.min_requests = c.min_requests;
        made.min_rps = c.min_rps;
        made.recovery = c.recovery != 0;
        made.aggression = c.aggression;
        made.max_drop_ratio = c.max_drop_ratio;
        made.forced_pass_after = optional(c.has_forced_pass_after, detail::duration(c.forced_pass_after_ns));
        return made;
    }

    /// For C; the durations are not negative.
    ::resil_sre_breaker_config_t c_config() const
    {
        ::resil_sre_breaker_config_t c = {};
        c.struct_size = sizeof c;
        c.bucket_width_ns = detail::ns(bucket_width);
        c.bucket_count = bucket_count;
        c.refusals = static_cast<std::int32_t>(refusals);
        c.has_success_ratio = success_ratio ? 1 : 0;
        c.has_min_multiplier = min_multiplier ? 1 : 0;
        c.multiplier = multiplier;
        c.success_ratio = success_ratio.value_or(0);
        c.min_multiplier = min_multiplier.value_or(0);
        c.protection = protection;
        c.padding = padding;
        c.min_requests = min_requests;
        c.min_rps = min_rps;
        c.recovery = recovery ? 1 : 0;
        c.aggression = aggression;
        c.max_drop_ratio = max_drop_ratio;
        c.forced_pass_after_ns = detail::ns(forced_pass_after.value_or(std::chrono::nanoseconds(0)));
        c.has_forced_pass_after = forced_pass_after ? 1 : 0;
        return c;
    }
};

} // namespace RESIL_FORM
} // namespace resil

#endif
