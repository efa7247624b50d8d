/* The header compiles by itself, twice, as C11, and its structs lie in memory as the library's do. */
#include "resil.h"
#include "resil.h"

_Static_assert(sizeof(resil_status_t) == 4, "a status is an int32_t");
_Static_assert(sizeof(resil_quota_t) == 16, "two uint32_t, then one uint64_t");
_Static_assert(offsetof(resil_quota_t, burst) == 4 && offsetof(resil_quota_t, period_ns) == 8,
               "the order of the fields");
_Static_assert(offsetof(resil_token_bucket_options_t, struct_size) == 0,
               "the size comes first in every version");
_Static_assert(sizeof(resil_peek_t) == 24 && sizeof(resil_token_bucket_peek_t) == 24,
               "three fields, each in 8 bytes");
_Static_assert(sizeof(resil_token_bucket_snapshot_t) == 40, "a quota and three fields");
_Static_assert(sizeof(resil_reservation_t) == 40, "five times 8 bytes");
_Static_assert(sizeof(resil_slot_t) == 24, "three fields, each in 8 bytes");
_Static_assert(sizeof(resil_leaky_queue_peek_t) == 32, "four fields, each in 8 bytes");
_Static_assert(sizeof(resil_leaky_bucket_snapshot_t) == 32, "a quota and two fields");
_Static_assert(sizeof(resil_period_limiter_snapshot_t) == 40, "five times 8 bytes");
_Static_assert(offsetof(resil_leaky_bucket_options_t, struct_size) == 0
                   && offsetof(resil_period_limiter_options_t, struct_size) == 0,
               "the size comes first in every version");
_Static_assert(sizeof(resil_totals_t) == 16, "two uint64_t");
_Static_assert(sizeof(resil_rolling_window_snapshot_t) == 32, "width, count, totals");
_Static_assert(sizeof(resil_rolling_counter_snapshot_t) == 24, "width, count, total");
_Static_assert(offsetof(resil_rolling_window_options_t, struct_size) == 0
                   && offsetof(resil_sre_breaker_options_t, struct_size) == 0
                   && offsetof(resil_sre_breaker_config_t, struct_size) == 0,
               "the size comes first in every version");
_Static_assert(sizeof(resil_sre_breaker_config_t) == 120, "fifteen times 8 bytes");
_Static_assert(sizeof(resil_sre_breaker_snapshot_t) == 48, "six times 8 bytes");
_Static_assert(sizeof(resil_permit_t) == sizeof(void *), "one pointer");
_Static_assert(sizeof(resil_rejected_t) == 16, "a double and a flag");
_Static_assert(sizeof(resil_spin_lock_t) == 4 && _Alignof(resil_spin_lock_t) == 4,
               "four bytes, aligned to four");
_Static_assert(sizeof(resil_spin_lock_snapshot_t) == 4, "one uint32_t");
_Static_assert(RESIL_INSTANT_MAX == INT64_MAX, "the last instant");

#if RESIL_VERSION < 1000 || RESIL_ABI_VERSION < 1 || RESIL_NO_TIMEOUT < RESIL_INSTANT_MAX
#error "macros are numbers that the preprocessor can compare"
#endif

/* Free from the start, where no code runs before it is used. */
static resil_spin_lock_t lock_in_a_static = RESIL_SPIN_LOCK_INIT;
static struct {
    int before;
    resil_spin_lock_t lock;
} locked_struct = {1, RESIL_SPIN_LOCK_INIT};

int main(void)
{
    resil_token_bucket_options_t options = RESIL_TOKEN_BUCKET_OPTIONS_INIT;
    resil_reservation_t reservation = RESIL_RESERVATION_INIT;
    resil_rolling_window_options_t window_options = RESIL_ROLLING_WINDOW_OPTIONS_INIT;
    resil_sre_breaker_options_t breaker_options = RESIL_SRE_BREAKER_OPTIONS_INIT;
    resil_permit_t permit = RESIL_PERMIT_INIT;
    resil_leaky_bucket_options_t leaky_options = RESIL_LEAKY_BUCKET_OPTIONS_INIT;
    resil_period_limiter_options_t period_options = RESIL_PERIOD_LIMITER_OPTIONS_INIT;
    resil_period_limiter_options_t aligned_options = RESIL_PERIOD_LIMITER_ALIGNED_OPTIONS_INIT;
    return options.struct_size == sizeof options && reservation.permits == 0
                   && window_options.struct_size == sizeof window_options
                   && breaker_options.struct_size == sizeof breaker_options
                   && breaker_options.draw == NULL && permit.opaque_owner == NULL
                   && leaky_options.struct_size == sizeof leaky_options
                   && period_options.clock == RESIL_CLOCK_MONOTONIC
                   && aligned_options.clock == RESIL_CLOCK_UNIX
                   && lock_in_a_static.opaque == 0 && locked_struct.lock.opaque == 0
               ? 0
               : 1;
}
