/// Callables of C++ where the library wants a function of C: nothing leaves one by throwing.
#ifndef RESIL_CALLBACK_HPP
#define RESIL_CALLBACK_HPP

#include "result.hpp"

#if RESIL_EXCEPTIONS
#include <exception>
#endif

namespace resil {
inline namespace RESIL_FORM {
namespace detail {

/// Hands `call` to a C function as its callback (`&callback::run`, with `this` as user data). What it throws is kept,
/// it is not called again, and `rethrow` lets the exception go on once the C function has returned.
template <class F> class callback {
public:
    explicit callback(F &call) noexcept : call_(call) {}

    template <class... Args> static void run(void *self, Args... args) noexcept
    {
        auto &me = *static_cast<callback *>(self);
#if RESIL_EXCEPTIONS
        if (me.thrown_)
            return;
        try {
            me.call_(args...);
        } catch (...) {
            me.thrown_ = std::current_exception();
        }
#else
        me.call_(args...);
#endif
    }

    void rethrow() const
    {
#if RESIL_EXCEPTIONS
        if (thrown_)
            std::rethrow_exception(thrown_);
#endif
    }

private:
    F &call_;
#if RESIL_EXCEPTIONS
    std::exception_ptr thrown_;
#endif
};

/// Accumulates what a C function shows its visitor, which takes `Words`: `fold(visit, user_data)` calls it, and `step`
/// is what it does. What `step` throws goes on once the C function has returned.
template <class... Words, class T, class Step, class Fold> answer<T> folded(T init, Step step, Fold fold)
{
    auto visit = [&](Words... words) { init = step(std::move(init), words...); };
    callback<decltype(visit)> visitor(visit);
    const auto status = fold(&callback<decltype(visit)>::template run<Words...>, &visitor);
    visitor.rethrow();
    return answered(status, [&]() -> T { return std::move(init); });
}

} // namespace detail
} // namespace RESIL_FORM
} // namespace resil

#endif
