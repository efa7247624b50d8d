/// Hash ring: which node a key belongs to, so that a node that comes or goes moves few keys.
#ifndef RESIL_HASH_RING_HPP
#define RESIL_HASH_RING_HPP

#include <string>
#include <string_view>
#include <vector>

#include "callback.hpp"
#include "handle.hpp"

namespace resil {
inline namespace RESIL_FORM {

/// Whose layout a ring has.
enum class hash_ring_mode : std::int32_t {
    /// resil's own, the same in every language and for ever.
    resil = RESIL_HASH_RING_MODE_DEFAULT,
    /// go-zero's ConsistentHash with its 100 replicas: a weight is a percentage, and counts as 100 above that.
    go_zero = RESIL_HASH_RING_MODE_GO_ZERO,
    /// libketama: every update moves the number of others' points too; weight 0 is refused.
    ketama = RESIL_HASH_RING_MODE_KETAMA,
};

/// What a ring is made with. `{}`: resil's own layout, with 160 points for each unit of weight.
struct hash_ring_options {
    /// Points for each unit of weight in resil's own layout, 1 to 2^24; 0 is 160. In another mode 0, as it has numbers of
    /// its own.
    std::uint32_t virtual_nodes = 0;
    /// Whose layout the ring has.
    hash_ring_mode mode = hash_ring_mode::resil;
};

/// A node of a ring, as lookups answer. It goes stale when its node is taken out, and is never used again in that ring. A
/// plain value.
class node_id {
public:
    /// Of what resil.h has answered.
    constexpr explicit node_id(::resil_node_id_t number) noexcept : number_(number) {}

    /// The number that resil.h knows it by; never 0.
    [[nodiscard]] constexpr ::resil_node_id_t number() const noexcept { return number_; }
    /// Below 65535: an index for what is kept beside a ring. Another node may have it later.
    [[nodiscard]] constexpr std::size_t slot() const noexcept { return static_cast<std::size_t>(number_ & 0xFFFF); }

    friend constexpr bool operator==(node_id a, node_id b) noexcept { return a.number_ == b.number_; }
    friend constexpr bool operator!=(node_id a, node_id b) noexcept { return a.number_ != b.number_; }
    friend constexpr bool operator<(node_id a, node_id b) noexcept { return a.number_ < b.number_; }

private:
    ::resil_node_id_t number_;
};

/// What a node id stands for.
struct ring_node {
    /// The node's bytes.
    std::string name;
    /// Its weight.
    std::uint32_t weight = 0;
};

/// What inserting a node came to.
enum class inserted {
    /// The node is new.
    added,
    /// It was there, keeps its id, and has the new weight.
    replaced,
};

/// What a ring holds, for monitoring.
struct hash_ring_snapshot {
    /// Whose layout it has.
    hash_ring_mode mode = hash_ring_mode::resil;
    /// Points for each unit of weight; in go_zero those of a whole node, in ketama those of a node of average weight.
    std::uint32_t virtual_nodes = 0;
    /// Nodes, those of weight 0 included.
    std::size_t nodes = 0;
    /// All weights together.
    std::uint64_t total_weight = 0;
    /// Points of all nodes.
    std::uint64_t points = 0;
};

/// Which node a key belongs to. Nodes and keys are bytes.
///
/// A node has points on a ring of hash values, by default 160 for each unit of its weight; a key belongs to the node of the
/// first point at or after its own hash. Equal rings, made in whatever order, place every key alike, in every process and
/// language. At most 65535 nodes, weights of 0 to 65535, 2^24 points in all.
///
/// Any number of threads may use one ring at once, but for its destruction, assignment and moving. Lookups never wait, write
/// or allocate (those that answer a vector or a name do); updates are live, whole, and one at a time.
///
///     resil::hash_ring caches;
///     caches.insert("10.0.0.1:6379", 1);
///     if (auto node = caches.lookup("user:17")) connections[node->slot()].get("user:17");
class hash_ring {
public:
    using native_type = ::resil_hash_ring_t;
    using options = hash_ring_options;

#if RESIL_EXCEPTIONS
    /// As make; its errors are thrown.
    explicit hash_ring(const options &with = options()) : hash_ring(make(with).value()) {}
#endif

    /// An empty ring.
    ///
    /// Errors: VIRTUAL_NODES_TOO_MANY; UNKNOWN_VALUE (virtual nodes beside another mode than resil's own).
    static result<hash_ring> make(const options &with = options())
    {
        const ::resil_hash_ring_options_t c = {sizeof(::resil_hash_ring_options_t), with.virtual_nodes,
                                               static_cast<std::int32_t>(with.mode)};
        native_type *made = nullptr;
        const auto status = ::resil_hash_ring_new(&c, &made);
        return detail::made<hash_ring>(status, [&] { return hash_ring(made); });
    }

    /// Adds the node of these bytes, of which the ring has a copy, or gives it another weight; 0 keeps it without
    /// keys. A whole node has weight 1, in go_zero 100.
    ///
    /// Errors: WEIGHT_TOO_HIGH; WEIGHT_IS_ZERO (ketama); TOO_MANY_NODES; TOO_MANY_POINTS; NODE_TOO_LONG.
    answer<inserted> insert(std::string_view node, std::uint32_t weight) const
    {
        const auto status = ::resil_hash_ring_insert(native_handle(), node.data(), node.size(), weight);
        return detail::answered(status, [&] {
            return status == RESIL_STATUS_REPLACED ? inserted::replaced : inserted::added;
        });
    }

    /// Takes the node of these bytes out: its own keys move, and no others (ketama excepted). False if there is none. A
    /// lookup that began before may still answer with it.
    answer<bool> remove(std::string_view node) const
    {
        const auto status = ::resil_hash_ring_remove(native_handle(), node.data(), node.size());
        return detail::answered(status, [&] { return detail::is_granted(status); });
    }

    /// The node that the key belongs to; nothing if no node has a point.
    [[nodiscard]] answer<std::optional<node_id>> lookup(std::string_view key) const
    {
        ::resil_node_id_t id = 0;
        return found(::resil_hash_ring_lookup(native_handle(), key.data(), key.size(), &id), id);
    }

    /// The first `n` distinct nodes from the key on: the one it belongs to, then each that it would belong to if those before
    /// were not there; all that have points if they are fewer. All of one state of the ring.
    [[nodiscard]] answer<std::vector<node_id>> lookup_n(std::string_view key, std::size_t n) const
    {
        // No ring has more nodes.
        std::vector<::resil_node_id_t> ids(n < 65535 ? n : 65535);
        std::size_t count = 0;
        const auto status =
            ::resil_hash_ring_lookup_n(native_handle(), key.data(), key.size(), ids.size(), ids.data(), &count);
        return detail::answered(status, [&] { return listed(ids, count); });
    }

    /// The first distinct node from the key on that `accepts(id)` says yes to: for bounded load, or for nodes that are ill;
    /// nothing if it accepts none. It may be asked again about a node when updates race, and must not update the ring. What
    /// it throws ends the lookup and reaches the caller.
    template <class F> [[nodiscard]] answer<std::optional<node_id>> lookup_where(std::string_view key, F &&accepts) const
    {
        auto ask = [&](::resil_node_id_t id, bool *yes) { *yes = accepts(node_id(id)); };
        using callback = detail::callback<decltype(ask)>;
        callback asked(ask);
        // Once it has thrown the rest are accepted unasked, so that the lookup ends.
        const auto visit = [](void *self, ::resil_node_id_t id) noexcept {
            bool yes = true;
            callback::template run<::resil_node_id_t, bool *>(self, id, &yes);
            return yes;
        };
        ::resil_node_id_t id = 0;
        const auto status =
            ::resil_hash_ring_lookup_where(native_handle(), key.data(), key.size(), visit, &asked, &id);
        asked.rethrow();
        return found(status, id);
    }

    /// How many requests a node may have in flight, the next one included, so that none is far above its share:
    /// (1 + epsilon) * ((in_flight + 1) * weight / total_weight), rounded up. `in_flight` are those of all nodes, without the
    /// next one; 0.25 is a usual epsilon.
    ///
    /// Errors: EPSILON_OUT_OF_RANGE; TOTAL_WEIGHT_IS_ZERO; WEIGHT_ABOVE_TOTAL.
    [[nodiscard]] static answer<std::uint64_t> bounded_load_limit(std::uint64_t in_flight, std::uint32_t weight,
                                                                  std::uint64_t total_weight, double epsilon)
    {
        std::uint64_t limit = 0;
        const auto status = ::resil_hash_ring_bounded_load_limit(in_flight, weight, total_weight, epsilon, &limit);
        return detail::answered(status, [&] { return limit; });
    }

    /// The id of the node of these bytes; nothing if there is none.
    [[nodiscard]] answer<std::optional<node_id>> id_of(std::string_view node) const
    {
        ::resil_node_id_t id = 0;
        return found(::resil_hash_ring_id_of(native_handle(), node.data(), node.size(), &id), id);
    }

    /// What an id stands for; nothing if that node was taken out since, or never was.
    [[nodiscard]] answer<std::optional<ring_node>> node(node_id id) const
    {
        ring_node known;
        std::size_t length = 0;
        auto status = ::resil_hash_ring_node(native_handle(), id.number(), nullptr, 0, &length, &known.weight);
        // The bytes of an id never change, but it may go stale meanwhile.
        if (detail::is_granted(status)) {
            known.name.resize(length);
            status = ::resil_hash_ring_node(native_handle(), id.number(), known.name.data(), known.name.size(), &length,
                                            &known.weight);
        }
        return detail::answered(status, [&]() -> std::optional<ring_node> {
            if (!detail::is_granted(status))
                return std::nullopt;
            return std::move(known);
        });
    }

    /// All nodes, those of weight 0 included, in order of insertion.
    [[nodiscard]] answer<std::vector<node_id>> nodes() const
    {
        std::vector<::resil_node_id_t> ids;
        std::size_t count = 0;
        ::resil_status_t status = RESIL_STATUS_GRANTED;
        // Once more if nodes were added between the two calls.
        do {
            ids.resize(count);
            status = ::resil_hash_ring_nodes(native_handle(), ids.data(), ids.size(), &count);
        } while (detail::is_granted(status) && count > ids.size());
        return detail::answered(status, [&] { return listed(ids, count); });
    }

    /// What the ring holds just now, for monitoring.
    [[nodiscard]] answer<hash_ring_snapshot> snapshot() const
    {
        ::resil_hash_ring_snapshot_t seen = {};
        const auto status = ::resil_hash_ring_snapshot(native_handle(), &seen);
        return detail::answered(status, [&] {
            return hash_ring_snapshot{static_cast<hash_ring_mode>(seen.mode), seen.virtual_nodes, seen.nodes,
                                      seen.total_weight, seen.points};
        });
    }

    /// For functions of resil.h. Still owned by this object.
    [[nodiscard]] const native_type *native_handle() const noexcept { return handle_.get(); }

private:
    explicit hash_ring(native_type *made) noexcept : handle_(made) {}

    static answer<std::optional<node_id>> found(::resil_status_t status, const ::resil_node_id_t &id)
    {
        return detail::answered(status, [&]() -> std::optional<node_id> {
            if (!detail::is_granted(status))
                return std::nullopt;
            return node_id(id);
        });
    }

    static std::vector<node_id> listed(const std::vector<::resil_node_id_t> &ids, std::size_t count)
    {
        std::vector<node_id> nodes;
        nodes.reserve(count);
        for (std::size_t i = 0; i < count; i++)
            nodes.emplace_back(ids[i]);
        return nodes;
    }

    detail::handle<native_type, &::resil_hash_ring_free> handle_;
};

} // namespace RESIL_FORM
} // namespace resil

#endif
