#include "analysis/metric_list.hpp"

#include <algorithm>
#include <cmath>

#include "analysis/inequality.hpp"
#include "analysis/tolerance.hpp"
#include "core/error.hpp"

namespace loopgate {

namespace {

constexpr unsigned bit(Part part) { return static_cast<unsigned>(part); }
constexpr unsigned whole = bit(Part::window) | bit(Part::tail);
constexpr unsigned over_time = whole | bit(Part::so_far);
constexpr unsigned anywhere = over_time | bit(Part::epoch);

/// What all lines of one metric share; parts: where it has a meaning of its own.
struct Name {
  const char* metric;
  const char* basis;
  const char* view;
  unsigned parts = anywhere;
};

struct Subject {
  MetricKey::Of of = MetricKey::Of::all;
  std::size_t index = 0;
};
Subject group(std::size_t g) { return {MetricKey::Of::group, g}; }

/// Goes through the list and hands what belongs to the part to Out::put(name, subject, measured, spread_of).
template <class Out>
class Lister {
 public:
  Lister(Part part, Out out) : part_(bit(part)), out_(out) {}

  void add(Name name, Subject subject, double value) { put(name, subject, {value, {undefined, undefined}, false}, {}); }
  void add(Name name, Subject subject, const Ratio& ratio) { put(name, subject, {ratio.value(), ratio, false}, {}); }
  /// time: NaN where it has not come by `end`; end: NaN where it cannot come.
  void add_time(Name name, Subject subject, double time, double end) {
    const bool censored = std::isnan(time) && !std::isnan(end);
    put(name, subject, {std::isnan(time) ? end : time, {undefined, undefined}, censored}, {});
  }

  /// A rate of each group; how far they differ.
  template <class Rate>
  Spread add_rates(Name name, const std::vector<GroupCounts>& counts, Rate rate) {
    first_ = at_;
    if ((name.parts & part_) == 0) return {};
    by_group_.resize(counts.size());
    for (std::size_t g = 0; g < counts.size(); ++g) {
      const Ratio ratio = rate(counts[g]);
      by_group_[g] = ratio.value();
      add(name, group(g), ratio);
    }
    return spread(by_group_);
  }
  /// The same of means over epochs.
  void add_means(Name name, const std::vector<RunningMean>& means) {
    first_ = at_;
    for (std::size_t g = 0; g < means.size(); ++g) add(name, group(g), means[g].value());
  }
  /// A number that tells how far the groups of the last add_rates or add_means differ.
  void add_spread(Name name, double value) { put(name, {}, {value, {undefined, undefined}, false}, first_); }

 private:
  void put(const Name& name, Subject subject, const MeasuredMetric& measured, std::optional<std::size_t> spread_of) {
    if ((name.parts & part_) == 0) return;
    out_.put(at_++, name, subject, measured, spread_of);
  }

