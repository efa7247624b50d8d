/// The store: a Redis or Valkey server, and the one connection to it.
#ifndef RESIL_REDIS_STORE_HPP
#define RESIL_REDIS_STORE_HPP

#include <memory>

#include "redis_client.hpp"

namespace resil {
inline namespace RESIL_FORM {
namespace redis {

/// How a store is reached. A plain value.
struct store_options {
    /// No call waits longer for the store. Above 0.
    std::chrono::nanoseconds deadline = std::chrono::milliseconds(20);
    /// The longest that connecting, and greeting the server, may take; callers never wait for it. Above 0.
    std::chrono::nanoseconds connect_timeout = std::chrono::milliseconds(100);
    /// So many processes share the limits, always: while the store is away, each has that part of them. 0: as many as
    /// say so to the store, every 2 s; the last count holds while it is away.
    std::uint32_t members = 0;
    /// The name under which members are counted, instead of "default": give processes that do not share limits another.
    /// Nothing if `members` says how many.
    std::optional<std::string> members_group = std::nullopt;
};

/// A store at one instant.
struct store_snapshot {
    /// Whether callers ask it; else policies decide.
    bool is_up = false;
    /// How many processes share the limits, as last known.
    std::uint32_t members = 0;
    /// How often it went away since it was opened, here.
    std::uint64_t outages = 0;
    /// Why it was last away; before the first connection, disconnected.
    fault last_fault = fault::disconnected;
};

/// A Redis or Valkey server that limiters ask, and the one connection to it.
///
/// Opening it never waits: a thread of its own connects, and until it has, the limiters' policies decide. Calls of many
/// threads at once share round trips. A forked child connects by itself, at its first call. Limiters keep the store: it
/// may be destroyed before them. The last of them waits for its thread to end, usually microseconds, a second at most: one
/// that is connecting then ends by itself.
///
///     resil::redis::store store("redis://:secret@limits.internal:6379/0");
///     if (!store.wait_until_up(1s)) warn("policies decide until it is up");
class store {
public:
    using native_type = ::resil_redis_store_t;
    using options = store_options;

#if RESIL_EXCEPTIONS
    /// As open; its errors are thrown.
    explicit store(const std::string &url, const options &with = options()) : store(open(url, with).value()) {}
#endif

    /// The store at `url`: "redis://[user][:password@]host[:port][/database]" or "unix:///path"; where the library was
    /// built with the feature `redis-tls`, also "rediss://...". A server that is away is no error.
    ///
    /// Errors: WRONG_URL; NOT_UTF8; DEADLINE_IS_ZERO; CONNECT_TIMEOUT_IS_ZERO; NEGATIVE_DURATION; NAME_NOT_PLAIN
    /// (members_group); UNKNOWN_VALUE (a members_group that counts nobody).
    static result<store> open(const std::string &url, const options &with = options())
    {
        if (detail::has_nul(url))
            return detail::nul_in("resil::redis::store::open", "url", RESIL_STATUS_WRONG_URL);
        return made("resil::redis::store::open", with, [&](auto c_options, auto out) {
            return ::resil_redis_store_open(url.c_str(), c_options, out);
        });
    }

    /// The store that a client of the caller's own reaches: `client(command, numbers)` carries out one command, inside the
    /// calls that need it. It puts the integers that the server answered into `numbers` and returns fault::none; of an
    /// error that the server answered it returns fault_of; else timeout, disconnected, or call for any other answer. What
    /// it throws counts as disconnected.
    ///
    /// Several threads may be in it at once. It is moved here, and lives as long as the store and what was made with it.
    /// It bounds its own waiting; of the options only members count.
    ///
    ///     auto store = resil::redis::store::with_client([&](const auto &command, auto &numbers) { ... }).value();
    ///
    /// Errors: as open.
    template <class Client> static result<store> with_client(Client client, const options &with = options())
    {
        auto owned = std::make_unique<Client>(std::move(client));
        auto store = made("resil::redis::store::with_client", with, [&](auto c_options, auto out) {
            return ::resil_redis_store_with_client(&detail::evaluated_by<Client>, owned.get(),
                                                   &detail::destroy_client<Client>, c_options, out);
        });
        if (store)
            static_cast<void>(owned.release());
        return store;
    }

    /// Waits until the store is asked, at most `timeout`; whether it is.
    ///
    /// Errors: NEGATIVE_DURATION.
    [[nodiscard]] answer<bool> wait_until_up(std::chrono::nanoseconds timeout) const
    {
        if (detail::is_negative(timeout))
            return detail::failed<bool>(detail::negative("resil::redis::store::wait_until_up", "timeout"));
        bool up = false;
        const auto status = ::resil_redis_store_wait_until_up(native_handle(), detail::timeout_ns(timeout), &up);
        return detail::answered(status, [&] { return up; });
    }

    /// What there is to monitor.
    [[nodiscard]] answer<store_snapshot> snapshot() const
    {
        ::resil_redis_store_snapshot_t seen = {};
        const auto status = ::resil_redis_store_snapshot(native_handle(), &seen);
        return detail::answered(status, [&] {
            return store_snapshot{seen.is_up, seen.members, seen.outages, static_cast<fault>(seen.last_fault)};
        });
    }

    /// For functions of resil.h. Still owned by this object.
    [[nodiscard]] const native_type *native_handle() const noexcept { return handle_.get(); }

private:
    explicit store(native_type *made) noexcept : handle_(made) {}

    template <class New> static result<store> made(const char *function, const options &with, New make)
    {
        if (detail::is_negative(with.deadline))
            return detail::negative(function, "deadline");
        if (detail::is_negative(with.connect_timeout))
            return detail::negative(function, "connect_timeout");
        if (with.members_group && detail::has_nul(*with.members_group))
            return detail::nul_in(function, "members_group", RESIL_STATUS_NAME_NOT_PLAIN);
        const ::resil_redis_store_options_t c_options = {
            sizeof(::resil_redis_store_options_t), detail::ns(with.deadline), detail::ns(with.connect_timeout),
            with.members, with.members_group ? with.members_group->c_str() : nullptr};
        native_type *handle = nullptr;
        const auto status = make(&c_options, &handle);
        return detail::made<store>(status, [&] { return store(handle); });
    }

    detail::handle<native_type, &::resil_redis_store_free> handle_;
};

} // namespace redis
} // namespace RESIL_FORM
} // namespace resil

#endif
