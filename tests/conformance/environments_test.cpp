#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "core/random/rng.hpp"
#include "core/run/states.hpp"
#include "core/scenario/yaml.hpp"
#include "tests/conformance/samples.hpp"

using namespace loopgate;
using test::guard_value;
using test::Guarded;
using test::Sample;

namespace {

/// A made-up data set of two groups with a numeric and a one-hot feature, and a ready `score` column.
Dataset people() {
  Dataset data;
  data.groups = {"a", "b"};
  data.feature_names = {"income", "owner"};
  data.numeric = {1, 0};
  data.column_names = {"score"};
  data.columns.resize(1);
  data.column_problems.resize(1);
  Rng rng(Seed{4}, Replication{0}, Stream{9});
  for (std::uint32_t i = 0; i < 60; ++i) {
    data.group.push_back(i % 2);
    data.features.push_back(10.0 * rng.uniform());
    data.features.push_back(rng.below(2));
    data.success.push_back(rng.uniform() < 0.2 + 0.06 * data.features[2 * i] ? 1 : 0);
    data.columns[0].push_back(1.0 + rng.below(10));
  }
  return data;
}

std::unique_ptr<ScoreModel> make_score_model(const Sample& sample) {
  Diagnostics diagnostics;
  const Catalog& catalog = test::catalog();
  const Node settings = validate(parse_yaml(sample.settings, "sample", diagnostics),
                                 component("type", catalog.score_models.descriptions()), diagnostics);
  REQUIRE(diagnostics.ok());
  return catalog.score_models.make(sample.name, settings, diagnostics);
}

/// Counts of groups [n_groups] spread over their types [n_types].
std::vector<double> evenly(const ApplicantLaw& law, const std::vector<double>& count) {
  std::vector<double> out, n(count.size(), 0.0);
  const std::vector<ApplicantType> types = law.types();
  for (const ApplicantType& type : types) n[type.group] += 1.0;
  for (const ApplicantType& type : types) out.push_back(count[type.group] / n[type.group]);
  return out;
}

/// Counts of one made-up epoch: any group may have no arrivals, be refused or be accepted whole.
struct Epoch {
  std::vector<double> arrived, accepted, succeeded, qualified, played;
  std::vector<double> type_accepted, type_succeeded;

  Epoch(std::size_t n_groups, Rng& rng) {
    for (std::size_t g = 0; g < n_groups; ++g) {
      const std::uint32_t kind = rng.below(5);
      arrived.push_back(kind == 0 ? 0.0 : 1.0 + rng.below(40));
      const auto most = static_cast<std::uint32_t>(arrived[g]);
      accepted.push_back(kind == 1 ? 0.0 : kind == 2 ? arrived[g] : rng.below(most + 1));
      succeeded.push_back(rng.below(static_cast<std::uint32_t>(accepted[g]) + 1));
      played.push_back(rng.uniform());
      qualified.push_back(succeeded[g] + rng.below(most - static_cast<std::uint32_t>(accepted[g]) + 1));
    }
  }
  /// law: whose types these are to be.
  EpochTally tally(const ApplicantLaw& law) {
    type_accepted = evenly(law, accepted);
    type_succeeded = evenly(law, succeeded);
    EpochTally all{arrived, accepted, succeeded, qualified, played, 30.0};
    all.type_accepted = type_accepted;
    all.type_succeeded = type_succeeded;
    return all;
  }
};

/// Rates of two groups; every rate that a constraint may read is this one. Whoever has none has nobody.
struct SameRates {
  std::vector<double> group, whole, expected_whole;
  double overall;

