// The hash ring of resil.hpp.
#include "form.hpp"

#include <stdexcept>
#include <string>
#include <vector>

using resil::hash_ring;

static hash_ring ring_of_three()
{
    auto ring = hash_ring::make().value();
    for (const char *node : {"a", "b", "c"})
        CHECK(got(ring.insert(node, 1)) == resil::inserted::added);
    return ring;
}

static std::string name_of(const hash_ring &ring, resil::node_id id) { return got(ring.node(id))->name; }

static void a_key_belongs_to_one_node_until_that_is_taken_out()
{
    const auto ring = ring_of_three();
    const auto first = got(ring.lookup("user:17")).value();
    CHECK(got(ring.lookup("user:17")) == first && got(ring.id_of(name_of(ring, first))) == first);
    const auto order = got(ring.lookup_n("user:17", 9));
    CHECK(order.size() == 3 && order[0] == first && order[1] != first && order[2] != order[1]);
    CHECK(got(ring.lookup_n("user:17", 2)).size() == 2 && got(ring.lookup_n("user:17", 0)).empty());
    CHECK(got(ring.remove(name_of(ring, first))));
    CHECK(got(ring.lookup("user:17")) == order[1]);
    CHECK(!got(ring.node(first)));
    CHECK(!got(ring.remove("a")) || !got(ring.remove("a")));
}

static void an_empty_ring_has_nobody()
{
    const auto ring = hash_ring::make().value();
    CHECK(!got(ring.lookup("key")) && got(ring.lookup_n("key", 3)).empty() && got(ring.nodes()).empty());
    CHECK(!got(ring.id_of("a")) && !got(ring.lookup_where("key", [](resil::node_id) { return true; })));
}

static void names_are_bytes_and_weights_can_change()
{
    const auto ring = hash_ring::make().value();
    const std::string name("a\0b", 3);
    CHECK(got(ring.insert(name, 2)) == resil::inserted::added);
    CHECK(got(ring.insert(name, 5)) == resil::inserted::replaced);
    const auto id = got(ring.id_of(name)).value();
    CHECK(got(ring.node(id))->name == name && got(ring.node(id))->weight == 5 && id.slot() < 65535);
    CHECK(got(ring.lookup("")) == id);
}

static void a_lookup_may_pass_nodes_over()
{
    const auto ring = ring_of_three();
    const auto order = got(ring.lookup_n("key", 3));
    std::vector<resil::node_id> asked;
    const auto second = got(ring.lookup_where("key", [&](resil::node_id id) {
        asked.push_back(id);
        return id == order[1];
    }));
    CHECK(second == order[1] && asked.size() == 2 && asked[0] == order[0]);
    CHECK(!got(ring.lookup_where("key", [](resil::node_id) { return false; })));
    CHECK_EQUAL(got(hash_ring::bounded_load_limit(9, 1, 2, 0.25)), 7);
    CHECK_FAILS(hash_ring::bounded_load_limit(9, 1, 0, 0.25), RESIL_STATUS_TOTAL_WEIGHT_IS_ZERO);
}

static void a_ring_lists_its_nodes_in_order_of_insertion()
{
    const auto ring = ring_of_three();
    std::string names;
    for (const auto id : got(ring.nodes()))
        names += name_of(ring, id);
    CHECK(names == "abc");
    const auto seen = got(ring.snapshot());
    CHECK(seen.nodes == 3 && seen.total_weight == 3 && seen.points == 480 && seen.virtual_nodes == 160);
    CHECK(seen.mode == resil::hash_ring_mode::resil);
}

static void layouts_of_others_are_chosen_by_name()
{
    for (const auto mode : {resil::hash_ring_mode::go_zero, resil::hash_ring_mode::ketama}) {
        const auto ring = hash_ring::make({0, mode}).value();
        CHECK(got(ring.insert("a", 100)) == resil::inserted::added);
        CHECK(got(ring.lookup("key")) && got(ring.snapshot()).mode == mode);
    }
    CHECK_EQUAL(got(hash_ring::make({7})->snapshot()).virtual_nodes, 7);
    CHECK_REFUSED_BY_NAME(hash_ring::make({7, resil::hash_ring_mode::ketama}), RESIL_STATUS_UNKNOWN_VALUE,
                          "virtual_nodes");
    CHECK_FAILS(hash_ring::make({0, resil::hash_ring_mode::ketama})->insert("a", 0), RESIL_STATUS_WEIGHT_IS_ZERO);
}

static void a_moved_from_ring_is_an_error_and_no_crash()
{
    const auto gone = moved_from(hash_ring::make().value());
    const resil::node_id id(1);
    CHECK_FAILS(gone.insert("a", 1), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.remove("a"), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.lookup("a"), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.lookup_n("a", 1), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.lookup_where("a", [](resil::node_id) { return true; }), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.id_of("a"), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.node(id), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.nodes(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.snapshot(), RESIL_STATUS_NULL_ARGUMENT);
}

#if RESIL_EXCEPTIONS
static void what_a_predicate_throws_ends_the_lookup_and_reaches_the_caller()
{
    const auto ring = ring_of_three();
    int asked = 0;
    try {
        static_cast<void>(ring.lookup_where("key", [&](resil::node_id) -> bool {
            asked++;
            throw std::out_of_range("told");
        }));
        CHECK(false && "reached");
    } catch (const std::out_of_range &thrown) {
        CHECK(std::string(thrown.what()) == "told");
    }
    CHECK_EQUAL(asked, 1);
    CHECK_FAILS(hash_ring({1U << 25}), RESIL_STATUS_VIRTUAL_NODES_TOO_MANY);
}
#endif

int main()
{
    RUN(a_key_belongs_to_one_node_until_that_is_taken_out);
    RUN(an_empty_ring_has_nobody);
    RUN(names_are_bytes_and_weights_can_change);
    RUN(a_lookup_may_pass_nodes_over);
    RUN(a_ring_lists_its_nodes_in_order_of_insertion);
    RUN(layouts_of_others_are_chosen_by_name);
    RUN(a_moved_from_ring_is_an_error_and_no_crash);
#if RESIL_EXCEPTIONS
    RUN(what_a_predicate_throws_ends_the_lookup_and_reaches_the_caller);
#endif
    return finish("cpp_hash_ring_test");
}
