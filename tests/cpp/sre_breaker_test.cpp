// The SRE breaker of resil.hpp: permits, modes, configurations. Guarded calls are in guarding_test.cpp.
#include "form.hpp"

#include <cmath>
#include <functional>
#include <thread>

using resil::outcome;
using resil::sre_breaker_config;

static resil::sre_breaker breaker_of(const sre_breaker_config &config = sre_breaker_config::go_zero_1_3())
{
    return resil::sre_breaker::make(config).value();
}

static void record_times(const resil::sre_breaker &breaker, outcome outcome, int times)
{
    for (int i = 0; i < times; i++)
        DONE(breaker.record_at(at(0s), outcome));
}

static resil::sre_breaker_snapshot seen(const resil::sre_breaker &breaker) { return got(breaker.snapshot_at(at(0s))); }

static void a_permit_is_settled_once_in_one_of_three_ways()
{
    const auto breaker = breaker_of();
    auto good = breaker.try_acquire_at(at(0s), 0.5).value();
    CHECK(good.pending());
    DONE(good.success_at(at(0s)));
    CHECK(!good.pending());
    CHECK_FAILS(good.success_at(at(0s)), RESIL_STATUS_ALREADY_SETTLED);
    CHECK_FAILS(good.failure_at(at(0s)), RESIL_STATUS_ALREADY_SETTLED);
    CHECK_FAILS(good.ignore(), RESIL_STATUS_ALREADY_SETTLED);
    CHECK_EQUAL(seen(breaker).requests, 1);
    CHECK_EQUAL(seen(breaker).accepts, 1);
    DONE(breaker.try_acquire_at(at(0s), 0.5)->failure_at(at(0s)));
    CHECK_EQUAL(seen(breaker).requests, 2);
    CHECK_EQUAL(seen(breaker).accepts, 1);
    DONE(breaker.try_acquire_at(at(0s), 0.5)->ignore());
    DONE(breaker.try_acquire_at(at(0s), 0.5)->settle_at(at(0s), outcome::ignored));
    DONE(breaker.try_acquire_at(at(0s), 0.5)->settle_at(at(0s), outcome::failure));
    CHECK_EQUAL(seen(breaker).requests, 3);
}

static void a_permit_settles_at_the_time_of_its_clock()
{
    const auto time = resil::manual_clock::make().value();
    const auto breaker = resil::sre_breaker::make(sre_breaker_config::go_zero_1_3(), {time}).value();
    DONE(breaker.try_acquire()->success());
    DONE(breaker.try_acquire()->failure());
    DONE(breaker.try_acquire()->settle(outcome::success));
    DONE(breaker.record(outcome::failure));
    CHECK_EQUAL(got(breaker.snapshot()).requests, 4);
    CHECK_EQUAL(got(breaker.snapshot()).accepts, 2);
    DONE(time.advance(10s));
    CHECK_EQUAL(got(breaker.snapshot()).requests, 0);
}

static void a_permit_that_is_dropped_counts_as_nothing()
{
    const auto breaker = breaker_of();
    static_cast<void>(breaker.try_acquire_at(at(0s), 0.5));
    CHECK_EQUAL(seen(breaker).requests, 0);
}

static void a_permit_moves_with_its_object()
{
    const auto breaker = breaker_of();
    auto first = breaker.try_acquire_at(at(0s), 0.5).value();
    auto second = std::move(first);
    CHECK(!first.pending() && second.pending());
    CHECK_FAILS(first.success_at(at(0s)), RESIL_STATUS_ALREADY_SETTLED);
    first = std::move(second);
    std::thread([&first] { DONE(first.success_at(at(0s))); }).join();
    CHECK_EQUAL(seen(breaker).accepts, 1);
}

static void a_failing_backend_is_kept_from_calls_by_the_draw()
{
    const auto breaker = breaker_of();
    record_times(breaker, outcome::failure, 14);
    // (14 - 5) / (14 + 1)
    CHECK(seen(breaker).drop_ratio == 0.6);
    const auto refused = breaker.try_acquire_at(at(0s), 0.59);
    CHECK(!refused && refused.refusal().drop_ratio() == 0.6 && !refused.refusal().forced_open());
    CHECK_STATUS(refused.status(), RESIL_STATUS_REJECTED);
    CHECK(breaker.try_acquire_at(at(0s), 0.6));
    CHECK_EQUAL(seen(breaker).drops, 1);
    CHECK_FAILS(breaker.try_acquire_at(at(0s), 1.0), RESIL_STATUS_DRAW_OUT_OF_RANGE);
}

static void draws_are_the_callers_where_given_and_live_as_long_as_the_breaker()
{
    const auto time = resil::manual_clock::make().value();
    double draw = 0.59;
    int drawn = 0;
    const auto options = resil::sre_breaker_options().with_clock(time).with_draw([&] { return drawn++, draw; });
    auto made = resil::sre_breaker::make(sre_breaker_config::go_zero_1_3(), options).value();
    const auto breaker = std::move(made);
    CHECK(breaker.try_acquire() && drawn == 0);
    record_times(breaker, outcome::failure, 14);
    CHECK(!breaker.try_acquire());
    draw = 0.6;
    CHECK(breaker.try_acquire() && drawn == 2);
    draw = -1;
    CHECK_FAILS(breaker.try_acquire(), RESIL_STATUS_DRAW_OUT_OF_RANGE);
}

