// The header compiles by itself, twice, as C++17, and is linked under its C names.
#include "resil.h"
#include "resil.h"

#include <type_traits>

static_assert(std::is_same<std::underlying_type<resil_status_t>::type, int32_t>::value,
              "a status is an int32_t");
static_assert(std::is_standard_layout<resil_token_bucket_options_t>::value, "plain data");
static_assert(std::is_trivially_copyable<resil_reservation_t>::value, "plain data");

static_assert(std::is_same<resil_peek_t, resil_token_bucket_peek_t>::value, "one struct");
static_assert(sizeof(resil_spin_lock_t) == 4 && alignof(resil_spin_lock_t) == 4,
              "four bytes, aligned to four");
static_assert(std::is_standard_layout<resil_spin_lock_t>::value, "plain data");

// As a member, with the static initialiser.
struct account {
    resil_spin_lock_t lock = RESIL_SPIN_LOCK_INIT;
    uint64_t cents = 0;
};

// The library's functions take a function of C++ that C could call.
extern "C" {
static void add_up(void *sum_of_all, uint64_t sum, uint64_t)
{
    *static_cast<uint64_t *>(sum_of_all) += sum;
}

static int32_t fail(void *)
{
    return -1;
}
}

static bool rows_work()
{
    resil_rolling_window_options_t window_options = RESIL_ROLLING_WINDOW_OPTIONS_INIT;
    resil_sre_breaker_options_t breaker_options = RESIL_SRE_BREAKER_OPTIONS_INIT;
    resil_sre_breaker_config_t config;
    resil_rolling_window_t *window = nullptr;
    resil_sre_breaker_t *breaker = nullptr;
    resil_permit_t permit = RESIL_PERMIT_INIT;
    uint64_t sum = 0;
    int32_t result = 0;
    bool as_expected =
        resil_rolling_window_new(1000000000, 2, &window_options, &window) == RESIL_STATUS_GRANTED
        && resil_rolling_window_record_at(window, 0, 3) == RESIL_STATUS_GRANTED
        && resil_rolling_window_fold_at(window, 0, add_up, &sum) == RESIL_STATUS_GRANTED
        && sum == 3
        && resil_sre_breaker_config_init(&config, RESIL_SRE_BREAKER_PRESET_ENVOY)
               == RESIL_STATUS_GRANTED
        && resil_sre_breaker_new(&config, &breaker_options, &breaker) == RESIL_STATUS_GRANTED
        && resil_sre_breaker_try_acquire_at(breaker, 0, 0.5, &permit, nullptr)
               == RESIL_STATUS_GRANTED
        && resil_sre_breaker_success_at(breaker, 0, &permit) == RESIL_STATUS_GRANTED
        && resil_sre_breaker_run(breaker, fail, nullptr, &result) == RESIL_STATUS_GRANTED
        && result == -1;
    resil_sre_breaker_free(breaker);
    resil_rolling_window_free(window);
    return as_expected;
}

static bool limits_work()
{
    static account shared;
    resil_quota_t quota = {1, 1, 1000000000};
    resil_leaky_bucket_options_t leaky_options = RESIL_LEAKY_BUCKET_OPTIONS_INIT;
    resil_period_limiter_options_t options = RESIL_PERIOD_LIMITER_ALIGNED_OPTIONS_INIT;
    resil_leaky_queue_t *queue = nullptr;
    resil_period_limiter_t *limiter = nullptr;
    resil_slot_t slot;
    bool as_expected =
        resil_leaky_queue_new(&quota, &leaky_options, &queue) == RESIL_STATUS_GRANTED
        && resil_leaky_queue_try_reserve_at(queue, 7, 1, &slot, nullptr) == RESIL_STATUS_GRANTED
        && slot.ready_at_ns == 7
        && resil_period_limiter_aligned(1, 1000000000, 0, &options, &limiter)
               == RESIL_STATUS_GRANTED
        && resil_period_limiter_try_acquire_at(limiter, 0, 1, nullptr)
               == RESIL_STATUS_GRANTED_LAST
        && resil_spin_lock_lock(&shared.lock) == RESIL_STATUS_GRANTED
        && resil_spin_lock_try_lock(&shared.lock) == RESIL_STATUS_HELD
        && resil_spin_lock_unlock(&shared.lock) == RESIL_STATUS_GRANTED;
    resil_leaky_queue_free(queue);
    resil_period_limiter_free(limiter);
    return as_expected;
}

int main()
{
    resil_token_bucket_options_t options = RESIL_TOKEN_BUCKET_OPTIONS_INIT;
    resil_reservation_t reservation = RESIL_RESERVATION_INIT;
    resil_quota_t quota = {1, 1, 1000000000};
    resil_token_bucket_t *bucket = nullptr;
    bool as_expected = resil_token_bucket_new(&quota, &options, &bucket) == RESIL_STATUS_GRANTED
                       && resil_status_is_granted(
                           resil_token_bucket_reserve_at(bucket, 0, 1, &reservation, nullptr))
                       && resil_token_bucket_try_acquire_at(bucket, 0, 1, nullptr)
                              == RESIL_STATUS_RETRY_AFTER;
    resil_token_bucket_free(bucket);
    return as_expected && rows_work() && limits_work() ? 0 : 1;
}
