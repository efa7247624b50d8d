// Uses the installed library as anybody would, and says which one it is.
#include <resil.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    resil_quota_t quota = {.permits = 1, .burst = 1, .period_ns = 1000000000};
    resil_token_bucket_t *bucket = NULL;
    if (resil_token_bucket_new(&quota, NULL, &bucket) != RESIL_STATUS_GRANTED) {
        return 1;
    }
    uint64_t wait_ns = 0;
    resil_status_t first = resil_token_bucket_try_acquire_at(bucket, 0, 1, &wait_ns);
    resil_status_t second = resil_token_bucket_try_acquire_at(bucket, 0, 1, &wait_ns);
    resil_token_bucket_free(bucket);
    if (strcmp(resil_version(), RESIL_VERSION_STRING) != 0 || resil_abi_version() != RESIL_ABI_VERSION) {
        return 2;
    }
    printf("%s: %s, then %s after %llu ns\n", resil_version(), resil_status_string(first),
           resil_status_string(second), (unsigned long long)wait_ns);
    return 0;
}
