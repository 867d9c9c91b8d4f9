#include "environments/populations/score_table.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <set>

#include "core/error.hpp"
#include "core/scenario/scalars.hpp"
#include "environments/populations/finite_law.hpp"
#include "environments/populations/table.hpp"

namespace loopgate {

namespace {

/// Where something was written, for messages.
struct Place {
  Mark mark;
  std::string what;
};

struct Bin {
  double score, mass, success;
  Place place;
};

struct Group {
  std::string name;
  double share;
  std::vector<Bin> bins;
  Place place;

  double mass() const noexcept {
    double total = 0.0;
    for (const Bin& bin : bins) total += bin.mass;
    return total;
  }
};

const Interval score_bounds{}, mass_bounds{0.0}, success_bounds{0.0, 1.0}, share_bounds{0.0, 1.0, true, true};

class ScoreTable final : public Population {
 public:
  ScoreTable(std::shared_ptr<const FiniteLaw> law, Mark mark) : law_(std::move(law)), mark_(std::move(mark)) {}

  std::shared_ptr<const ApplicantLaw> applicant_law(const ScoreModel& model, ScoreModelReport&,
                                                    Diagnostics& diagnostics) const override {
    if (model.keeps_own_scores()) return law_;
    diagnostics.error(mark_, "environment.population",
                      "a score table brings its own scores and has no rows to score or to learn from",
                      "score_model {type: identity}");
    return nullptr;
  }