  SameRates(std::vector<double> rate, double share, double expected_share = 0.5)
      : group(std::move(rate)), whole{share, 1.0 - share}, expected_whole{expected_share, 1.0 - expected_share} {
    double part = 0.0, all = 0.0;
    for (std::size_t g = 0; g < 2; ++g) {
      if (std::isnan(group[g])) whole[g] = 0.0;
      else part += group[g] * whole[g];
      all += whole[g];
    }
    overall = all > 0.0 ? part / all : undefined;
  }
  operator DecisionRates() const {
    const GroupRates one{group, overall, whole, expected_whole};
    return {one, {one, one, one}};
  }
};

/// All that a composition of two groups can hold.
std::vector<StateEntry> every_entry(std::size_t n_groups) {
  std::vector<StateEntry> all;
  for (auto kind = StateEntry::Kind::share; kind <= StateEntry::Kind::aim_reach;
       kind = static_cast<StateEntry::Kind>(static_cast<int>(kind) + 1))
    for (std::size_t g = 0; g < n_groups; ++g) all.push_back({kind, static_cast<GroupId>(g)});
  return all;
}

/// Where people come and go, everyone's part of the applicants changes.
bool follows_people(const StateEntry& one) {
  return one.kind == StateEntry::Kind::share || one.kind == StateEntry::Kind::volume;
}

}  // namespace

TEST_SUITE_BEGIN("conformance");

TEST_CASE("every score model gives rows of the data scores within its range") {
  const Dataset data = people();
  for (const Sample& sample : test::samples_of("score_models")) {
    CAPTURE(sample.settings);
    const auto model = make_score_model(sample);
    REQUIRE(model != nullptr);
    if (model->keeps_own_scores()) continue;
    Diagnostics diagnostics;
    const ScoredRows scored = model->score_rows(data, diagnostics);
    REQUIRE(diagnostics.ok());
    REQUIRE(!scored.row.empty());
    REQUIRE(scored.score.size() == scored.row.size());
    CHECK(std::set(scored.row.begin(), scored.row.end()).size() == scored.row.size());
    for (const std::size_t row : scored.row) CHECK(row < data.n_rows());
    for (const double score : scored.score) CHECK(scored.range.contains(score));
    CHECK(scored.report.term.size() == scored.report.coefficient.size());
    CHECK(model->score_rows(data, diagnostics).score == scored.score);
  }
}

TEST_CASE("every batch size reproduces and ignores what other epochs drew") {
  for (const Sample& sample : test::samples_of("arrivals")) {
    CAPTURE(sample.settings);
    const Scenario scenario = sample.build();
    REQUIRE((scenario.arrivals->batches() == nullptr) != (scenario.arrivals->process() == nullptr));
    if (scenario.arrivals->batches() == nullptr) continue;
    const Batches& arrivals = *scenario.arrivals->batches();
    CHECK(arrivals.mean(scenario.start.arrivals) > 0.0);
    Rng a(Seed{1}, Replication{0}, Stream::arrivals()), b(Seed{1}, Replication{0}, Stream::arrivals());
    for (std::uint32_t t = 0; t < 50; ++t) {
      a.begin_epoch(t);
      b.begin_epoch(t);
      CHECK(arrivals.draw(scenario.start.arrivals, 1.0, a) == arrivals.draw(scenario.start.arrivals, 1.0, b));
      for (std::uint32_t extra = 0; extra < t % 3; ++extra) a.uniform();
    }
  }
}

TEST_CASE("every arrival process gives the same times however they are asked for") {
  for (const Sample& sample : test::samples_of("arrivals")) {
    CAPTURE(sample.settings);
    const Scenario scenario = sample.build();
    const ArrivalProcess* process = scenario.arrivals->process();
    if (process == nullptr) continue;
    const std::span<const double> now = scenario.start.arrivals;
    const auto times = [&](Time step, std::size_t most) {
      std::vector<Time> all;
      auto position = process->start(now, Seed{1}, Replication{2});
      for (Time until = step; until <= 20.0; until += step)
        for (std::size_t before = all.size() + 1; before > all.size() || before + most == all.size();) {
          before = all.size();
          process->advance(position, until, most, now, Seed{1}, Replication{2}, all);
          if (all.size() < before + most) break;
        }
      return all;
    };
    const std::vector<Time> whole = times(20.0, 1000000);
    CHECK(whole.size() > 3);
    CHECK(std::ranges::is_sorted(whole));
    CHECK(times(0.25, 1000000) == whole);
    CHECK(times(20.0, 1) == whole);
    CHECK(times(2.5, 3) == whole);
    const double half = process->expected(0.0, 10.0, now), rest = process->expected(10.0, 20.0, now);
    CHECK(half + rest == doctest::Approx(process->expected(0.0, 20.0, now)));
    if (!process->poisson()) CHECK(half + rest == static_cast<double>(whole.size()));
  }
}