  unsigned part_;
  Out out_;
  std::size_t at_ = 0, first_ = 0;
  std::vector<double> by_group_;
};

/// Where the expected reward's warm-up ends, and its mean from there on; undefined for less than one batch of epochs.
template <class Out>
void add_warm_up(Lister<Out>& list, const BatchSeries& batches) {
  const std::vector<double> means = batches.means();
  double epochs = undefined, at_limit = undefined, after = undefined;
  if (!means.empty() && std::ranges::none_of(means, [](double mean) { return std::isnan(mean); })) {
    const WarmUp warm_up = mser(means);
    epochs = static_cast<double>(warm_up.discard * batches.batch_size());
    at_limit = warm_up.at_limit ? 1.0 : 0.0;
    after = batches.mean_from(warm_up.discard);
  }
  list.add({"warm_up", "expected", "", bit(Part::window)}, {}, epochs);
  list.add({"warm_up_at_limit", "expected", "", bit(Part::window)}, {}, at_limit);
  list.add({"reward_after_warm_up", "expected", "", bit(Part::window)}, {}, after);
}

template <class Out>
void add_constraints(Lister<Out>& list, const ResidualTally& tally, const char* basis) {
  for (std::size_t m = 0; m < tally.statistics().size(); ++m) {
    const ConstraintStatistics& s = tally.statistics()[m];
    const Subject residual{MetricKey::Of::residual, m};
    list.add({"violation_frequency", basis, ""}, residual,
             Ratio{static_cast<double>(s.n_violations()), static_cast<double>(s.n_defined())});
    list.add({"mean_violation", basis, ""}, residual, s.mean_violation());
    list.add({"cumulative_violation", basis, "", over_time}, residual, s.cumulative_violation());
    list.add({"cumulative_residual", basis, "", over_time}, residual, s.cumulative_residual());
    list.add({"mean_residual", basis, ""}, residual, s.mean_residual());
    list.add({"worst_excursion", basis, "", over_time}, residual, s.worst_excursion());
    list.add({"peak_cumulative_residual", basis, "", over_time}, residual, s.peak_cumulative());
    list.add({"longest_spell", basis, "", over_time}, residual, s.longest_spell());
    list.add_time({"time_to_feasibility", basis, "", bit(Part::window)}, residual, s.time_to_feasibility(),
                  s.n_defined() > 0 ? static_cast<double>(s.n_epochs()) : undefined);
  }
}

template <class Out>
void add_selection(Lister<Out>& list, const ReplicationTally& tally) {
  const GroupCounts all = tally.all();
  list.add({"service_rate", "realised", ""}, {}, selection_rate(all));
  const Spread parity = list.add_rates({"selection_rate", "realised", ""}, tally.counts, selection_rate);
  list.add_spread({"demographic_parity_gap", "realised", ""}, parity.gap);
  list.add({"demographic_parity_gap", "expected", ""}, {}, tally.expected_parity_gap.value());
  list.add_spread({"demographic_parity_ratio", "realised", ""}, parity.ratio);
  list.add({"four_fifths_met", "realised", ""}, {},
           std::isnan(parity.ratio)                  ? undefined
           : is_violated(four_fifths - parity.ratio) ? 0.0
                                                     : 1.0);
  const Spread represented = list.add_rates({"representation_ratio", "realised", ""}, tally.counts,
                                            [&](const GroupCounts& one) { return representation_ratio(one, all); });
  list.add_spread({"representation_gap", "realised", ""}, represented.gap);
}

template <class Out>
void add_errors(Lister<Out>& list, const ReplicationTally& tally) {
  const auto rates = [&](const char* metric, const char* gap, auto rate) {
    const Spread between = list.add_rates({metric, "realised", "true"}, tally.counts, rate);
    list.add_spread({gap, "realised", "true"}, between.gap);
    return between.gap;
  };
  rates("applicant_qualification_rate", "applicant_qualification_gap", applicant_qualification_rate);
  const double tpr = rates("true_positive_rate", "equal_opportunity_gap", true_positive_rate);
  const double fpr = rates("false_positive_rate", "false_positive_rate_gap", false_positive_rate);
  list.add({"equalised_odds_gap", "realised", "true"}, {}, equalised_odds_gap(tpr, fpr));
  list.add({"average_odds_gap", "realised", "true"}, {}, average_odds_gap(tpr, fpr));
  rates("positive_predictive_value", "predictive_parity_gap", positive_predictive_value);
  rates("negative_predictive_value", "negative_predictive_value_gap", negative_predictive_value);
  rates("accuracy", "accuracy_gap", accuracy);
}

/// What an auditor has who knows everybody's decision and the outcomes of the accepted. Positive predictive value is
/// then the truth, the qualified share is taken for that of the accepted, and rates among all qualified or unqualified
/// have no denominator: as series, they would be copies or nothing.
template <class Out>
void add_observed_errors(Lister<Out>& list, const ReplicationTally& tally) {
  const auto rates = [&](const char* metric, const char* gap, auto rate) {
    const Spread between = list.add_rates({metric, "realised", "observed", whole}, tally.counts, rate);
    list.add_spread({gap, "realised", "observed", whole}, between.gap);
  };
  const auto unknown = [](double numerator) { return Ratio{numerator, undefined}; };
  rates("applicant_qualification_rate", "applicant_qualification_gap", positive_predictive_value);
  rates("true_positive_rate", "equal_opportunity_gap",
        [&](const GroupCounts& one) { return unknown(one.true_positives()); });
  rates("false_positive_rate", "false_positive_rate_gap",
        [&](const GroupCounts& one) { return unknown(one.false_positives()); });
  list.add({"equalised_odds_gap", "realised", "observed", whole}, {}, undefined);
  rates("positive_predictive_value", "predictive_parity_gap", positive_predictive_value);
}

template <class Out>
void add_state(Lister<Out>& list, const ReplicationTally& tally) {
  const GroupCounts all = tally.all();
  list.add_means({"qualification_rate", "expected", "true"}, tally.qualification_rate);
  list.add_spread({"qualification_disparity", "expected", "true"}, tally.qualification_disparity.value());
  list.add_spread({"final_qualification_disparity", "expected", "true", whole}, tally.last_disparity);
  for (std::size_t g = 0; g < tally.counts.size(); ++g) {
    list.add({"group_share", "expected", ""}, group(g), tally.composition[g].value());
    list.add({"group_share", "realised", ""}, group(g), Ratio{tally.counts[g].arrived, all.arrived});
  }
}

/// Benefit = decision - outcome + 1 (Speicher et al. 2018, doi:10.1145/3219819.3220046): 2 for the unqualified who are
/// accepted, 0 for the qualified who are rejected, 1 for the others.
template <class Out>
void add_inequality(Lister<Out>& list, const ReplicationTally& tally) {
  std::vector<double> benefit, people;
  std::vector<std::uint32_t> group;
  for (std::uint32_t g = 0; g < tally.counts.size(); ++g) {
    const GroupCounts& c = tally.counts[g];
    benefit.insert(benefit.end(), {0.0, 1.0, 2.0});
    people.insert(people.end(), {c.false_negatives(), c.true_positives() + c.true_negatives(), c.false_positives()});
    group.insert(group.end(), 3, g);
  }
  const EntropySplit split = generalised_entropy_split(benefit, group, 2.0, people);
  list.add({"benefit_gini", "realised", "true"}, {}, gini(benefit, people));
  list.add({"benefit_entropy", "realised", "true"}, {}, split.total());
  list.add({"benefit_entropy_within", "realised", "true"}, {}, split.within);
  list.add({"benefit_entropy_between", "realised", "true"}, {}, split.between);
}

template <class Out>
void go_through(Part part, const ReplicationTally& tally, Out out) {
  Lister<Out> list(part, out);
  list.add({"reward", "expected", ""}, {}, tally.expected_reward.value());
  list.add({"reward", "realised", ""}, {}, tally.reward.value());
  if (part == Part::window) add_warm_up(list, tally.expected_reward_batches);
  add_constraints(list, tally.expected_residual, "expected");
  add_constraints(list, tally.residual, "realised");
  add_selection(list, tally);
  add_errors(list, tally);
  add_observed_errors(list, tally);
  add_state(list, tally);
  add_inequality(list, tally);
}

struct Keys {
  std::vector<MetricKey>* keys;
  void put(std::size_t, const Name& name, Subject subject, const MeasuredMetric&, std::optional<std::size_t> first) {
    keys->push_back({name.metric, name.basis, name.view, subject.of, subject.index, first});
  }
};

struct Measured {
  std::span<MeasuredMetric> out;
  void put(std::size_t at, const Name&, Subject, const MeasuredMetric& measured, std::optional<std::size_t>) {
    out[at] = measured;
  }
};

struct Values {
  std::span<double> out;
  void put(std::size_t at, const Name&, Subject, const MeasuredMetric& measured, std::optional<std::size_t>) {
    out[at] = measured.value;
  }
};

}  // namespace

std::string MetricKey::subject(std::span<const std::string> groups, std::span<const std::string> residuals) const {
  switch (of) {
    case Of::all:
      return "";
    case Of::group:
      return groups[index];
    case Of::residual:
      return index < residuals.size() ? residuals[index] : worst_of_residuals;
  }
  return "";
}

MetricList::MetricList(Part part, std::size_t n_groups, std::size_t n_residuals) : part_(part) {
  go_through(part, ReplicationTally(n_groups, n_residuals, 1), Keys{&keys_});
}

void MetricList::measure(const ReplicationTally& tally, std::span<MeasuredMetric> out) const {
  LOOPGATE_EXPECT(out.size() == size());
  go_through(part_, tally, Measured{out});
}

void MetricList::measure(const ReplicationTally& tally, std::span<double> out) const {
  LOOPGATE_EXPECT(out.size() == size());
  go_through(part_, tally, Values{out});
}

}  // namespace loopgate
