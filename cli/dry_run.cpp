#include "cli/dry_run.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <utility>

#include "cli/quantities.hpp"
#include "cli/table.hpp"
#include "core/error.hpp"
#include "core/run/simulation.hpp"
#include "core/scenario/words.hpp"
#include "core/trace/continuity.hpp"
#include "core/trace/trace_file.hpp"
#include "core/trace/trace_reader.hpp"

namespace fs = std::filesystem;

namespace loopgate::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr double sample_seconds = 0.2;  ///< over all agents

class NoRows final : public RowSink {
  void begin_epoch(const AcceptPropensity*) override {}
  void append(const ApplicantRows&) override {}
};

/// Forgets every epoch and stops the run when its time is up. The first half of the epochs counts once, as the time
/// they took, since it holds what is worked out once and then remembered; the second half gives the pace of the rest.
class SampleSink final : public EpochSink {
 public:
  SampleSink(double budget, TraceLevel level, std::atomic<bool>& stop) : budget_(budget), level_(level), stop_(stop) {}

  RowSink* rows() override { return level_ == TraceLevel::applicants ? &rows_ : nullptr; }

  void record(const EpochRecord&) override {
    ++epochs_;
    seconds_ = std::chrono::duration<double>(Clock::now() - start_).count();
    if (epochs_ == std::max<std::uint64_t>(1, 2 * half_.epochs)) before_ = std::exchange(half_, {epochs_, seconds_});
    if (seconds_ >= budget_) stop_ = true;
  }
  void finish(double) override {}

  /// Of a whole replication.
  double expected_seconds(std::uint32_t n_epochs) const {
    const double pace = (seconds_ - before_.seconds) / static_cast<double>(epochs_ - before_.epochs);
    return seconds_ + pace * static_cast<double>(n_epochs - epochs_);
  }

 private:
  struct Mark {
    std::uint64_t epochs;
    double seconds;
  };
  Clock::time_point start_ = Clock::now();
  double budget_;
  TraceLevel level_;
  NoRows rows_;
  std::atomic<bool>& stop_;
  std::uint64_t epochs_ = 0;
  double seconds_ = 0.0;
  Mark before_{0, 0.0}, half_{0, 0.0};  ///< the last two powers of two
};

/// Processor time of one replication of each agent (s), from the start of a real one. Once the sample has taken twice
/// its time, the remaining agents are taken to be like those before them.
std::vector<double> replication_seconds(const Scenario& scenario) {
  std::vector<double> seconds;
  const auto start = Clock::now();
  for (std::size_t a = 0; a < scenario.agents.size(); ++a) {
    if (std::chrono::duration<double>(Clock::now() - start).count() > 2.0 * sample_seconds) {
      seconds.push_back(std::accumulate(seconds.begin(), seconds.end(), 0.0) / static_cast<double>(a));
      continue;
    }
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> progress{0};
    SampleSink sink(sample_seconds / static_cast<double>(scenario.agents.size()), scenario.level, stop);
    Simulation(scenario, a, Replication{0}, sink).run(stop, progress);
    seconds.push_back(sink.expected_seconds(scenario.n_epochs));
  }
  return seconds;
}

std::string partial_of(const RunRequest& request) { return request.output.string() + ".partial"; }

/// Replications of each agent that are still to be run.
std::vector<std::size_t> replications_left(const Scenario& scenario, const RunRequest& request) {
  std::vector<std::size_t> left(scenario.agents.size(), scenario.n_replications);
  if (!request.resume || !request.problem.empty()) return left;
  const TraceReader trace(partial_of(request));
  check_resumable(trace, trace_layout(scenario));
  for (std::size_t a = 0; a < left.size(); ++a)
    left[a] -= static_cast<std::size_t>(
        std::ranges::count(trace.epochs_written(scenario.agents[a].label), std::int64_t{scenario.n_epochs}));
  return left;
}

struct Plan {
  std::vector<std::size_t> left;  ///< [n_agents] replications to be run
  std::vector<double> seconds;    ///< [n_agents] processor time of those
  double wall_seconds = 0.0;
  double applicants_per_epoch = 0.0, applicants = 0.0;
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> free_bytes;  ///< nothing where it cannot be told
  bool exists = false, partial_exists = false;
};

