/// Leaky bucket: an even pace. A meter that grants or refuses, a queue that says when.
#ifndef RESIL_LEAKY_BUCKET_HPP
#define RESIL_LEAKY_BUCKET_HPP

#include "clock.hpp"
#include "quota.hpp"
#include "verdict.hpp"

namespace resil {
inline namespace RESIL_FORM {

/// A leaky meter or queue at one instant.
struct leaky_bucket_snapshot {
    /// The quota.
    resil::quota quota;
    /// Permits for which there is room.
    std::uint32_t remaining = 0;
    /// Time until the bucket is empty, or the queue idle, if nobody asks.
    std::chrono::nanoseconds reset_after{0};
};

/// When a request that a queue admitted may go. There is nothing to settle. A plain value.
struct slot {
    /// How long after asking it may go; 0 if at once.
    std::chrono::nanoseconds ready_after{0};
    /// The instant at which it may go, on the queue's clock.
    instant ready_at;
    /// The permits that go then, at once.
    std::uint32_t permits = 0;
};

/// A slot, or why there is none. `refusal()` is a verdict.
using queued = attempt<slot, verdict>;

/// How full a leaky queue is. A plain value.
struct leaky_queue_peek {
    /// What try_reserve would have answered.
    resil::verdict verdict;
    /// Permits for which there is room.
    std::uint32_t remaining = 0;
    /// How long the slot is away that try_reserve would have given; 0 if it would have refused.
    std::chrono::nanoseconds ready_after{0};
    /// Time until the queue is idle, if nobody joins.
    std::chrono::nanoseconds reset_after{0};
};

namespace detail {

/// What makes a leaky meter or queue for C, or what is wrong before C has seen it.
template <class T, class New> result<T> made_leaky(const char *function, const quota &quota, clock_source clock, New make)
{
    if (is_negative(quota.period))
        return negative(function, "quota.period");
    const auto c = c_quota(quota);
    const ::resil_leaky_bucket_options_t options = {sizeof(::resil_leaky_bucket_options_t), clock.kind(),
                                                    clock.manual()};
    return make(&c, &options);
}

/// The snapshot that `read(&snapshot)`, a call of a C function, writes.
template <class Read> answer<leaky_bucket_snapshot> leaky_snapshot(Read read)
{
    ::resil_leaky_bucket_snapshot_t seen = {};
    const auto status = read(&seen);
    return answered(status, [&] {
        return leaky_bucket_snapshot{cpp_quota(seen.quota), seen.remaining, duration(seen.reset_after_ns)};
    });
}

} // namespace detail

/// A leaky bucket as a meter: a bucket of `burst` permits that leaks at the quota's rate, empty at first; it grants what
/// fits and refuses the rest. It grants exactly what a token_bucket of the same quota does that nobody reserves from.
///
/// Any number of threads may use one meter at once, but for its destruction, assignment and moving. About 256 bytes;
/// nothing is allocated after it is made.
///
///     resil::leaky_meter meter(resil::quota::per_second(10));
///     if (meter.try_acquire()) serve();
class leaky_meter {
public:
    using native_type = ::resil_leaky_meter_t;

#if RESIL_EXCEPTIONS
    /// As make; its errors are thrown.
    explicit leaky_meter(const resil::quota &quota, clock_source clock = resil::clock::steady)
        : leaky_meter(make(quota, clock).value())
    {
    }
#endif

    /// A meter of `quota`.
    ///
    /// Errors: PERMITS_IS_ZERO, PERIOD_IS_ZERO, BURST_IS_ZERO, PERIOD_TOO_LONG, RATE_TOO_HIGH, SPAN_TOO_LONG,
    /// NEGATIVE_DURATION (quota); NULL_ARGUMENT (a manual clock that was moved from).
    static result<leaky_meter> make(const resil::quota &quota, clock_source clock = resil::clock::steady)
    {
        return detail::made_leaky<leaky_meter>("resil::leaky_meter::make", quota, clock, [](auto c, auto options) {
            native_type *made = nullptr;
            const auto status = ::resil_leaky_meter_new(c, options, &made);
            return detail::made<leaky_meter>(status, [&] { return leaky_meter(made); });
        });
    }

    /// Pours `permits` in if they fit. Never waits.
    verdict try_acquire(std::uint32_t permits = 1) const
    {
        return detail::asked([&](std::uint64_t *wait_ns) {
            return ::resil_leaky_meter_try_acquire(native_handle(), permits, wait_ns);
        });
    }
    /// As try_acquire, at an instant that the caller has read already.
    verdict try_acquire_at(instant now, std::uint32_t permits = 1) const
    {
        return detail::asked([&](std::uint64_t *wait_ns) {
            return ::resil_leaky_meter_try_acquire_at(native_handle(), now.ns(), permits, wait_ns);
        });
    }

    /// What try_acquire would answer, and how full the bucket is. Takes nothing.
    [[nodiscard]] answer<resil::peek> peek(std::uint32_t permits = 1) const
    {
        return detail::peeked([&](::resil_peek_t *seen) {
            return ::resil_leaky_meter_peek(native_handle(), permits, seen);
        });
    }
    /// As peek, at an instant that the caller has read already.
    [[nodiscard]] answer<resil::peek> peek_at(instant now, std::uint32_t permits = 1) const
    {
        return detail::peeked([&](::resil_peek_t *seen) {
            return ::resil_leaky_meter_peek_at(native_handle(), now.ns(), permits, seen);
        });
    }

    /// The quota.
    [[nodiscard]] answer<resil::quota> quota() const
    {
        return detail::quota_read([&](::resil_quota_t *seen) {
            return ::resil_leaky_meter_quota(native_handle(), seen);
        });
    }

    /// What the meter looks like now, for monitoring.
    [[nodiscard]] answer<leaky_bucket_snapshot> snapshot() const
    {
        return detail::leaky_snapshot([&](::resil_leaky_bucket_snapshot_t *seen) {
            return ::resil_leaky_meter_snapshot(native_handle(), seen);
        });
    }
    /// As snapshot, at an instant that the caller has read already.
    [[nodiscard]] answer<leaky_bucket_snapshot> snapshot_at(instant now) const
    {
        return detail::leaky_snapshot([&](::resil_leaky_bucket_snapshot_t *seen) {
            return ::resil_leaky_meter_snapshot_at(native_handle(), now.ns(), seen);
        });
    }

    /// For functions of resil.h. Still owned by this object.
    [[nodiscard]] const native_type *native_handle() const noexcept { return handle_.get(); }

private:
    explicit leaky_meter(native_type *made) noexcept : handle_(made) {}

    detail::handle<native_type, &::resil_leaky_meter_free> handle_;
};

/// A leaky bucket as a queue: admits what fits, and says when each may go, in order of arrival and at the quota's rate.
/// `n` permits at once go together and occupy `n` intervals. It admits exactly what the meter of the same quota grants:
/// an idle queue takes `burst` at one instant, the first of which goes at once. A slot cannot be given back.
///
/// Any number of threads may use one queue at once, but for its destruction, assignment and moving. About 256 bytes;
/// nothing is allocated after it is made.
///
///     resil::leaky_queue queue(resil::quota::per_second(10));
///     if (auto slot = queue.try_reserve()) send_after(slot->ready_after);
class leaky_queue {
public:
    using native_type = ::resil_leaky_queue_t;

#if RESIL_EXCEPTIONS
    /// As make; its errors are thrown.
    explicit leaky_queue(const resil::quota &quota, clock_source clock = resil::clock::steady)
        : leaky_queue(make(quota, clock).value())
    {
    }
#endif

    /// A queue of `quota`, idle at first. Errors: as leaky_meter::make.
    static result<leaky_queue> make(const resil::quota &quota, clock_source clock = resil::clock::steady)
    {
        return detail::made_leaky<leaky_queue>("resil::leaky_queue::make", quota, clock, [](auto c, auto options) {
            native_type *made = nullptr;
            const auto status = ::resil_leaky_queue_new(c, options, &made);
            return detail::made<leaky_queue>(status, [&] { return leaky_queue(made); });
        });
    }

    /// Joins the queue with `permits`, which go together at the slot answered. Never waits itself: the caller acts once
    /// `ready_after` has passed. Refused, changing nothing, if the queue is full or never takes so many.
    queued try_reserve(std::uint32_t permits = 1) const
    {
        return joined([&](::resil_slot_t *slot, std::uint64_t *wait_ns) {
            return ::resil_leaky_queue_try_reserve(native_handle(), permits, slot, wait_ns);
        });
    }
    /// As try_reserve, at an instant that the caller has read already.
    queued try_reserve_at(instant now, std::uint32_t permits = 1) const
    {
        return joined([&](::resil_slot_t *slot, std::uint64_t *wait_ns) {
            return ::resil_leaky_queue_try_reserve_at(native_handle(), now.ns(), permits, slot, wait_ns);
        });
    }

    /// As try_reserve, unless the wait would exceed `timeout`: then no place is taken, and the refusal tells the time
    /// after which the same call would succeed.
    ///
    /// Errors: NEGATIVE_DURATION.
    queued try_reserve_within(std::chrono::nanoseconds timeout, std::uint32_t permits = 1) const
    {
        if (detail::is_negative(timeout))
            return queued(detail::decided(detail::negative("resil::leaky_queue::try_reserve_within", "timeout")));
        return joined([&](::resil_slot_t *slot, std::uint64_t *wait_ns) {
            return ::resil_leaky_queue_try_reserve_within(native_handle(), permits, detail::timeout_ns(timeout), slot,
                                                          wait_ns);
        });
    }
    /// As try_reserve_within, at an instant that the caller has read already.
    queued try_reserve_within_at(instant now, std::chrono::nanoseconds timeout, std::uint32_t permits = 1) const
    {
        if (detail::is_negative(timeout))
            return queued(detail::decided(detail::negative("resil::leaky_queue::try_reserve_within_at", "timeout")));
        return joined([&](::resil_slot_t *slot, std::uint64_t *wait_ns) {
            return ::resil_leaky_queue_try_reserve_within_at(native_handle(), now.ns(), permits,
                                                             detail::timeout_ns(timeout), slot, wait_ns);
        });
    }

    /// Joins the queue with `permits` and waits for their slot; the thread sleeps. Refused at once, taking no place, if
    /// the queue is full or the wait would exceed the timeout. On a manual clock nobody sleeps: it moves on.
    ///
    /// Errors: NEGATIVE_DURATION.
    verdict acquire(std::uint32_t permits = 1, std::chrono::nanoseconds timeout = no_timeout) const
    {
        if (detail::is_negative(timeout))
            return detail::decided(detail::negative("resil::leaky_queue::acquire", "timeout"));
        return detail::asked([&](std::uint64_t *wait_ns) {
            return ::resil_leaky_queue_acquire(native_handle(), permits, detail::timeout_ns(timeout), wait_ns);
        });
    }

    /// What try_reserve would answer, and how full the queue is. Takes no place.
    [[nodiscard]] answer<leaky_queue_peek> peek(std::uint32_t permits = 1) const
    {
        return looked([&](::resil_leaky_queue_peek_t *seen) {
            return ::resil_leaky_queue_peek(native_handle(), permits, seen);
        });
    }
    /// As peek, at an instant that the caller has read already.
    [[nodiscard]] answer<leaky_queue_peek> peek_at(instant now, std::uint32_t permits = 1) const
    {
        return looked([&](::resil_leaky_queue_peek_t *seen) {
            return ::resil_leaky_queue_peek_at(native_handle(), now.ns(), permits, seen);
        });
    }

    /// The quota.
    [[nodiscard]] answer<resil::quota> quota() const
    {
        return detail::quota_read([&](::resil_quota_t *seen) {
            return ::resil_leaky_queue_quota(native_handle(), seen);
        });
    }

    /// What the queue looks like now, for monitoring.
    [[nodiscard]] answer<leaky_bucket_snapshot> snapshot() const
    {
        return detail::leaky_snapshot([&](::resil_leaky_bucket_snapshot_t *seen) {
            return ::resil_leaky_queue_snapshot(native_handle(), seen);
        });
    }
    /// As snapshot, at an instant that the caller has read already.
    [[nodiscard]] answer<leaky_bucket_snapshot> snapshot_at(instant now) const
    {
        return detail::leaky_snapshot([&](::resil_leaky_bucket_snapshot_t *seen) {
            return ::resil_leaky_queue_snapshot_at(native_handle(), now.ns(), seen);
        });
    }

    /// For functions of resil.h. Still owned by this object.
    [[nodiscard]] const native_type *native_handle() const noexcept { return handle_.get(); }

private:
    explicit leaky_queue(native_type *made) noexcept : handle_(made) {}

    template <class Join> static queued joined(Join join)
    {
        ::resil_slot_t given = {};
        std::uint64_t wait_ns = 0;
        const auto status = join(&given, &wait_ns);
        if (!detail::is_granted(status))
            return queued(detail::decided(status, wait_ns));
        return queued(std::in_place, slot{detail::duration(given.ready_after_ns),
                                          instant::saturating_from_ns(given.ready_at_ns), given.permits});
    }

    template <class Look> static answer<leaky_queue_peek> looked(Look look)
    {
        ::resil_leaky_queue_peek_t seen = {};
        const auto status = look(&seen);
        return detail::answered(status, [&] {
            return leaky_queue_peek{verdict(status, seen.retry_after_ns), seen.remaining,
                                    detail::duration(seen.ready_after_ns), detail::duration(seen.reset_after_ns)};
        });
    }

    detail::handle<native_type, &::resil_leaky_queue_free> handle_;
};

} // namespace RESIL_FORM
} // namespace resil

#endif
