#include "environments/score_models/column.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace loopgate {

namespace {

class ColumnScore final : public ScoreModel {
 public:
  ColumnScore(Node column, bool reverse) : column_(std::move(column)), reverse_(reverse) {}
  bool keeps_own_scores() const noexcept override { return false; }
  bool reads_features() const noexcept override { return false; }

  ScoredRows score_rows(const Dataset& data, Diagnostics& diagnostics) const override {
    ScoredRows scored;
    const auto found = std::ranges::find(data.column_names, column_.text);
    if (found == data.column_names.end()) {
      diagnostics.error(column_, "the file has no such column" + did_you_mean(column_.text, data.column_names));
      return scored;
    }
    const auto c = static_cast<std::size_t>(found - data.column_names.begin());
    if (!data.column_problems[c].empty()) {
      diagnostics.error(column_, data.column_problems[c], "a finite number in every row");
      return scored;
    }
    scored.score = data.columns[c];
    if (scored.score.empty() || std::ranges::any_of(scored.score, [](double s) { return std::isnan(s); })) {
      diagnostics.error(column_, scored.score.empty() ? "is not a numeric column" : "has missing values",
                        "a number in every row");
      return scored;
    }
    const auto [low, high] = std::ranges::minmax(scored.score);
    scored.range = {low, high};
    for (double& score : scored.score) score = reverse_ ? low + high - score : score;
    scored.row.resize(data.n_rows());
    std::iota(scored.row.begin(), scored.row.end(), std::size_t{0});
    return scored;
  }

 private:
  Node column_;
  bool reverse_;
};

}  // namespace

Description describe_column() {
  return {"column",
          "a ready score from a column of the file; every row is in the population",
          {required("column", text(), "numeric column"),
           defaulted("reverse", boolean(), "false", "score = minimum + maximum - value, where a high value is bad")}};
}

std::unique_ptr<ScoreModel> make_column(const Node& settings, Diagnostics&) {
  return std::make_unique<ColumnScore>(settings.at("column"), settings.boolean("reverse"));
}

}  // namespace loopgate
