// The header compiles by itself, twice, as C++17, and is linked under its C names.
#include "resil.h"
#include "resil.h"

#include <type_traits>

static_assert(std::is_same<std::underlying_type<resil_status_t>::type, int32_t>::value,
              "a status is an int32_t");
static_assert(std::is_standard_layout<resil_token_bucket_options_t>::value, "plain data");
static_assert(std::is_trivially_copyable<resil_reservation_t>::value, "plain data");

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
    return as_expected ? 0 : 1;
}
