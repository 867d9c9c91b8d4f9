#include "core/scenario/clock.hpp"

#include <algorithm>
#include <cmath>

#include "core/scenario/scalars.hpp"

namespace loopgate {

namespace {

void check_given(const Node& root, const Scenario& scenario, std::span<const Time> times, Diagnostics& diagnostics) {
  const Node& file = root.at("environment").at("arrivals").at("file");
  if (scenario.clock.kind == Clock::Kind::arrivals) {
    const double needed = static_cast<double>(scenario.clock.count) * scenario.n_epochs;
    if (needed > static_cast<double>(times.size()))
      diagnostics.error(
          root.at("horizon"),
          "needs " + format_number(needed) + " arrivals, and " + file.text + " has " + std::to_string(times.size()),
          "fewer epochs, a smaller count or more times");
    return;
  }
  const double last = std::ceil(times.back() / scenario.clock.interval);  // decision that is the last with arrivals
  if (last < scenario.n_epochs)
    diagnostics.warn(file, "nobody comes after " + format_number(times.back()) + ", so the last " +
                               format_number(scenario.n_epochs - last) + " epochs have no applicants");
}

}  // namespace

void check_clock(const Node& root, const Scenario& scenario, Diagnostics& diagnostics) {
  const Node &arrivals = root.at("environment").at("arrivals"), &clock = root.at("clock");
  const ArrivalProcess* process = scenario.arrivals->process();
  const bool counted = scenario.clock.kind == Clock::Kind::arrivals;
  if (counted && process == nullptr)
    return diagnostics.error(
        clock.at("type"),
        "needs arrivals in continuous time, and `" + arrivals.string("type") + "` brings a batch at each decision",
        "environment.arrivals: {type: poisson_process, ...} or {type: times, ...}, or the clock "
        "`every`");
  if (counted && scenario.fidelity == Fidelity::mean_field)
    diagnostics.error(root.at("fidelity"), "knows no single arrivals, which the clock counts",
                      "individuals or counts, or the clock `every`");
  if (process == nullptr) return;
  if (!process->given_times().empty()) return check_given(root, scenario, process->given_times(), diagnostics);
  const auto values = [&] {
    std::vector<double> all;
    for (const Parameter& one : process->parameters()) all.push_back(one.value);
    return all;
  }();
  if (counted && process->ends())
    diagnostics.error(arrivals, "ends with a rate of 0, so that the clock may wait for ever",
                      "a last piece with a rate above 0, or the clock `every`");
  const double most = process->expected(0.0, scenario.clock.interval * scenario.n_epochs, values) / scenario.n_epochs;
  if (!counted && most > 4e9)
    diagnostics.error(arrivals, "brings " + format_rounded(most) + " applicants an epoch", "at most 4e9");
}

void check_shares(const Node& root, const Scenario& scenario, Diagnostics& diagnostics) {
  const ArrivalProcess* process = scenario.arrivals->process();
  if (process == nullptr) return;
  const bool moved =
      std::ranges::any_of(scenario.states, [](const StateEntry& one) { return one.kind == StateEntry::Kind::share; });
  if (!process->groups().empty() && moved)
    diagnostics.error(root.at("environment").at("arrivals").at("group"),
                      "the file says of which group applicants are, and dynamics would move the shares",
                      "no `group`, or nothing that moves shares");
}

Time decision_time(const Scenario& scenario, std::uint32_t epoch) noexcept {
  if (scenario.clock.kind == Clock::Kind::arrivals) return undefined;
  return scenario.clock.interval * (scenario.arrivals->process() == nullptr ? epoch : epoch + 1.0);
}

}  // namespace loopgate