static void modes_are_changed_live()
{
    const auto breaker = breaker_of();
    DONE(breaker.set_mode(resil::mode::forced_open));
    const auto refused = breaker.try_acquire_at(at(0s), 0.999);
    CHECK(!refused && refused.refusal().forced_open() && refused.refusal().drop_ratio() == 1);
    CHECK(seen(breaker).mode == resil::mode::forced_open);
    record_times(breaker, outcome::failure, 14);
    DONE(breaker.set_mode(resil::mode::dry_run));
    CHECK(breaker.try_acquire_at(at(0s), 0.0));
    CHECK_EQUAL(seen(breaker).would_reject, 1);
    DONE(breaker.set_mode(resil::mode::disabled));
    CHECK(breaker.try_acquire_at(at(0s), 0.0));
    DONE(breaker.set_mode(resil::mode::enabled));
    CHECK(!breaker.try_acquire_at(at(0s), 0.0));
    CHECK_FAILS(breaker.set_mode(static_cast<resil::mode>(9)), RESIL_STATUS_UNKNOWN_VALUE);
}

// What C's presets say, field by field.
static void presets_are_the_librarys()
{
    const std::pair<sre_breaker_config, std::int32_t> presets[] = {
        {sre_breaker_config::sre_book(), RESIL_SRE_BREAKER_PRESET_SRE_BOOK},
        {sre_breaker_config::go_zero_1_3(), RESIL_SRE_BREAKER_PRESET_GO_ZERO_1_3},
        {sre_breaker_config::go_zero(), RESIL_SRE_BREAKER_PRESET_GO_ZERO},
        {sre_breaker_config::grpc_rls(), RESIL_SRE_BREAKER_PRESET_GRPC_RLS},
        {sre_breaker_config::kratos(), RESIL_SRE_BREAKER_PRESET_KRATOS},
        {sre_breaker_config::envoy(), RESIL_SRE_BREAKER_PRESET_ENVOY},
    };
    for (const auto &[config, number] : presets) {
        resil_sre_breaker_config_t c;
        CHECK_STATUS(resil_sre_breaker_config_init(&c, number), RESIL_STATUS_GRANTED);
        CHECK_EQUAL(config.bucket_width.count(), c.bucket_width_ns);
        CHECK_EQUAL(config.bucket_count, c.bucket_count);
        CHECK_EQUAL(config.refusals, c.refusals);
        CHECK(config.multiplier == c.multiplier);
        CHECK_EQUAL(config.success_ratio.has_value(), c.has_success_ratio);
        CHECK(config.success_ratio.value_or(0) == c.success_ratio);
        CHECK_EQUAL(config.min_multiplier.has_value(), c.has_min_multiplier);
        CHECK(config.min_multiplier.value_or(0) == c.min_multiplier);
        CHECK_EQUAL(config.protection, c.protection);
        CHECK(config.padding == c.padding);
        CHECK_EQUAL(config.min_requests, c.min_requests);
        CHECK_EQUAL(config.min_rps, c.min_rps);
        CHECK_EQUAL(config.recovery, c.recovery);
        CHECK(config.aggression == c.aggression && config.max_drop_ratio == c.max_drop_ratio);
        CHECK_EQUAL(config.forced_pass_after.has_value(), c.has_forced_pass_after);
        CHECK_EQUAL(config.forced_pass_after.value_or(0ns).count(), c.forced_pass_after_ns);
        CHECK(resil::sre_breaker::make(config));
    }
}

// 14 failures of 14 calls under a law that differs from (R - 5 - 1.5 A) / (R + 1) in one place.
static double ratio_under(const sre_breaker_config &config)
{
    const auto breaker = breaker_of(config);
    record_times(breaker, outcome::failure, 14);
    return seen(breaker).drop_ratio;
}

