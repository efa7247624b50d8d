// The spin lock of resil.hpp, under the guards of the standard library.
#include "form.hpp"

#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

static_assert(sizeof(resil::spin_lock) == 4 && std::is_standard_layout_v<resil::spin_lock>, "four bytes");
static_assert(!std::is_copy_constructible_v<resil::spin_lock> && !std::is_move_constructible_v<resil::spin_lock>,
              "it stays where it is");

// Made at compile time, not when the program starts.
#if __cplusplus >= 202002L
#define AT_COMPILE_TIME constinit
#else
#define AT_COMPILE_TIME
#endif
static AT_COMPILE_TIME resil::spin_lock of_the_program;

static void a_lock_is_held_by_one_at_a_time()
{
    CHECK(!of_the_program.is_locked());
    of_the_program.lock();
    CHECK(of_the_program.is_locked() && !of_the_program.try_lock());
    CHECK(of_the_program.unlock());
    CHECK(!of_the_program.is_locked() && of_the_program.try_lock());
    CHECK(of_the_program.unlock());
}

static void giving_back_what_nobody_holds_changes_nothing()
{
    resil::spin_lock lock;
    CHECK(!lock.unlock());
    CHECK_STATUS(resil_spin_lock_unlock(lock.native_handle()), RESIL_STATUS_NOT_HELD);
    CHECK(lock.try_lock() && lock.unlock());
}

static void the_guards_of_the_standard_library_hold_it()
{
    resil::spin_lock one, other;
    {
        std::lock_guard held(one);
        CHECK(one.is_locked());
        CHECK(!std::unique_lock(one, std::try_to_lock).owns_lock());
    }
    {
        std::scoped_lock both(one, other);
        CHECK(one.is_locked() && other.is_locked());
    }
    CHECK(!one.is_locked() && !other.is_locked());
}

static void nothing_that_holders_write_is_lost()
{
    struct {
        resil::spin_lock lock;
        std::uint64_t count = 0;
    } shared;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; thread++)
        threads.emplace_back([&shared] {
            for (int i = 0; i < 5000; i++) {
                std::lock_guard held(shared.lock);
                shared.count++;
            }
        });
    for (auto &thread : threads)
        thread.join();
    CHECK_EQUAL(shared.count, 20000);
}

int main()
{
    RUN(a_lock_is_held_by_one_at_a_time);
    RUN(giving_back_what_nobody_holds_changes_nothing);
    RUN(the_guards_of_the_standard_library_hold_it);
    RUN(nothing_that_holders_write_is_lost);
    return finish("cpp_spin_lock_test");
}
