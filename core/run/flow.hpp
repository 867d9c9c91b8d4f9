#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/run/cohorts.hpp"
#include "core/run/epoch_draw.hpp"
#include "core/run/live_scores.hpp"
#include "core/run/outcome_table.hpp"
#include "core/run/route_rows.hpp"
#include "core/run/stage_queue.hpp"
#include "core/scenario/scenario.hpp"

namespace loopgate {

/// The route of one replication: who is under way, and what the stages decide at each decision epoch. In an epoch the
/// stages decide one after the other, so who goes on at once meets the next stage in the same epoch. An applicant's
/// times, noise and passages are drawn by her own number (epoch and place among those who came), so agents that are
/// compared meet the same people, who take as long and are as patient wherever they come to the same stage.
///
/// Where the score model learns, who comes to a stage has the score that the model in use gives her; the model is told
/// of the decisions of the first stage that compared agents decide, when the agent there is told their reward: of all
/// whom it decided in an epoch, the outcomes of those who were accepted for good.
class Flow {
 public:
  /// compared: decides at the first stage that compared agents decide; label: theirs, by which the agents of later such
  /// stages draw. live: the score model that learns, or null; rows: takes every decision, or null. scenario and
  /// what is pointed to outlive the flow.
  Flow(const Scenario& scenario, Agent& compared, const AgentFactory& factory, const std::string& label, Seed seed,
       Replication replication, LiveScores* live, RowSink* rows);

  /// Takes those who came since the last decision, drawn by an EpochDraw.
  RowSink& newcomers() noexcept { return newcomers_; }
  /// Decides those who can be decided now. composition: as those who came met it.
  /// expected: of those who came. Returns whom ended() were expected to be: the same where the route decides at once.
  ExpectedArrivals decide(std::uint32_t epoch, Time now, const ParameterValues& parameters,
                          const Composition& composition, const ExpectedArrivals& expected);
  void record(EpochRecord& record);  ///< the stages' part
  /// Tells the stages' agents of this epoch's decisions, after its record. later(time, cohort): tell_late is to be
  /// called with that cohort then, which may be now.
  void tell(Time now, const std::function<void(Time, std::uint32_t)>& later);
  void tell_late(std::uint32_t cohort, Time now);

  /// Of the applications that ended in this epoch; accepted: for good. explored: accepted below the threshold of the
  /// first compared stage in this epoch.
  const Counts& ended() const noexcept { return ended_; }
  double cost() const noexcept { return cost_; }  ///< of all stages of those applications
  /// When the first compared stage's agent is told of this epoch's decisions, and what, where all of these have ended;
  /// else NaN.
  struct Known {
    Time due = undefined;
    double reward = undefined;
  };
  Known known() const;
  std::span<const double> threshold() const noexcept { return deciders_[main_].threshold; }  ///< of that stage
  /// The agents of the other compared stages.
  std::vector<Agent*> others() const;
  /// The agent of a stage's own, or null.
  Agent* own_agent(std::size_t stage) const noexcept { return deciders_[stage].own.get(); }
  double n_under_way() const noexcept { return static_cast<double>(all_.size() - free_.size()); }

 private:
  using Applicant = RouteApplicant;
  struct Membership {
    std::uint32_t cohort;
    double cost_before;
  };
  struct Decider {
    Agent* agent = nullptr;  ///< null: the threshold is fixed
    std::unique_ptr<Agent> own;
    std::optional<Rng> rng;
    std::vector<double> threshold, least, residual;  ///< least: the least accepted score
    // of the epoch at hand
    std::vector<double> explored;  ///< [n_groups] accepted below the threshold
    double decided = 0.0, below = 0.0;
    std::uint32_t cohort = 0;
    double told = 0.0, n_told = 0.0;
  };
  /// [n_groups] whom a stage decided, or who ended, in all earlier epochs: of the next no more is known
  struct Earlier {
    std::vector<double> arrived, qualified;
    ExpectedArrivals expected() const noexcept { return {arrived, qualified}; }
    void add(const Counts& counts) noexcept;
  };
  /// [n_stages x n_groups] of the epoch at hand
  struct Tally {
    std::vector<double> threshold, arrived, accepted, left, succeeded, qualified, waiting, wait, lost, left_qualified;
  };
  enum Purpose : std::uint32_t { stay, passage, noise, exploring };

  std::size_t at(std::size_t k, std::uint32_t who) const noexcept { return k * n_groups_ + all_[who].group; }
  std::array<double, 2> uniforms(const Applicant& one, std::size_t stage, Purpose purpose) const noexcept;
  StageQueue::Stay stay_of(std::size_t k, const Applicant& one) const noexcept;
  double score_at(std::size_t k, const Applicant& one) const noexcept;
  std::uint32_t add(const Applicant& one);
  void begin(std::uint32_t epoch);
  void choose(std::size_t k, Time now, const ParameterValues& parameters, const Composition& composition);
  bool accepts(std::size_t k, const Applicant& one, std::span<const Exploration> below);
  void enter(std::size_t k, Time now);
  void gather(std::size_t k, Time now);
  void judge(std::size_t k);
  void carry_out(std::size_t k, Time now);
  void decided(std::size_t k, std::uint32_t who, bool accepted, Time now);
  static void count_exploring(Decider& decider, const Applicant& one, bool accepted);
  void leave(std::size_t k, std::uint32_t who, Time when, Time now);
  void go_on(std::size_t k, std::uint32_t who, const Passage& way, bool accepted, Time from, Time now);
  void end(std::size_t k, std::uint32_t who, bool accepted);
  void find_residuals(std::size_t k, const ParameterValues& parameters, const ExpectedArrivals& expected);

  const Scenario& scenario_;
  const std::vector<Stage>& stages_;
  std::size_t n_groups_, main_ = 0;
  std::array<std::uint32_t, 2> key_;
  std::uint32_t replication_, epoch_ = 0;
  Newcomers newcomers_;
  std::optional<DecisionRows> rows_;  ///< where the trace wants them
  LiveScores* live_;
  AcceptPropensity propensity_;          ///< of the first compared stage, where the score model asks
  std::span<const double> type_score_;   ///< [n_types] in the epoch at hand, where the score model learns; else empty
  std::vector<Decider> deciders_;        ///< [n_stages]
  std::span<const StageValues> values_;  ///< [n_stages] in the epoch at hand
  std::vector<MaturityDraw> maturities_;
  Cohorts cohorts_;
  std::vector<std::uint32_t> closed_;  ///< in the epoch at hand
  std::vector<StageQueue> queues_;     ///< [n_stages]
  std::vector<Applicant> all_;
  std::vector<Membership> memberships_;  ///< [applicants x n_stages]
  std::vector<std::uint32_t> free_;

  std::vector<StageQueue::Arrival> coming_;
  std::vector<StageQueue::Event> ready_;
  enum class Verdict : std::uint8_t { rejected, accepted, waits };
  std::vector<Verdict> verdict_;  ///< of each of ready_
  std::vector<std::uint32_t> best_;
  Counts ended_, stage_counts_;
  std::vector<Earlier> earlier_;  ///< [n_stages + 1] the last: who ended
  bool at_once_;                  ///< everyone ends at the decision after which she came
  double cost_ = 0.0;
  Tally tally_;
  std::vector<double> told_, rate_;
};

}  // namespace loopgate
