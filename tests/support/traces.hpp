#pragma once

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <string>

#include "core/run/experiment.hpp"
#include "core/trace/trace_reader.hpp"
#include "tests/support/worlds.hpp"

namespace loopgate::test {

/// A folder of its own for one test.
struct Scratch {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("loopgate_" + std::to_string(reinterpret_cast<std::uintptr_t>(this)));
  Scratch() { std::filesystem::create_directory(folder); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::filesystem::remove_all(folder); }
  std::string file(const std::string& name) const { return (folder / name).string(); }
};

inline void run_to(const std::string& path, const Scenario& scenario, unsigned threads) {
  TraceWriter writer = TraceWriter::create(path, trace_layout(scenario));
  const std::atomic<bool> stop{false};
  REQUIRE(Experiment(scenario, writer, threads).run(stop));
  writer.complete(0.0);
}

inline void run_to(const std::string& path, const std::string& yaml, unsigned threads) {
  Diagnostics diagnostics;
  const Scenario scenario = build(yaml, diagnostics);
  REQUIRE(diagnostics.ok());
  run_to(path, scenario, threads);
}

/// The datasets of an agent; a scenario without constraints, dynamics or chance lacks some of them.
inline constexpr std::array columns{
    "threshold",       "arrived", "accepted",    "succeeded",       "qualified",          "composition",
    "state",           "reward",  "residual",    "expected_reward", "qualification_rate", "expected_residual",
    "arm_probability", "matured", "known_reward"};

/// Bit for bit.
inline bool equal_agents(const TraceReader& a, const TraceReader& b, const std::string& label) {
  for (const char* column : columns) {
    if (a.has(label, column) != b.has(label, column)) return false;
    for (std::uint32_t r = 0; a.has(label, column) && r < a.n_replications; ++r) {
      const auto x = a.read(label, column, r, 0, a.n_epochs), y = b.read(label, column, r, 0, b.n_epochs);
      if (x.size() != y.size() || std::memcmp(x.data(), y.data(), x.size() * sizeof(double)) != 0) return false;
    }
  }
  return true;
}

}  // namespace loopgate::test
