/// Spin lock: a few instructions on shared data, in four bytes.
#ifndef RESIL_SPIN_LOCK_HPP
#define RESIL_SPIN_LOCK_HPP

#include "result.hpp"

namespace resil {
inline namespace RESIL_FORM {

/// A lock of four bytes, held for a few instructions at a time: for std::lock_guard, std::unique_lock and
/// std::scoped_lock. Neither copied nor moved; free when made, at compile time if static.
///
/// Taking it while it is free is one locked instruction, giving it back a plain store. Whoever finds it held spins, then
/// yields, then sleeps until an unlock wakes it; a wake can be missed, and then the sleeper looks again after at most 1 ms.
/// Nobody queues. What a holder wrote is seen by the next one.
///
/// Do not hold it while the thread may block, allocate much or call code it does not know: take a std::mutex there.
/// Locking it again on the thread that holds it never returns. It must not lie in memory that processes share; a child
/// that was forked while another thread held it finds it held for ever.
///
///     resil::spin_lock lock;
///     std::lock_guard held(lock);
class spin_lock {
public:
    constexpr spin_lock() noexcept = default;
    spin_lock(const spin_lock &) = delete;
    spin_lock &operator=(const spin_lock &) = delete;
    ~spin_lock() = default;

    /// Takes the lock, waiting for it if need be.
    void lock() noexcept { static_cast<void>(::resil_spin_lock_lock(&lock_)); }

    /// Takes the lock if it is free: true, and the caller holds it. Never waits.
    [[nodiscard]] bool try_lock() noexcept { return ::resil_spin_lock_try_lock(&lock_) == RESIL_STATUS_GRANTED; }

    /// Gives back the lock, which this thread holds, and wakes one sleeper. False if nobody held it: it stays free.
    /// Giving back a lock that another thread holds is not noticed, and lets a third in beside it: do not.
    bool unlock() noexcept { return ::resil_spin_lock_unlock(&lock_) == RESIL_STATUS_GRANTED; }

    /// Whether some thread held it just now: for a human to read, not to act on.
    [[nodiscard]] bool is_locked() const noexcept
    {
        ::resil_spin_lock_snapshot_t seen = {0};
        static_cast<void>(::resil_spin_lock_snapshot(&lock_, &seen));
        return seen.locked != 0;
    }

    /// For functions of resil.h.
    [[nodiscard]] ::resil_spin_lock_t *native_handle() noexcept { return &lock_; }

private:
    ::resil_spin_lock_t lock_ = RESIL_SPIN_LOCK_INIT;
};

} // namespace RESIL_FORM
} // namespace resil

#endif
