// The rolling window and counter of resil.hpp.
#include "form.hpp"

#include <stdexcept>
#include <string>
#include <vector>

static resil::rolling_window window_of(std::chrono::nanoseconds width, std::uint32_t count)
{
    return resil::rolling_window::make(width, count).value();
}

static resil::rolling_counter counter_of(std::chrono::nanoseconds width, std::uint32_t count)
{
    return resil::rolling_counter::make(width, count).value();
}

static void a_window_sums_and_counts_what_is_not_too_old()
{
    const auto window = window_of(1s, 2);
    CHECK(window.record_at(at(0s), 3).kept());
    window.record_at(at(1s), 4);
    CHECK((got(window.totals_at(at(1s))) == resil::totals{7, 2}));
    CHECK((got(window.totals_at(at(2s))) == resil::totals{4, 1}));
    CHECK((got(window.totals_at(at(3s))) == resil::totals{}));
    CHECK((got(window.totals_at(at(3s))) != resil::totals{0, 1}));
    window.record_at(at(4s), 1);
    const auto late = window.record_at(at(0s), 9);
    CHECK(late.late() && !late.kept() && !late.saturated());
    CHECK_STATUS(late.status(), RESIL_STATUS_LATE);
    CHECK_EQUAL(got(window.totals_at(at(4s))).sum, 1);
    CHECK(window.record_at(at(4s), UINT64_MAX).saturated());
}

static void the_mean_of_nothing_is_nothing()
{
    CHECK((resil::totals{7, 2}.mean() == 3.5));
    CHECK((resil::totals{0, 1}.mean() == 0.0));
    CHECK(!resil::totals().mean());
}

static void a_window_is_folded_from_the_oldest_bucket_to_the_newest()
{
    const auto window = window_of(1s, 3);
    window.record_at(at(0s), 5);
    window.record_at(at(2s), 6);
    window.record_at(at(2s), 1);
    const auto text = got(window.fold_at(at(2s), std::string(), [](std::string so_far, resil::totals bucket) {
        return std::move(so_far) + std::to_string(bucket.sum) + "/" + std::to_string(bucket.count) + " ";
    }));
    CHECK(text == "5/1 0/0 7/2 ");
    const auto move_only = got(window.fold_at(at(2s), std::make_unique<int>(0), [](auto so_far, resil::totals) {
        ++*so_far;
        return so_far;
    }));
    CHECK_EQUAL(*move_only, 3);
}

static void the_bucket_that_is_still_filling_can_be_left_out()
{
    const auto time = resil::manual_clock::make().value();
    const auto options = resil::rolling_window_options().with_clock(time).with_current_left_out();
    const auto window = resil::rolling_window::make(1s, 3, options).value();
    const auto counter = resil::rolling_counter::make(1s, 3, options).value();
    window.record(5);
    counter.add(5);
    CHECK_EQUAL(got(window.totals()).sum, 0);
    CHECK_EQUAL(got(counter.total()), 0);
    DONE(time.advance(1s));
    CHECK_EQUAL(got(window.totals()).sum, 5);
    CHECK_EQUAL(got(counter.total()), 5);
    const auto count = [](int so_far, auto &&...) { return so_far + 1; };
    CHECK_EQUAL(got(window.fold(0, count)), 2);
    CHECK_EQUAL(got(counter.fold(0, count)), 2);
}

static void a_counter_counts_what_is_not_too_old()
{
    const auto counter = counter_of(1s, 2);
    CHECK(counter.add_at(at(0s)).kept());
    counter.add_at(at(1s), 4);
    CHECK_EQUAL(got(counter.total_at(at(1s))), 5);
    CHECK_EQUAL(got(counter.total_at(at(2s))), 4);
    const auto seen = got(counter.fold_at(at(1s), std::vector<std::uint64_t>(), [](auto list, std::uint64_t count) {
        list.push_back(count);
        return list;
    }));
    CHECK((seen == std::vector<std::uint64_t>{1, 4}));
    CHECK(counter.add_at(at(9s), 1).kept() && counter.add_at(at(0s), 1).late());
}

