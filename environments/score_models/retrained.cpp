#include "environments/score_models/retrained.hpp"

#include <algorithm>
#include <numeric>

#include "environments/score_models/column.hpp"
#include "environments/score_models/logistic_fit.hpp"
#include "environments/score_models/logistic_regression.hpp"
#include "environments/score_models/replay_learner.hpp"
#include "environments/score_models/score_learners.hpp"

namespace loopgate {

namespace {

/// The settings of `retrained` that learners read.
struct Settings {
  enum class Kind : std::uint8_t { logistic, ridge, replay } kind = Kind::logistic;
  std::uint32_t every = 1;
  LabelSettings labels;
  LogisticSettings logistic;
  RidgeSettings ridge;
  ReplaySettings replay;
};

class Learning final : public ScoreLearning {
 public:
  Learning(const Settings& settings, std::shared_ptr<const TypeFeatures> features)
      : settings_(settings), features_(std::move(features)) {}

  std::uint32_t every() const noexcept override { return settings_.every; }
  bool needs_propensity() const noexcept override { return settings_.labels.needs_propensity(); }
  Link link() const noexcept override {
    return settings_.kind == Settings::Kind::ridge ? Link::linear : Link::logistic;
  }

  const TypeFeatures& features() const noexcept override { return *features_; }

  std::unique_ptr<ScoreLearner> make(Seed seed, Replication replication, Fidelity fidelity) const override {
    LearnerStart start{features_, settings_.labels, seed, replication, fidelity};
    switch (settings_.kind) {
      case Settings::Kind::logistic:
        return make_logistic_learner(settings_.logistic, std::move(start));
      case Settings::Kind::ridge:
        return make_ridge_learner(settings_.ridge, std::move(start));
      case Settings::Kind::replay:
        return make_replay_learner(settings_.replay, std::move(start));
    }
    return nullptr;
  }

 private:
  Settings settings_;
  std::shared_ptr<const TypeFeatures> features_;
};

class Retrained final : public ScoreModel {
 public:
  Retrained(std::unique_ptr<ScoreModel> base, const Settings& settings, const Node& node)
      : base_(std::move(base)), settings_(settings), node_(node) {}

  bool keeps_own_scores() const noexcept override { return false; }

  ScoredRows score_rows(const Dataset& data, Diagnostics& diagnostics) const override {
    ScoredRows scored = base_->score_rows(data, diagnostics);
    if (data.n_features() == 0) diagnostics.error(node_, "there is no feature to learn from");
    if (scored.row.empty() || data.n_features() == 0) return scored;
    if (scored.range.low < 0.0 || scored.range.high > 1.0)
      diagnostics.error(node_.at("base"), "gives scores outside [0, 1], and the scores that are learnt lie in it",
                        "a column of values in [0, 1], or logistic_regression");
    scored.range = {0.0, 1.0};
    // As the base model standardised them, if it learnt from rows of its own.
    const std::vector<std::size_t> rest = others(data.n_rows(), scored.row);
    const Design design(data, rest.empty() ? scored.row : rest);
    scored.features.term = data.feature_names;
    scored.features.term.insert(scored.features.term.begin(), "(intercept)");
    scored.features.value = design.rows(data, scored.row);
    scored.features.start = scored.report.coefficient;
    if (scored.features.start.empty()) scored.features.start.assign(scored.features.n_terms(), undefined);
    return scored;
  }

  std::shared_ptr<const ScoreLearning> learning(std::shared_ptr<const TypeFeatures> features, Fidelity fidelity,
                                                Diagnostics& diagnostics) const override {
    if (settings_.kind == Settings::Kind::replay && fidelity == Fidelity::mean_field)
      diagnostics.error(node_.at("learner"), "replay draws single people, and fidelity: mean_field has none",
                        "fidelity: individuals or counts, or another learner");
    const std::size_t n_parts = 2 * (1 + *std::ranges::max_element(features->group));
    if (settings_.kind == Settings::Kind::replay && settings_.replay.balanced && settings_.replay.buffer < n_parts)
      diagnostics.error(node_.at("learner"), "keeps fewer labels than there are groups and outcomes to balance",
                        "buffer: " + std::to_string(n_parts) + " or more");
    return std::make_shared<Learning>(settings_, std::move(features));
  }

 private:
  static std::vector<std::size_t> others(std::size_t n, const std::vector<std::size_t>& rows) {
    std::vector<bool> taken(n, false);
    for (const std::size_t i : rows) taken[i] = true;
    std::vector<std::size_t> rest;
    for (std::size_t i = 0; i < n; ++i)
      if (!taken[i]) rest.push_back(i);
    return rest;
  }

