#pragma once

#include <string>
#include <vector>

#include "agents/register_agents.hpp"
#include "core/scenario/scenario.hpp"
#include "environments/register_environments.hpp"
#include "tests/support/source_dir.hpp"

namespace loopgate::test {

inline const Catalog& catalog() {
  static const Catalog shared = [] {
    Catalog all;
    register_environments(all);
    register_agents(all);
    return all;
  }();
  return shared;
}

/// Data files are looked for beside this file too.
inline Scenario build(const std::string& yaml, Diagnostics& diagnostics,
                      const std::vector<std::string>& overrides = {}) {
  return build_scenario(yaml, "test.yaml", overrides, catalog(),
                        DataFiles::from_environment(source_dir() + "/tests/support"), diagnostics);
}

/// World UT: group A uniform, group B of density 2 (1 - s), P(success) = score, 0.6 / -0.4.
inline std::string ut_world(const std::string& agents, const std::string& more = "") {
  return "scenario: ut\nseed: 5\nhorizon: 40\nreplications: 2\n"
         "environment:\n  population:\n    type: parametric\n    groups:\n"
         "      - {name: A, share: 0.5, score: {law: uniform, low: 0, high: 1}}\n"
         "      - {name: B, share: 0.5, score: {law: triangular, low: 0, mode: 0, high: 1}}\n"
         "  arrivals: {type: batch, size: 500}\n  utility: {success: 0.6, failure: -0.4}\n" +
         more + "constraints: {demographic_parity: {tolerance: 0.1}}\nagents: " + agents + "\n";
}

}  // namespace loopgate::test
