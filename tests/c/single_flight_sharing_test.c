/* The single flight among threads: who waits, what they share, who leaves, and both sides of a fork. */
#include <sys/wait.h>
#include <unistd.h>

#include "single_flight_fixture.h"

enum { CALLERS = 100, KEYS = 80 };

#define MILLISECOND UINT64_C(1000000)

/* One caller: what it asks with, and what it got. */
struct caller {
    resil_single_flight_t *flight;
    struct loading *loading;
    uint64_t timeout_ns;
    bool wants_none;
    pthread_t thread;
    resil_shared_value_t *shared;
    resil_status_t status;
};

static void *ask(void *argument)
{
    struct caller *caller = argument;
    caller->status = resil_single_flight_run_timeout(
        caller->flight, KEY, KEY_LEN, caller->timeout_ns, load_number, caller->loading,
        caller->wants_none ? NULL : &caller->shared);
    return NULL;
}

static void start(pthread_t *thread, void *(*work)(void *), void *argument)
{
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0 || pthread_attr_setstacksize(&attributes, 256 << 10) != 0
        || pthread_create(thread, &attributes, work, argument) != 0
        || pthread_attr_destroy(&attributes) != 0)
        abort();
}

static void join(pthread_t thread)
{
    if (pthread_join(thread, NULL) != 0)
        abort();
}

static void all_who_ask_meanwhile_share_one_value_that_is_destroyed_once(void)
{
    static struct caller callers[CALLERS];
    resil_single_flight_t *flight = flight_that_destroys();
    struct loading loading = {
        .flight = flight, .until_followed = CALLERS - 1, .number = 17, .status = 5};
    const void *value = NULL;
    int led = 0;
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){
            .flight = flight, .loading = &loading, .timeout_ns = RESIL_NO_TIMEOUT};
        start(&callers[i].thread, ask, &callers[i]);
    }
    for (int i = 0; i < CALLERS; i++) {
        join(callers[i].thread);
        CHECK_STATUS(callers[i].status, RESIL_STATUS_GRANTED);
        CHECK_EQUAL(number_of(callers[i].shared), 17);
        CHECK_EQUAL(resil_shared_value_status(callers[i].shared), 5);
        CHECK(resil_shared_value_is_shared(callers[i].shared));
        led += resil_shared_value_led(callers[i].shared);
        if (i == 0)
            value = resil_shared_value_get(callers[i].shared);
        CHECK(resil_shared_value_get(callers[i].shared) == value);
    }
    CHECK_EQUAL(led, 1);
    CHECK_EQUAL(atomic_load(&loading.made), 1);
    for (int i = 0; i < CALLERS; i++) {
        CHECK_EQUAL(atomic_load(&alive), 1);
        resil_shared_value_free(callers[i].shared);
    }
    free_empty(flight);
}

static void a_shared_value_that_nobody_takes_is_destroyed_once(void)
{
    resil_single_flight_t *flight = flight_that_destroys();
    struct loading loading = {.flight = flight, .until_followed = 2};
    struct caller callers[3];
    for (int i = 0; i < 3; i++) {
        callers[i] = (struct caller){.flight = flight, .loading = &loading,
                                     .timeout_ns = RESIL_NO_TIMEOUT, .wants_none = true};
        start(&callers[i].thread, ask, &callers[i]);
    }
    for (int i = 0; i < 3; i++) {
        join(callers[i].thread);
        CHECK_STATUS(callers[i].status, RESIL_STATUS_GRANTED);
    }
    CHECK_EQUAL(atomic_load(&loading.made), 1);
    free_empty(flight);
}

static void a_follower_whose_time_is_up_leaves_the_others_waiting(void)
{
    resil_single_flight_t *flight = flight_that_destroys();
    atomic_int open = 0;
    struct loading loading = {.flight = flight, .open = &open, .number = 3};
    struct caller leader = {
        .flight = flight, .loading = &loading, .timeout_ns = RESIL_NO_TIMEOUT};
    struct caller patient = leader;
    start(&leader.thread, ask, &leader);
    while (atomic_load(&loading.made) == 0)
        sched_yield();
    start(&patient.thread, ask, &patient);
    wait_until_followed(flight, 1);
    for (uint64_t timeout_ns = 0; timeout_ns <= MILLISECOND; timeout_ns += MILLISECOND) {
        /* Not this thread: what std keeps of a thread that has waited is freed when the thread ends. */
        struct caller hasty = {.flight = flight, .loading = &loading, .timeout_ns = timeout_ns,
                               .shared = (resil_shared_value_t *)&leader};
        start(&hasty.thread, ask, &hasty);
        join(hasty.thread);
        CHECK_STATUS(hasty.status, RESIL_STATUS_TIMED_OUT);
        CHECK(hasty.shared == NULL);
        CHECK_EQUAL(under_way(flight).followers, 1);
    }
    atomic_store(&open, 1);
    join(leader.thread);
    join(patient.thread);
    CHECK_STATUS(leader.status, RESIL_STATUS_GRANTED);
    CHECK_STATUS(patient.status, RESIL_STATUS_GRANTED);
    CHECK(resil_shared_value_led(leader.shared) && !resil_shared_value_led(patient.shared));
    CHECK_EQUAL(number_of(patient.shared), 3);
    CHECK_EQUAL(atomic_load(&loading.made), 1);
    resil_shared_value_free(leader.shared);
    resil_shared_value_free(patient.shared);
    free_empty(flight);
}

