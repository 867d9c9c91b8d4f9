#include "environments/populations/tabular.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "core/error.hpp"
#include "core/scenario/scalars.hpp"
#include "environments/populations/finite_law.hpp"
#include "environments/populations/label_values.hpp"
#include "environments/populations/table.hpp"

namespace loopgate {

namespace {

class Tabular final : public Population {
 public:
  /// file: the node that names it, for messages.
  Tabular(Dataset data, Mark mark, Node file)
      : data_(std::move(data)), mark_(std::move(mark)), file_(std::move(file)) {}

  std::shared_ptr<const ApplicantLaw> applicant_law(const ScoreModel& model, ScoreModelReport& report,
                                                    Diagnostics& diagnostics) const override {
    if (model.keeps_own_scores()) {
      diagnostics.error(mark_, "environment.population", "rows of a table have no score of their own",
                        "score_model {type: column, ...} or {type: logistic_regression}");
      return nullptr;
    }
    const std::size_t before = diagnostics.count();
    ScoredRows scored = rows_scored_by(model, diagnostics);
    if (diagnostics.count() > before) return nullptr;
    std::vector<double> count(data_.groups.size(), 0.0);
    std::vector<ApplicantType> types;
    for (const std::size_t i : order_of_types(scored)) {
      const std::size_t row = scored.row[i];
      ++count[data_.group[row]];
      types.push_back({data_.group[row], scored.score[i], 1.0, static_cast<double>(data_.success[row])});
    }
    for (std::size_t g = 0; g < count.size(); ++g) {
      if (count[g] == 0.0) {
        diagnostics.error(mark_, "environment.population",
                          "group `" + data_.groups[g] + "` has no row outside the training half",
                          "a smaller train_fraction or another split_seed");
        return nullptr;
      }
      count[g] /= static_cast<double>(scored.row.size());
    }
    report = std::move(scored.report);
    if (!scored.features.term.empty()) report.features = features_of_types(scored);
    return std::make_shared<FiniteLaw>(data_.groups, std::move(count), std::move(types), scored.range);
  }

  TypeScores type_scores(const ScoreModel& model, const ScoreModel& other, const Node& stage,
                         Diagnostics& diagnostics) const override {
    const std::size_t before = diagnostics.count();
    const ScoredRows own = rows_scored_by(model, diagnostics), scored = rows_scored_by(other, diagnostics);
    if (diagnostics.count() > before) return {};
    std::vector<double> by_row(data_.n_rows(), undefined);
    for (std::size_t i = 0; i < scored.row.size(); ++i) by_row[scored.row[i]] = scored.score[i];
    TypeScores found{{}, scored.range};
    for (const std::size_t i : order_of_types(own)) found.score.push_back(by_row[own.row[i]]);
    const auto n = std::ranges::count_if(found.score, [](double score) { return std::isnan(score); });
    if (n == 0) return found;
    diagnostics.error(stage.at("type"), "learns from " + std::to_string(n) + " of the rows that it would have to score",
                      "the train_fraction and split_seed of environment.score_model, which must learn too");
    return {};
  }

 private:
  ScoredRows rows_scored_by(const ScoreModel& model, Diagnostics& diagnostics) const {
    if (!model.reads_features() || data_.feature_problems.empty()) return model.score_rows(data_, diagnostics);
    for (const std::string& problem : data_.feature_problems) diagnostics.error(file_, problem, stray_expected);
    return {};
  }

  /// Of the scored rows, as FiniteLaw orders its types.
  std::vector<std::size_t> order_of_types(const ScoredRows& scored) const {
    std::vector<std::size_t> order(scored.row.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {},
                             [&](std::size_t i) { return std::pair(data_.group[scored.row[i]], scored.score[i]); });
    return order;
  }

  std::shared_ptr<const TypeFeatures> features_of_types(const ScoredRows& scored) const {
    TypeFeatures of_types{scored.features.term, {}, scored.features.start, {}};
    for (const std::size_t i : order_of_types(scored)) {
      const auto row = std::span(scored.features.value).subspan(i * of_types.n_terms(), of_types.n_terms());
      of_types.value.insert(of_types.value.end(), row.begin(), row.end());
      of_types.group.push_back(data_.group[scored.row[i]]);
    }
    return std::make_shared<const TypeFeatures>(std::move(of_types));
  }

