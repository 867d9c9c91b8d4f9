#include "verify/verify.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "tests/support/worlds.hpp"

using namespace loopgate;

namespace {

const VerificationCase& named(const std::string& name) {
  const auto all = verification_cases();
  const auto at = std::ranges::find(all, name, [](const VerificationCase& one) { return std::string(one.name); });
  REQUIRE(at != all.end());
  return *at;
}

std::vector<KnownAnswer> answers(const VerificationCase& one, const std::vector<std::string>& changes = {}) {
  const Catalog& catalog = test::catalog();
  const DataFiles files = DataFiles::from_environment(".");
  for (const std::string& file : one.data)
    if (!files.find(file)) {
      MESSAGE("skipped: " << file << " is absent; set LOOPGATE_DATA or run scripts/get-data");
      return {};
    }
  Verification into(catalog, files, changes);
  one.run(into);
  REQUIRE_FALSE(into.answers().empty());
  return into.answers();
}

std::size_t n_failed(const std::vector<KnownAnswer>& some) {
  return static_cast<std::size_t>(std::ranges::count_if(some, [](const KnownAnswer& one) { return !one.passes(); }));
}

}  // namespace

TEST_SUITE_BEGIN("verify");

TEST_CASE("every known answer comes out") {
  std::set<std::string> names;
  for (const VerificationCase& one : verification_cases()) {
    CAPTURE(one.name);
    CHECK(names.insert(one.name).second);
    for (const KnownAnswer& answer : answers(one)) {
      CAPTURE(answer.quantity);
      CAPTURE(answer.expected);
      CAPTURE(answer.got);
      CHECK(answer.passes());
    }
  }
}

TEST_CASE("a wrong constant fails") {
  CHECK(n_failed(answers(named("uniform_triangular"), {"utility.failure=-0.41"})) > 0);
  CHECK(n_failed(answers(named("uniform_triangular"), {"environment.population.groups.A.share=0.51",
                                                       "environment.population.groups.B.share=0.49"})) > 0);
  CHECK(n_failed(answers(named("applicant_pool"), {"dynamics.applicant_pool.rate=0.06"})) > 0);
  CHECK(n_failed(answers(named("retention"), {"dynamics.retention.retained=0.89"})) > 0);
  CHECK(n_failed(answers(named("qualification"), {"dynamics.qualification.unqualified_rejected=0.11"})) == 3);
  CHECK(n_failed(answers(named("performative"), {"dynamics.performative_shift.sensitivity=0.89"})) == 4);
  CHECK(n_failed(answers(named("strategic"), {"dynamics.best_response.cost=5"})) == 1);
  CHECK(n_failed(answers(named("credit_clusters"), {"dynamics.credit_ladder.mass=0.02"})) > 0);
  CHECK(n_failed(answers(named("credit_clusters"), {"dynamics.credit_ladder.down=2"})) > 3);
  CHECK(n_failed(answers(named("queues"), {"route.stages.only.servers.count=2"})) == 5);
  const auto impact = answers(named("delayed_impact"), {"dynamics.credit_ladder.up=76"});
  if (!impact.empty()) CHECK(n_failed(impact) > 5);
  const auto fico = answers(named("fico"), {"utility.failure=-4.01"});
  if (!fico.empty()) CHECK(n_failed(fico) > 0);
  const auto compas = answers(named("compas"), {"utility.failure=-1.01"});
  if (!compas.empty()) CHECK(n_failed(compas) == 3);
}

TEST_CASE("an answer passes to its last digit and no farther") {
  const Catalog& catalog = test::catalog();
  const DataFiles files = DataFiles::from_environment(".");
  Verification into(catalog, files, {});
  into.rounded("near", 0.123, 0.1234999, 3);
  into.rounded("far", 0.123, 0.1235001, 3);
  into.rounded("undefined", 0.123, undefined, 3);
  into.estimated("near", 1.0, 1.44, 0.1, 2);
  into.estimated("far", 1.0, 1.46, 0.1, 2);
  into.estimated("undefined", 1.0, undefined, 0.1, 2);
  const bool expected[] = {true, false, false, true, false, false};
  for (std::size_t i = 0; i < 6; ++i) CHECK(into.answers()[i].passes() == expected[i]);
}

TEST_SUITE_END();
