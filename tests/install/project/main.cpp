// The same from C++.
#include <iostream>
#include <memory>
#include <resil.h>

int main() {
    resil_quota_t quota{};
    quota.permits = 1;
    quota.burst = 1;
    quota.period_ns = 1000000000;
    resil_token_bucket_t *made = nullptr;
    if (resil_token_bucket_new(&quota, nullptr, &made) != RESIL_STATUS_GRANTED) {
        return 1;
    }
    std::unique_ptr<resil_token_bucket_t, void (*)(resil_token_bucket_t *)> bucket(made, resil_token_bucket_free);
    std::uint64_t wait_ns = 0;
    const auto first = resil_token_bucket_try_acquire_at(bucket.get(), 0, 1, &wait_ns);
    const auto second = resil_token_bucket_try_acquire_at(bucket.get(), 0, 1, &wait_ns);
    std::cout << resil_version() << ": " << resil_status_string(first) << ", then " << resil_status_string(second)
              << " after " << wait_ns << " ns\n";
}