  Dataset data_;
  Mark mark_;
  Node file_;
};

/// Turns a table into a data set, step by step; stops at the first step that found a problem.
class Reader {
 public:
  Reader(const Node& settings, Table table, Diagnostics& diagnostics)
      : settings_(settings), table_(std::move(table)), diagnostics_(diagnostics), keep_(table_.n_rows(), true) {}

  std::optional<Dataset> read() {
    const std::size_t before = diagnostics_.count();
    for (const Node& filter : settings_.at("filter").items) apply_filter(filter);
    const Table::Column* label = column(settings_.at("label").at("column"));
    const Table::Column* group = column(settings_.at("group").at("column"));
    if (diagnostics_.count() > before || label == nullptr || group == nullptr) return std::nullopt;
    if (std::ranges::count(keep_, true) == 0) {
      diagnostics_.error(settings_.at("filter"), "leaves no row");
      return std::nullopt;
    }
    const std::vector<const Table::Column*> features = feature_columns(*label, *group);
    settle_kinds(*label, *group, features);
    if (diagnostics_.count() > before || !settle_missing(*label, *group, features)) return std::nullopt;
    Dataset data;
    assign_groups(*group, data);
    if (diagnostics_.count() > before) return std::nullopt;
    data.success = label_successes(settings_.at("label"), *label, keep_, diagnostics_);
    add_columns(data);
    add_features(features, data);
    if (diagnostics_.count() > before) return std::nullopt;
    return data;
  }

 private:
  const Table::Column* column(const Node& name) {
    for (const Table::Column& one : table_.columns)
      if (one.name == name.text) return &one;
    diagnostics_.error(name, "the file has no such column" + did_you_mean(name.text, table_.names()));
    return nullptr;
  }

  void apply_filter(const Node& filter) {
    const Table::Column* where = column(filter.at("column"));
    if (where == nullptr) return;
    if (filter.entries.size() != 2)
      return diagnostics_.error(filter.mark, filter.path, "needs exactly one condition",
                                "one of `equals`, `in`, `between`, `not`");
    const auto& [condition, value] = filter.entries[1];
    if (condition == "between" && !holds_numbers(*where, value, "compares numbers, and the column is not numeric"))
      return;
    if (condition == "between" && (value.items.size() != 2 || value.items[0].number() > value.items[1].number()))
      return diagnostics_.error(value, "is not a range", "[low, high] with low <= high");
    for (std::size_t i = 0; i < keep_.size(); ++i) {
      const std::string& cell = where->cells[i];
      bool pass = !where->missing[i] && keep_[i];
      if (condition == "equals") pass = pass && cell == value.text;
      if (condition == "not") pass = pass && cell != value.text;
      if (condition == "in")
        pass = pass && std::ranges::any_of(value.items, [&cell](const Node& item) { return item.text == cell; });
      if (condition == "between")
        pass = pass && !cell.empty() && *parse_number(cell) >= value.items[0].number() &&
               *parse_number(cell) <= value.items[1].number();
      keep_[i] = pass;
    }
  }

  /// Whether all cells of the kept rows are numbers or empty; if not, a problem.
  bool holds_numbers(const Table::Column& column, const Node& reader, const char* otherwise) {
    const ColumnKind kind = column_kind(column, keep_);
    if (!kind.numeric) diagnostics_.error(reader, otherwise);
    else if (!kind.strays.empty()) diagnostics_.error(reader, stray_problem(table_, column, kind), stray_expected);
    return kind.numeric && kind.strays.empty();
  }

  /// What each column is in the rows that the filter has kept. An empty cell in quotes is missing where numbers are
  /// read.
  void settle_kinds(const Table::Column& label, const Table::Column& group,
                    const std::vector<const Table::Column*>& features) {
    for (const Table::Column& column : table_.columns) kinds_.push_back(column_kind(column, keep_));
    std::vector<const Table::Column*> read = features;
    read.push_back(&label);
    if (settings_.at("group").has("at_least")) read.push_back(&group);
    for (const Table::Column* one : read)
      if (kind_of(*one).numeric)
        for (std::size_t i = 0; i < keep_.size(); ++i)
          if (one->cells[i].empty()) table_.columns[place_of(*one)].missing[i] = true;
  }

