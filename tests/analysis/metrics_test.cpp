#include "analysis/metrics.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "analysis/constraint_statistics.hpp"
#include "analysis/inequality.hpp"

namespace loopgate {

namespace {

using doctest::Approx;

// A: TP 30, FP 10, FN 20, TN 40; B: TP 10, FP 5, FN 15, TN 70.
constexpr GroupCounts a{100, 40, 30, 50}, b{100, 15, 10, 25};

template <class Rate>
Spread spread_of(Rate rate) {
  return spread(std::array{rate(a).value(), rate(b).value()});
}

ConstraintStatistics fed(std::uint32_t average_over, std::initializer_list<double> residuals) {
  ConstraintStatistics out(average_over);
  for (const double residual : residuals) out.add(residual);
  return out;
}

}  // namespace

TEST_SUITE("unit") {
  TEST_CASE("confusion counts of a group give its rates") {
    CHECK(a.false_negatives() == 20);
    CHECK(a.true_negatives() == 40);
    CHECK(selection_rate(a).value() == Approx(0.40));
    CHECK(true_positive_rate(a).value() == Approx(0.6));
    CHECK(false_positive_rate(b).value() == Approx(5.0 / 75));
    CHECK(positive_predictive_value(b).value() == Approx(10.0 / 15));
    CHECK(negative_predictive_value(a).value() == Approx(0.666667).epsilon(1e-6));
    CHECK(negative_predictive_value(b).value() == Approx(0.823529).epsilon(1e-6));
    CHECK(accuracy(a).value() == Approx(0.7));
    CHECK(accuracy(b).value() == Approx(0.8));
    CHECK(applicant_qualification_rate(b).value() == Approx(0.25));
  }

  TEST_CASE("gaps between two groups") {
    const Spread selection = spread_of(selection_rate);
    CHECK(selection.gap == Approx(0.25));
    CHECK(selection.ratio == Approx(0.375));
    CHECK(selection.ratio < four_fifths);
    CHECK(selection.highest == 0);
    CHECK(selection.lowest == 1);
    const double tpr = spread_of(true_positive_rate).gap, fpr = spread_of(false_positive_rate).gap;
    CHECK(tpr == Approx(0.2));
    CHECK(fpr == Approx(0.133333).epsilon(1e-5));
    CHECK(equalised_odds_gap(tpr, fpr) == Approx(0.2));
    CHECK(average_odds_gap(tpr, fpr) == Approx(0.166667).epsilon(1e-5));
    CHECK(spread_of(positive_predictive_value).gap == Approx(0.083333).epsilon(1e-5));
    CHECK(std::isnan(equalised_odds_gap(tpr, undefined)));
    CHECK(std::isnan(equalised_odds_gap(undefined, fpr)));
  }

  TEST_CASE("uniform and triangular scores at threshold 0.4") {
    // A: s ~ U[0, 1]; B: density 2 (1 - s); P(y = 1 | s) = s.
    const double t = 0.4;
    const GroupCounts A{1.0, 1 - t, (1 - t * t) / 2, 0.5};
    const GroupCounts B{1.0, (1 - t) * (1 - t), 1.0 / 3 - t * t + 2 * t * t * t / 3, 1.0 / 3};
    CHECK(spread(std::array{A.accepted, B.accepted}).gap == Approx(0.24));
    CHECK(spread(std::array{A.accepted, B.accepted}).ratio == Approx(0.6));
    CHECK(true_positive_rate(A).value() == Approx(0.84));
    CHECK(true_positive_rate(B).value() == Approx(0.648));
    CHECK(false_positive_rate(A).value() == Approx(0.36));
    CHECK(false_positive_rate(B).value() == Approx(0.216));
    CHECK(positive_predictive_value(A).value() == Approx(0.7));
    CHECK(positive_predictive_value(B).value() == Approx(0.6));
    CHECK(equalised_odds_gap(0.84 - 0.648, 0.36 - 0.216) == Approx(0.192));
  }

  TEST_CASE("what has no denominator is undefined and names its counts") {
    const GroupCounts nobody{}, rejected{10, 0, 0, 4};
    CHECK(std::isnan(selection_rate(nobody).value()));
    CHECK(selection_rate(rejected).value() == 0.0);
    CHECK(std::isnan(positive_predictive_value(rejected).value()));
    CHECK(positive_predictive_value(rejected).denominator == 0.0);
    const Spread one = spread(std::array{undefined, 0.3, undefined});
    CHECK(std::isnan(one.gap));
    CHECK(std::isnan(one.ratio));
    const Spread zero = spread(std::array{0.0, 0.0});
    CHECK(zero.gap == 0.0);
    CHECK(std::isnan(zero.ratio));
    CHECK(std::isnan(spread({}).gap));
  }

  TEST_CASE("the worst pair of many groups") {
    const Spread many = spread(std::array{0.4, undefined, 0.9, 0.1, 0.9, 0.1});
    CHECK(many.gap == Approx(0.8));
    CHECK(many.highest == 2);
    CHECK(many.lowest == 3);
  }

  TEST_CASE("representation is the share of the accepted over that of the applicants") {
    const GroupCounts all{200, 55, 40, 75};
    CHECK(representation_ratio(a, all).value() == Approx((40.0 / 55) / (100.0 / 200)));
    CHECK(std::isnan(representation_ratio({}, all).value()));
    CHECK(std::isnan(representation_ratio(a, {200, 0, 0, 75}).value()));
  }

  TEST_CASE("calibration error of binned scores") {
    const std::array bins{CalibrationBin{40, 0.25, 0.2}, CalibrationBin{60, 0.6, 0.7}, CalibrationBin{}};
    CHECK(calibration_error(bins) == Approx(0.08));
    CHECK(calibration_in_the_large(bins) == Approx(0.04));
    CHECK(std::isnan(calibration_error({})));
  }

  TEST_CASE("a series of residuals") {
    const ConstraintStatistics s = fed(3, {.05, -.02, .03, -.1, 0, .01});
    CHECK(s.cumulative_violation() == Approx(0.09));
    CHECK(std::max(0.0, s.cumulative_residual()) == 0.0);
    CHECK(s.cumulative_residual() == Approx(-0.03));
    CHECK(s.n_violations() == 3);
    CHECK(s.violation_frequency() == Approx(0.5));
    CHECK(s.mean_violation() == Approx(0.015));
    CHECK(s.mean_residual() == Approx(-0.005));
    CHECK(s.peak_cumulative() == Approx(0.06));
    CHECK(s.worst_excursion() == Approx(0.05));
    CHECK(s.longest_spell() == 1.0);
  }

  TEST_CASE("undefined epochs count as nothing but epochs") {
    const ConstraintStatistics s = fed(2, {.1, undefined, .1, -.3, .1});
    CHECK(s.n_epochs() == 5);
    CHECK(s.n_defined() == 4);
    CHECK(s.violation_frequency() == Approx(0.75));
    CHECK(s.longest_spell() == 2.0);
    CHECK(s.time_to_feasibility() == 4.0);
    const ConstraintStatistics none = fed(1, {undefined, undefined});
    CHECK(std::isnan(none.cumulative_violation()));
    CHECK(std::isnan(none.mean_residual()));
    CHECK(std::isnan(none.violation_frequency()));
    CHECK(std::isnan(none.longest_spell()));
    CHECK(std::isnan(none.time_to_feasibility()));
  }

  TEST_CASE("time to feasibility averages the last residuals") {
    CHECK(fed(3, {.10, .05, -.01, .02, -.02, -.03, -.01}).time_to_feasibility() == 5.0);
    CHECK(fed(1, {.10, .05, -.01, .02}).time_to_feasibility() == 3.0);
    CHECK(fed(2, {0.0, 0.0}).time_to_feasibility() == 2.0);  // as early as there are enough
    CHECK(std::isnan(fed(8, {-.1, -.1, -.1}).time_to_feasibility()));
    // Exactly 0 after many epochs whose running sum has rounded: 0.1 is no binary fraction.
    ConstraintStatistics rounded(4);
    for (int t = 0; t < 100000; ++t) rounded.add(0.1 + t % 7 * 0.3);
    for (int t = 0; t < 4; ++t) rounded.add(0.0);
    CHECK(rounded.time_to_feasibility() == 100004.0);
  }

  TEST_CASE("restricted mean of censored times") {
    const std::array times{5.0, 8.0, 10.0};
    const std::array<std::uint8_t, 3> observed{1, 0, 1};
    CHECK(survival(times, observed, 5) == Approx(2.0 / 3));
    CHECK(survival(times, observed, 9) == Approx(2.0 / 3));
    CHECK(survival(times, observed, 10) == 0.0);
    CHECK(restricted_mean_time(times, observed) == Approx(8.333333).epsilon(1e-6));
    const std::array<std::uint8_t, 3> never{0, 0, 0};
    CHECK(restricted_mean_time(times, never) == 10.0);
    CHECK(std::isnan(restricted_mean_time({}, {})));
  }

  TEST_CASE("contributions to a restricted mean spread as it does") {
    // Without 5, 8 or 10 the mean up to 10 is 10, 7.5 and 7.5.
    const std::vector<double> some =
        restricted_mean_contributions(std::array{5.0, 8.0, 10.0}, std::array<std::uint8_t, 3>{1, 0, 1});
    CHECK(some[0] == Approx(3 * 25.0 / 3 - 2 * 10.0));
    CHECK(some[1] == Approx(3 * 25.0 / 3 - 2 * 7.5));
    CHECK(some[2] == Approx(3 * 25.0 / 3 - 2 * 7.5));
    // Where only the longest are censored, each contributes itself and the mean is the plain one.
    const std::array times{3.0, 10.0, 7.0, 10.0};
    const std::array<std::uint8_t, 4> observed{1, 0, 1, 0};
    const std::vector<double> own = restricted_mean_contributions(times, observed);
    for (std::size_t i = 0; i < times.size(); ++i) CHECK(own[i] == Approx(times[i]));
    CHECK(restricted_mean_time(times, observed) == Approx(7.5));
    CHECK(restricted_mean_time(times, observed, 7.0) == Approx(6.0));
    CHECK(restricted_mean_contributions(std::array{4.0}, std::array<std::uint8_t, 1>{0})[0] == 4.0);
  }

  TEST_CASE("inequality of four amounts") {
    const std::array x{1.0, 2.0, 3.0, 4.0};
    const std::array<std::uint32_t, 4> group{0, 0, 1, 1};
    CHECK(gini(x) == Approx(0.25));
    const auto curve = lorenz_curve(x);
    REQUIRE(curve.size() == 5);
    const std::array expected{0.0, 0.1, 0.3, 0.6, 1.0};
    for (std::size_t i = 0; i < 5; ++i) CHECK(curve[i] == Approx(expected[i]));
    CHECK(generalised_entropy(x, 0) == Approx(0.121777).epsilon(1e-5));
    CHECK(generalised_entropy(x, 1) == Approx(0.106440).epsilon(1e-5));
    CHECK(generalised_entropy(x, 2) == Approx(0.1));
    const EntropySplit split = generalised_entropy_split(x, group, 2);
    CHECK(split.within == Approx(0.02));
    CHECK(split.between == Approx(0.08));
    CHECK(split.total() == Approx(0.1));
    CHECK(atkinson(x) == Approx(0.114654).epsilon(1e-5));
  }

  TEST_CASE("weights count amounts") {
    const std::array x{3.0, 1.0, 2.0}, weight{2.0, 1.0, 0.0}, each{1.0, 3.0, 3.0};
    CHECK(gini(x, weight) == Approx(gini(each)));
    for (const double order : {0.0, 1.0, 2.0, 3.0})
      CHECK(generalised_entropy(x, order, weight) == Approx(generalised_entropy(each, order)));
    CHECK(std::isnan(gini(std::array{0.0, 0.0})));
    CHECK(std::isnan(gini({})));
    CHECK(std::isinf(generalised_entropy(std::array{0.0, 1.0}, 0)));
    CHECK(generalised_entropy(std::array{0.0, 1.0}, 1) == Approx(std::log(2.0)));
  }

  TEST_CASE("benefit of decisions") {  // prediction - outcome + 1
    CHECK(generalised_entropy(std::array{1.0, 0.0, 2.0, 1.0}, 2) == Approx(0.25));
  }
}

}  // namespace loopgate
