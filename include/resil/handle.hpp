/// Owning a handle of the C library: freed once, moved, never copied.
///
/// A moved-from object may be assigned to and destroyed; any other use is an error (RESIL_STATUS_NULL_ARGUMENT),
/// never undefined.
#ifndef RESIL_HANDLE_HPP
#define RESIL_HANDLE_HPP

#include <memory>

#include "result.hpp"

namespace resil {
inline namespace RESIL_FORM {
namespace detail {

/// Frees a handle by the `_free` of its type.
template <auto Free> struct freed_by {
    template <class T> void operator()(T *handle) const noexcept { Free(handle); }
};

template <class T, void (*Free)(T *)> using handle = std::unique_ptr<T, freed_by<Free>>;

/// The object around a handle that a `_new` has just made, or the error because of which it has not. `T` is made
/// of the handle and whatever belongs to it.
template <class T, class Make> result<T> made(::resil_status_t status, Make &&make)
{
    if (!is_granted(status))
        return last_error(status);
    return make();
}

} // namespace detail
} // namespace RESIL_FORM
} // namespace resil

#endif