TEST_CASE("every rule keeps shares at 0 or above and their sum at 1 and moves what it says") {
  for (const Sample& sample : test::samples_of("dynamics")) {
    CAPTURE(sample.settings);
    const Scenario scenario = sample.build();
    REQUIRE(scenario.dynamics.size() == 1);
    const std::vector<StateEntry> moves = scenario.dynamics[0]->moves();
    CHECK(!moves.empty());
    const bool people = std::ranges::find(moves, StateEntry::Kind::population, &StateEntry::kind) != moves.end();
    Composition now = scenario.law->start();
    const std::vector<StateEntry> all = every_entry(now.n_groups());
    std::vector<double> before(all.size()), after(all.size());
    Rng rng(Seed{2}, Replication{0}, Stream{9}), own(Seed{2}, Replication{0}, Stream::dynamics());
    for (int step = 0; step < 300; ++step) {
      CAPTURE(step);
      state_values(all, now, before);
      Epoch epoch(now.n_groups(), rng);
      EpochTally tally = epoch.tally(*scenario.law);
      tally.rng = &own;
      evolve_all(scenario.dynamics, tally, scenario.start.dynamics, now);
      state_values(all, now, after);
      CHECK(std::abs(std::accumulate(now.shares().begin(), now.shares().end(), 0.0) - 1.0) < 1e-12);
      for (std::size_t s = 0; s < all.size(); ++s) {
        const bool told = std::ranges::find(moves, all[s]) != moves.end();
        const bool asked =
            epoch.arrived[index(all[s].group)] > 0.0 || scenario.dynamics[0]->cause() != Dynamics::Cause::endogenous;
        if ((told && asked) || (people && follows_people(all[s]))) continue;
        CHECK((std::abs(after[s] - before[s]) < 1e-15 || (std::isnan(after[s]) && std::isnan(before[s]))));
      }
      for (std::size_t g = 0; g < now.n_groups(); ++g) {
        CHECK(now.shares()[g] >= 0.0);
        const Interval means = scenario.law->score_mean_range(static_cast<GroupId>(g));
        if (means.low <= means.high) CHECK(means.contains(now.score_means()[g]));
      }
    }
  }
}

TEST_CASE("no rule that decisions move does anything in an epoch without arrivals") {
  for (const Sample& sample : test::samples_of("dynamics")) {
    CAPTURE(sample.settings);
    const Scenario scenario = sample.build();
    if (scenario.dynamics[0]->cause() != Dynamics::Cause::endogenous) continue;
    Composition now = scenario.law->start();
    const std::vector<double> none(now.n_groups(), 0.0), played(now.n_groups(), 0.5);
    scenario.dynamics[0]->evolve({none, none, none, none, played, 30.0}, scenario.start.dynamics[0], now);
    CHECK(std::ranges::equal(now.shares(), scenario.law->start().shares()));
    CHECK(std::ranges::equal(now.populations(), scenario.law->start().populations()));
    CHECK(now.law_version() == scenario.law->start().law_version());
  }
}

TEST_CASE("every parameter that a rule or a constraint offers starts in its range and is heeded") {
  for (const char* kind : {"dynamics", "constraints"}) {
    for (const Sample& sample : test::samples_of(kind)) {
      CAPTURE(sample.settings);
      const Scenario scenario = sample.build();
      const bool rule = !scenario.dynamics.empty();
      const std::vector<Parameter> parameters =
          rule ? scenario.dynamics[0]->parameters() : scenario.constraints[0]->parameters();
      const std::vector<double>& start = rule ? scenario.start.dynamics[0] : scenario.start.constraints[0];
      REQUIRE(parameters.size() == start.size());
      const std::vector<double> rate{0.2, 0.9}, arrived{10, 20}, accepted{3, 16}, succeeded{2, 15}, qualified{5, 17},
          played{0.4, 0.6};
      const auto answer = [&](const std::vector<double>& values) {
        std::vector<double> out(rule ? scenario.states.size() : scenario.constraints[0]->n_residuals());
        if (!rule) {
          scenario.constraints[0]->residuals(SameRates(rate, 0.4), values, out);
          return out;
        }
        Composition now = scenario.law->start();
        Rng own(Seed{2}, Replication{0}, Stream::dynamics());
        const std::vector<double> type_accepted = evenly(*scenario.law, accepted),
                                  type_succeeded = evenly(*scenario.law, succeeded);
        EpochTally tally{arrived, accepted, succeeded, qualified, played, 30.0};
        tally.type_accepted = type_accepted;
        tally.type_succeeded = type_succeeded;
        tally.rng = &own;
        evolve_all(scenario.dynamics, tally, std::vector<std::vector<double>>{values}, now);
        state_values(scenario.states, now, out);
        return out;
      };
      for (std::size_t i = 0; i < parameters.size(); ++i) {
        CAPTURE(parameters[i].name);
        CHECK(parameters[i].range.contains(parameters[i].value));
        CHECK(start[i] == parameters[i].value);
        std::vector<double> other = start;
        other[i] += parameters[i].range.contains(start[i] + 0.05) ? 0.05 : -0.05;
        CHECK(answer(other) != answer(start));
      }
    }
  }
}

