/* The spin lock through its C interface: in a struct, among threads, on both sides of a fork, and misused. */
#include <sched.h>

#include "threads_fixture.h"

enum { CALLS = 20000 };

/* The lock beside what it guards. */
struct account {
    resil_spin_lock_t lock;
    uint64_t deposits, cents;
};

static struct account in_a_static = {RESIL_SPIN_LOCK_INIT, 0, 0};

static uint32_t locked(const resil_spin_lock_t *lock)
{
    resil_spin_lock_snapshot_t snapshot = {7};
    CHECK_STATUS(resil_spin_lock_snapshot(lock, &snapshot), RESIL_STATUS_GRANTED);
    return snapshot.locked;
}

static void a_held_lock_says_so_and_is_not_taken_twice(void)
{
    resil_spin_lock_t lock = RESIL_SPIN_LOCK_INIT;
    CHECK_EQUAL(locked(&lock), 0);
    CHECK_STATUS(resil_spin_lock_try_lock(&lock), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(locked(&lock), 1);
    CHECK_STATUS(resil_spin_lock_try_lock(&lock), RESIL_STATUS_HELD);
    CHECK(!resil_status_is_granted(RESIL_STATUS_HELD));
    CHECK_STATUS(resil_spin_lock_unlock(&lock), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(locked(&lock), 0);
    CHECK_STATUS(resil_spin_lock_lock(&lock), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_spin_lock_try_lock(&lock), RESIL_STATUS_HELD);
    CHECK_STATUS(resil_spin_lock_unlock(&lock), RESIL_STATUS_GRANTED);
}

static void zeros_are_a_free_lock(void)
{
    struct account *account = calloc(1, sizeof *account);
    if (account == NULL)
        abort();
    CHECK_STATUS(resil_spin_lock_try_lock(&account->lock), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_spin_lock_unlock(&account->lock), RESIL_STATUS_GRANTED);
    CHECK(untouched(account, sizeof *account, 0));
    free(account);
}

static void unlocking_a_free_lock_is_an_error_and_leaves_it_free(void)
{
    resil_spin_lock_t lock = RESIL_SPIN_LOCK_INIT;
    CHECK_ERROR(resil_spin_lock_unlock, (&lock), RESIL_STATUS_NOT_HELD, "lock is free");
    CHECK_STATUS(resil_spin_lock_try_lock(&lock), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_spin_lock_unlock(&lock), RESIL_STATUS_GRANTED);
    CHECK_ERROR(resil_spin_lock_unlock, (&lock), RESIL_STATUS_NOT_HELD, "lock is free");
}

static void null_is_an_error_of_every_function(void)
{
    resil_spin_lock_t lock = RESIL_SPIN_LOCK_INIT;
    resil_spin_lock_snapshot_t snapshot = {7};
    CHECK_NULL(resil_spin_lock_lock, (NULL), "lock");
    CHECK_NULL(resil_spin_lock_try_lock, (NULL), "lock");
    CHECK_NULL(resil_spin_lock_unlock, (NULL), "lock");
    CHECK_NULL(resil_spin_lock_snapshot, (NULL, &snapshot), "lock");
    CHECK_NULL(resil_spin_lock_snapshot, (&lock, NULL), "out");
    CHECK_EQUAL(snapshot.locked, 7);
}

static void *deposit(void *argument)
{
    struct account *account = argument;
    pthread_barrier_wait(&together);
    for (int call = 0; call < CALLS; call++) {
        if (resil_spin_lock_lock(&account->lock) != RESIL_STATUS_GRANTED)
            abort();
        /* Two plain additions, which would lose some if two threads were in here. */
        account->deposits += 1;
        account->cents += 250;
        if (account->cents != account->deposits * 250)
            abort();
        if (resil_spin_lock_unlock(&account->lock) != RESIL_STATUS_GRANTED)
            abort();
    }
    return NULL;
}

static void threads_lose_no_addition_under_the_lock(void)
{
    start_all(deposit, &in_a_static);
    CHECK_EQUAL(in_a_static.deposits, THREADS * CALLS);
    CHECK_EQUAL(in_a_static.cents, THREADS * CALLS * 250);
    CHECK_EQUAL(locked(&in_a_static.lock), 0);
}

static void *deposit_if_free(void *argument)
{
    struct account *account = argument;
    pthread_barrier_wait(&together);
    for (int done = 0; done < CALLS;) {
        resil_status_t status = resil_spin_lock_try_lock(&account->lock);
        if (status == RESIL_STATUS_HELD)
            continue;
        if (status != RESIL_STATUS_GRANTED)
            abort();
        account->deposits += 1;
        done++;
        if (resil_spin_lock_unlock(&account->lock) != RESIL_STATUS_GRANTED)
            abort();
    }
    return NULL;
}

static void trying_lets_one_thread_in_at_a_time(void)
{
    struct account account = {RESIL_SPIN_LOCK_INIT, 0, 0};
    start_all(deposit_if_free, &account);
    CHECK_EQUAL(account.deposits, THREADS * CALLS);
}

static void *wait_for_it(void *argument)
{
    struct account *account = argument;
    if (resil_spin_lock_lock(&account->lock) != RESIL_STATUS_GRANTED)
        abort();
    uint64_t *seen = malloc(sizeof *seen);
    if (seen == NULL)
        abort();
    *seen = account->deposits;
    if (resil_spin_lock_unlock(&account->lock) != RESIL_STATUS_GRANTED)
        abort();
    return seen;
}

/* The waiting thread is most likely asleep when the lock comes back; it must get it either way. */
static void who_waits_sees_what_the_holder_wrote(void)
{
    struct account account = {RESIL_SPIN_LOCK_INIT, 0, 0};
    pthread_t waiting;
    void *seen = NULL;
    CHECK_STATUS(resil_spin_lock_lock(&account.lock), RESIL_STATUS_GRANTED);
    if (pthread_create(&waiting, NULL, wait_for_it, &account) != 0)
        abort();
    for (int i = 0; i < 1000; i++)
        sched_yield();
    account.deposits = 42;
    CHECK_STATUS(resil_spin_lock_unlock(&account.lock), RESIL_STATUS_GRANTED);
    CHECK_EQUAL(pthread_join(waiting, &seen), 0);
    CHECK_EQUAL(*(uint64_t *)seen, 42);
    free(seen);
}

static void take_and_give_back(void *lock)
{
    CHECK_STATUS(resil_spin_lock_try_lock(lock), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_spin_lock_unlock(lock), RESIL_STATUS_GRANTED);
}

static void find_held(void *lock)
{
    CHECK_STATUS(resil_spin_lock_try_lock(lock), RESIL_STATUS_HELD);
}

static void a_forked_child_has_the_lock_as_it_was(void)
{
    resil_spin_lock_t lock = RESIL_SPIN_LOCK_INIT;
    fork_and_check(take_and_give_back, &lock);
    CHECK_STATUS(resil_spin_lock_lock(&lock), RESIL_STATUS_GRANTED);
    fork_and_check(find_held, &lock);
    CHECK_STATUS(resil_spin_lock_unlock(&lock), RESIL_STATUS_GRANTED);
}

int main(void)
{
    RUN(a_held_lock_says_so_and_is_not_taken_twice);
    RUN(zeros_are_a_free_lock);
    RUN(unlocking_a_free_lock_is_an_error_and_leaves_it_free);
    RUN(null_is_an_error_of_every_function);
    RUN(threads_lose_no_addition_under_the_lock);
    RUN(trying_lets_one_thread_in_at_a_time);
    RUN(who_waits_sees_what_the_holder_wrote);
    RUN(a_forked_child_has_the_lock_as_it_was);
    return finish("spin_lock_test");
}
