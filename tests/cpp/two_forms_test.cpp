// One program made of a part with exceptions and a part without: each has resil.hpp in its own form.
#include "form.hpp"

#if !RESIL_EXCEPTIONS
#error "this part is compiled with exceptions"
#endif

// In two_forms_part.cpp, compiled without exceptions.
resil_status_t status_without_exceptions();

static void each_part_has_the_form_that_it_was_compiled_in()
{
    const resil::manual_clock clock;
    CHECK_FAILS(clock.advance(-1s), RESIL_STATUS_NEGATIVE_DURATION);
    CHECK_STATUS(status_without_exceptions(), RESIL_STATUS_NEGATIVE_DURATION);
    CHECK_FAILS(clock.advance(-1s), RESIL_STATUS_NEGATIVE_DURATION);
}

int main()
{
    RUN(each_part_has_the_form_that_it_was_compiled_in);
    return finish("cpp_two_forms_test");
}