static void snapshots_tell_the_shape_and_what_is_in_it()
{
    const auto time = resil::manual_clock::make().value();
    const auto window = resil::rolling_window::make(250ms, 40, {time}).value();
    const auto counter = resil::rolling_counter::make(250ms, 40, {time}).value();
    window.record(8);
    counter.add(3);
    for (const auto &seen : {got(window.snapshot()), got(window.snapshot_at(at(0s)))})
        CHECK((seen.bucket_width == 250ms && seen.bucket_count == 40 && seen.totals == resil::totals{8, 1}));
    for (const auto &seen : {got(counter.snapshot()), got(counter.snapshot_at(at(0s)))})
        CHECK(seen.bucket_width == 250ms && seen.bucket_count == 40 && seen.total == 3);
}

static void wrong_shapes_are_refused_by_name()
{
    using resil::rolling_counter;
    using resil::rolling_window;
    CHECK_REFUSED_BY_NAME(rolling_window::make(1ns, 1), RESIL_STATUS_BUCKET_WIDTH_TOO_SHORT, "bucket_width");
    CHECK_REFUSED_BY_NAME(rolling_window::make(1ms, 1), RESIL_STATUS_BUCKET_WIDTH_TOO_SHORT_FOR_CLOCK, "bucket_width");
    CHECK_REFUSED_BY_NAME(rolling_window::make(1s, 0), RESIL_STATUS_BUCKET_COUNT_IS_ZERO, "bucket_count");
    CHECK_REFUSED_BY_NAME(rolling_window::make(-1s, 1), RESIL_STATUS_NEGATIVE_DURATION, "bucket_width");
    CHECK_REFUSED_BY_NAME(rolling_counter::make(1s, 65537), RESIL_STATUS_BUCKET_COUNT_TOO_HIGH, "bucket_count");
    CHECK_REFUSED_BY_NAME(rolling_counter::make(-1s, 1), RESIL_STATUS_NEGATIVE_DURATION, "bucket_width");
    CHECK(rolling_window::make(1ms, 1, {resil::clock::steady}));
}

static void moved_from_objects_are_errors_and_no_crash()
{
    const auto window = moved_from(window_of(1s, 1));
    const auto counter = moved_from(counter_of(1s, 1));
    const auto keep = [](int so_far, auto &&...) { return so_far; };
    CHECK_FAILS(window.record(1), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(window.record_at(at(0s), 1), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(window.totals(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(window.totals_at(at(0s)), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(window.fold(0, keep), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(window.fold_at(at(0s), 0, keep), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(window.snapshot(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(window.snapshot_at(at(0s)), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(counter.add(1), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(counter.add_at(at(0s), 1), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(counter.total(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(counter.total_at(at(0s)), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(counter.fold(0, keep), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(counter.fold_at(at(0s), 0, keep), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(counter.snapshot(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(counter.snapshot_at(at(0s)), RESIL_STATUS_NULL_ARGUMENT);
}

#if RESIL_EXCEPTIONS
static void what_a_folded_function_throws_ends_it_and_reaches_the_caller()
{
    const resil::rolling_window window(1s, 5);
    const resil::rolling_counter counter(1s, 5);
    int called = 0;
    const auto third = [&](int so_far, auto &&...) {
        if (++called == 3)
            throw std::out_of_range("the third");
        return so_far;
    };
    for (int i = 0; i < 2; i++) {
        called = 0;
        try {
            static_cast<void>(i == 0 ? window.fold_at(at(0s), 0, third) : counter.fold_at(at(0s), 0, third));
            CHECK(false && "reached");
        } catch (const std::out_of_range &thrown) {
            CHECK(std::string(thrown.what()) == "the third");
        }
        CHECK_EQUAL(called, 3);
    }
}
#endif

int main()
{
    RUN(a_window_sums_and_counts_what_is_not_too_old);
    RUN(the_mean_of_nothing_is_nothing);
    RUN(a_window_is_folded_from_the_oldest_bucket_to_the_newest);
    RUN(the_bucket_that_is_still_filling_can_be_left_out);
    RUN(a_counter_counts_what_is_not_too_old);
    RUN(snapshots_tell_the_shape_and_what_is_in_it);
    RUN(wrong_shapes_are_refused_by_name);
    RUN(moved_from_objects_are_errors_and_no_crash);
#if RESIL_EXCEPTIONS
    RUN(what_a_folded_function_throws_ends_it_and_reaches_the_caller);
#endif
    return finish("cpp_rolling_window_test");
}
