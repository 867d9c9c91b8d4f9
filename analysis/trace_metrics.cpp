#include "analysis/trace_metrics.hpp"

#include <algorithm>
#include <cmath>

#include "analysis/epoch_tally.hpp"
#include "analysis/inequality.hpp"
#include "core/error.hpp"

namespace loopgate {

namespace {

/// Takes each replication's numbers in the same order; the first replication names them.
class Collector {
 public:
  Collector(const std::vector<std::string>& groups, const std::vector<std::string>& residuals)
      : groups_(groups), residuals_(residuals) {}

  MetricValue& add(const char* metric, const char* basis, const char* view, const std::string& subject, double value) {
    if (at_ == rows.size()) rows.push_back({metric, basis, view, subject, {}, {}, {}, {}, undefined, undefined, 0});
    MetricValue& row = rows[at_++];
    row.values.push_back(value);
    return row;
  }

  MetricValue& add_ratio(const char* metric, const char* view, const std::string& subject, const Ratio& ratio) {
    MetricValue& row = add(metric, "realised", view, subject, ratio.value());
    row.numerator = std::isnan(row.numerator) ? ratio.numerator : row.numerator + ratio.numerator;
    row.denominator = std::isnan(row.denominator) ? ratio.denominator : row.denominator + ratio.denominator;
    return row;
  }

  /// A rate of each group; the spread of the values of this replication.
  template <class Rate>
  Spread add_rates(const char* metric, const char* view, const std::vector<GroupCounts>& counts, Rate rate) {
    std::vector<double> values;
    first_ = at_;
    for (std::size_t g = 0; g < counts.size(); ++g) {
      const Ratio ratio = rate(counts[g]);
      values.push_back(ratio.value());
      add_ratio(metric, view, groups_[g], ratio);
    }
    return spread(values);
  }

  /// A number that differs by the groups of the last add_rates; its pair is found when all replications are in.
  void add_spread(const char* metric, const char* view, double value, const char* basis = "realised") {
    if (at_ == rows.size()) pairs_.push_back({at_, first_});
    add(metric, basis, view, "", value);
  }

  void remember_groups() { first_ = at_; }
  void next_replication() { at_ = 0; }
  const std::string& group(std::size_t g) const { return groups_[g]; }
  std::string residual(std::size_t m) const { return m < residuals_.size() ? residuals_[m] : "worst residual"; }

  /// Intervals, and the pairs with the largest spread of the means.
  std::vector<MetricValue> finish() {
    for (MetricValue& row : rows) {
      std::vector<double> defined;
      std::ranges::copy_if(row.values, std::back_inserter(defined), [](double x) { return !std::isnan(x); });
      row.estimate = t_interval(defined, 0.95);
    }
    for (const auto& [row, first] : pairs_) {
      std::vector<double> means;
      for (std::size_t g = 0; g < groups_.size(); ++g) means.push_back(rows[first + g].estimate.mean);
      const Spread widest = spread(means);
      if (std::isnan(widest.gap)) continue;
      rows[row].highest = groups_[widest.highest];
      rows[row].lowest = groups_[widest.lowest];
    }
    return std::move(rows);
  }

  std::vector<MetricValue> rows;

