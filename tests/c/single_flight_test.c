/* The single flight by one thread: whose values are, when they are destroyed, and which keys are the same. */
#include "single_flight_fixture.h"

static void a_call_alone_is_the_callers_own(void)
{
    resil_single_flight_t *flight = flight_that_destroys();
    struct loading loading = {.flight = flight, .number = 17};
    resil_shared_value_t *shared = NULL;
    CHECK_STATUS(resil_single_flight_run(flight, KEY, KEY_LEN, load_number, &loading, &shared),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(number_of(shared), 17);
    CHECK_EQUAL(resil_shared_value_status(shared), 0);
    CHECK(resil_shared_value_led(shared));
    CHECK(!resil_shared_value_is_shared(shared));
    CHECK_EQUAL(atomic_load(&alive), 1);
    resil_shared_value_free(shared);
    CHECK_EQUAL(atomic_load(&alive), 0);
    free_empty(flight);
}

static void nothing_is_kept_the_next_call_is_made_again(void)
{
    resil_single_flight_t *flight = flight_that_destroys();
    struct loading loading = {.flight = flight};
    for (int i = 0; i < 3; i++) {
        resil_shared_value_t *shared = NULL;
        loading.number = i;
        loading.status = -i;
        CHECK_STATUS(resil_single_flight_run(flight, KEY, KEY_LEN, load_number, &loading, &shared),
                     RESIL_STATUS_GRANTED);
        CHECK_EQUAL(number_of(shared), i);
        CHECK(resil_shared_value_status(shared) == -i);
        resil_shared_value_free(shared);
    }
    CHECK_EQUAL(atomic_load(&loading.made), 3);
    free_empty(flight);
}

static void a_value_that_nobody_takes_is_destroyed(void)
{
    resil_single_flight_t *flight = flight_that_destroys();
    struct loading loading = {.flight = flight};
    CHECK_STATUS(resil_single_flight_run(flight, KEY, KEY_LEN, load_number, &loading, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(atomic_load(&loading.made), 1);
    CHECK_EQUAL(atomic_load(&alive), 0);
    free_empty(flight);
}

static void a_value_outlives_the_single_flight(void)
{
    resil_single_flight_t *flight = flight_that_destroys();
    struct loading loading = {.flight = flight, .number = 5};
    resil_shared_value_t *shared = NULL;
    CHECK_STATUS(resil_single_flight_run(flight, KEY, KEY_LEN, load_number, &loading, &shared),
                 RESIL_STATUS_GRANTED);
    resil_single_flight_free(flight);
    CHECK_EQUAL(number_of(shared), 5);
    CHECK_EQUAL(atomic_load(&alive), 1);
    resil_shared_value_free(shared);
    CHECK_EQUAL(atomic_load(&alive), 0);
}

static int32_t make_nothing(void *user_data, void **value)
{
    (void)user_data;
    (void)value;
    return 7;
}

static int constant = 3;

static int32_t lend(void *user_data, void **value)
{
    *value = user_data;
    return 0;
}

static void no_value_and_a_value_without_destroyer_are_destroyed_by_nobody(void)
{
    resil_single_flight_t *flight = flight_that_destroys();
    resil_shared_value_t *shared = NULL;
    CHECK_STATUS(resil_single_flight_run(flight, KEY, KEY_LEN, make_nothing, NULL, &shared),
                 RESIL_STATUS_GRANTED);
    CHECK(resil_shared_value_get(shared) == NULL);
    CHECK_EQUAL(resil_shared_value_status(shared), 7);
    resil_shared_value_free(shared);
    free_empty(flight);

    CHECK_STATUS(resil_single_flight_new(NULL, &flight), RESIL_STATUS_GRANTED);
    CHECK_STATUS(resil_single_flight_run_timeout(flight, KEY, KEY_LEN, 0, lend, &constant, &shared),
                 RESIL_STATUS_GRANTED);
    CHECK(resil_shared_value_get(shared) == &constant);
    resil_shared_value_free(shared);
    free_empty(flight);
}

/* A call inside a call, and what was seen there. */
struct nested {
    const resil_single_flight_t *flight;
    const void *key;
    size_t key_len;
    resil_status_t answer;
    size_t flights;
};

static int32_t ask_again(void *user_data, void **value)
{
    struct nested *nested = user_data;
    (void)value;
    nested->answer = resil_single_flight_run(nested->flight, nested->key, nested->key_len,
                                             make_nothing, NULL, NULL);
    nested->flights = under_way(nested->flight).flights;
    return 0;
}

/* Whether a thread that makes the call of one key may ask for the other: whether they are different. */
static bool differ(const void *key, size_t key_len, const void *other, size_t other_len)
{
    resil_single_flight_t *flight = flight_that_destroys();
    struct nested nested = {flight, other, other_len, RESIL_STATUS_PANIC, 0};
    CHECK_STATUS(resil_single_flight_run(flight, key, key_len, ask_again, &nested, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_EQUAL(nested.flights, 1);
    free_empty(flight);
    CHECK(nested.answer == RESIL_STATUS_GRANTED || nested.answer == RESIL_STATUS_REENTERED);
    return nested.answer == RESIL_STATUS_GRANTED;
}

static void keys_are_compared_byte_by_byte(void)
{
    static char long_key[100000], long_other[100000];
    CHECK(differ("a", 1, "b", 1));
    CHECK(differ("a", 1, "a", 2));
    CHECK(differ("a\0b", 3, "a\0c", 3));
    CHECK(differ("", 0, "\0", 1));
    CHECK(!differ("a\0b", 3, "a\0b", 3));
    CHECK(!differ("", 0, NULL, 0));
    CHECK(!differ(long_key, sizeof long_key, long_other, sizeof long_other));
    long_other[sizeof long_other - 1] = 1;
    CHECK(differ(long_key, sizeof long_key, long_other, sizeof long_other));
}

static int32_t forget_this(void *user_data, void **value)
{
    struct nested *nested = user_data;
    bool forgot = false;
    CHECK_STATUS(resil_single_flight_forget(nested->flight, KEY, KEY_LEN, &forgot),
                 RESIL_STATUS_GRANTED);
    CHECK(forgot);
    CHECK_STATUS(resil_single_flight_forget(nested->flight, KEY, KEY_LEN, &forgot),
                 RESIL_STATUS_GRANTED);
    CHECK(!forgot);
    return ask_again(user_data, value);
}

static void a_key_that_is_forgotten_can_be_asked_for_anew(void)
{
    resil_single_flight_t *flight = flight_that_destroys();
    struct nested nested = {flight, KEY, KEY_LEN, RESIL_STATUS_PANIC, 0};
    CHECK_STATUS(resil_single_flight_run(flight, KEY, KEY_LEN, forget_this, &nested, NULL),
                 RESIL_STATUS_GRANTED);
    CHECK_STATUS(nested.answer, RESIL_STATUS_GRANTED);
    CHECK_EQUAL(nested.flights, 1);
    CHECK_STATUS(resil_single_flight_forget(flight, KEY, KEY_LEN, NULL), RESIL_STATUS_GRANTED);
    free_empty(flight);
}

int main(void)
{
    RUN(a_call_alone_is_the_callers_own);
    RUN(nothing_is_kept_the_next_call_is_made_again);
    RUN(a_value_that_nobody_takes_is_destroyed);
    RUN(a_value_outlives_the_single_flight);
    RUN(no_value_and_a_value_without_destroyer_are_destroyed_by_nobody);
    RUN(keys_are_compared_byte_by_byte);
    RUN(a_key_that_is_forgotten_can_be_asked_for_anew);
    return finish("single_flight_test");
}
