/// A value, or why there is none.
///
/// `result<T>` holds an error instead; `attempt<T, Refusal>` a refusal, which is an answer. Neither is ever
/// empty. Plain values: one thread at a time may use one of them.
#ifndef RESIL_RESULT_HPP
#define RESIL_RESULT_HPP

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "error.hpp"

namespace resil {
inline namespace RESIL_FORM {

/// A `T`, or the error because of which there is none. What every `make` returns.
///
///     auto bucket = resil::token_bucket::make(resil::quota::per_second(100));
///     if (!bucket) { std::puts(bucket.error().message.c_str()); return; }
///     bucket->try_acquire();
template <class T> class [[nodiscard]] result {
public:
    result(T value) : value_(std::move(value)) {}
    result(error_info error) : error_(std::move(error)) {}

    [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }
    explicit operator bool() const noexcept { return has_value(); }

    /// The value. If there is none the error is thrown; without exceptions the program ends (std::abort).
    [[nodiscard]] T &value() & { return check(), *value_; }
    [[nodiscard]] const T &value() const & { return check(), *value_; }
    [[nodiscard]] T &&value() && { return check(), *std::move(value_); }

    /// The value, which must be there.
    [[nodiscard]] T &operator*() & noexcept { return *value_; }
    [[nodiscard]] const T &operator*() const & noexcept { return *value_; }
    [[nodiscard]] T &&operator*() && noexcept { return *std::move(value_); }
    [[nodiscard]] T *operator->() noexcept { return std::addressof(*value_); }
    [[nodiscard]] const T *operator->() const noexcept { return std::addressof(*value_); }

    /// The error; of status 0 and without a message if there is a value.
    [[nodiscard]] const error_info &error() const noexcept { return error_; }

private:
    void check() const
    {
        if (!has_value())
            detail::fail(error_);
    }

    std::optional<T> value_;
    error_info error_;
};

/// Done, or the error because of which it is not.
template <> class [[nodiscard]] result<void> {
public:
    result() = default;
    result(error_info error) : error_(std::move(error)) {}

    [[nodiscard]] bool has_value() const noexcept { return detail::is_granted(error_.status); }
    explicit operator bool() const noexcept { return has_value(); }

    /// Nothing, if it is done. Else the error is thrown; without exceptions the program ends (std::abort).
    void value() const
    {
        if (!has_value())
            detail::fail(error_);
    }

    /// The error; of status 0 and without a message if it is done.
    [[nodiscard]] const error_info &error() const noexcept { return error_; }

private:
    error_info error_;
};

/// What a function returns that answers a `T` unless something is wrong: the `T` itself where errors are thrown,
/// else a `result<T>`.
#if RESIL_EXCEPTIONS
template <class T> using answer = T;
#else
template <class T> using answer = result<T>;
#endif

namespace detail {

/// An answer whose C function has returned `status`: what `value` makes, or the error.
template <class F> answer<std::invoke_result_t<F>> answered(::resil_status_t status, F &&value)
{
#if RESIL_EXCEPTIONS
    check(status);
    return value();
#else
    if (is_error(status))
        return last_error(status);
    return value();
#endif
}

/// As above, where there is nothing to say but that it is done.
inline answer<void> answered(::resil_status_t status)
{
#if RESIL_EXCEPTIONS
    check(status);
#else
    if (is_error(status))
        return last_error(status);
    return {};
#endif
}

/// An answer that is an error of this header's own.
template <class T> answer<T> failed(error_info info)
{
#if RESIL_EXCEPTIONS
    fail(info);
#else
    return info;
#endif
}

/// Room for a `T` that may be there: an object, a reference, or nothing at all.
template <class T> class slot {
public:
    slot() = default;
    template <class... Args>
    explicit slot(std::in_place_t there, Args &&...args) : value_(there, std::forward<Args>(args)...)
    {
    }
    bool has_value() const noexcept { return value_.has_value(); }
    T &get() & noexcept { return *value_; }
    const T &get() const & noexcept { return *value_; }
    T &&get() && noexcept { return *std::move(value_); }
    T *operator->() noexcept { return std::addressof(*value_); }
    const T *operator->() const noexcept { return std::addressof(*value_); }

private:
    std::optional<T> value_;
};

template <class T> class slot<T &> {
public:
    slot() = default;
    explicit slot(std::in_place_t, T &value) noexcept : value_(std::addressof(value)) {}
    bool has_value() const noexcept { return value_ != nullptr; }
    T &get() const noexcept { return *value_; }
    T *operator->() const noexcept { return value_; }

private:
    T *value_ = nullptr;
};

template <class T> class slot<T &&> {
public:
    slot() = default;
    explicit slot(std::in_place_t, T &&value) noexcept : value_(std::addressof(value)) {}
    bool has_value() const noexcept { return value_ != nullptr; }
    T &&get() const noexcept { return static_cast<T &&>(*value_); }
    T *operator->() const noexcept { return value_; }

private:
    T *value_ = nullptr;
};

template <> class slot<void> {
public:
    slot() = default;
    explicit slot(std::in_place_t) noexcept : there_(true) {}
    bool has_value() const noexcept { return there_; }
    void get() const noexcept {}

private:
    bool there_ = false;
};

} // namespace detail

/// A `T` (an object, a reference or void), or why it was refused: a `Refusal`, which has a `status()` and, with
/// exceptions, an `or_throw()`. Without exceptions the refusal's status may also be an error's.
template <class T, class Refusal> class [[nodiscard]] attempt {
public:
    /// With a value, made in place of `args`.
    template <class... Args>
    explicit attempt(std::in_place_t there, Args &&...args) : value_(there, std::forward<Args>(args)...)
    {
    }
    /// Without one.
    explicit attempt(Refusal refusal) : refusal_(std::move(refusal)) {}

    [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }
    explicit operator bool() const noexcept { return has_value(); }

    /// The value. If there is none the refusal is thrown; without exceptions the program ends (std::abort).
    decltype(auto) value() & { return check(), value_.get(); }
    decltype(auto) value() const & { return check(), value_.get(); }
    decltype(auto) value() && { return check(), std::move(value_).get(); }

    /// The value, which must be there.
    [[nodiscard]] auto operator->() noexcept { return value_.operator->(); }
    [[nodiscard]] auto operator->() const noexcept { return value_.operator->(); }
    decltype(auto) operator*() & noexcept { return value_.get(); }
    decltype(auto) operator*() const & noexcept { return value_.get(); }
    decltype(auto) operator*() && noexcept { return std::move(value_).get(); }

    /// Why there is no value; of status 0 if there is one.
    [[nodiscard]] const Refusal &refusal() const noexcept { return refusal_; }
    /// 0 if there is a value, else the refusal's (RESIL_STATUS_...).
    [[nodiscard]] ::resil_status_t status() const noexcept { return refusal_.status(); }

private:
    void check() const
    {
        if (has_value())
            return;
#if RESIL_EXCEPTIONS
        refusal_.or_throw();
#endif
        std::abort();
    }

    detail::slot<T> value_;
    Refusal refusal_;
};

} // namespace RESIL_FORM
} // namespace resil

#endif
