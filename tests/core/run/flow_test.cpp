#include "core/run/flow.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <numeric>

#include "tests/support/runs.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;

namespace {

const std::string learner = "[{type: ofs, grid: 5}]", all = "[{type: fixed, threshold: 0}]";
const std::string mu1 = "time: {law: exponential, mean: 1}";

Scenario world(const std::string& stages, std::vector<std::string> overrides = {}, const std::string& agents = all) {
  std::string yaml = test::ut_world(agents, "  dynamics: [{type: acceptance_share, rate: 0.1, gain: 1}]\n");
  if (!stages.empty()) yaml += "route: {stages: {" + stages + "}}\n";
  return test::build_valid(yaml, overrides);
}

/// Everything that an epoch's record holds.
struct Kept {
  std::map<std::string, std::vector<std::vector<double>>> column;
  std::vector<double> operator()(const std::string& name) const {  // summed over groups and stages
    std::vector<double> out;
    for (const auto& row : column.at(name)) out.push_back(std::accumulate(row.begin(), row.end(), 0.0));
    return out;
  }
  double sum(const std::string& name) const {
    const auto each = (*this)(name);
    return std::accumulate(each.begin(), each.end(), 0.0);
  }
};

class Keeper final : public EpochSink, public RowSink {
 public:
  struct Row {
    std::size_t epoch;
    std::uint8_t stage, accepted, success;
    double score, came, decided;
  };
  Kept kept;
  std::vector<Row> applicants;
  void record(const EpochRecord& r) override {
    const auto keep = [&](const char* name, std::span<const double> x) {
      kept.column[name].emplace_back(x.begin(), x.end());
    };
    keep("threshold", r.threshold);
    keep("arrived", r.arrived);
    keep("accepted", r.accepted);
    keep("succeeded", r.succeeded);
    keep("qualified", r.qualified);
    keep("composition", r.composition);
    keep("residual", r.residual);
    keep("expected_residual", r.expected_residual);
    keep("reward", {&r.reward, 1});
    keep("expected_reward", {&r.expected_reward, 1});
    keep("known", {&r.known_reward, 1});
    keep("matured", {&r.matured, 1});
    keep("time", {&r.time, 1});
    keep("stage_threshold", r.stage_threshold);
    keep("stage_arrived", r.stage_arrived);
    keep("stage_accepted", r.stage_accepted);
    keep("stage_left", r.stage_left);
    keep("stage_waiting", r.stage_waiting);
    keep("stage_wait", r.stage_wait);
    keep("stage_lost", r.stage_lost);
    keep("stage_told", r.stage_told);
  }
  RowSink* rows() override { return this; }
  void begin_epoch(const AcceptPropensity*) override {}
  void append(const ApplicantRows& rows) override {
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (!rows.stage.empty())
        applicants.push_back({kept.column["time"].size(), rows.stage[i], rows.accepted[i], rows.success[i],
                              rows.score[i], rows.arrived_at[i], rows.decided_at[i]});
  }
  void finish(double) override {}
};

Keeper run(const Scenario& scenario, std::uint32_t replication = 0) {
  Keeper keeper;
  const std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> progress{0};
  Simulation(scenario, 0, static_cast<Replication>(replication), keeper).run(stop, progress);
  return keeper;
}

bool same(const std::vector<std::vector<double>>& a, const std::vector<std::vector<double>>& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
    return std::ranges::equal(x, y, [](double p, double q) { return p == q || (std::isnan(p) && std::isnan(q)); });
  });
}

const std::string poisson(double rate) {
  return "environment.arrivals={type: poisson_process, rate: " + std::to_string(rate) + "}";
}

}  // namespace

TEST_SUITE_BEGIN("property");

TEST_CASE("a route of one stage is the plain scenario bit for bit") {
  const std::string late = "environment.outcomes={delay: {law: exponential, mean: 2}, lost: 0.3}";
  const std::vector<std::vector<std::string>> worlds{
      {},
      {late},
      {late, "environment.arrivals={type: poisson, mean: 2}"},
      {late, "environment.arrivals={type: poisson_process, rate: 9}", "clock={type: every, interval: 0.5}"},
      {late, "environment.arrivals={type: poisson_process, rate: 9}", "clock={type: arrivals, count: 20}"}};
  for (const auto& overrides : worlds) {
    CAPTURE(overrides.size());
    const Kept plain = run(world("", overrides, learner)).kept, route = run(world("only: {}", overrides, learner)).kept;
    for (const char* name : {"threshold", "arrived", "accepted", "succeeded", "qualified", "composition", "residual",
                             "expected_residual", "reward", "expected_reward", "time"}) {
      CAPTURE(name);
      CHECK(same(plain.column.at(name), route.column.at(name)));
    }
    if (overrides.empty()) continue;
    CHECK(same(plain.column.at("known"), route.column.at("known")));
    CHECK(same(plain.column.at("matured"), route.column.at("matured")));
  }
}

