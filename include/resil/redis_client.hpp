/// A client of the caller's own, which carries out commands for a store.
#ifndef RESIL_REDIS_CLIENT_HPP
#define RESIL_REDIS_CLIENT_HPP

#include "redis_decision.hpp"

namespace resil {
inline namespace RESIL_FORM {
namespace redis {

/// One command for a client to carry out, once: an EVALSHA, or where the server did not know that script an EVAL. Good
/// during the call alone.
class command {
public:
    /// How many words it has.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// One of its words, of any bytes.
    [[nodiscard]] std::string_view operator[](std::size_t word) const noexcept { return {words_[word], lens_[word]}; }
    /// All of them, as clients of C take them (hiredis: redisCommandArgv); none ends with a NUL.
    [[nodiscard]] const char *const *words() const noexcept { return words_; }
    /// Their lengths.
    [[nodiscard]] const std::size_t *lens() const noexcept { return lens_; }

    /// Of what resil.h hands to a resil_redis_evaluate_t.
    command(std::size_t size, const char *const *words, const std::size_t *lens) noexcept
        : size_(size), words_(words), lens_(lens)
    {
    }

private:
    std::size_t size_;
    const char *const *words_;
    const std::size_t *lens_;
};

/// Where a client puts the integers that the server answered, in their order.
class numbers {
public:
    /// One more. Those that no script answers with are counted, not kept: the answer is then none of ours.
    void push_back(std::int64_t number) noexcept
    {
        if (*count_ < RESIL_REDIS_MOST_NUMBERS)
            numbers_[*count_] = number;
        ++*count_;
    }

    /// Of what resil.h hands to a resil_redis_evaluate_t.
    numbers(std::int64_t *room, std::size_t *count) noexcept : numbers_(room), count_(count) { *count = 0; }

private:
    std::int64_t *numbers_;
    std::size_t *count_;
};

/// What an error of the server tells, by the first word of its text: for clients to return.
[[nodiscard]] inline fault fault_of(std::string_view error) noexcept
{
    return static_cast<fault>(::resil_redis_fault_of(error.data(), error.size()));
}

} // namespace redis

namespace detail {

/// A resil_redis_evaluate_t around a `Client`, which may throw: then nobody has answered.
template <class Client>
std::int32_t evaluated_by(void *client, std::size_t argc, const char *const *argv, const std::size_t *argv_lens,
                          std::int64_t *numbers, std::size_t *count) noexcept
{
    redis::numbers answered(numbers, count);
#if RESIL_EXCEPTIONS
    try {
#endif
        const redis::fault fault = (*static_cast<Client *>(client))(redis::command(argc, argv, argv_lens), answered);
        return static_cast<std::int32_t>(fault);
#if RESIL_EXCEPTIONS
    } catch (...) {
        return RESIL_REDIS_FAULT_DISCONNECTED;
    }
#endif
}

template <class Client> void destroy_client(void *client) { delete static_cast<Client *>(client); }

} // namespace detail
} // namespace RESIL_FORM
} // namespace resil

#endif