Plan plan_of(const Scenario& scenario, const RunRequest& request) {
  Plan plan;
  plan.left = replications_left(scenario, request);
  plan.seconds = replication_seconds(scenario);
  const double longest = *std::ranges::max_element(plan.seconds);
  std::size_t jobs = 0;
  for (std::size_t a = 0; a < plan.left.size(); ++a) {
    plan.seconds[a] *= static_cast<double>(plan.left[a]);
    jobs += plan.left[a];
  }
  const double total = std::accumulate(plan.seconds.begin(), plan.seconds.end(), 0.0);
  if (jobs > 0)
    plan.wall_seconds = std::max(total / std::min<double>(request.threads, static_cast<double>(jobs)), longest);
  plan.applicants_per_epoch = arrivals_of_epoch(scenario);
  plan.applicants = plan.applicants_per_epoch * scenario.n_epochs * static_cast<double>(jobs);
  plan.bytes = uncompressed_bytes(trace_layout(scenario));
  std::error_code unknown;
  const fs::path folder = request.output.has_parent_path() ? request.output.parent_path() : fs::path(".");
  if (const fs::space_info space = fs::space(folder, unknown); !unknown) plan.free_bytes = space.available;
  plan.exists = fs::exists(request.output, unknown);
  plan.partial_exists = fs::exists(partial_of(request), unknown);
  return plan;
}

void print_json(const Scenario& scenario, const RunRequest& request, const Plan& plan) {
  using Json = nlohmann::ordered_json;
  Json agents = Json::array();
  for (std::size_t a = 0; a < plan.left.size(); ++a)
    agents.push_back({{"agent", scenario.agents[a].label},
                      {"type", scenario.agents[a].type},
                      {"replications_left", plan.left[a]},
                      {"seconds", plan.seconds[a]}});
  const Json trace{{"path", request.output.string()},
                   {"exists", plan.exists},
                   {"partial_exists", plan.partial_exists},
                   {"bytes_uncompressed", plan.bytes},
                   {"level", name_of(scenario.level)},
                   {"compression", name_of(scenario.compression)},
                   {"bytes_free", plan.free_bytes ? Json(*plan.free_bytes) : Json(nullptr)}};
  const Json all{{"scenario", scenario.name},
                 {"seed", static_cast<std::uint64_t>(scenario.seed)},
                 {"fidelity", name_of(scenario.fidelity)},
                 {"replications", scenario.n_replications},
                 {"epochs", scenario.n_epochs},
                 {"applicants_per_epoch", plan.applicants_per_epoch},
                 {"agents", agents},
                 {"trace", trace},
                 {"threads", request.threads},
                 {"seconds_estimated", plan.wall_seconds},
                 {"problem", request.problem.empty() ? Json(nullptr) : Json(request.problem)}};
  std::cout << all.dump(2) << '\n';
}

void print_text(const Scenario& scenario, const RunRequest& request, const Plan& plan) {
  std::cout << request.scenario.string() << ": valid: " << extent(scenario) << "\n\n";
  Table table({{"agent", "agent", Table::Align::left},
               {"type", "type", Table::Align::left},
               {"replications_left", "replications to run"},
               {"seconds", "seconds of one core"}});
  for (std::size_t a = 0; a < plan.left.size(); ++a)
    table.row()
        .text(scenario.agents[a].label)
        .text(scenario.agents[a].type)
        .number(static_cast<double>(plan.left[a]), 0)
        .number(plan.seconds[a], 2);
  table.print("table");
  const bool packed = scenario.compression != Compression::none;
  std::cout << "\nfidelity    " << name_of(scenario.fidelity) << ", " << count_text(plan.applicants_per_epoch)
            << " applicants an epoch, " << count_text(plan.applicants) << " in all\n"
            << "trace       " << request.output.string() << (plan.exists ? ": exists" : ": does not exist yet")
            << (plan.partial_exists ? "; the .partial of an unfinished run exists" : "") << "; level "
            << name_of(scenario.level) << '\n'
            << "size        " << bytes_text(static_cast<double>(plan.bytes))
            << (packed ? std::string(" while running, compressed (") + name_of(scenario.compression) + ") at the end"
                       : ", not compressed");
  if (plan.free_bytes) std::cout << "; the disk has " << bytes_text(static_cast<double>(*plan.free_bytes)) << " free";
  std::cout << "\ntime        " << duration_text(plan.wall_seconds) << " on " << request.threads
            << (request.threads == 1 ? " thread" : " threads") << ": an estimate from a short sample, without writing"
            << (packed ? " and compressing" : "") << '\n'
            << "nothing was written\n";
}

}  // namespace

void print_plan(const Scenario& scenario, const RunRequest& request, const std::string& format) {
  const Plan plan = plan_of(scenario, request);
  if (format == "json") print_json(scenario, request, plan);
  else print_text(scenario, request, plan);
}

}  // namespace loopgate::cli