TEST_CASE("everyone who came has ended or is under way and who ends without being accepted was lost at a stage") {
  const std::string stages =
      "screen: {threshold: 0.3, servers: {count: 3, " + mu1 +
      "}, patience: {law: exponential, mean: 2}, on_accept: {to: interview, delay: {law: exponential, mean: 1}}, "
      "on_abandon: {to: interview, probability: 0.5}}, interview: {capacity: 2, score_model: {type: noisy, sd: 0.7}, "
      "patience: {law: fixed, time: 3}, on_accept: offer, on_reject: {to: screen, probability: 0.4, delay: {law: "
      "fixed, "
      "time: 5}}}, offer: {threshold: 0.2, cost: 0.1}";
  const Scenario scenario = world(stages, {poisson(4.0), "horizon=300"}, learner);
  const Keeper now = run(scenario);
  const auto come = arrival_counts(scenario, Replication{0});
  const double n = std::accumulate(come.begin(), come.end(), 0.0);
  const Kept& k = now.kept;
  CHECK(k.sum("stage_left") > 20);
  double entered = 0.0;
  for (std::size_t t = 0; t < 300; ++t) {
    const auto& lost = k.column.at("stage_lost")[t];
    for (std::size_t g = 0; g < 2; ++g)
      CHECK(k.column.at("arrived")[t][g] == k.column.at("accepted")[t][g] + lost[g] + lost[2 + g] + lost[4 + g]);
    entered += static_cast<double>(come[t]);
    const double waiting = k("stage_waiting")[t];
    CHECK(waiting >= 0.0);
    CHECK(waiting <= entered);
  }
  // Without ways back everyone is told apart: came = ended + waiting where no passage takes time.
  const Scenario straight =
      world("a: {servers: {count: 2, " + mu1 + "}, on_accept: b}, b: {threshold: 0.5, capacity: 1}",
            {poisson(1.5), "horizon=200"});
  const Kept s = run(straight).kept;
  const auto arrivals = arrival_counts(straight, Replication{0});
  double so_far = 0.0, ended = 0.0;
  for (std::size_t t = 0; t < 200; ++t) {
    so_far += static_cast<double>(arrivals[t]);
    ended += s("arrived")[t];
    CHECK(so_far == ended + s("stage_waiting")[t]);
  }
  CHECK(n > 1000);
}

TEST_CASE("capacity takes the best of those at or above the threshold and the others wait or are rejected") {
  for (const std::string queue : {"true", "false"}) {
    const Keeper now = run(world("only: {capacity: 7, queue: " + queue + "}",
                                 {"environment.arrivals.size=30", "horizon=20"}, "[{type: fixed, threshold: 0.6}]"));
    std::vector<std::vector<double>> accepted(20), rejected(20);
    for (const Keeper::Row& row : now.applicants) (row.accepted ? accepted : rejected)[row.epoch].push_back(row.score);
    for (std::size_t t = 0; t < 20; ++t) {
      CHECK(accepted[t].size() <= 7);
      for (const double score : accepted[t]) CHECK(score >= 0.6);
      const double worst = accepted[t].empty() ? 2.0 : std::ranges::min(accepted[t]);
      for (const double score : rejected[t])
        CHECK((score < 0.6 || (queue == "false" && accepted[t].size() == 7 && score <= worst)));
      if (queue == "false") CHECK(accepted[t].size() + rejected[t].size() == 30);
    }
    CHECK((now.kept("stage_waiting").back() > 0.0) == (queue == "true"));
  }
}

