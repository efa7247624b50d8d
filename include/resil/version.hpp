/// The version of the library that runs, and what its numbers mean.
#ifndef RESIL_VERSION_HPP
#define RESIL_VERSION_HPP

#include <string_view>

#include "error.hpp"

namespace resil {
inline namespace RESIL_FORM {

/// The version of the library that runs, as "0.1.0"; the header's own is RESIL_VERSION_STRING.
[[nodiscard]] inline std::string_view version() { return ::resil_version(); }

/// The ABI version of the library that runs; the header's own is RESIL_ABI_VERSION.
[[nodiscard]] inline std::uint32_t abi_version() noexcept { return ::resil_abi_version(); }

/// Whether `status` lets the caller go on: 0 to 7, and no other number.
[[nodiscard]] inline bool is_granted(::resil_status_t status) noexcept { return ::resil_status_is_granted(status); }

/// What `status` means, in a few English words.
[[nodiscard]] inline std::string_view to_string(::resil_status_t status) { return ::resil_status_string(status); }

/// What went wrong in the last C function on this thread that returned an error; "" if none has. Valid until the
/// next one that fails. Of use without exceptions, beside a verdict that holds an error.
[[nodiscard]] inline std::string_view last_error_message() { return ::resil_last_error_message(); }

} // namespace RESIL_FORM
} // namespace resil

#endif