  std::size_t place_of(const Table::Column& column) const {
    return static_cast<std::size_t>(&column - table_.columns.data());
  }
  const ColumnKind& kind_of(const Table::Column& column) const { return kinds_[place_of(column)]; }

  std::vector<const Table::Column*> feature_columns(const Table::Column& label, const Table::Column& group) {
    std::vector<const Table::Column*> chosen;
    const Node* features = settings_.find("features");
    if (features != nullptr && features->kind == Node::Kind::sequence) {
      for (const Node& name : features->items) {
        const Table::Column* one = column(name);
        if (one == &label) diagnostics_.error(name, "is the label, which a score must not see");
        else if (one != nullptr) chosen.push_back(one);
      }
      return chosen;
    }
    std::set<std::string> dropped{label.name, group.name};
    if (features != nullptr)
      for (const Node& name : features->at("drop").items)
        if (const Table::Column* one = column(name)) dropped.insert(one->name);
    for (const Table::Column& one : table_.columns)
      if (!dropped.contains(one.name)) chosen.push_back(&one);
    return chosen;
  }

  /// Drops rows with missing values where the user said so; otherwise they are an error.
  bool settle_missing(const Table::Column& label, const Table::Column& group, std::vector<const Table::Column*> used) {
    used.push_back(&label);
    used.push_back(&group);
    const bool drop = settings_.string("missing") == "drop";
    bool fine = true;
    for (const Table::Column* one : used) {
      std::size_t n = 0;
      for (std::size_t i = 0; i < keep_.size(); ++i) {
        if (!keep_[i] || !one->missing[i]) continue;
        ++n;
        if (drop) keep_[i] = false;
      }
      if (n == 0 || drop) continue;
      diagnostics_.error(settings_.at("file"),
                         "column `" + one->name + "` has " + std::to_string(n) + " missing values",
                         "none; drop the rows with `missing: drop`, or leave the column out of `features`");
      fine = false;
    }
    return fine;
  }

  void assign_groups(const Table::Column& column, Dataset& data) {
    const Node& group = settings_.at("group");
    if (group.has("at_least") == group.has("in"))
      return diagnostics_.error(group.mark, group.path, "needs either `at_least` with `names`, or `in`");
    std::map<std::string, std::uint32_t> by_value;
    if (group.has("at_least")) {
      if (!group.has("names") || group.at("names").items.size() != 2)
        return diagnostics_.error(group.mark, group.path, "`at_least` needs two `names`",
                                  "names: [below, at or above]");
      if (!holds_numbers(column, group.at("column"), "`at_least` compares numbers, and this column is not numeric"))
        return;
      data.groups = group.at("names").strings();
    } else {
      for (const auto& [name, values] : group.at("in").entries) {
        for (const Node& value : values.items)
          if (!by_value.emplace(value.text, static_cast<std::uint32_t>(data.groups.size())).second)
            return diagnostics_.error(value, "belongs to two groups");
        data.groups.push_back(name);
      }
    }
    if (data.groups.size() < 2 || data.groups[0] == data.groups[1])
      return diagnostics_.error(group.mark, group.path, "names fewer than two groups", "two or more");
    fill_groups(column, by_value, data);
  }

  void fill_groups(const Table::Column& column, const std::map<std::string, std::uint32_t>& by_value, Dataset& data) {
    const Node& group = settings_.at("group");
    std::vector<std::size_t> size(data.groups.size(), 0);
    std::map<std::string, std::size_t> strangers;
    for (std::size_t i = 0; i < keep_.size(); ++i) {
      if (!keep_[i]) continue;
      std::uint32_t g = 0;
      if (group.has("at_least")) g = *parse_number(column.cells[i]) >= group.number("at_least") ? 1 : 0;
      else if (const auto found = by_value.find(column.cells[i]); found != by_value.end()) g = found->second;
      else ++strangers[column.cells[i]];
      data.group.push_back(g);
      ++size[g];
    }
    if (!strangers.empty()) {
      std::string some;
      std::size_t n = 0;
      for (const auto& [value, count] : strangers) {
        n += count;
        some += (some.empty() ? "" : ", ") + value;
      }
      diagnostics_.error(group.at("in"), std::to_string(n) + " rows belong to no group: " + column.name + " = " + some,
                         "every row in a group; leave others out with `filter`");
    }
    for (std::size_t g = 0; g < size.size(); ++g)
      if (size[g] == 0) diagnostics_.error(group.mark, group.path, "group `" + data.groups[g] + "` has no row");
  }