TEST_CASE("the time that waiters spend is the number waiting summed over time: Little's law as an identity") {
  // All come and are decided at whole times, so each waits as many epochs as she is counted among the waiting.
  const Keeper now = run(
      world("only: {capacity: 9}", {"environment.arrivals.size=20", "horizon=50"}, "[{type: fixed, threshold: 0.3}]"));
  double waited = 0.0;
  for (const Keeper::Row& row : now.applicants) waited += row.decided - row.came;
  const auto waiting = now.kept("stage_waiting");
  double still = 0.0;  // of those who wait at the end: since they came
  for (std::size_t t = 0; t < 50; ++t) still += waiting[t];
  CHECK(still > waited);
  double of_those_left = 0.0;
  std::vector<double> came(50, 0.0);
  for (std::size_t t = 0; t < 50; ++t) came[t] = 20.0;
  for (const Keeper::Row& row : now.applicants) came[static_cast<std::size_t>(row.came)] -= 1.0;
  for (std::size_t t = 0; t < 50; ++t) of_those_left += came[t] * (50.0 - static_cast<double>(t));
  CHECK(still == waited + of_those_left);
}

TEST_CASE("a passage that takes a fixed time only shifts what comes after it") {
  const std::string at_once = "a: {threshold: 0.4, on_accept: b}, b: {}",
                    later = "a: {threshold: 0.4, on_accept: {to: b, delay: {law: fixed, time: 3}}}, b: {}";
  const std::vector<std::string> fixed{"environment.dynamics=[]", "horizon=30"};
  const std::string agents = "[{type: fixed, threshold: 0.6}]";
  const Kept x = run(world(at_once, fixed, agents)).kept, y = run(world(later, fixed, agents)).kept;
  for (std::size_t t = 0; t + 3 < 30; ++t) CHECK(x.column.at("accepted")[t] == y.column.at("accepted")[t + 3]);
  for (std::size_t t = 0; t + 3 < 30; ++t)
    for (std::size_t g = 0; g < 2; ++g)
      CHECK(x.column.at("stage_arrived")[t][2 + g] == y.column.at("stage_arrived")[t + 3][2 + g]);
}

TEST_CASE("a stage is told the reward of its decisions once the last of them has left the route") {
  // Who is accepted at `a` takes 2 to come to `b`; `a` learns at t of the decisions of t - 2: (utility - cost) /
  // decided.
  const Scenario scenario = world(
      "a: {cost: 0.25, on_accept: {to: b, delay: {law: fixed, time: 2}}}, b: {threshold: 0.5, cost: 0.5}",
      {"environment.dynamics=[]", "horizon=30", "environment.arrivals.size=40"}, "[{type: fixed, threshold: 0.2}]");
  const Keeper now = run(scenario);
  std::vector<double> value(30, 0.0), decided(30, 0.0);
  for (const Keeper::Row& row : now.applicants) {
    const std::size_t from = row.stage == 0 ? row.epoch : row.epoch - 2;
    value[from] -= row.stage == 0 ? 0.25 : 0.5;
    if (row.stage == 0) decided[from] += 1.0;
    if (row.stage == 1 && row.accepted) value[from] += row.success ? 0.6 : -0.4;
  }
  const auto& told = now.kept.column.at("stage_told");
  for (std::size_t t = 3; t < 30; ++t) CHECK(told[t][0] == doctest::Approx(value[t - 3] / decided[t - 3]));
  CHECK(std::isnan(told[1][0]));
}

TEST_CASE("who applies again is counted again and a probability of one brings everyone back") {
  const Keeper now = run(world("only: {on_reject: {to: only, delay: {law: fixed, time: 4}}}",
                               {"environment.dynamics=[]", "horizon=30", "environment.arrivals.size=50"},
                               "[{type: fixed, threshold: 0.5}]"));
  const auto arrived = now.kept("arrived"), accepted = now.kept("accepted");
  for (std::size_t t = 0; t < 30; ++t) {
    const double again = t < 4 ? 0.0 : arrived[t - 4] - accepted[t - 4];
    CHECK(arrived[t] == 50.0 + again);
  }
}