TEST_CASE("residuals of every constraint lie in their ranges and within their spans") {
  for (const Sample& sample : test::samples_of("constraints")) {
    CAPTURE(sample.settings);
    const Scenario scenario = sample.build();
    REQUIRE(scenario.constraints.size() == 1);
    const Constraint& constraint = *scenario.constraints[0];
    const std::size_t n = constraint.n_residuals();
    const std::vector<Interval> ranges = constraint.residual_ranges(scenario.start.constraints[0]);
    REQUIRE(n > 0);
    REQUIRE(ranges.size() == n);
    REQUIRE(constraint.residual_names().size() == n);
    std::vector<double> least(n, 1e9), largest(n, -1e9);
    Rng rng(Seed{3}, Replication{0}, Stream{9});
    for (int i = 0; i < 4000; ++i) {
      std::vector<double> rate;
      const double share = rng.below(2) == 0 ? rng.below(2) : rng.uniform();
      for (int g = 0; g < 2; ++g) rate.push_back(rng.below(3) == 0 ? rng.below(2) : rng.uniform());
      Guarded<double> out(n, undefined, guard_value);
      const double expected_share = rng.below(3) == 0 ? rng.below(2) : rng.uniform();
      constraint.residuals(SameRates(rate, share, expected_share), scenario.start.constraints[0], out.inside());
      CHECK(out.intact());
      for (std::size_t m = 0; m < n; ++m) {
        least[m] = std::min(least[m], out.inside()[m]);
        largest[m] = std::max(largest[m], out.inside()[m]);
      }
    }
    for (std::size_t m = 0; m < n; ++m) {  // a range is no wider than it must be, since it sets confidence radii
      CHECK(least[m] >= ranges[m].low - 1e-12);
      CHECK(largest[m] <= ranges[m].high + 1e-12);
      CHECK(least[m] == doctest::Approx(ranges[m].low));
      CHECK(largest[m] == doctest::Approx(ranges[m].high));
    }
  }
}

TEST_CASE("a residual is undefined where a group that it needs is absent") {
  for (const Sample& sample : test::samples_of("constraints")) {
    CAPTURE(sample.settings);
    const Scenario scenario = sample.build();
    const Constraint& constraint = *scenario.constraints[0];
    const std::size_t n = constraint.n_residuals();
    std::vector<double> out(n), high(n), low(n);
    const std::vector<double> nobody{undefined, undefined};
    constraint.residuals(SameRates(nobody, 0.5), scenario.start.constraints[0], out);
    for (const double residual : out) CHECK(std::isnan(residual));
    for (std::size_t absent = 0; absent < 2; ++absent) {
      std::vector<double> rate{0.4, 0.4};
      const auto at = [&](double value, std::vector<double>& into) {
        rate[absent] = value;
        SameRates seen(rate, 0.4);
        seen.overall = 0.4;
        constraint.residuals(seen, scenario.start.constraints[0], into);
      };
      at(undefined, out);
      at(0.0, low);
      at(1.0, high);
      for (std::size_t m = 0; m < n; ++m) CHECK(std::isnan(out[m]) == (low[m] != high[m]));
    }
  }
}

TEST_SUITE_END();
