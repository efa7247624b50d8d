/// SRE breaker: refuses the share of calls that would fail anyway.
#ifndef RESIL_SRE_BREAKER_HPP
#define RESIL_SRE_BREAKER_HPP

#include <functional>

#include "clock.hpp"
#include "permit.hpp"
#include "sre_breaker_config.hpp"

namespace resil {
inline namespace RESIL_FORM {

/// What a breaker does with what it decides.
enum class mode : std::int32_t {
    /// Refuses as it decides.
    enabled = RESIL_MODE_ENABLED,
    /// Decides nothing and lets everything through; outcomes are recorded.
    disabled = RESIL_MODE_DISABLED,
    /// Refuses everything, without a draw. Its refusals are in the snapshot, never in the window.
    forced_open = RESIL_MODE_FORCED_OPEN,
    /// Decides, and lets everything through: would-be refusals are in the snapshot only.
    dry_run = RESIL_MODE_DRY_RUN,
};

/// What an SRE breaker is made with, beyond its constants. `{}`: on the coarse clock, with draws of its own.
struct sre_breaker_options {
    /// The clock it reads.
    clock_source clock = resil::clock::coarse;
    /// Where its chances come from, for tests: at least 0 and below 1. Any thread that asks calls it, several at once;
    /// it must not throw. Empty: a generator in each thread.
    std::function<double()> draw = {};

    /// The same on another clock.
    [[nodiscard]] sre_breaker_options with_clock(clock_source other) const { return {other, draw}; }
    /// The same with chances from `other`.
    [[nodiscard]] sre_breaker_options with_draw(std::function<double()> other) const
    {
        return {clock, std::move(other)};
    }
};

/// An SRE breaker at one instant.
struct sre_breaker_snapshot {
    /// Calls that count in the window: settled ones, and refusals if the configuration counts them.
    std::uint64_t requests = 0;
    /// Successes among them.
    std::uint64_t accepts = 0;
    /// The share of calls that the law would refuse now, from 0 to 1; whatever the mode.
    double drop_ratio = 0;
    /// What the breaker does with it.
    resil::mode mode = resil::mode::enabled;
    /// Calls refused since the breaker was made, by chance or forced.
    std::uint64_t drops = 0;
    /// Calls that `dry_run` let through and `enabled` would have refused, since it was made.
    std::uint64_t would_reject = 0;
};

/// What a guarded call returned, or why it was not made. `refusal()` is a rejection.
template <class T> using guarded = attempt<T, rejection>;

/// Keeps calls from a backend that fails them: refuses the share of calls that would fail anyway.
///
/// Ask before each call (`try_acquire`) and settle the permit with what became of it, or let `run` do both. There is
/// no open state to wait out: under every preset some calls get through, so a backend that recovers is seen to. An
/// outcome counts in the bucket of the instant it is settled at. While all is well, asking is one load.
///
/// Any number of threads may use one breaker at once, but for its destruction, assignment and moving; none ever
/// waits. A forked child draws other numbers than its parent. About 700 bytes, and 16 for each bucket (24 where
/// refusals are counted apart); nothing is allocated after it is made.
///
///     resil::sre_breaker breaker;
///     auto page = breaker.run([&] { return fetch(url); }); // throws resil::rejected, or what fetch throws
class sre_breaker {
public:
    using native_type = ::resil_sre_breaker_t;
    using options = sre_breaker_options;

#if RESIL_EXCEPTIONS
    /// As make; its errors are thrown.
    explicit sre_breaker(const sre_breaker_config &config = sre_breaker_config::go_zero_1_3(),
                         options with = options())
        : sre_breaker(make(config, std::move(with)).value())
    {
    }
#endif

    /// A breaker as `config` says.
    ///
    /// Errors: BUCKET_WIDTH_TOO_SHORT, BUCKET_COUNT_IS_ZERO, BUCKET_COUNT_TOO_HIGH, WINDOW_SPAN_TOO_LONG,
    /// BUCKET_WIDTH_TOO_SHORT_FOR_CLOCK, MULTIPLIER_OUT_OF_RANGE, SUCCESS_RATIO_OUT_OF_RANGE,
    /// MIN_MULTIPLIER_OUT_OF_RANGE, MIN_MULTIPLIER_WITH_SUCCESS_RATIO, PADDING_OUT_OF_RANGE, AGGRESSION_OUT_OF_RANGE,
    /// MAX_DROP_RATIO_OUT_OF_RANGE, NEGATIVE_DURATION; UNKNOWN_VALUE (a multiplier beside a success_ratio);
    /// NULL_ARGUMENT (a manual clock that was moved from).
    static result<sre_breaker> make(const sre_breaker_config &config = sre_breaker_config::go_zero_1_3(),
                                    options with = options())
    {
        if (detail::is_negative(config.bucket_width))
            return detail::negative("resil::sre_breaker::make", "config.bucket_width");
        if (config.forced_pass_after && detail::is_negative(*config.forced_pass_after))
            return detail::negative("resil::sre_breaker::make", "config.forced_pass_after");
        const auto c_config = config.c_config();
        ::resil_sre_breaker_options_t c_options = {sizeof(::resil_sre_breaker_options_t), with.clock.kind(),
                                                   with.clock.manual(), nullptr, nullptr};
        std::unique_ptr<draw_function> draw;
        if (with.draw) {
            draw = std::make_unique<draw_function>(std::move(with.draw));
            c_options.draw = [](void *user_data) noexcept { return (*static_cast<draw_function *>(user_data))(); };
            c_options.draw_user_data = draw.get();
        }
        native_type *made = nullptr;
        const auto status = ::resil_sre_breaker_new(&c_config, &c_options, &made);
        return detail::made<sre_breaker>(status, [&] { return sre_breaker(std::move(draw), made); });
    }

    /// Asks whether a call may be made. Never waits. A permit: make the call, then settle it. None: do not.
    ///
    ///     if (auto permit = breaker.try_acquire()) permit->settle(call() ? outcome::success : outcome::failure);
    ///     else serve_stale();
    ///
    /// Errors: DRAW_OUT_OF_RANGE (options.draw): then nothing was decided.
    admission try_acquire() const
    {
        ::resil_permit_t permit = RESIL_PERMIT_INIT;
        ::resil_rejected_t why = {0.0, false};
        const auto status = ::resil_sre_breaker_try_acquire(native_handle(), &permit, &why);
        return admitted(status, permit, why);
    }
    /// As try_acquire, at an instant that the caller has read already and with a draw of the caller's, at least 0 and
    /// below 1: the call is refused if and only if it is below the share to refuse.
    admission try_acquire_at(instant now, double draw) const
    {
        ::resil_permit_t permit = RESIL_PERMIT_INIT;
        ::resil_rejected_t why = {0.0, false};
        const auto status = ::resil_sre_breaker_try_acquire_at(native_handle(), now.ns(), draw, &permit, &why);
        return admitted(status, permit, why);
    }

#if RESIL_EXCEPTIONS
    /// Calls `f` if it may be called, and answers what that returns: any type that can be moved, a reference, or
    /// nothing. Settled by `classify(value)`, which answers an outcome (see by_value); success where `f` returns
    /// nothing.
    ///
    /// What `f` throws passes through and counts as a failure, but a `resil::refused`, which counts as nothing: it
    /// comes from a limiter or breaker further in.
    ///
    /// Throws: rejected if it may not be called; error as try_acquire.
    template <class F, class Classify = by_value> std::invoke_result_t<F> run(F &&f, Classify &&classify = {}) const
    {
        return try_run(std::forward<F>(f), std::forward<Classify>(classify)).value();
    }
#endif

    /// As run, but a refusal is answered, not thrown.
    ///
    ///     auto page = breaker.try_run([&] { return fetch(url); });
    ///     return page ? *page : stale_page(page.refusal().drop_ratio());
    template <class F, class Classify = by_value>
    guarded<std::invoke_result_t<F>> try_run(F &&f, Classify &&classify = {}) const
    {
        using value_type = std::invoke_result_t<F>;
        ::resil_permit_t permit = RESIL_PERMIT_INIT;
        ::resil_rejected_t why = {0.0, false};
        const auto status = ::resil_sre_breaker_try_acquire(native_handle(), &permit, &why);
        if (!detail::is_granted(status))
            return guarded<value_type>(refusal(status, why));
        under_way call{native_handle(), permit};
#if RESIL_EXCEPTIONS
        try {
            return finished<value_type>(call, f, classify);
        } catch (const refused &) {
            call.came_to = outcome::ignored;
            throw;
        }
#else
        return finished<value_type>(call, f, classify);
#endif
    }

    /// Tells what a call came to, now. For those who hold no permit.
    answer<void> record(resil::outcome outcome) const
    {
        return detail::answered(
            ::resil_sre_breaker_record(native_handle(), static_cast<std::int32_t>(outcome)));
    }
    /// As record, at an instant that the caller has read already; not counted if its bucket has left the window.
    answer<void> record_at(instant now, resil::outcome outcome) const
    {
        return detail::answered(
            ::resil_sre_breaker_record_at(native_handle(), now.ns(), static_cast<std::int32_t>(outcome)));
    }

    /// Changes what the breaker does with its decisions. Permits out settle in every mode.
    answer<void> set_mode(resil::mode mode) const
    {
        return detail::answered(::resil_sre_breaker_set_mode(native_handle(), static_cast<std::int32_t>(mode)));
    }

    /// What the breaker looks like now, for monitoring.
    [[nodiscard]] answer<sre_breaker_snapshot> snapshot() const
    {
        ::resil_sre_breaker_snapshot_t seen = {};
        return pictured(::resil_sre_breaker_snapshot(native_handle(), &seen), seen);
    }
    /// As snapshot, at an instant that the caller has read already.
    [[nodiscard]] answer<sre_breaker_snapshot> snapshot_at(instant now) const
    {
        ::resil_sre_breaker_snapshot_t seen = {};
        return pictured(::resil_sre_breaker_snapshot_at(native_handle(), now.ns(), &seen), seen);
    }

    /// For functions of resil.h. Still owned by this object.
    [[nodiscard]] const native_type *native_handle() const noexcept { return handle_.get(); }

private:
    using draw_function = std::function<double()>;

    /// A call being made: settled when its scope ends, as a failure unless something else is known by then.
    struct under_way {
        const native_type *breaker;
        ::resil_permit_t permit;
        outcome came_to = outcome::failure;

        under_way(const native_type *of, const ::resil_permit_t &granted) noexcept : breaker(of), permit(granted) {}
        under_way(const under_way &) = delete;
        under_way &operator=(const under_way &) = delete;
        ~under_way()
        {
            // A fresh permit of this very breaker: nothing can be wrong with it.
            static_cast<void>(::resil_sre_breaker_settle(breaker, &permit, static_cast<std::int32_t>(came_to)));
        }
    };

    sre_breaker(std::unique_ptr<draw_function> draw, native_type *made) noexcept : draw_(std::move(draw)), handle_(made)
    {
    }

    template <class T, class F, class Classify> static guarded<T> finished(under_way &call, F &f, Classify &classify)
    {
        if constexpr (std::is_void_v<T>) {
            f();
            call.came_to = outcome::success;
            return guarded<T>(std::in_place);
        } else {
            T &&value = f();
            call.came_to = classify(std::as_const(value));
            return guarded<T>(std::in_place, std::forward<T>(value));
        }
    }

    /// A refusal; an error is thrown, if it can be.
    static rejection refusal(::resil_status_t status, const ::resil_rejected_t &why)
    {
#if RESIL_EXCEPTIONS
        detail::check(status);
#endif
        return rejection(status, why);
    }

    admission admitted(::resil_status_t status, const ::resil_permit_t &permit, const ::resil_rejected_t &why) const
    {
        if (detail::is_granted(status))
            return admission(std::in_place, native_handle(), permit);
        return admission(refusal(status, why));
    }

    static answer<sre_breaker_snapshot> pictured(::resil_status_t status, const ::resil_sre_breaker_snapshot_t &seen)
    {
        return detail::answered(status, [&] {
            return sre_breaker_snapshot{seen.requests,
                                        seen.accepts,
                                        seen.drop_ratio,
                                        static_cast<resil::mode>(seen.mode),
                                        seen.drops,
                                        seen.would_reject};
        });
    }

    // Called by what the handle is to, hence made before it and destroyed after it.
    std::unique_ptr<draw_function> draw_;
    detail::handle<native_type, &::resil_sre_breaker_free> handle_;
};

} // namespace RESIL_FORM
} // namespace resil

#endif