TEST_CASE("a step on a stage at the start is the scenario with that value bit for bit") {
  const std::string stages =
      "a: {threshold: 0.2, cost: 0.1, on_accept: {to: b, delay: {law: exponential, mean: 1}}}, b: {capacity: 30}, c: "
      "{agent: {type: fixed, threshold: 0.3}, capacity: 25, on_accept: a}";
  const std::string entry = "route.entry=c";
  struct Case {
    std::string key, to;
  };
  const auto now = [&](const std::vector<std::string>& overrides) {
    std::vector<std::string> with{entry, "environment.arrivals.size=60"};
    with.insert(with.end(), overrides.begin(), overrides.end());
    return run(world(stages, with, "[{type: ofs, grid: 5}]")).kept;
  };
  const Kept old = now({});
  for (const Case& one : {Case{"a.threshold", "0.6"}, Case{"a.threshold", "{A: 0.6, B: 0.1}"}, Case{"a.cost", "0.7"},
                          Case{"b.cost", "0.25"}, Case{"b.capacity", "3"}, Case{"c.agent.threshold", "0.5"}}) {
    CAPTURE(one.key);
    const std::string name = "route.stages." + one.key;
    const Kept said = now({name + "=" + one.to});
    const auto step = [&](const std::string& at) {
      return now({"interventions=[{at: " + at + ", set: " + name + ", to: " + one.to + "}]"});
    };
    const Kept at_start = step("0"), later = step("14.5");
    for (const auto& [column, values] : said.column) {
      CAPTURE(column);
      CHECK(same(at_start.column.at(column), values));
      const auto until = [](const std::vector<std::vector<double>>& all) {
        return std::vector(all.begin(), all.begin() + 15);
      };
      CHECK(same(until(later.column.at(column)), until(old.column.at(column))));
    }
    CHECK_FALSE(same(said.column.at("reward"), old.column.at("reward")));
    CHECK_FALSE(same(later.column.at("reward"), old.column.at("reward")));
    CHECK_FALSE(same(later.column.at("reward"), said.column.at("reward")));
  }
}

TEST_CASE("from its epoch on a step on a stage is the scenario with that value where epochs are apart") {
  // Nobody is under way between epochs, nothing learns and nothing moves. All come at once: 40 an epoch.
  const std::vector<std::string> apart{"environment.dynamics=[]", "horizon=20", "environment.arrivals.size=40"};
  const auto now = [&](const std::string& stages, const std::string& set, const std::string& to) {
    auto overrides = apart;
    if (!set.empty())
      overrides.push_back("interventions=[{type: pulse, from: 8, until: 12, set: route.stages." + set + ", to: " + to +
                          "}]");
    return run(world("a: {" + stages + ", on_accept: b}, b: {}", overrides, "[{type: fixed, threshold: 0.3}]")).kept;
  };
  struct Case {
    std::string stage, set, to, stage_then;
  };
  for (const Case& one :
       {Case{"threshold: 0.4", "a.threshold", "0.7", "threshold: 0.7"},
        Case{"threshold: 0.4, capacity: 5, queue: false", "a.capacity", "4294967295", "threshold: 0.4"}}) {
    CAPTURE(one.set);
    const Kept plain = now(one.stage, "", ""), then = now(one.stage_then, "", ""),
               both = now(one.stage, one.set, one.to);
    for (const char* column : {"accepted", "succeeded", "stage_threshold", "stage_arrived", "reward", "residual"})
      for (std::size_t t = 0; t < 20; ++t) {
        CAPTURE(column);
        CAPTURE(t);
        const Kept& expected = t >= 8 && t < 12 ? then : plain;
        CHECK(same({both.column.at(column)[t]}, {expected.column.at(column)[t]}));
      }
    CHECK_FALSE(same(plain.column.at("accepted"), then.column.at("accepted")));
  }
}

TEST_CASE("the cost of a stage is that of the epoch of the decision") {
  // Who is accepted at `a` ends at `b` two epochs later; a decision at `a` costs 0.25, and 0.25 + t / 16 in [8, 12).
  const Keeper now =
      run(world("a: {threshold: 0.5, cost: 0.25, on_accept: {to: b, delay: {law: fixed, time: 2}}}, b: {}",
                {"environment.dynamics=[]", "horizon=20", "environment.arrivals.size=40",
                 "interventions=[{type: ramp, from: 8, until: 12, set: route.stages.a.cost, to: 0.5},"
                 " {at: 12, set: route.stages.a.cost, to: 0.125}]"},
                "[{type: fixed, threshold: 0.2}]"));
  const auto cost = [](std::size_t t) {
    return t < 8 ? 0.25 : t < 12 ? 0.25 + static_cast<double>(t - 8) / 16 : 0.125;
  };
  std::vector<double> value(20, 0.0), n(20, 0.0);
  for (const Keeper::Row& row : now.applicants) {
    if (row.stage == 0 && row.accepted) continue;  // goes on
    n[row.epoch] += 1.0;
    value[row.epoch] -= cost(row.epoch - (row.stage == 0 ? 0 : 2));
    if (row.stage == 1 && row.accepted) value[row.epoch] += row.success ? 0.6 : -0.4;
  }
  for (std::size_t t = 0; t < 20; ++t)
    CHECK(now.kept.column.at("reward")[t][0] == doctest::Approx(value[t] / n[t]).epsilon(1e-12));
  // Of one stage that decides everyone at once, what is expected is less by the cost of the epoch.
  const auto expected = [](const std::vector<std::string>& overrides) {
    return run(world("only: {cost: 0.25}", overrides)).kept.column.at("expected_reward");
  };
  const auto with = expected({"interventions=[{at: 20, set: route.stages.only.cost, to: 0.5}]"}),
             without = expected({});
  CHECK(with[19][0] == without[19][0]);
  for (std::size_t t = 20; t < 40; ++t) CHECK(with[t][0] == doctest::Approx(without[t][0] - 0.25).epsilon(1e-12));
}

