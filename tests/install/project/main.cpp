// The same from C++.
#include <iostream>
#include <resil.hpp>

int main() {
    const resil::token_bucket bucket(resil::quota::per_second(1));
    const auto first = bucket.try_acquire_at(resil::instant());
    const auto second = bucket.try_acquire_at(resil::instant());
    std::cout << resil::version() << ": " << resil::to_string(first.status()) << ", then "
              << resil::to_string(second.status()) << " after " << second.retry_after()->count() << " ns\n";
}
