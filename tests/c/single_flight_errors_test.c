/* What a single flight says to wrong arguments: a status each, a message that names it, and no call made. */
#include "single_flight_fixture.h"

static int calls;

static int32_t count_calls(void *user_data, void **value)
{
    (void)user_data;
    (void)value;
    calls++;
    return 0;
}

static void a_null_single_flight_is_an_error_of_every_function(void)
{
    int place;
    resil_shared_value_t *shared = (resil_shared_value_t *)&place;
    resil_single_flight_snapshot_t snapshot;
    size_t len = 12345;
    bool forgot = true;
    calls = 0;
    memset(&snapshot, 0x5A, sizeof snapshot);
    CHECK_NULL(resil_single_flight_run, (NULL, KEY, KEY_LEN, count_calls, NULL, &shared), "flight");
    CHECK(shared == NULL);
    shared = (resil_shared_value_t *)&place;
    CHECK_NULL(resil_single_flight_run_timeout,
               (NULL, KEY, KEY_LEN, 1, count_calls, NULL, &shared), "flight");
    CHECK(shared == NULL);
    CHECK_NULL(resil_single_flight_forget, (NULL, KEY, KEY_LEN, &forgot), "flight");
    CHECK_NULL(resil_single_flight_len, (NULL, &len), "flight");
    CHECK_NULL(resil_single_flight_snapshot, (NULL, &snapshot), "flight");
    CHECK(untouched(&snapshot, sizeof snapshot, 0x5A));
    CHECK_EQUAL(len, 12345);
    CHECK(forgot);
    CHECK_EQUAL(calls, 0);
    resil_single_flight_free(NULL);
}

static void a_null_argument_is_an_error_unless_it_is_said_to_be_optional(void)
{
    resil_single_flight_t *flight = flight_that_destroys();
    calls = 0;
    CHECK_NULL(resil_single_flight_new, (NULL, NULL), "out");
    CHECK_NULL(resil_single_flight_run, (flight, NULL, 1, count_calls, NULL, NULL), "key");
    CHECK_NULL(resil_single_flight_run, (flight, KEY, KEY_LEN, NULL, NULL, NULL), "load");
    CHECK_NULL(resil_single_flight_run_timeout, (flight, NULL, 1, 0, count_calls, NULL, NULL),
               "key");
    CHECK_NULL(resil_single_flight_run_timeout, (flight, KEY, KEY_LEN, 0, NULL, NULL, NULL),
               "load");
    CHECK_NULL(resil_single_flight_forget, (flight, NULL, 1, NULL), "key");
    CHECK_NULL(resil_single_flight_len, (flight, NULL), "out");
    CHECK_NULL(resil_single_flight_snapshot, (flight, NULL), "out");
    CHECK_EQUAL(calls, 0);
    free_empty(flight);
}

static void a_null_shared_value_is_an_empty_one(void)
{
    CHECK(resil_shared_value_get(NULL) == NULL);
    CHECK_EQUAL(resil_shared_value_status(NULL), RESIL_STATUS_NULL_ARGUMENT);
    CHECK(!resil_shared_value_led(NULL));
    CHECK(!resil_shared_value_is_shared(NULL));
    resil_shared_value_free(NULL);
}

static void options_of_another_size_are_refused(void)
{
    int place;
    const size_t sizes[] = {0, sizeof(resil_single_flight_options_t) - 1,
                            sizeof(resil_single_flight_options_t) + 8};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        resil_single_flight_options_t options = RESIL_SINGLE_FLIGHT_OPTIONS_INIT;
        resil_single_flight_t *flight = (resil_single_flight_t *)&place;
        options.struct_size = sizes[i];
        CHECK_ERROR(resil_single_flight_new, (&options, &flight), RESIL_STATUS_STRUCT_SIZE,
                    "options->struct_size must be");
        CHECK(flight == NULL);
    }
}

static int32_t ask_again(void *flight, void **value)
{
    int place;
    resil_shared_value_t *shared = (resil_shared_value_t *)&place;
    (void)value;
    CHECK_ERROR(resil_single_flight_run, (flight, KEY, KEY_LEN, count_calls, NULL, &shared),
                RESIL_STATUS_REENTERED, "key: this thread is making the call");
    CHECK(shared == NULL);
    CHECK_ERROR(resil_single_flight_run_timeout,
                (flight, KEY, KEY_LEN, RESIL_NO_TIMEOUT, count_calls, NULL, NULL),
                RESIL_STATUS_REENTERED, "key: this thread is making the call");
    CHECK_EQUAL(under_way(flight).followers, 0);
    return 0;
}

static void asking_for_the_key_whose_call_one_makes_is_refused(void)
{
    resil_single_flight_t *flight = flight_that_destroys();
    resil_shared_value_t *shared = NULL;
    calls = 0;
    CHECK_STATUS(resil_single_flight_run(flight, KEY, KEY_LEN, ask_again, flight, &shared),
                 RESIL_STATUS_GRANTED);
    CHECK(!resil_shared_value_is_shared(shared));
    CHECK_EQUAL(calls, 0);
    resil_shared_value_free(shared);
    free_empty(flight);
}

int main(void)
{
    RUN(a_null_single_flight_is_an_error_of_every_function);
    RUN(a_null_argument_is_an_error_unless_it_is_said_to_be_optional);
    RUN(a_null_shared_value_is_an_empty_one);
    RUN(options_of_another_size_are_refused);
    RUN(asking_for_the_key_whose_call_one_makes_is_refused);
    return finish("single_flight_errors_test");
}
