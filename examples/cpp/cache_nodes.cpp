// A hash ring for cache nodes: each key has its node, and a node that fails or comes moves only its own share of them.
//
//     g++ -std=c++17 -O2 -Iinclude examples/cpp/cache_nodes.cpp -lresil -o cache_nodes
//     ./cache_nodes
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "resil.hpp"

constexpr int KEYS = 10000;

static std::string key(int number) { return "user:" + std::to_string(number); }

// Which node each key belongs to, by the slot that a node has in the ring: an index for whatever is kept beside it.
static std::vector<std::size_t> placed(const resil::hash_ring &ring)
{
    std::vector<std::size_t> slots;
    for (int number = 0; number < KEYS; number++)
        slots.push_back(ring.lookup(key(number))->slot());
    return slots;
}

static int differences(const std::vector<std::size_t> &before, const std::vector<std::size_t> &after)
{
    int moved = 0;
    for (std::size_t i = 0; i < before.size(); i++)
        moved += before[i] != after[i];
    return moved;
}

int main()
{
    const resil::hash_ring ring;
    // The last machine has twice the memory of the others.
    ring.insert("cache-1", 1);
    ring.insert("cache-2", 1);
    ring.insert("cache-3", 2);
    const auto three = placed(ring);
    std::map<std::string, int> keys_of;
    for (int number = 0; number < KEYS; number++)
        keys_of[ring.node(*ring.lookup(key(number)))->name]++;
    for (const auto &[node, keys] : keys_of)
        std::printf("%s has %d of %d keys\n", node.c_str(), keys, KEYS);

    ring.insert("cache-4", 1);
    std::printf("one more: %d keys move\n", differences(three, placed(ring)));
    ring.remove("cache-4");
    std::printf("and back: %d keys are elsewhere than before\n", differences(three, placed(ring)));

    // Where to go if the node of a key is ill: to the next one on the ring, the same for every client.
    const auto order = ring.lookup_n("user:17", 3);
    const auto ill = order[0];
    const auto instead = ring.lookup_where("user:17", [&](resil::node_id id) { return id != ill; });
    std::printf("user:17 belongs to %s", ring.node(ill)->name.c_str());
    std::printf("; while that is ill, to %s\n", ring.node(*instead)->name.c_str());
}