 private:
  std::shared_ptr<const FiniteLaw> law_;
  Mark mark_;
};

std::vector<Group> read_inline(const Node& list, Diagnostics& diagnostics) {
  std::vector<Group> groups;
  std::set<std::string> names;
  for (const Node& item : list.items) {
    if (!names.insert(item.string("name")).second) diagnostics.error(item.at("name"), "two groups have this name");
    const Node &scores = item.at("scores"), &mass = item.at("mass"), &success = item.at("success");
    Group group{item.string("name"), item.number("share"), {}, {item.mark, item.path}};
    for (const Node* column : {&mass, &success})
      if (column->items.size() != scores.items.size())
        diagnostics.error(*column, "has " + std::to_string(column->items.size()) + " values",
                          "one for each of the " + std::to_string(scores.items.size()) + " scores");
    const std::size_t n = std::min({scores.items.size(), mass.items.size(), success.items.size()});
    for (std::size_t k = 0; k < n; ++k) {
      const Node& score = scores.items[k];
      group.bins.push_back({score.number(),
                            mass.items[k].number(),
                            success.items[k].number(),
                            {score.mark, score.path + " = " + score.text}});
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

/// Groups of a file, in the order in which it first names them; their shares are not yet known.
class FileReader {
 public:
  FileReader(const Node& name, std::string path, const Table& table, Diagnostics& diagnostics)
      : name_(name), path_(std::move(path)), table_(table), diagnostics_(diagnostics) {}

  std::vector<Group> read() {
    const Table::Column *group = column("group"), *score = column("score"), *mass = column("mass"),
                        *success = column("success");
    std::vector<Group> groups;
    if (group == nullptr || score == nullptr || mass == nullptr || success == nullptr) return groups;
    for (std::size_t i = 0; i < table_.n_rows(); ++i) {
      const Bin bin{number(*score, i, score_bounds), number(*mass, i, mass_bounds), number(*success, i, success_bounds),
                    place(i)};
      if (group->missing[i]) fail(i, "the group is missing", "its name");
      auto found = std::ranges::find(groups, group->cells[i], &Group::name);
      if (found == groups.end()) found = groups.insert(found, {group->cells[i], undefined, {}, place(i)});
      found->bins.push_back(bin);
    }
    return groups;
  }

 private:
  const Table::Column* column(const std::string& name) {
    for (const Table::Column& one : table_.columns)
      if (one.name == name) return &one;
    diagnostics_.error(name_, "the file has no column `" + name + "`", "columns group, score, mass and success");
    return nullptr;
  }

  Place place(std::size_t row) const {
    return {name_.mark, name_.path + " = " + name_.text + ": " + path_ + ":" + std::to_string(table_.line[row])};
  }

  void fail(std::size_t row, const std::string& problem, const std::string& expected) {
    diagnostics_.error(name_.mark, place(row).what, problem, expected);
  }

  double number(const Table::Column& column, std::size_t row, const Interval& bounds) {
    const std::optional<double> value = column.missing[row] ? std::nullopt : parse_number(column.cells[row]);
    if (value && bounds.contains(*value)) return *value;
    fail(row, "the " + column.name + (column.missing[row] ? " is missing" : " is " + column.cells[row]),
         describe(loopgate::number(bounds)));
    return undefined;
  }

  const Node& name_;
  std::string path_;
  const Table& table_;
  Diagnostics& diagnostics_;
};

void set_shares(const Node& shares, std::vector<Group>& groups, Diagnostics& diagnostics) {
  if (shares.kind == Node::Kind::scalar) {  // by_mass
    double total = 0.0;
    for (const Group& group : groups) total += group.mass();
    for (Group& group : groups) group.share = group.mass() / total;
    return;
  }
  std::vector<std::string> names;
  for (Group& group : groups) {
    names.push_back(group.name);
    if (shares.has(group.name)) group.share = shares.number(group.name);
    else diagnostics.error(shares.mark, shares.path, "group `" + group.name + "` of the file has no share");
  }
  for (const auto& [name, share] : shares.entries)
    if (std::ranges::find(names, name) == names.end())
      diagnostics.error(share, "the file has no such group" + did_you_mean(name, names));
}

std::vector<Group> read_file(const Node& settings, const DataFiles& files, Diagnostics& diagnostics) {
  const Node& name = settings.at("file");
  const auto path = files.find(name.text);
  if (!path) {
    diagnostics.error(name, "not found: " + files.how_to_get(name.text));
    return {};
  }
  try {
    const std::size_t before = diagnostics.count();
    const Table table = read_table(*path);
    std::vector<Group> groups = FileReader(name, path->string(), table, diagnostics).read();
    if (diagnostics.count() > before) return {};
    if (groups.size() < 2) diagnostics.error(name, "the file names fewer than two groups", "two or more");
    set_shares(settings.at("shares"), groups, diagnostics);
    return groups;
  } catch (const ScenarioError& problem) {
    diagnostics.error(name, problem.what());
  }
  return {};
}

/// What every table must be, wherever it was written. shares: the value that holds them, for messages.
void check(const std::vector<Group>& groups, const Node& shares, Diagnostics& diagnostics) {
  double total = 0.0;
  for (const Group& group : groups) {
    total += group.share;
    std::set<double> scores;
    for (const Bin& bin : group.bins)
      if (!scores.insert(bin.score).second)
        diagnostics.error(bin.place.mark, bin.place.what,
                          "group `" + group.name + "` has the score " + format_number(bin.score) + " already",
                          "one bin a score");
    const double mass = group.mass();
    if (mass <= 0.0 || !std::isfinite(mass))
      diagnostics.error(group.place.mark, group.place.what,
                        "the masses of group `" + group.name + "` sum to " + (mass > 0.0 ? "infinity" : "zero"),
                        "a finite sum above 0");
  }
  if (std::abs(total - 1.0) > 1e-9)
    diagnostics.error(shares.mark, shares.path, "the shares sum to " + format_rounded(total), "1");
}

std::shared_ptr<const FiniteLaw> make_law(const std::vector<Group>& groups) {
  std::vector<std::string> names;
  std::vector<double> shares;
  std::vector<ApplicantType> types;
  Interval range;
  for (const Group& group : groups) {
    for (const Bin& bin : group.bins) {
      range.low = types.empty() ? bin.score : std::min(range.low, bin.score);
      range.high = types.empty() ? bin.score : std::max(range.high, bin.score);
      types.push_back({static_cast<std::uint32_t>(names.size()), bin.score, bin.mass, bin.success});
    }
    names.push_back(group.name);
    shares.push_back(group.share);
  }
  const double total = std::accumulate(shares.begin(), shares.end(), 0.0);  // 1 but for rounding
  for (double& share : shares) share /= total;
  return std::make_shared<FiniteLaw>(std::move(names), std::move(shares), std::move(types), range);
}

}  // namespace

Description describe_score_table() {
  const Schema group = record({required("name", text(), "name of the group"),
                               required("share", number(share_bounds), "share of expected arrivals; shares sum to 1"),
                               required("scores", list_of(number(score_bounds), 1),
                                        "score of each bin, in any order; no score twice in a group"),
                               required("mass", list_of(number(mass_bounds), 1),
                                        "how many of the group are in each bin, as counts or shares: divided by their "
                                        "sum within the group; a bin of mass 0 is empty, and rules can fill it"),
                               required("success", list_of(number(success_bounds), 1), "P(success) in each bin")});
  return {
      "score_table",
      "bins of a ready score, with their mass and probability of success in each group",
      {optional("groups", list_of(group, 2), "two or more groups; or give `file`"),
       optional("file", text(),
                "a CSV or ARFF file with columns group, score, mass, success, a bin a row (others are ignored): "
                "beside the scenario, in LOOPGATE_DATA, or in the cache folder"),
       optional("shares", one_of({choice({"by_mass"}), dictionary_of(number(share_bounds))}),
                "with `file`, and required there: each group's share of expected arrivals by name, sum 1; or "
                "by_mass: proportional to the sum of the group's masses, where these are counts of people")},
      "P(score = s_k) = mass_k / (sum of the group's masses), P(success | s_k) = success_k",
      "",
      "Needs score_model {type: identity}. Groups of a file come in the order in which it first names them. A score "
      "that a threshold equals in decimals is accepted: iff score >= threshold - 1e-12 x the width of the scores' "
      "range."};
}

std::unique_ptr<Population> make_score_table(const Node& settings, const DataFiles& files, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.count();
  const bool from_file = settings.has("file");
  if (from_file == settings.has("groups"))
    diagnostics.error(settings.mark, settings.path,
                      from_file ? "has both `file` and `groups`" : "has neither `file` nor `groups`", "one of them");
  else if (from_file && !settings.has("shares"))
    diagnostics.error(settings.at("file"), "the key `shares` is missing, and a file does not tell the groups' shares",
                      "by_mass, or a mapping from each group to its share");
  else if (!from_file && settings.has("shares"))
    diagnostics.error(settings.at("shares"), "belongs to `file`", "a `share` in each of `groups`");
  if (diagnostics.count() > before) return nullptr;
  const std::vector<Group> groups =
      from_file ? read_file(settings, files, diagnostics) : read_inline(settings.at("groups"), diagnostics);
  if (diagnostics.count() == before) check(groups, settings.at(from_file ? "shares" : "groups"), diagnostics);
  if (diagnostics.count() > before) return nullptr;
  return std::make_unique<ScoreTable>(make_law(groups), settings.mark);
}

}  // namespace loopgate