static void forgetting_leaves_those_who_wait_and_lets_the_next_caller_lead(void)
{
    resil_single_flight_t *flight = flight_that_destroys();
    atomic_int open = 0;
    struct loading old = {.flight = flight, .open = &open, .number = 1};
    struct loading newer = {.flight = flight, .number = 2};
    struct caller leader = {.flight = flight, .loading = &old, .timeout_ns = RESIL_NO_TIMEOUT};
    struct caller follower = leader;
    resil_shared_value_t *shared = NULL;
    bool forgot = false;
    start(&leader.thread, ask, &leader);
    while (atomic_load(&old.made) == 0)
        sched_yield();
    start(&follower.thread, ask, &follower);
    wait_until_followed(flight, 1);
    CHECK_STATUS(resil_single_flight_forget(flight, KEY, KEY_LEN, &forgot), RESIL_STATUS_GRANTED);
    CHECK(forgot);
    CHECK_STATUS(resil_single_flight_run(flight, KEY, KEY_LEN, load_number, &newer, &shared),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(number_of(shared), 2);
    CHECK(!resil_shared_value_is_shared(shared));
    resil_shared_value_free(shared);
    atomic_store(&open, 1);
    join(leader.thread);
    join(follower.thread);
    CHECK_EQUAL(number_of(leader.shared), 1);
    CHECK_EQUAL(number_of(follower.shared), 1);
    resil_shared_value_free(leader.shared);
    resil_shared_value_free(follower.shared);
    free_empty(flight);
}

/* A caller with a key of its own, whose call ends when all are under way. */
struct other {
    const resil_single_flight_t *flight;
    pthread_barrier_t *barrier;
    int key;
    pthread_t thread;
};

static int32_t meet(void *user_data, void **value)
{
    struct other *other = user_data;
    (void)value;
    pthread_barrier_wait(other->barrier);
    return under_way(other->flight).followers == 0 ? 0 : 1;
}

static void *ask_alone(void *argument)
{
    struct other *other = argument;
    resil_shared_value_t *shared = NULL;
    if (resil_single_flight_run(other->flight, &other->key, sizeof other->key, meet, other, &shared)
            != RESIL_STATUS_GRANTED
        || resil_shared_value_status(shared) != 0 || resil_shared_value_is_shared(shared))
        abort();
    resil_shared_value_free(shared);
    return NULL;
}

static void different_keys_never_wait_for_one_another(void)
{
    static struct other others[KEYS];
    resil_single_flight_t *flight = flight_that_destroys();
    pthread_barrier_t barrier;
    CHECK_EQUAL(pthread_barrier_init(&barrier, NULL, KEYS), 0);
    for (int i = 0; i < KEYS; i++) {
        others[i] = (struct other){.flight = flight, .barrier = &barrier, .key = i};
        start(&others[i].thread, ask_alone, &others[i]);
    }
    for (int i = 0; i < KEYS; i++)
        join(others[i].thread);
    CHECK_EQUAL(pthread_barrier_destroy(&barrier), 0);
    free_empty(flight);
}

static void a_forked_child_has_a_single_flight_of_its_own(void)
{
    resil_single_flight_t *flight = flight_that_destroys();
    struct loading loading = {.flight = flight, .number = 9};
    resil_shared_value_t *shared = NULL;
    int status = -1;
    CHECK_STATUS(resil_single_flight_run(flight, KEY, KEY_LEN, load_number, &loading, &shared),
                 RESIL_STATUS_GRANTED);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        int before = checks_failed;
        CHECK_EQUAL(number_of(shared), 9);
        resil_shared_value_free(shared);
        CHECK_STATUS(resil_single_flight_run(flight, KEY, KEY_LEN, load_number, &loading, NULL),
                     RESIL_STATUS_GRANTED);
        free_empty(flight);
        _exit(checks_failed == before ? 0 : 1);
    }
    CHECK(child > 0);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK_EQUAL(atomic_load(&loading.made), 1);
    resil_shared_value_free(shared);
    free_empty(flight);
}

int main(void)
{
    RUN(all_who_ask_meanwhile_share_one_value_that_is_destroyed_once);
    RUN(a_shared_value_that_nobody_takes_is_destroyed_once);
    RUN(a_follower_whose_time_is_up_leaves_the_others_waiting);
    RUN(forgetting_leaves_those_who_wait_and_lets_the_next_caller_lead);
    RUN(different_keys_never_wait_for_one_another);
    RUN(a_forked_child_has_a_single_flight_of_its_own);
    return finish("single_flight_sharing_test");
}
