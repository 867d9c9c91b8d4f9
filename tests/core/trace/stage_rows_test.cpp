#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/scenario/route.hpp"
#include "core/trace/applicant_reader.hpp"
#include "core/trace/trace_writer.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;

namespace {

constexpr std::uint32_t n_epochs = 5, n_replications = 2;
constexpr std::size_t n_stages = 3, n_groups = 2;
const std::vector<double> per_stage_group(n_stages* n_groups, 0.0);

/// Three stages, two groups, room for `room` decisions of applicants in a replication.
TraceLayout layout_of_route(Compression compression, std::uint64_t room, bool types) {
  TraceLayout layout;
  layout.scenario_name = layout.scenario = layout.scenario_resolved = "route";
  layout.n_replications = n_replications;
  layout.n_epochs = n_epochs;
  layout.groups = {"a", "b"};
  layout.shares = {0.5, 0.5};
  layout.stages = {"screen", "interview", "offer"};
  layout.stage_scores = types;
  if (types) layout.types = {{0, 0.2, 1.0, 0.5}, {1, 0.3, 1.0, 0.5}};
  layout.agents.resize(2);
  layout.agents[0].label = "one";
  layout.agents[1].label = "two";
  layout.agents[1].randomised = true;
  layout.compression = compression;
  layout.level = TraceLevel::applicants;
  layout.arrivals = [](std::uint32_t) { return std::vector<std::int64_t>(n_epochs, 1); };
  layout.most_rows = [room](std::uint32_t) { return room; };
  return layout;
}

/// Decisions of an epoch: another number in each agent, replication and epoch; all else is made from their numbers.
std::size_t decisions(std::size_t agent, std::uint32_t replication, std::uint32_t t, std::size_t scale) {
  return scale * (3 * agent + 2 * replication + t);
}

void write_epoch(EpochSink& sink, std::size_t agent, std::uint32_t replication, std::uint32_t t, std::size_t scale,
                 bool types) {
  const std::size_t n = decisions(agent, replication, t, scale);
  std::vector<std::uint8_t> group(n), accepted(n), success(n), stage(n);
  std::vector<std::uint32_t> type(types ? n : 0);
  std::vector<double> score(n), arrived_at(n), decided_at(n, t);
  for (std::size_t i = 0; i < n; ++i) {
    group[i] = i % 2;
    accepted[i] = i % 3 == 0;
    success[i] = i % 5 == 0;
    stage[i] = static_cast<std::uint8_t>(i % 3);
    if (types) type[i] = group[i];
    score[i] = 0.001 * static_cast<double>(i % 1000);
    arrived_at[i] = t - 0.25 * static_cast<double>(i % 4);
  }
  sink.rows()->begin_epoch(nullptr);
  const std::size_t half = n / 2;  // in two calls
  for (const auto& [from, to] : {std::pair{std::size_t{0}, half}, std::pair{half, n}}) {
    const auto part = [&, from = from, to = to](const auto& column) {
      return std::span(column).subspan(column.empty() ? 0 : from, column.empty() ? 0 : to - from);
    };
    ApplicantRows rows{part(group), part(type), part(score), part(accepted), part(success)};
    rows.stage = part(stage);
    rows.arrived_at = part(arrived_at);
    rows.decided_at = part(decided_at);
    sink.rows()->append(rows);
  }
  std::vector<double> arrived(n_stages * n_groups), told{0.5, undefined, static_cast<double>(t)};
  for (std::size_t i = 0; i < arrived.size(); ++i) arrived[i] = static_cast<double>(10 * t + i);
  const std::vector<double> by_group(n_groups, 1.0);
  EpochRecord record;
  record.threshold = record.arrived = record.accepted = record.succeeded = record.qualified = by_group;
  record.composition = record.qualification_rate = by_group;
  record.stage_arrived = arrived;
  record.stage_told = told;
  for (auto* column : {&record.stage_threshold, &record.stage_accepted, &record.stage_left, &record.stage_succeeded,
                       &record.stage_qualified, &record.stage_lost, &record.stage_waiting, &record.stage_wait})
    *column = per_stage_group;
  sink.record(record);
}

void run(TraceWriter& writer, std::size_t agent, std::uint32_t replication, std::size_t scale, bool types,
         std::uint32_t end = n_epochs) {
  const auto sink = writer.replication(agent, replication);
  for (std::uint32_t t = 0; t < end; ++t) write_epoch(*sink, agent, replication, t, scale, types);
  if (end == n_epochs) sink->finish(0.0);
}

void check_rows(const std::string& path, std::size_t scale, bool types) {
  const ApplicantReader reader(path);
  CHECK(reader.stages == std::vector<std::string>{"screen", "interview", "offer"});
  for (std::size_t a = 0; a < 2; ++a)
    for (std::uint32_t r = 0; r < n_replications; ++r) {
      std::vector<std::size_t> seen(n_epochs, 0);
      bool same = true;
      reader.read(reader.agents[a], r, 0, n_epochs, [&](const ApplicantPiece& piece) {
        for (std::size_t k = 0; k < piece.size(); ++k) {
          const std::uint32_t t = piece.epoch[k];
          const std::size_t i = seen[t]++;
          same = same && piece.group[k] == i % 2 && piece.accepted[k] == (i % 3 == 0) &&
                 piece.success[k] == (i % 5 == 0) && piece.stage[k] == i % 3 &&
                 piece.score[k] == 0.001 * static_cast<double>(i % 1000) && piece.decided_at[k] == t &&
                 piece.arrived_at[k] == t - 0.25 * static_cast<double>(i % 4) &&
                 piece.propensity[k] == piece.accepted[k] && (!types || piece.type[k] == i % 2);
        }
      });
      CHECK(same);
      for (std::uint32_t t = 0; t < n_epochs; ++t) CHECK(seen[t] == decisions(a, r, t, scale));
    }
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("decisions that nobody counted beforehand are kept in every storage") {
  const test::Scratch scratch;
  for (const bool types : {false, true})
    for (const Compression compression : {Compression::deflate, Compression::none})
      // Less than a chunk, with room for a chunk or not; several chunks.
      for (const auto& [scale, room] : {std::pair{1U, 100U}, std::pair{10U, 100000U}, std::pair{9000U, 900000U}}) {
        CAPTURE(scale);
        const std::string path = scratch.file("t.h5");
        TraceWriter writer = TraceWriter::create(path, layout_of_route(compression, room, types));
        for (std::size_t a = 0; a < 2; ++a)
          for (std::uint32_t r = 0; r < n_replications; ++r) run(writer, a, r, scale, types);
        writer.complete(1.0);
        check_rows(path, scale, types);
        const TraceReader trace(path);
        CHECK(trace.stages.size() == n_stages);
        const auto arrived = trace.read("two", "stage_arrived", 1, 3, 4),
                   told = trace.read("two", "stage_told", 1, 3, 4);
        CHECK(arrived == std::vector<double>{30, 31, 32, 33, 34, 35});
        CHECK(told.size() == n_stages);
        CHECK(told[2] == 3.0);
        std::filesystem::remove(path);
      }
}

TEST_CASE("a run with a route that was broken off is read as far as it goes and gone on with") {
  const test::Scratch scratch;
  const std::string path = scratch.file("t.h5");
  const TraceLayout layout = layout_of_route(Compression::deflate, 500, false);
  {
    TraceWriter writer = TraceWriter::create(path, layout);
    run(writer, 0, 0, 5, false);
    run(writer, 1, 1, 5, false, 3);
    writer.flush();
  }
  {
    const ApplicantReader half(path + ".partial");
    CHECK(half.epochs("one", 0).end == n_epochs);
    std::size_t n = 0;
    half.read("one", 0, 0, n_epochs, [&](const ApplicantPiece& piece) { n += piece.size(); });
    CHECK(n == 5 * (0 + 1 + 2 + 3 + 4));
  }
  TraceWriter writer = TraceWriter::resume(path, layout);
  CHECK(writer.epochs_written(0, 0) == n_epochs);
  run(writer, 0, 1, 5, false);
  run(writer, 1, 0, 5, false);
  run(writer, 1, 1, 5, false);
  writer.complete(1.0);
  check_rows(path, 5, false);
}

TEST_CASE("more decisions than there is room for is a bug") {
  const test::Scratch scratch;
  TraceWriter writer = TraceWriter::create(scratch.file("t.h5"), layout_of_route(Compression::none, 6, false));
  CHECK_THROWS_AS(run(writer, 1, 0, 1, false), ContractViolation);
}

TEST_CASE("the decisions of a route are bounded") {
  Route route;
  route.stages.resize(3);
  CHECK(most_decisions(route, 100, 50) == 300);
  route.stages[2].on_reject = {1, 0.5, nullptr};
  CHECK(most_decisions(route, 10000, 5000) == std::ceil(6 * (10000 + 10 * std::sqrt(5000.0) + 100)));
  route.stages[2].on_reject.probability = 1.0;
  CHECK(most_decisions(route, 100, 50) == 15000);
  route.stages[2].on_reject = {};
  route.stages[0].on_reject = {1, 0.5, nullptr};  // to a later stage: the same application
  CHECK(most_decisions(route, 100, 50) == 300);
}

TEST_SUITE_END();