  std::unique_ptr<ScoreModel> base_;
  Settings settings_;
  Node node_;
};

LabelSettings read_labels(const Node& node) {
  LabelSettings labels;
  const std::string& loss = node.string("loss");
  labels.loss = loss == "ipw"                   ? LabelLoss::ipw
                : loss == "self_normalised_ipw" ? LabelLoss::self_normalised_ipw
                : loss == "implicit"            ? LabelLoss::implicit
                                                : LabelLoss::naive;
  labels.clip = node.number("clip");
  if (node.string("propensity") == "counts") labels.propensity = LabelSettings::Propensity::counts;
  const Node& made_up = node.at("contamination");
  labels.contamination.share = made_up.number("share");
  labels.contamination.labels =
      made_up.string("labels") == "hard" ? Contamination::Labels::hard : Contamination::Labels::soft;
  labels.contamination.trusted_only = made_up.boolean("trusted_only");
  return labels;
}

Settings read_settings(const Node& node, Diagnostics& diagnostics) {
  Settings settings;
  settings.every = static_cast<std::uint32_t>(node.integer("every"));
  settings.labels = read_labels(node);
  const Node& learner = node.at("learner");
  const std::string& name = learner.string("type");
  const bool warm = !node.has("warm_start") || node.boolean("warm_start");
  if (node.has("window") && name != "logistic")
    diagnostics.error(
        node.at("window"), "means nothing for learner `" + name + "`, which keeps no epochs",
        name == "ridge" ? "learner: {type: ridge, discount: ...}" : "learner: {type: replay, buffer: ...}");
  if (node.has("warm_start") && name == "ridge")
    diagnostics.error(node.at("warm_start"), "means nothing for learner `ridge`, which starts from nowhere",
                      "no such key");
  if (name == "logistic") {
    settings.logistic = {learner.number("l2"), settings.every, std::nullopt, warm};
    if (node.has("window")) settings.logistic.window = static_cast<std::uint32_t>(node.integer("window"));
  } else if (name == "ridge") {
    settings.kind = Settings::Kind::ridge;
    settings.ridge = {learner.number("l2"), learner.number("discount"), settings.every};
  } else {
    settings.kind = Settings::Kind::replay;
    settings.replay = read_replay(learner, warm);
  }
  return settings;
}

Schema learner_schema() {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return component("type", {{"logistic",
                             "logistic regression to its optimum on every label of the window",
                             {defaulted("l2", number({0.0}), "1",
                                        "weight of the ridge penalty beside summed log losses; the intercept is free")},
                             "",
                             "",
                             ""},
                            {"ridge",
                             "least squares from sums, without rows; scores are cut to [0, 1]",
                             {defaulted("l2", number({0.0, infinity, true}), "1",
                                        "weight of the ridge penalty beside summed squares; the intercept is free"),
                              defaulted("discount", number({0.0, 1.0}), "1",
                                        "weight at an update of decisions from before the last one, and so on back")},
                             "",
                             "",
                             ""},
                            describe_replay()});
}

}  // namespace

Description describe_retrained() {
  Description all{
      "retrained",
      "a base model that is refitted every so many epochs on what was observed since: outcomes of the accepted",
      {required("base", component("type", {describe_column(), describe_logistic_regression()}),
                "gives the scores until the first update, and decides which rows are the population"),
       required("every", integer(1, 4294967295.0), "epochs from one update to the next, which is before a decision"),
       optional("window", integer(1, 4294967295.0),
                "learner logistic: epochs before an update whose decisions count; default: all"),
       optional("warm_start", boolean(), "start a fit from the coefficients in use, else from 0; default: true"),
       defaulted(
           "loss", choice({"naive", "ipw", "self_normalised_ipw", "implicit"}), "naive",
           "how labels of the accepted stand for all; all but naive need an agent that draws, or propensity: counts"),
       defaulted("propensity", choice({"logged", "counts"}), "logged",
                 "what labels are divided by: the agent's own probability of acceptance, or a guess from how often an "
                 "applicant's type was accepted so far, (count / largest count)^(1/2), which needs no draw"),
       defaulted("clip", number({0.0, 1.0, true}), "0.05", "least propensity that a label is divided by"),
       defaulted("learner", learner_schema(), "{type: logistic}", "how coefficients come from labels"),
       defaulted("contamination",
                 record({defaulted("share", number({0.0, 1.0}), "0", "of the rejected, who get a label all the same"),
                         defaulted("labels", choice({"hard", "soft"}), "soft",
                                   "hard: success iff score >= 1/2; soft: success with probability score"),
                         defaulted("trusted_only", boolean(), "false", "learn from observed outcomes alone")}),
                 "{}", "labels that the model makes up and learns from: the way to model collapse")},
      "naive: sum A l(y) / sum A; ipw: sum (A/e) l(y) / n; self_normalised_ipw: sum (A/e) l(y) / sum (A/e); implicit: "
      "sum [(Y/e) l(1) + (1 - Y/e) l(0)] / n, Y = A y, e = max(propensity, clip)",
      "implicit: Saito et al. 2020, arXiv 1909.03601",
      "Populations: tabular. An agent may set any key but `base` for itself under `score_model`. Fits learn from what "
      "the "
      "decision-maker sees; an update without labels of both kinds keeps the model. Each update is in the trace.",
      {"every", "window", "warm_start", "loss", "propensity", "clip", "learner", "contamination"}};
  return all;
}

std::unique_ptr<ScoreModel> make_retrained(const Node& node, Diagnostics& diagnostics) {
  const Node& base = node.at("base");
  const Settings settings = read_settings(node, diagnostics);
  auto model =
      base.string("type") == "column" ? make_column(base, diagnostics) : make_logistic_regression(base, diagnostics);
  return std::make_unique<Retrained>(std::move(model), settings, node);
}

}  // namespace loopgate
