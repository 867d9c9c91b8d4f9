#include <doctest/doctest.h>

#include <cmath>

#include "core/types.hpp"
#include "environments/score_models/label_loss.hpp"

using namespace loopgate;

namespace {

/// The square loss of three scores, each of a type of its own.
struct Squares {
  std::vector<double> success, failure;
  explicit Squares(const std::vector<double>& score) {
    for (const double s : score) {
      success.push_back((1.0 - s) * (1.0 - s));
      failure.push_back(s * s);
    }
  }
};

double loss_of(LabelLoss kind, const std::vector<double>& accepted, const std::vector<double>& success,
               const std::vector<double>& propensity, const std::vector<double>& score) {
  LabelSums sums(kind, score.size());
  for (std::size_t k = 0; k < score.size(); ++k)
    sums.add_observed(k, 1.0, accepted[k], accepted[k] * success[k], propensity[k]);
  const Squares loss(score);
  return sums.mean(loss.success, loss.failure);
}

const std::vector<double> score{0.8, 0.3, 0.6}, taken{1, 0, 1}, success{1, 0, 1};

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("the implicit loss mends taking rejections for failures") {  // KA-REL
  const auto implicit = [](const std::vector<double>& e) {
    return loss_of(LabelLoss::implicit, taken, success, e, score);
  };
  CHECK(implicit({0.5, 0.5, 0.2}) == doctest::Approx(-0.37).epsilon(1e-12));
  CHECK(implicit({0.5, 0.5, 0.4}) == doctest::Approx(-0.61 / 3.0).epsilon(1e-12));  // clipped at 0.4
  CHECK(implicit({1.0, 1.0, 1.0}) == doctest::Approx(0.29 / 3.0).epsilon(1e-12));   // not mended
}

TEST_CASE("labels of the accepted are weighted by inverse propensity") {  // KA-IPW
  const std::vector<double> e{0.5, 0.5, 0.2};
  const std::vector<double> repaid{1, 0, 0};
  CHECK(loss_of(LabelLoss::ipw, taken, repaid, e, score) == doctest::Approx(1.88 / 3.0).epsilon(1e-12));
  CHECK(loss_of(LabelLoss::self_normalised_ipw, taken, repaid, e, score) == doctest::Approx(1.88 / 7.0).epsilon(1e-12));
  CHECK(loss_of(LabelLoss::naive, taken, repaid, e, score) == doctest::Approx(0.4 / 2.0).epsilon(1e-12));
}

TEST_CASE("weights of 2 and 5 are worth as much as 49 / 29 equal ones") {
  LabelSums sums(LabelLoss::ipw, 2);
  CHECK(std::isnan(sums.effective_sample_size()));
  sums.add_observed(0, 3.0, 1.0, 1.0, 0.5);
  sums.add_observed(1, 2.0, 1.0, 0.0, 0.2);
  sums.add_observed(0, 4.0, 0.0, 0.0, 0.1);  // nobody accepted: no label
  CHECK(sums.effective_sample_size() == doctest::Approx(49.0 / 29.0));
  CHECK(sums.observed() == 2.0);
}

TEST_CASE("sums of parts are the parts' sums and discounting keeps every mean") {
  for (const LabelLoss kind : {LabelLoss::naive, LabelLoss::ipw, LabelLoss::self_normalised_ipw, LabelLoss::implicit}) {
    LabelSums whole(kind, 2), first(kind, 2), second(kind, 2);
    const auto add = [&](LabelSums& part, std::size_t k, double n, double a, double s, double e) {
      part.add_observed(k, n, a, s, e);
      whole.add_observed(k, n, a, s, e);
    };
    add(first, 0, 5, 3, 2, 0.4);
    add(first, 1, 4, 1, 0, 0.7);
    add(second, 1, 6, 6, 5, 1.0);
    first.add_pseudo(0, 2.0, 1.0);
    whole.add_pseudo(0, 2.0, 1.0);
    first.add(second);
    const Squares loss({0.2, 0.9});
    const double mean = whole.mean(loss.success, loss.failure);
    CHECK(first.mean(loss.success, loss.failure) == doctest::Approx(mean).epsilon(1e-12));
    first.scale(0.25);
    CHECK(first.mean(loss.success, loss.failure) == doctest::Approx(mean).epsilon(1e-12));
    CHECK(first.effective_sample_size() == doctest::Approx(whole.effective_sample_size()).epsilon(1e-12));
  }
}

TEST_CASE("a label made up for a rejected applicant counts once in every loss") {
  const Squares loss({0.5});
  for (const LabelLoss kind : {LabelLoss::naive, LabelLoss::ipw, LabelLoss::self_normalised_ipw}) {
    LabelSums sums(kind, 1);
    sums.add_observed(0, 2.0, 1.0, 0.0, 1.0);
    sums.add_pseudo(0, 1.0, 1.0);
    CHECK(sums.total()[0] == 2.0);
    CHECK(sums.positive()[0] == 1.0);
  }
  LabelSums implicit(LabelLoss::implicit, 1);  // where she is a failure already
  implicit.add_observed(0, 2.0, 1.0, 0.0, 1.0);
  implicit.add_pseudo(0, 1.0, 1.0);
  CHECK(implicit.total()[0] == 2.0);
  CHECK(implicit.positive()[0] == 1.0);
}

TEST_SUITE_END();
