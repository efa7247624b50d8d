/// Token bucket: a rate with bursts. Ask, reserve, wait; change the quota live.
#ifndef RESIL_TOKEN_BUCKET_HPP
#define RESIL_TOKEN_BUCKET_HPP

#include "clock.hpp"
#include "quota.hpp"
#include "verdict.hpp"

namespace resil {
inline namespace RESIL_FORM {

/// How many permits a token bucket holds at first: all of its burst, or so many. A plain value.
class initial_permits {
public:
    /// All: the bucket is full.
    constexpr initial_permits() noexcept = default;
    /// So many, at most the burst.
    constexpr initial_permits(std::uint32_t permits) noexcept : permits_(permits), full_(false) {}

    /// Whether it is full.
    [[nodiscard]] constexpr bool full() const noexcept { return full_; }
    /// How many, if it is not; else 0.
    [[nodiscard]] constexpr std::uint32_t permits() const noexcept { return permits_; }

private:
    std::uint32_t permits_ = 0;
    bool full_ = true;
};

/// What a token bucket is made with, beyond its quota. `{}`: full at first, on the steady clock.
struct token_bucket_options {
    /// The clock it reads.
    clock_source clock = resil::clock::steady;
    /// Permits at the first instant the bucket is told, not at its making.
    initial_permits initial = {};

    /// The same on another clock.
    [[nodiscard]] token_bucket_options with_clock(clock_source other) const { return {other, initial}; }
    /// The same with `permits` at first.
    [[nodiscard]] token_bucket_options with_initial(std::uint32_t permits) const { return {clock, permits}; }
};

/// What becomes of the permits in a bucket when its quota changes; `t` of them, old burst `o`, new burst `n`. A debt
/// stays the same number of permits, except under `reset`.
enum class carry : std::int32_t {
    /// As newly made: full, and debts are forgotten.
    reset = RESIL_CARRY_RESET,
    /// The permits that are there, as far as they fit: min(t, n).
    as_is = RESIL_CARRY_AS_IS,
    /// Filled to the same ratio: t * n / o.
    proportional = RESIL_CARRY_PROPORTIONAL,
    /// The permits that are there, and what the burst grew by: min(t, n) + max(0, n - o).
    additive = RESIL_CARRY_ADDITIVE,
};

/// What cancelling a reservation came to.
enum class cancelled {
    /// Permits came back.
    gave_back,
    /// None were left to give: too late, all taken since, a reservation of 0, or made before the quota changed in
    /// another way than one as_is or additive.
    gave_nothing,
};

/// Permits that are promised for later. Destroying it keeps the promise; `cancel` gives it back. Moved, never copied;
/// one thread at a time. The bucket must outlive its use.
class [[nodiscard]] reservation {
public:
    reservation(reservation &&other) noexcept
        : bucket_(other.bucket_), promise_(std::exchange(other.promise_, RESIL_RESERVATION_INIT))
    {
    }
    reservation &operator=(reservation &&other) noexcept
    {
        bucket_ = other.bucket_;
        promise_ = std::exchange(other.promise_, RESIL_RESERVATION_INIT);
        return *this;
    }
    reservation(const reservation &) = delete;
    reservation &operator=(const reservation &) = delete;
    ~reservation() = default;

    /// How long after reserving the permits are there; 0 if at once.
    [[nodiscard]] std::chrono::nanoseconds ready_after() const noexcept
    {
        return detail::duration(promise_.ready_after_ns);
    }
    /// The instant at which they are there, on the bucket's clock.
    [[nodiscard]] instant ready_at() const noexcept { return instant::saturating_from_ns(promise_.ready_at_ns); }
    /// The permits promised.
    [[nodiscard]] std::uint32_t permits() const noexcept { return promise_.permits; }

    /// Gives back the permits that nobody took since, up to and including the instant they are promised for. Never
    /// more than were promised, never beyond a full bucket.
    ///
    /// Errors: ALREADY_SETTLED if it was cancelled before, or moved from.
    answer<cancelled> cancel() { return answered(::resil_token_bucket_cancel(bucket_, &promise_)); }
    /// As cancel, at an instant that the caller has read already.
    answer<cancelled> cancel_at(instant now)
    {
        return answered(::resil_token_bucket_cancel_at(bucket_, now.ns(), &promise_));
    }

    /// Of what resil.h has reserved; the promise's own words go with it.
    reservation(const ::resil_token_bucket_t *bucket, const ::resil_reservation_t &promise) noexcept
        : bucket_(bucket), promise_(promise)
    {
    }

private:
    static answer<cancelled> answered(::resil_status_t status)
    {
        return detail::answered(status, [&] {
            return status == RESIL_STATUS_GAVE_NOTHING ? cancelled::gave_nothing : cancelled::gave_back;
        });
    }

    const ::resil_token_bucket_t *bucket_;
    ::resil_reservation_t promise_;
};

/// A reservation, or why there is none. `refusal()` is a verdict.
using reserved = attempt<reservation, verdict>;

/// A token bucket at one instant.
struct token_bucket_snapshot {
    /// The quota in force.
    resil::quota quota;
    /// Permits that could be taken at once; 0 in debt.
    std::uint32_t remaining = 0;
    /// Permits promised beyond an empty bucket; 0 unless someone waits.
    std::uint64_t owed = 0;
    /// Time until the bucket is full, if nobody takes any.
    std::chrono::nanoseconds reset_after{0};
};

/// A token bucket: permits come back steadily, up to a burst, and are taken when they are there.
///
/// Over every interval it grants at most `burst + rate * interval`, to one clock tick of at most 1 ns (16 ns for
/// quotas that take more than 9 years from empty to full), without drift. An earlier `now` than one already seen may
/// refuse more, never grant more. 0 permits are always granted and change nothing; a refusal changes nothing.
///
/// Any number of threads may use one bucket at once, but for its destruction, assignment and moving. About 256
/// bytes; nothing is allocated after it is made.
///
///     resil::token_bucket bucket(resil::quota::per_second(100).with_burst(10));
///     if (bucket.try_acquire()) serve();
class token_bucket {
public:
    using native_type = ::resil_token_bucket_t;
    using options = token_bucket_options;

#if RESIL_EXCEPTIONS
    /// As make; its errors are thrown.
    explicit token_bucket(const resil::quota &quota, const options &with = options())
        : token_bucket(make(quota, with).value())
    {
    }
#endif

    /// A bucket of `quota`.
    ///
    /// Errors: PERMITS_IS_ZERO, PERIOD_IS_ZERO, BURST_IS_ZERO, PERIOD_TOO_LONG, RATE_TOO_HIGH, SPAN_TOO_LONG,
    /// NEGATIVE_DURATION (quota); INITIAL_EXCEEDS_BURST; NULL_ARGUMENT (a manual clock that was moved from).
    static result<token_bucket> make(const resil::quota &quota, const options &with = options())
    {
        if (detail::is_negative(quota.period))
            return detail::negative("resil::token_bucket::make", "quota.period");
        const auto c_quota = detail::c_quota(quota);
        const ::resil_token_bucket_options_t c_options = {
            sizeof(::resil_token_bucket_options_t), with.initial.full() ? 0U : 1U, with.initial.permits(),
            with.clock.kind(), with.clock.manual()};
        native_type *made = nullptr;
        const auto status = ::resil_token_bucket_new(&c_quota, &c_options, &made);
        return detail::made<token_bucket>(status, [&] { return token_bucket(made); });
    }

    /// Takes `permits` if they are there. Never waits. Refused too while others wait.
    verdict try_acquire(std::uint32_t permits = 1) const
    {
        return detail::asked([&](std::uint64_t *wait_ns) {
            return ::resil_token_bucket_try_acquire(native_handle(), permits, wait_ns);
        });
    }
    /// As try_acquire, at an instant that the caller has read already.
    verdict try_acquire_at(instant now, std::uint32_t permits = 1) const
    {
        return detail::asked([&](std::uint64_t *wait_ns) {
            return ::resil_token_bucket_try_acquire_at(native_handle(), now.ns(), permits, wait_ns);
        });
    }

    /// Waits until `permits` are there and takes them, in order of arrival; the thread sleeps. Refused at once,
    /// taking nothing, if the wait would exceed the timeout. On a manual clock nobody sleeps: it moves on.
    ///
    /// Errors: NEGATIVE_DURATION.
    verdict acquire(std::uint32_t permits = 1, std::chrono::nanoseconds timeout = no_timeout) const
    {
        if (detail::is_negative(timeout))
            return detail::decided(detail::negative("resil::token_bucket::acquire", "timeout"));
        return detail::asked([&](std::uint64_t *wait_ns) {
            return ::resil_token_bucket_acquire(native_handle(), permits, detail::timeout_ns(timeout), wait_ns);
        });
    }

    /// What try_acquire would answer, and how full the bucket is. Takes nothing.
    [[nodiscard]] answer<resil::peek> peek(std::uint32_t permits = 1) const
    {
        return detail::peeked([&](::resil_peek_t *seen) {
            return ::resil_token_bucket_peek(native_handle(), permits, seen);
        });
    }
    /// As peek, at an instant that the caller has read already.
    [[nodiscard]] answer<resil::peek> peek_at(instant now, std::uint32_t permits = 1) const
    {
        return detail::peeked([&](::resil_peek_t *seen) {
            return ::resil_token_bucket_peek_at(native_handle(), now.ns(), permits, seen);
        });
    }

    /// Takes `permits` now, for use once `ready_after()` has passed. A promise in both directions: others queue
    /// behind it. Refused if `permits` is more than the burst, or the bucket is promised away for years.
    reserved reserve(std::uint32_t permits = 1) const
    {
        ::resil_reservation_t promise = RESIL_RESERVATION_INIT;
        std::uint64_t wait_ns = 0;
        const auto status = ::resil_token_bucket_reserve(native_handle(), permits, &promise, &wait_ns);
        return promised(status, promise, wait_ns);
    }
    /// As reserve, at an instant that the caller has read already.
    reserved reserve_at(instant now, std::uint32_t permits = 1) const
    {
        ::resil_reservation_t promise = RESIL_RESERVATION_INIT;
        std::uint64_t wait_ns = 0;
        const auto status =
            ::resil_token_bucket_reserve_at(native_handle(), now.ns(), permits, &promise, &wait_ns);
        return promised(status, promise, wait_ns);
    }

    /// As reserve, unless the wait would exceed `timeout`: then nothing is taken, and the refusal tells the time
    /// after which the same call would succeed.
    ///
    /// Errors: NEGATIVE_DURATION.
    reserved reserve_within(std::chrono::nanoseconds timeout, std::uint32_t permits = 1) const
    {
        if (detail::is_negative(timeout))
            return reserved(detail::decided(detail::negative("resil::token_bucket::reserve_within", "timeout")));
        ::resil_reservation_t promise = RESIL_RESERVATION_INIT;
        std::uint64_t wait_ns = 0;
        const auto status = ::resil_token_bucket_reserve_within(native_handle(), permits,
                                                                detail::timeout_ns(timeout), &promise, &wait_ns);
        return promised(status, promise, wait_ns);
    }
    /// As reserve_within, at an instant that the caller has read already.
    reserved reserve_within_at(instant now, std::chrono::nanoseconds timeout, std::uint32_t permits = 1) const
    {
        if (detail::is_negative(timeout))
            return reserved(detail::decided(detail::negative("resil::token_bucket::reserve_within_at", "timeout")));
        ::resil_reservation_t promise = RESIL_RESERVATION_INIT;
        std::uint64_t wait_ns = 0;
        const auto status = ::resil_token_bucket_reserve_within_at(
            native_handle(), now.ns(), permits, detail::timeout_ns(timeout), &promise, &wait_ns);
        return promised(status, promise, wait_ns);
    }

    /// Changes the quota from now on. Quota and content change in one step; reservations keep their instants.
    ///
    /// Errors: those of make's quota; nothing is changed then.
    answer<void> set_quota(const resil::quota &quota, resil::carry carry) const
    {
        if (detail::is_negative(quota.period))
            return detail::failed<void>(detail::negative("resil::token_bucket::set_quota", "quota.period"));
        const auto c_quota = detail::c_quota(quota);
        return detail::answered(
            ::resil_token_bucket_set_quota(native_handle(), &c_quota, static_cast<std::int32_t>(carry)));
    }
    /// As set_quota, at an instant that the caller has read already.
    answer<void> set_quota_at(instant now, const resil::quota &quota, resil::carry carry) const
    {
        if (detail::is_negative(quota.period))
            return detail::failed<void>(detail::negative("resil::token_bucket::set_quota_at", "quota.period"));
        const auto c_quota = detail::c_quota(quota);
        return detail::answered(::resil_token_bucket_set_quota_at(native_handle(), now.ns(), &c_quota,
                                                                  static_cast<std::int32_t>(carry)));
    }

    /// The quota in force.
    [[nodiscard]] answer<resil::quota> quota() const
    {
        return detail::quota_read([&](::resil_quota_t *seen) {
            return ::resil_token_bucket_quota(native_handle(), seen);
        });
    }

    /// What the bucket looks like now, for monitoring.
    [[nodiscard]] answer<token_bucket_snapshot> snapshot() const
    {
        ::resil_token_bucket_snapshot_t seen = {};
        return pictured(::resil_token_bucket_snapshot(native_handle(), &seen), seen);
    }
    /// As snapshot, at an instant that the caller has read already.
    [[nodiscard]] answer<token_bucket_snapshot> snapshot_at(instant now) const
    {
        ::resil_token_bucket_snapshot_t seen = {};
        return pictured(::resil_token_bucket_snapshot_at(native_handle(), now.ns(), &seen), seen);
    }

    /// For functions of resil.h. Still owned by this object.
    [[nodiscard]] const native_type *native_handle() const noexcept { return handle_.get(); }

private:
    explicit token_bucket(native_type *made) noexcept : handle_(made) {}

    reserved promised(::resil_status_t status, const ::resil_reservation_t &promise, std::uint64_t wait_ns) const
    {
        if (detail::is_granted(status))
            return reserved(std::in_place, native_handle(), promise);
        return reserved(detail::decided(status, wait_ns));
    }

    static answer<token_bucket_snapshot> pictured(::resil_status_t status,
                                                  const ::resil_token_bucket_snapshot_t &seen)
    {
        return detail::answered(status, [&] {
            return token_bucket_snapshot{detail::cpp_quota(seen.quota), seen.remaining, seen.owed,
                                         detail::duration(seen.reset_after_ns)};
        });
    }

    detail::handle<native_type, &::resil_token_bucket_free> handle_;
};

} // namespace RESIL_FORM
} // namespace resil

#endif
