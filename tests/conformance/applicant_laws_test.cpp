#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/model/moved_law.hpp"
#include "core/random/rng.hpp"
#include "tests/conformance/samples.hpp"

using namespace loopgate;
using test::guard_value;
using test::Guarded;
using test::Sample;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double two32 = 4294967296.0;

/// Calls check(law, composition) for the law of every population and score model: at the start, after a move where
/// score laws can move, and with scores and outcomes shifted.
template <class Check>
void for_every_law(Check check) {
  for (const char* kind : {"populations", "score_models"}) {
    for (const Sample& sample : test::samples_of(kind)) {
      CAPTURE(sample.settings);
      const Scenario scenario = sample.build();
      Composition now = scenario.law->start();
      check(*scenario.law, now);
      bool moved = false;
      for (std::size_t g = 0; g < scenario.law->groups().size(); ++g) {
        const Interval range = scenario.law->score_mean_range(static_cast<GroupId>(g));
        const double mean = now.score_means()[g] + 0.1;
        if (range.low > range.high || !range.contains(mean)) continue;
        const std::uint64_t version = now.law_version();
        now.set_score_mean(static_cast<GroupId>(g), mean);
        CHECK(now.law_version() != version);
        moved = true;
      }
      if (moved) check(*scenario.law, now);
      const MovedLaw shifted(scenario.law);
      check(shifted, now);
      for (std::size_t i = 0; i < scenario.law->groups().size(); ++i) {
        const auto g = static_cast<GroupId>(i);
        now.set_score_shift(g, i == 0 ? 0.07 : -1.3);
        now.set_success_shift(g, i == 0 ? -0.4 : 0.35);
      }
      check(shifted, now);
    }
  }
}

/// What the law says of chosen positions of one group.
struct Resolved {
  std::vector<std::uint64_t> position;
  std::vector<double> score, success;
  std::vector<std::uint32_t> type;

  Resolved(const ApplicantLaw& law, const Composition& now, GroupId g, std::vector<std::uint64_t> positions)
      : position(std::move(positions)), score(position.size()), success(position.size()), type(position.size()) {
    law.resolve(now, g, position, score, success, type);
  }
};

std::vector<std::uint64_t> even_positions(std::size_t n) {
  std::vector<std::uint64_t> all;
  const std::uint64_t step = std::numeric_limits<std::uint64_t>::max() / n;
  for (std::size_t i = 0; i < n; ++i) all.push_back(step * i + step / 2);
  return all;
}

/// Thresholds below, among and above the scores of a group.
std::vector<double> thresholds(const ApplicantLaw& law, const Composition& now, GroupId g) {
  std::vector<double> all = Resolved(law, now, g, even_positions(23)).score;
  all.push_back(all.front() - 1.0);
  all.push_back(all.back() + 1.0);
  all.push_back(-infinity);
  all.push_back(infinity);
  std::ranges::sort(all);
  return all;
}

}  // namespace

TEST_SUITE_BEGIN("conformance");

TEST_CASE("every law has two or more named groups whose shares sum to 1") {
  for_every_law([](const ApplicantLaw& law, const Composition& now) {
    REQUIRE(law.groups().size() >= 2);
    REQUIRE(now.n_groups() == law.groups().size());
    CHECK(std::accumulate(now.shares().begin(), now.shares().end(), 0.0) == doctest::Approx(1.0).epsilon(1e-12));
    std::vector<double> mass(law.groups().size(), 0.0);
    for (const ApplicantType& type : law.types()) {
      mass.at(type.group) += type.mass;
      CHECK(law.score_range().contains(type.score));
      CHECK(Interval{0.0, 1.0}.contains(type.success));
    }
    for (const double total : mass)
      if (!law.types().empty()) CHECK(total == doctest::Approx(1.0).epsilon(1e-12));
  });
}

TEST_CASE("raising a threshold never raises acceptance or accepted success of any law") {
  for_every_law([](const ApplicantLaw& law, const Composition& now) {
    for (std::size_t i = 0; i < law.groups().size(); ++i) {
      const auto g = static_cast<GroupId>(i);
      Response last = law.respond(now, g, -infinity);
      CHECK(last.acceptance == doctest::Approx(1.0).epsilon(1e-12));
      CHECK(last.accepted_success == doctest::Approx(law.qualification_rate(now, g)).epsilon(1e-12));
      for (const double threshold : thresholds(law, now, g)) {
        CAPTURE(threshold);
        const Response response = law.respond(now, g, threshold);
        CHECK(response.acceptance <= last.acceptance);
        CHECK(response.accepted_success <= last.accepted_success + 1e-12);
        CHECK(response.accepted_success >= -1e-12);
        CHECK(response.accepted_success <= response.acceptance + 1e-12);
        last = response;
      }
      CHECK(last.acceptance == 0.0);
      CHECK(last.accepted_success == doctest::Approx(0.0));
    }
  });
}

