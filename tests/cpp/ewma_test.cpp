// The averages of resil.hpp, in their four kinds.
#include "form.hpp"

#include <cmath>
#include <limits>

using resil::ewma;

static void an_average_by_count_has_a_value_from_the_first_sample_on()
{
    const auto mean = ewma::make_by_count(0.25).value();
    CHECK(!got(mean.value()));
    DONE(mean.record(8));
    CHECK(got(mean.value()) == 8.0);
    DONE(mean.record_at(at(1s), 4));
    CHECK(got(mean.value_at(at(1s))) == 7.0);
    CHECK(got(ewma::make_by_count_with_age(7).value().snapshot()).alpha == 0.25);
}

static void a_warm_up_is_a_plain_mean()
{
    const auto mean = ewma::make_by_count(0.5, ewma::options().with_warm_up(2)).value();
    DONE(mean.record(1));
    CHECK(!got(mean.value()));
    const auto seen = got(mean.snapshot());
    CHECK(!seen.value && seen.missing == 1 && seen.warm_up == 2 && seen.kind == resil::ewma_kind::by_count);
    DONE(mean.record(3));
    CHECK(got(mean.value()) == 2.0);
}

static void the_past_weighs_less_by_its_age()
{
    const double weight = std::exp(-1.0);
    const auto time = resil::manual_clock::make().value();
    const auto options = ewma::options().with_clock(time);
    const auto by_time = ewma::make_by_time(1s, options).value();
    const auto weighted = ewma::make_sample_weighted(1s, options).value();
    const auto peak = ewma::make_peak(1s, options).value();
    for (const auto *average : {&by_time, &weighted, &peak})
        DONE(average->record(10));
    DONE(time.advance(1s));
    CHECK(got(by_time.value()) == 10.0 && got(weighted.value()) == 10.0);
    CHECK(std::abs(*got(peak.value()) - 10 * weight) < 1e-12);
    for (const auto *average : {&by_time, &weighted, &peak})
        DONE(average->record(20));
    CHECK(std::abs(*got(by_time.value()) - (10 * weight + 20 * (1 - weight))) < 1e-12);
    CHECK(std::abs(*got(weighted.value()) - (10 * weight + 20) / (weight + 1)) < 1e-12);
    CHECK(got(peak.value()) == 20.0);
    const auto seen = got(peak.snapshot_at(at(3s)));
    CHECK(seen.kind == resil::ewma_kind::peak && seen.time_constant == 1s && seen.idle_for == 2s && seen.missing == 0);
    CHECK(seen.value == got(peak.value_at(at(3s))));
    CHECK(got(by_time.snapshot()).kind == resil::ewma_kind::by_time);
    CHECK(got(weighted.snapshot()).kind == resil::ewma_kind::sample_weighted);
}

static void what_is_left_of_a_value_falls_with_time()
{
    CHECK(got(resil::decay_factor(0s, 1s)) == 1.0);
    CHECK(std::abs(got(resil::decay_factor(2s, 1s)) - std::exp(-2.0)) < 1e-15);
    CHECK_FAILS(resil::decay_factor(1s, 0s), RESIL_STATUS_TIME_CONSTANT_IS_ZERO);
    CHECK_FAILS(resil::decay_factor(-1s, 1s), RESIL_STATUS_NEGATIVE_DURATION);
    CHECK_FAILS(resil::decay_factor(1s, -1s), RESIL_STATUS_NEGATIVE_DURATION);
}

static void wrong_averages_and_samples_are_refused_by_name()
{
    const auto warm = ewma::options().with_warm_up(5);
    CHECK_REFUSED_BY_NAME(ewma::make_by_count(2), RESIL_STATUS_ALPHA_OUT_OF_RANGE, "alpha");
    CHECK_REFUSED_BY_NAME(ewma::make_by_count_with_age(0), RESIL_STATUS_AGE_OUT_OF_RANGE, "age");
    CHECK_REFUSED_BY_NAME(ewma::make_by_time(0s), RESIL_STATUS_TIME_CONSTANT_IS_ZERO, "time_constant");
    CHECK_REFUSED_BY_NAME(ewma::make_peak(1s, warm), RESIL_STATUS_WARM_UP_NOT_BY_COUNT, "warm_up");
    CHECK_REFUSED_BY_NAME(ewma::make_by_time(-1s), RESIL_STATUS_NEGATIVE_DURATION, "make_by_time: time_constant");
    CHECK_REFUSED_BY_NAME(ewma::make_sample_weighted(-1s), RESIL_STATUS_NEGATIVE_DURATION, "weighted: time_constant");
    CHECK_REFUSED_BY_NAME(ewma::make_peak(-1s), RESIL_STATUS_NEGATIVE_DURATION, "make_peak: time_constant");
    const auto mean = ewma::make_by_count(0.5).value();
    CHECK_FAILS(mean.record(std::numeric_limits<double>::infinity()), RESIL_STATUS_SAMPLE_NOT_FINITE);
    CHECK_FAILS(mean.record_at(at(0s), std::nan("")), RESIL_STATUS_SAMPLE_NOT_FINITE);
    CHECK(!got(mean.value()));
}

static void a_moved_from_average_is_an_error_and_no_crash()
{
    const auto gone = moved_from(ewma::make_by_count(0.5).value());
    CHECK_FAILS(gone.record(1), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.record_at(at(0s), 1), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.value(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.value_at(at(0s)), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.snapshot(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.snapshot_at(at(0s)), RESIL_STATUS_NULL_ARGUMENT);
}

#if RESIL_EXCEPTIONS
static void factories_throw_what_make_would_answer()
{
    CHECK(ewma::by_count(0.5).snapshot().alpha == 0.5 && ewma::by_count_with_age(1).snapshot().alpha == 1);
    CHECK(ewma::by_time(1s).snapshot().kind == resil::ewma_kind::by_time);
    CHECK(ewma::sample_weighted(1s).snapshot().kind == resil::ewma_kind::sample_weighted);
    CHECK(ewma::peak(1s).snapshot().kind == resil::ewma_kind::peak);
    CHECK_FAILS(ewma::by_count(0), RESIL_STATUS_ALPHA_OUT_OF_RANGE);
}
#endif

int main()
{
    RUN(an_average_by_count_has_a_value_from_the_first_sample_on);
    RUN(a_warm_up_is_a_plain_mean);
    RUN(the_past_weighs_less_by_its_age);
    RUN(what_is_left_of_a_value_falls_with_time);
    RUN(wrong_averages_and_samples_are_refused_by_name);
    RUN(a_moved_from_average_is_an_error_and_no_crash);
#if RESIL_EXCEPTIONS
    RUN(factories_throw_what_make_would_answer);
#endif
    return finish("cpp_ewma_test");
}
