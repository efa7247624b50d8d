/// The clocks, and which of them an object reads.
#ifndef RESIL_CLOCK_HPP
#define RESIL_CLOCK_HPP

#include "handle.hpp"
#include "instant.hpp"

namespace resil {
inline namespace RESIL_FORM {

/// The machine's clocks. The steady ones do not count the time that it is suspended.
enum class clock : std::int32_t {
    /// The steady clock, to the nanosecond (CLOCK_MONOTONIC): a few tens of ns to read.
    steady = RESIL_CLOCK_MONOTONIC,
    /// The steady clock at the kernel's last tick, 1 to 4 ms old: a few ns to read.
    coarse = RESIL_CLOCK_COARSE,
    /// The wall clock: nanoseconds since 1970-01-01 00:00 UTC. It may be set, forwards and back, so nothing but an
    /// aligned period limiter should read it. It does count the time that the machine is suspended.
    wall = RESIL_CLOCK_UNIX,
    /// The processor's time-stamp counter: about 10 ns to read. It counts from its first use in the process, which
    /// calibrates it (0.5 to 200 ms), and drifts against the steady clock: never mix readings of the two.
    counter = RESIL_CLOCK_QUANTA,
};

/// The steady clock: what objects on `clock::steady` read. Equal to std::chrono::steady_clock on Linux.
struct monotonic_clock {
    /// Its reading. Any thread.
    [[nodiscard]] static instant now() noexcept
    {
        return instant::saturating_from_ns(::resil_monotonic_clock_now());
    }
    /// The step in which it moves, at most.
    [[nodiscard]] static std::chrono::nanoseconds resolution() noexcept
    {
        return detail::duration(::resil_monotonic_clock_resolution_ns());
    }
};

/// The coarse clock: what objects on `clock::coarse` read. It has the steady clock's zero and never leads it.
struct coarse_clock {
    /// Its reading. Any thread.
    [[nodiscard]] static instant now() noexcept { return instant::saturating_from_ns(::resil_coarse_clock_now()); }
    /// The step in which it moves, at most.
    [[nodiscard]] static std::chrono::nanoseconds resolution() noexcept
    {
        return detail::duration(::resil_coarse_clock_resolution_ns());
    }
};

/// The wall clock: what objects on `clock::wall` read. Equal to std::chrono::system_clock on Linux; 0 before 1970.
struct unix_clock {
    /// Its reading. Any thread.
    [[nodiscard]] static instant now() noexcept { return instant::saturating_from_ns(::resil_unix_clock_now()); }
    /// The step in which it moves, at most; but for being set.
    [[nodiscard]] static std::chrono::nanoseconds resolution() noexcept
    {
        return detail::duration(::resil_unix_clock_resolution_ns());
    }
};

/// The counter: what objects on `clock::counter` read. It counts from its first use in the process.
struct quanta_clock {
    /// Its reading. Any thread; the first in a process calibrates it.
    [[nodiscard]] static instant now() noexcept { return instant::saturating_from_ns(::resil_quanta_clock_now()); }
    /// The step in which it moves, at most.
    [[nodiscard]] static std::chrono::nanoseconds resolution() noexcept
    {
        return detail::duration(::resil_quanta_clock_resolution_ns());
    }
};

/// A clock that stands still until it is moved, by hand or by waiting on it: for tests that never sleep. Any number
/// of threads and objects may use it at once. Objects made with it share its time and keep it alive: it may be
/// destroyed before or after them.
///
///     resil::manual_clock time;
///     resil::token_bucket bucket(resil::quota::per_second(1), {time});
///     time.advance(1s);
class manual_clock {
public:
    using native_type = ::resil_manual_clock_t;

#if RESIL_EXCEPTIONS
    /// Shows `start`.
    explicit manual_clock(instant start = instant()) : manual_clock(make(start).value()) {}
#endif

    /// Shows `start`.
    static result<manual_clock> make(instant start = instant())
    {
        native_type *made = nullptr;
        const auto status = ::resil_manual_clock_new(start.ns(), &made);
        return detail::made<manual_clock>(status, [&] { return manual_clock(made); });
    }

    /// Moves it on by `by`; at most to the last instant, where it stays.
    ///
    /// Errors: NEGATIVE_DURATION.
    answer<void> advance(std::chrono::nanoseconds by) const
    {
        if (detail::is_negative(by))
            return detail::failed<void>(detail::negative("resil::manual_clock::advance", "by"));
        return detail::answered(::resil_manual_clock_advance(native_handle(), detail::ns(by)));
    }

    /// Sets it to `to`, forwards or back.
    answer<void> set(instant to) const
    {
        return detail::answered(::resil_manual_clock_set(native_handle(), to.ns()));
    }

    /// Its reading.
    [[nodiscard]] answer<instant> now() const
    {
        std::uint64_t ns = 0;
        const auto status = ::resil_manual_clock_now(native_handle(), &ns);
        return detail::answered(status, [&] { return instant::saturating_from_ns(ns); });
    }

    /// For functions of resil.h. Still owned by this object.
    [[nodiscard]] const native_type *native_handle() const noexcept { return handle_.get(); }

private:
    explicit manual_clock(native_type *made) noexcept : handle_(made) {}

    detail::handle<native_type, &::resil_manual_clock_free> handle_;
};

/// Which clock an object reads: made of `clock::steady`, `clock::coarse`, `clock::wall`, `clock::counter` or a
/// manual_clock, where one is asked for.
class clock_source {
public:
    constexpr clock_source(resil::clock machine) noexcept : kind_(static_cast<std::int32_t>(machine)) {}
    clock_source(const resil::manual_clock &manual) noexcept
        : kind_(RESIL_CLOCK_MANUAL), manual_(manual.native_handle())
    {
    }

    /// RESIL_CLOCK_...
    [[nodiscard]] constexpr std::int32_t kind() const noexcept { return kind_; }
    /// The manual clock, if it is one.
    [[nodiscard]] constexpr const ::resil_manual_clock_t *manual() const noexcept { return manual_; }

private:
    std::int32_t kind_;
    const ::resil_manual_clock_t *manual_ = nullptr;
};

} // namespace RESIL_FORM
} // namespace resil

#endif
