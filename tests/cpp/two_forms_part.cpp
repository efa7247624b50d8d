// The part of two_forms_test.cpp that is compiled without exceptions.
#include "resil.hpp"

#if RESIL_EXCEPTIONS
#error "this part is compiled without exceptions"
#endif

resil_status_t status_without_exceptions();

resil_status_t status_without_exceptions()
{
    const auto clock = resil::manual_clock::make();
    return clock->advance(std::chrono::seconds(-1)).error().status;
}