TEST_CASE("a capacity on a ramp is the nearest whole number at each decision and halves go upwards") {
  const Kept now =
      run(world("only: {capacity: 10}",
                {"environment.arrivals.size=60", "horizon=20",
                 "interventions=[{type: ramp, from: 10, until: 14, set: route.stages.only.capacity, to: 20}]"}))
          .kept;
  const std::vector<double> on_the_ramp{10, 13, 15, 18};
  const auto accepted = now("accepted");
  for (std::size_t t = 0; t < 20; ++t) CHECK(accepted[t] == (t < 10 ? 10.0 : t < 14 ? on_the_ramp[t - 10] : 20.0));
}

TEST_CASE("the trace of a route depends neither on threads nor on being gone on with") {
  const std::string stages =
      "screen: {cost: 0.02, on_accept: interview, on_reject: {to: screen, probability: 0.3, delay: {law: fixed, time: "
      "6}}}, interview: {score_model: {type: noisy, sd: 0.5}, servers: {count: 2, " +
      mu1 +
      "}, patience: {law: exponential, mean: 3}, on_accept: {to: offer, delay: {law: exponential, mean: 1}}}, offer: "
      "{threshold: 0.5, capacity: 2}";
  for (const std::string level : {"epochs", "applicants"}) {
    CAPTURE(level);
    const Scenario scenario =
        world(stages,
              {poisson(5.0), "clock={type: every, interval: 0.5}", "horizon=200", "replications=3",
               "trace.level=" + level, "environment.outcomes={delay: {law: weibull, scale: 6, shape: 3}, lost: 0.1}"},
              "[{type: ofs, grid: 5}, {type: thompson, grid: 5}]");
    const test::Scratch scratch;
    test::run_to(scratch.file("one.h5"), scenario, 1);
    test::run_to(scratch.file("two.h5"), scenario, 2);
    {
      TraceWriter writer = TraceWriter::create(scratch.file("late.h5"), trace_layout(scenario));
      const auto sink = writer.replication(1, 0);  // one replication of six is done when the run ends
      const std::atomic<bool> stop{false};
      std::atomic<std::uint64_t> progress{0};
      Simulation(scenario, 1, Replication{0}, *sink).run(stop, progress);
      sink->finish(0.0);
      writer.flush();
    }
    {
      TraceWriter writer = TraceWriter::resume(scratch.file("late.h5"), trace_layout(scenario));
      const std::atomic<bool> stop{false};
      REQUIRE(Experiment(scenario, writer, 2).run(stop));
      writer.complete(0.0);
    }
    const TraceReader one(scratch.file("one.h5")), two(scratch.file("two.h5")), late(scratch.file("late.h5"));
    for (const std::string label : {"ofs", "thompson"}) {
      CHECK(test::equal_agents(one, two, label));
      CHECK(test::equal_agents(one, late, label));
      for (const char* column : {"time", "stage_threshold", "stage_arrived", "stage_accepted", "stage_left",
                                 "stage_wait", "stage_waiting", "stage_lost", "stage_told"}) {
        CAPTURE(column);
        REQUIRE(one.has(label, column));
        const auto x = one.read(label, column, 2, 0, 200), y = two.read(label, column, 2, 0, 200),
                   z = late.read(label, column, 2, 0, 200);
        CHECK(std::memcmp(x.data(), y.data(), x.size() * sizeof(double)) == 0);
        CHECK(std::memcmp(x.data(), z.data(), x.size() * sizeof(double)) == 0);
      }
    }
  }
}

TEST_SUITE_END();