  void add_columns(Dataset& data) const {
    for (const Table::Column& one : table_.columns) {
      const ColumnKind& kind = kind_of(one);
      data.column_names.push_back(one.name);
      data.column_problems.push_back(kind.strays.empty() ? "" : stray_problem(table_, one, kind));
      data.columns.emplace_back();
      for (std::size_t i = 0; kind.numeric && i < keep_.size(); ++i)
        if (keep_[i]) data.columns.back().push_back(parse_number(one.cells[i]).value_or(undefined));
    }
  }

  void add_features(const std::vector<const Table::Column*>& columns, Dataset& data) const {
    std::vector<std::pair<const Table::Column*, std::string>> terms;  // a categorical column gives one term a level
    for (const Table::Column* one : columns) {
      if (const std::string& problem = data.column_problems[place_of(*one)]; !problem.empty())
        data.feature_problems.push_back(problem);
      if (kind_of(*one).numeric) {
        terms.emplace_back(one, "");
        continue;
      }
      std::set<std::string> levels;
      for (std::size_t i = 0; i < keep_.size(); ++i)
        if (keep_[i]) levels.insert(one->cells[i]);
      for (const std::string& level : levels) terms.emplace_back(one, level);
    }
    for (const auto& [one, level] : terms) {
      const bool numeric = kind_of(*one).numeric;
      data.feature_names.push_back(numeric ? one->name : one->name + "=" + level);
      data.numeric.push_back(numeric ? 1 : 0);
    }
    for (std::size_t i = 0; i < keep_.size(); ++i) {
      if (!keep_[i]) continue;
      for (const auto& [one, level] : terms)
        data.features.push_back(kind_of(*one).numeric    ? parse_number(one->cells[i]).value_or(undefined)
                                : one->cells[i] == level ? 1.0
                                                         : 0.0);
    }
  }

  const Node& settings_;
  Table table_;
  Diagnostics& diagnostics_;
  std::vector<bool> keep_;
  std::vector<ColumnKind> kinds_;  // [n_columns], once the filter is done
};

}  // namespace

Description describe_tabular() {
  const Schema filter =
      record({required("column", text(), "column to look at"), optional("equals", text(), "keep rows with this value"),
              optional("in", list_of(text(), 1), "keep rows with one of these values"),
              optional("between", list_of(number(), 2), "keep rows from low to high, both included"),
              optional("not", text(), "keep rows with any other value")});
  const Schema group = record({required("column", text(), "column that tells the groups apart"),
                               optional("at_least", number(), "rows below it are names[0], the others names[1]"),
                               optional("in", dictionary_of(list_of(text(), 1)), "group name: values of its members"),
                               optional("names", list_of(text(), 2), "names of the two groups of at_least")});
  const Schema features =
      one_of({list_of(text(), 1), record({required("drop", list_of(text()), "columns to leave out")})});
  return {
      "tabular",
      "the rows of a CSV or ARFF file, drawn again and again within their group",
      {required("file", text(), "name of the file: beside the scenario, in LOOPGATE_DATA, or in the cache folder"),
       defaulted("filter", list_of(filter), "[]",
                 "conditions that a row must meet, all of them; a missing value meets none"),
       required("group", group, "how rows fall into groups"), required("label", label_schema(), "what a success is"),
       optional("features", features, "columns a learning score model may use; default: all but label and group"),
       defaulted("missing", choice({"error", "drop"}), "error", "what to do with missing values in used columns")},
      "",
      "",
      "A score that a threshold equals in decimals is accepted: iff score >= threshold - 1e-12 x the width of the "
      "scores' range."};
}

std::unique_ptr<Population> make_tabular(const Node& settings, const DataFiles& files, Diagnostics& diagnostics) {
  const Node& name = settings.at("file");
  const auto path = files.find(name.text);
  if (!path) {
    diagnostics.error(name, files.how_to_get(name.text));
    return nullptr;
  }
  try {
    std::optional<Dataset> data = Reader(settings, read_table(*path), diagnostics).read();
    if (data) return std::make_unique<Tabular>(std::move(*data), settings.mark, name);
  } catch (const ScenarioError& problem) {
    diagnostics.error(name, problem.what());
  }
  return nullptr;
}

}  // namespace loopgate