 private:
  struct Pair {
    std::size_t row, first;  ///< a spread; the first of the groups' rows that it is of
  };
  const std::vector<std::string>& groups_;
  const std::vector<std::string>& residuals_;
  std::vector<Pair> pairs_;
  std::size_t at_ = 0, first_ = 0;
};

enum class Part : std::uint8_t { window, tail };

void add_constraints(Collector& out, const ResidualTally& tally, const char* basis, Part part) {
  for (std::size_t m = 0; m < tally.statistics().size(); ++m) {
    const ConstraintStatistics& s = tally.statistics()[m];
    const std::string name = out.residual(m);
    MetricValue& frequency = out.add("violation_frequency", basis, "", name, s.violation_frequency());
    frequency.numerator = std::fmax(frequency.numerator, 0.0) + static_cast<double>(s.n_violations());
    frequency.denominator = std::fmax(frequency.denominator, 0.0) + static_cast<double>(s.n_defined());
    out.add("mean_violation", basis, "", name, s.mean_violation());
    out.add("cumulative_violation", basis, "", name, s.cumulative_violation());
    out.add("cumulative_residual", basis, "", name, s.cumulative_residual());
    out.add("worst_excursion", basis, "", name, s.worst_excursion());
    out.add("peak_cumulative_residual", basis, "", name, s.peak_cumulative());
    out.add("longest_spell", basis, "", name, s.longest_spell());
    if (part == Part::tail) continue;
    const bool censored = std::isnan(s.time_to_feasibility());
    MetricValue& time = out.add("time_to_feasibility", basis, "", name,
                                censored ? static_cast<double>(s.n_epochs()) : s.time_to_feasibility());
    time.n_censored += censored ? 1 : 0;
  }
}

void add_selection(Collector& out, const EpochTally& tally) {
  out.add_ratio("service_rate", "", "", selection_rate(tally.all()));
  const Spread parity = out.add_rates("selection_rate", "", tally.counts, selection_rate);
  out.add_spread("demographic_parity_gap", "", parity.gap);
  out.add_spread("demographic_parity_ratio", "", parity.ratio);
  out.add("four_fifths_met", "realised", "", "",
          std::isnan(parity.ratio)      ? undefined
          : parity.ratio >= four_fifths ? 1.0
                                        : 0.0);
  const GroupCounts all = tally.all();
  const Spread represented = out.add_rates("representation_ratio", "", tally.counts,
                                           [&](const GroupCounts& one) { return representation_ratio(one, all); });
  out.add_spread("representation_gap", "", represented.gap);
}

void add_errors(Collector& out, const EpochTally& tally) {
  const auto rates = [&](const char* metric, const char* gap, auto rate) {
    const Spread between = out.add_rates(metric, "true", tally.counts, rate);
    out.add_spread(gap, "true", between.gap);
    return between.gap;
  };
  rates("applicant_qualification_rate", "applicant_qualification_gap", applicant_qualification_rate);
  const double tpr = rates("true_positive_rate", "equal_opportunity_gap", true_positive_rate);
  const double fpr = rates("false_positive_rate", "false_positive_rate_gap", false_positive_rate);
  out.add("equalised_odds_gap", "realised", "true", "", equalised_odds_gap(tpr, fpr));
  out.add("average_odds_gap", "realised", "true", "", average_odds_gap(tpr, fpr));
  rates("positive_predictive_value", "predictive_parity_gap", positive_predictive_value);
  rates("negative_predictive_value", "negative_predictive_value_gap", negative_predictive_value);
  rates("accuracy", "accuracy_gap", accuracy);
}

/// What an auditor has who knows everybody's decision and the outcomes of the accepted. Positive predictive value is
/// then the truth, the qualified share is taken for that of the accepted, and rates among all qualified or unqualified
/// have no denominator.
void add_observed_errors(Collector& out, const EpochTally& tally) {
  const auto rates = [&](const char* metric, const char* gap, auto rate) {
    const Spread between = out.add_rates(metric, "observed", tally.counts, rate);
    out.add_spread(gap, "observed", between.gap);
  };
  const auto unknown = [](double numerator) { return Ratio{numerator, undefined}; };
  rates("applicant_qualification_rate", "applicant_qualification_gap", positive_predictive_value);
  rates("true_positive_rate", "equal_opportunity_gap",
        [&](const GroupCounts& one) { return unknown(one.true_positives()); });
  rates("false_positive_rate", "false_positive_rate_gap",
        [&](const GroupCounts& one) { return unknown(one.false_positives()); });
  out.add("equalised_odds_gap", "realised", "observed", "", undefined);
  rates("positive_predictive_value", "predictive_parity_gap", positive_predictive_value);
}

void add_state(Collector& out, const EpochTally& tally) {
  const GroupCounts all = tally.all();
  out.remember_groups();
  for (std::size_t g = 0; g < tally.counts.size(); ++g)
    out.add("qualification_rate", "expected", "true", out.group(g), tally.qualification_rate[g].value());
  out.add_spread("qualification_disparity", "true", tally.qualification_disparity.value(), "expected");
  out.add_spread("final_qualification_disparity", "true", tally.last_disparity, "expected");
  for (std::size_t g = 0; g < tally.counts.size(); ++g) {
    out.add("group_share", "expected", "", out.group(g), tally.composition[g].value());
    out.add_ratio("group_share", "", out.group(g), {tally.counts[g].arrived, all.arrived});
  }
}

/// Benefit = decision - outcome + 1 (Speicher et al. 2018, doi:10.1145/3219819.3220046): 2 for the unqualified who are
/// accepted, 0 for the qualified who are rejected, 1 for the others.
void add_inequality(Collector& out, const EpochTally& tally) {
  std::vector<double> benefit, people;
  std::vector<std::uint32_t> group;
  for (std::uint32_t g = 0; g < tally.counts.size(); ++g) {
    const GroupCounts& c = tally.counts[g];
    benefit.insert(benefit.end(), {0.0, 1.0, 2.0});
    people.insert(people.end(), {c.false_negatives(), c.true_positives() + c.true_negatives(), c.false_positives()});
    group.insert(group.end(), 3, g);
  }
  const EntropySplit split = generalised_entropy_split(benefit, group, 2.0, people);
  out.add("benefit_gini", "realised", "true", "", gini(benefit, people));
  out.add("benefit_entropy", "realised", "true", "", split.total());
  out.add("benefit_entropy_within", "realised", "true", "", split.within);
  out.add("benefit_entropy_between", "realised", "true", "", split.between);
}

void add_all(Collector& out, const EpochTally& tally, Part part) {
  out.next_replication();
  out.add("reward", "expected", "", "", tally.expected_reward.value());
  out.add("reward", "realised", "", "", tally.reward.value());
  add_constraints(out, tally.expected_residual, "expected", part);
  add_constraints(out, tally.residual, "realised", part);
  add_selection(out, tally);
  add_errors(out, tally);
  add_observed_errors(out, tally);
  add_state(out, tally);
  add_inequality(out, tally);
}

}  // namespace

AgentMetrics agent_metrics(const TraceReader& trace, const std::string& agent, const MetricOptions& options) {
  const Window window = options.window;
  LOOPGATE_EXPECT(window.begin < window.end && window.end <= trace.n_epochs);
  AgentMetrics out;
  out.label = agent;
  out.epochs_planned = static_cast<std::uint64_t>(window.end - window.begin) * trace.n_replications;
  const auto written = trace.epochs_written(agent);
  Collector whole(trace.groups, trace.constraints), tail(trace.groups, trace.constraints);
  for (std::uint32_t r = 0; r < trace.n_replications; ++r) {
    const auto end = static_cast<std::uint32_t>(std::min<std::int64_t>(written[r], window.end));
    if (end <= window.begin) continue;
    const std::uint32_t n = end - window.begin;
    const std::uint32_t tail_begin = end - static_cast<std::uint32_t>(std::ceil(tail_share * n));
    EpochTally all(trace.groups.size(), trace.constraints.size(), options.average_over), late = all;
    for (std::uint32_t t = window.begin; t < end;) {
      const std::uint32_t next = t + std::min(piece_epochs, end - t);
      const EpochPiece piece = read_piece(trace, agent, r, {t, next});
      all.add(piece, 0);
      if (next > tail_begin) late.add(piece, tail_begin > t ? tail_begin - t : 0);
      t = next;
    }
    add_all(whole, all, Part::window);
    add_all(tail, late, Part::tail);
    out.replications.push_back(r);
    out.epochs += n;
  }
  out.window = whole.finish();
  out.tail = tail.finish();
  return out;
}

}  // namespace loopgate
