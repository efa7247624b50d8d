/// Single flight: many callers of one slow thing; one makes the call, the others share what comes of it.
#ifndef RESIL_SINGLE_FLIGHT_HPP
#define RESIL_SINGLE_FLIGHT_HPP

#include <string_view>
#include <type_traits>

#include "handle.hpp"
#include "instant.hpp"

namespace resil {
inline namespace RESIL_FORM {

/// What a call came to, shared by all who asked for it and destroyed with the last of them; never copied. Any thread may
/// read it. Moved, never copied: each caller has its own.
template <class T> class [[nodiscard]] shared_value {
public:
    /// What the call returned. Others may be reading it.
    [[nodiscard]] const T &value() const noexcept { return *static_cast<const T *>(::resil_shared_value_get(handle_.get())); }
    [[nodiscard]] const T &operator*() const noexcept { return value(); }
    [[nodiscard]] const T *operator->() const noexcept { return &value(); }

    /// Whether this caller made the call itself.
    [[nodiscard]] bool led() const noexcept { return ::resil_shared_value_led(handle_.get()); }
    /// Whether other callers got the value too.
    [[nodiscard]] bool is_shared() const noexcept { return ::resil_shared_value_is_shared(handle_.get()); }

    /// Of what resil.h has handed out, which leads to a `T`.
    explicit shared_value(::resil_shared_value_t *handle) noexcept : handle_(handle) {}

private:
    detail::handle<::resil_shared_value_t, &::resil_shared_value_free> handle_;
};

/// As above, of a call that returns nothing.
template <> class [[nodiscard]] shared_value<void> {
public:
    /// Whether this caller made the call itself.
    [[nodiscard]] bool led() const noexcept { return ::resil_shared_value_led(handle_.get()); }
    /// Whether other callers waited for it too.
    [[nodiscard]] bool is_shared() const noexcept { return ::resil_shared_value_is_shared(handle_.get()); }

    /// Of what resil.h has handed out.
    explicit shared_value(::resil_shared_value_t *handle) noexcept : handle_(handle) {}

private:
    detail::handle<::resil_shared_value_t, &::resil_shared_value_free> handle_;
};

/// A follower's time to wait was over. A plain value.
class timed_out {
public:
    /// Of what a function of resil.h has answered.
    explicit timed_out(::resil_status_t status = RESIL_STATUS_GRANTED) noexcept : status_(status) {}

    /// RESIL_STATUS_TIMED_OUT; without exceptions also an error's, 64 or more.
    [[nodiscard]] ::resil_status_t status() const noexcept { return status_; }

#if RESIL_EXCEPTIONS
    /// Throws `resil::refused`.
    [[noreturn]] void or_throw() const { throw refused(status_, ::resil_status_string(status_)); }
#endif

private:
    ::resil_status_t status_;
};

/// How much is under way in a single flight.
struct single_flight_snapshot {
    /// Calls under way, the forgotten ones included.
    std::size_t flights = 0;
    /// Callers that wait for them.
    std::size_t followers = 0;
};

/// Makes one call per key at a time, for all who ask meanwhile; `T` is what the calls return: any type that can be moved,
/// or void.
///
/// The first to ask for a key leads: it makes the call, on its own thread. Who asks for the same key before that call is
/// over follows: it waits, asleep, and shares what comes of it. Nothing is kept: the next to ask makes a new call. Keys are
/// bytes; different keys never wait for one another.
///
/// What a call throws goes on in the caller that leads; its followers get the error LEADER_FAILED, and the key is free. A
/// call that asks for its own key gets REENTERED. Waiting in a ring (A asks for B, B for A, on two threads) is not noticed;
/// a timeout bounds it.
///
/// Any number of threads may use one at once, but for its destruction, assignment and moving; values may outlive it. 8 KiB,
/// plus what is under way.
///
///     resil::single_flight<profile> profiles;
///     auto shared = profiles.run("user:17", [&] { return database.load(17); });
///     show(shared->name);
template <class T> class single_flight {
public:
    using native_type = ::resil_single_flight_t;

#if RESIL_EXCEPTIONS
    /// With nothing under way.
    single_flight() : single_flight(make().value()) {}
#endif

    /// With nothing under way.
    static result<single_flight> make()
    {
        const ::resil_single_flight_options_t options = {sizeof(::resil_single_flight_options_t), destroyer()};
        native_type *made = nullptr;
        const auto status = ::resil_single_flight_new(&options, &made);
        return detail::made<single_flight>(status, [&] { return single_flight(made); });
    }

    /// What comes of the key: of the call under way if there is one, however long it takes, else of `load()`, which this
    /// thread calls.
    ///
    /// Errors: LEADER_FAILED: the call that this one waited for threw; REENTERED: this thread makes the call of this key
    /// already.
    template <class F> answer<shared_value<T>> run(std::string_view key, F &&load) const
    {
        using call = std::remove_reference_t<F>;
        call *callable = std::addressof(load);
        ::resil_shared_value_t *shared = nullptr;
        const auto status = ::resil_single_flight_run(native_handle(), key.data(), key.size(), &loaded<call>,
                                                      const_cast<void *>(static_cast<const void *>(callable)), &shared);
        return detail::answered(status, [&] { return shared_value<T>(shared); });
    }

    /// As run, but waits for another's call no longer than `timeout` (0: not at all). A call that this thread makes itself
    /// takes the time it takes. None: the time is up; that call goes on, for its leader and those who still wait.
    ///
    /// Errors: as run; NEGATIVE_DURATION.
    template <class F>
    attempt<shared_value<T>, timed_out> run_timeout(std::string_view key, std::chrono::nanoseconds timeout, F &&load) const
    {
        using attempted = attempt<shared_value<T>, timed_out>;
        if (detail::is_negative(timeout)) {
#if RESIL_EXCEPTIONS
            detail::fail(detail::negative("resil::single_flight::run_timeout", "timeout"));
#else
            return attempted(timed_out(RESIL_STATUS_NEGATIVE_DURATION));
#endif
        }
        using call = std::remove_reference_t<F>;
        call *callable = std::addressof(load);
        ::resil_shared_value_t *shared = nullptr;
        const auto status = ::resil_single_flight_run_timeout(
            native_handle(), key.data(), key.size(), detail::timeout_ns(timeout), &loaded<call>,
            const_cast<void *>(static_cast<const void *>(callable)), &shared);
#if RESIL_EXCEPTIONS
        detail::check(status);
#endif
        if (!detail::is_granted(status))
            return attempted(timed_out(status));
        return attempted(std::in_place, shared);
    }

    /// Lets the next to ask for the key make a new call, whatever is under way; says whether a call was. That call goes on,
    /// for its leader and for those who follow it already.
    answer<bool> forget(std::string_view key) const
    {
        bool forgot = false;
        const auto status = ::resil_single_flight_forget(native_handle(), key.data(), key.size(), &forgot);
        return detail::answered(status, [&] { return forgot; });
    }

    /// How many calls are under way, the forgotten ones included.
    [[nodiscard]] answer<std::size_t> len() const
    {
        std::size_t calls = 0;
        const auto status = ::resil_single_flight_len(native_handle(), &calls);
        return detail::answered(status, [&] { return calls; });
    }

    /// What is under way, for monitoring.
    [[nodiscard]] answer<single_flight_snapshot> snapshot() const
    {
        ::resil_single_flight_snapshot_t seen = {0, 0};
        const auto status = ::resil_single_flight_snapshot(native_handle(), &seen);
        return detail::answered(status, [&] { return single_flight_snapshot{seen.flights, seen.followers}; });
    }

    /// For functions of resil.h. Still owned by this object.
    [[nodiscard]] const native_type *native_handle() const noexcept { return handle_.get(); }

private:
    explicit single_flight(native_type *made) noexcept : handle_(made) {}

    /// The load of C. It may throw: the library lets that through to the caller that leads.
    template <class F> static std::int32_t loaded(void *call, void **value)
    {
        auto &load = *static_cast<F *>(call);
        if constexpr (std::is_void_v<T>) {
            static_cast<void>(value);
            load();
        } else {
            *value = new T(load());
        }
        return 0;
    }

    static ::resil_destroy_t destroyer() noexcept
    {
        if constexpr (std::is_void_v<T>)
            return nullptr;
        else
            return [](void *value) noexcept { delete static_cast<T *>(value); };
    }

    detail::handle<native_type, &::resil_single_flight_free> handle_;
};

} // namespace RESIL_FORM
} // namespace resil

#endif