TEST_CASE("every law resolves within its spans and in the order of scores") {
  for_every_law([](const ApplicantLaw& law, const Composition& now) {
    std::vector<std::uint64_t> positions = even_positions(101);
    positions.insert(positions.begin(), 0);
    positions.push_back(std::numeric_limits<std::uint64_t>::max());
    for (std::size_t g = 0; g < law.groups().size(); ++g) {
      Guarded<double> score(positions.size(), undefined, guard_value),
          success(positions.size(), undefined, guard_value);
      Guarded<std::uint32_t> type(positions.size(), 12345, 67890);
      law.resolve(now, static_cast<GroupId>(g), positions, score.inside(), success.inside(), type.inside());
      CHECK((score.intact() && success.intact() && type.intact()));
      CHECK(std::ranges::is_sorted(score.inside()));
      const auto types = law.types();
      std::size_t n_wrong = 0;
      for (std::size_t i = 0; i < positions.size(); ++i) {
        const double own = score.inside()[i] - now.score_shifts()[g];  // the range is of scores without shifts
        n_wrong += !std::isfinite(own) || own < law.score_range().low - 1e-12 || own > law.score_range().high + 1e-12;
        n_wrong += !Interval{0.0, 1.0}.contains(success.inside()[i]);
        n_wrong += types.empty() ? type.inside()[i] != 0
                                 : types.at(type.inside()[i]).score + now.score_shifts()[g] != score.inside()[i];
      }
      CHECK(n_wrong == 0);
    }
  });
}

TEST_CASE("what a law resolves has the rates it responds with") {
  // n evenly spread applicants: each rate differs from the law's by less than a few steps of 1 / n.
  constexpr std::size_t n = 4000;
  for_every_law([](const ApplicantLaw& law, const Composition& now) {
    for (std::size_t i = 0; i < law.groups().size(); ++i) {
      const auto g = static_cast<GroupId>(i);
      const Resolved people(law, now, g, even_positions(n));
      for (const double threshold : thresholds(law, now, g)) {
        CAPTURE(threshold);
        double accepted = 0.0, succeeded = 0.0;
        for (std::size_t k = 0; k < n; ++k) {
          if (people.score[k] < threshold) continue;
          accepted += 1.0 / n;
          succeeded += people.success[k] / n;
        }
        const Response response = law.respond(now, g, threshold);
        CHECK(std::abs(accepted - response.acceptance) < 3.0 / n);
        CHECK(std::abs(succeeded - response.accepted_success) < 20.0 / n);
      }
    }
  });
}

TEST_CASE("cuts of every law agree with what it resolves") {
  for_every_law([](const ApplicantLaw& law, const Composition& now) {
    for (std::size_t i = 0; i < law.groups().size(); ++i) {
      const auto g = static_cast<GroupId>(i);
      for (const double threshold : thresholds(law, now, g)) {
        CAPTURE(threshold);
        const AcceptanceCut cut = law.cut(now, g, threshold);
        CHECK(cut.accept_above - cut.reject_below < 64);  // all but a few in 2^32 are settled by the cut
        std::vector<std::uint64_t> positions = even_positions(50);
        const auto near = [&positions](double word) {
          for (double w : {word - 1.0, word, word + 1.0})
            if (w >= 0.0 && w < two32) positions.push_back(static_cast<std::uint64_t>(w) << 32U | 0x80000000U);
        };
        near(cut.reject_below);
        near(cut.accept_above);
        const Resolved people(law, now, g, positions);
        std::size_t n_wrong = 0;
        for (std::size_t k = 0; k < positions.size(); ++k) {
          const auto word = static_cast<std::uint32_t>(positions[k] >> 32U);
          n_wrong += word < cut.reject_below && people.score[k] >= threshold;
          n_wrong += word > cut.accept_above && people.score[k] < threshold;
        }
        CHECK(n_wrong == 0);
      }
    }
  });
}

TEST_CASE("outcome cells of every law agree with what it resolves") {
  for_every_law([](const ApplicantLaw& law, const Composition& now) {
    for (std::size_t g = 0; g < law.groups().size(); ++g) {
      OutcomeCells cells;
      law.tabulate(now, static_cast<GroupId>(g), 64, cells);
      REQUIRE(cells.size() > 0);
      REQUIRE(cells.certain_failure.size() == cells.size());
      REQUIRE(cells.type.size() == (law.types().empty() ? 0 : cells.size()));
      const Resolved people(law, now, static_cast<GroupId>(g), even_positions(1000));
      std::size_t n_wrong = 0;
      for (std::size_t i = 0; i < people.position.size(); ++i) {
        __extension__ using Wide = unsigned __int128;
        const auto cell = static_cast<std::size_t>((static_cast<Wide>(people.position[i]) * cells.size()) >> 64U);
        const double success = people.success[i] * two32;  // outcome words below this are successes
        const double surely = cells.certain_success[cell], surely_not = cells.certain_failure[cell];
        if (!law.types().empty() && cells.type[cell] != OutcomeCells::many)
          n_wrong += cells.type[cell] != people.type[i];
        n_wrong += surely > surely_not || (surely > 0.0 && surely - 1.0 >= success) ||
                   (surely_not < two32 - 1.0 && surely_not + 1.0 < success);
      }
      CHECK(n_wrong == 0);
    }
  });
}

TEST_SUITE_END();