static void every_constant_reaches_the_law()
{
    const auto law = sre_breaker_config::go_zero_1_3();
    CHECK(ratio_under(law) == 0.6);
    CHECK(ratio_under(law.with_protection(2)) == 0.8);
    CHECK(ratio_under(law.with_padding(4)) == 0.5);
    CHECK(ratio_under(law.with_max_drop_ratio(0.25)) == 0.25);
    CHECK(ratio_under(law.with_aggression(2)) == std::sqrt(0.6));
    CHECK(ratio_under(law.with_min_requests(15)) == 0);
    CHECK(ratio_under(law.with_min_rps(15)) == 0);

    const auto half = [](const sre_breaker_config &config) {
        const auto breaker = breaker_of(config);
        record_times(breaker, outcome::success, 5);
        record_times(breaker, outcome::failure, 14);
        return seen(breaker).drop_ratio;
    };
    CHECK(half(law) == 6.5 / 20);
    CHECK(half(law.with_multiplier(2)) == 4.0 / 20);
    CHECK(half(law.with_success_ratio(0.5)) == 4.0 / 20);
    CHECK(half(law.with_success_ratio(0.5).with_multiplier(2)) == 4.0 / 20);

    // The window: what was recorded a second ago is gone.
    const auto brief = breaker_of(law.with_window(500ms, 2));
    record_times(brief, outcome::failure, 14);
    CHECK(got(brief.snapshot_at(at(1s))).requests == 0 && seen(brief).requests == 14);

    // Refusals: one that counts is a request.
    for (auto counted : {resil::refusals::uncounted, resil::refusals::as_failures, resil::refusals::apart}) {
        const auto breaker = breaker_of(law.with_refusals(counted));
        record_times(breaker, outcome::failure, 14);
        static_cast<void>(breaker.try_acquire_at(at(0s), 0.0));
        CHECK_EQUAL(seen(breaker).requests, counted == resil::refusals::uncounted ? 14 : 15);
    }

    // A forced pass: a second after the last, no draw is asked.
    const auto forced = breaker_of(law.with_forced_pass_after(1s));
    record_times(forced, outcome::failure, 14);
    CHECK(forced.try_acquire_at(at(0s), 0.9) && !forced.try_acquire_at(at(500ms), 0.0));
    CHECK(forced.try_acquire_at(at(1s) + 1ns, 0.0));

    // K falls while the newest bucket fails; a bucket of successes eases the ratio.
    const auto two_buckets = [](const sre_breaker_config &config, outcome newest) {
        const auto breaker = breaker_of(config);
        record_times(breaker, outcome::success, 5);
        record_times(breaker, outcome::failure, 14);
        for (int i = 0; i < 4; i++)
            DONE(breaker.record_at(at(250ms), newest));
        return got(breaker.snapshot_at(at(250ms))).drop_ratio;
    };
    CHECK(two_buckets(law.with_min_multiplier(1.1), outcome::failure) > two_buckets(law, outcome::failure));
    CHECK(two_buckets(law.with_min_multiplier(1.1).with_min_multiplier(std::nullopt), outcome::failure)
          == two_buckets(law, outcome::failure));
    const auto wide = law.with_window(250ms, 2);
    CHECK(two_buckets(wide.with_multiplier(1).with_recovery(true), outcome::success)
          < two_buckets(wide.with_multiplier(1), outcome::success));
}

static void wrong_constants_are_refused_by_name()
{
    const auto law = sre_breaker_config::go_zero_1_3();
    const auto with_draw = resil::sre_breaker_options().with_draw([] { return 0.5; });
    const auto make = [](const sre_breaker_config &config) { return resil::sre_breaker::make(config); };
    CHECK_REFUSED_BY_NAME(make(law.with_multiplier(0.9)), RESIL_STATUS_MULTIPLIER_OUT_OF_RANGE, "multiplier");
    CHECK_REFUSED_BY_NAME(make(law.with_success_ratio(2)), RESIL_STATUS_SUCCESS_RATIO_OUT_OF_RANGE, "success_ratio");
    CHECK_REFUSED_BY_NAME(make(law.with_window(-1s, 5)), RESIL_STATUS_NEGATIVE_DURATION, "config.bucket_width");
    CHECK_REFUSED_BY_NAME(make(law.with_forced_pass_after(-1s)), RESIL_STATUS_NEGATIVE_DURATION,
                          "config.forced_pass_after");
    CHECK_REFUSED_BY_NAME(resil::sre_breaker::make(law.with_padding(-1), with_draw), RESIL_STATUS_PADDING_OUT_OF_RANGE,
                          "padding");
    auto both = law;
    both.success_ratio = 0.5;
    CHECK_REFUSED_BY_NAME(make(both), RESIL_STATUS_UNKNOWN_VALUE, "multiplier");
}

static void a_moved_from_breaker_is_an_error_and_no_crash()
{
    const auto gone = moved_from(breaker_of());
    CHECK_FAILS(gone.try_acquire(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.try_acquire_at(at(0s), 0.5), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.try_run([] {}), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.record(outcome::success), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.record_at(at(0s), outcome::success), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.set_mode(resil::mode::enabled), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.snapshot(), RESIL_STATUS_NULL_ARGUMENT);
    CHECK_FAILS(gone.snapshot_at(at(0s)), RESIL_STATUS_NULL_ARGUMENT);
}

int main()
{
    RUN(a_permit_is_settled_once_in_one_of_three_ways);
    RUN(a_permit_settles_at_the_time_of_its_clock);
    RUN(a_permit_that_is_dropped_counts_as_nothing);
    RUN(a_permit_moves_with_its_object);
    RUN(a_failing_backend_is_kept_from_calls_by_the_draw);
    RUN(draws_are_the_callers_where_given_and_live_as_long_as_the_breaker);
    RUN(modes_are_changed_live);
    RUN(presets_are_the_librarys);
    RUN(every_constant_reaches_the_law);
    RUN(wrong_constants_are_refused_by_name);
    RUN(a_moved_from_breaker_is_an_error_and_no_crash);
    return finish("cpp_sre_breaker_test");
}
