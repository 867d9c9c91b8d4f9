#include "environments/arrivals/given_times.hpp"

#include <algorithm>
#include <limits>

#include "core/error.hpp"
#include "core/scenario/scalars.hpp"
#include "environments/populations/table.hpp"

namespace loopgate {

namespace {

class GivenTimes final : public ArrivalProcess {
 public:
  GivenTimes(std::vector<Time> times, std::vector<std::uint32_t> groups)
      : times_(std::move(times)), groups_(std::move(groups)) {}

  Position start(std::span<const double>, Seed, Replication) const override { return at(0); }

  void advance(Position& position, Time until, std::size_t most, std::span<const double>, Seed, Replication,
               std::vector<Time>& times) const override {
    const auto first = times_.begin() + static_cast<std::ptrdiff_t>(position.drawn);
    const std::size_t n =
        std::min(most, static_cast<std::size_t>(std::upper_bound(first, times_.end(), until) - first));
    times.insert(times.end(), first, first + static_cast<std::ptrdiff_t>(n));
    position = at(position.drawn + n);
  }

  void change(Position&, Time, std::span<const double>, std::span<const double>) const override {}

  double expected(Time from, Time until, std::span<const double>) const override {
    const auto first = from > 0.0 ? std::ranges::upper_bound(times_, from) : times_.begin();
    return static_cast<double>(std::upper_bound(first, times_.end(), until) - first);
  }

  bool poisson() const noexcept override { return false; }
  bool ends() const noexcept override { return true; }
  std::span<const std::uint32_t> groups() const noexcept override { return groups_; }
  std::span<const Time> given_times() const noexcept override { return times_; }

 private:
  Position at(std::uint64_t n) const noexcept {
    return {n < times_.size() ? times_[n] : std::numeric_limits<Time>::infinity(), n};
  }

  std::vector<Time> times_;
  std::vector<std::uint32_t> groups_;
};

/// Reads the columns of a file, and tells of the first row that is wrong.
class Reader {
 public:
  Reader(const Node& settings, std::string path, const Table& table, Diagnostics& diagnostics)
      : settings_(settings), path_(std::move(path)), table_(table), diagnostics_(diagnostics) {}

  std::vector<Time> times() {
    std::vector<Time> times;
    const Table::Column* column = find("time");
    if (column == nullptr) return times;
    for (std::size_t i = 0; i < table_.n_rows(); ++i) {
      const auto value = column->missing[i] ? std::nullopt : parse_number(column->cells[i]);
      if (!value || !(*value >= 0.0)) {
        fail(i, column->missing[i] ? "the time is missing" : "`" + column->cells[i] + "` is no time",
             "a finite number of at least 0");
        break;
      }
      if (!times.empty() && *value < times.back()) {
        fail(i, "the time " + column->cells[i] + " is before that of the row above", "rows in order of time");
        break;
      }
      times.push_back(*value);
    }
    return times;
  }

  std::vector<std::uint32_t> groups(const std::vector<std::string>& names) {
    std::vector<std::uint32_t> groups;
    const Table::Column* column = find("group");
    for (std::size_t i = 0; column != nullptr && i < table_.n_rows(); ++i) {
      const auto found = std::ranges::find(names, column->cells[i]);
      if (found == names.end()) {
        fail(i, "the population has no group `" + column->cells[i] + "`" + did_you_mean(column->cells[i], names));
        break;
      }
      groups.push_back(static_cast<std::uint32_t>(found - names.begin()));
    }
    return groups;
  }

 private:
  const Table::Column* find(const char* key) {
    const Node& name = settings_.at(key);
    const auto found = std::ranges::find(table_.columns, name.text, &Table::Column::name);
    if (found != table_.columns.end()) return &*found;
    diagnostics_.error(name, "the file has no such column" + did_you_mean(name.text, table_.names()));
    return nullptr;
  }

  void fail(std::size_t row, const std::string& problem, const std::string& expected = {}) {
    const Node& file = settings_.at("file");
    diagnostics_.error(file.mark, file.path + " = " + file.text + ": " + path_ + ":" + std::to_string(table_.line[row]),
                       problem, expected);
  }

  const Node& settings_;
  std::string path_;
  const Table& table_;
  Diagnostics& diagnostics_;
};

}  // namespace

Description describe_times() {
  return {"times",
          "single applicants at the times of a file, the same in every replication",
          {required("file", text(), "CSV with a header, or ARFF; rows in order of time"),
           defaulted("time", text(), "time", "column with the times, at least 0"),
           optional("group", text(),
                    "column with each applicant's group; without it the groups are drawn by the "
                    "population's shares")},
          "",
          "",
          "Works in every fidelity with the clock `every`. With a column `group` nothing may move the shares."};
}

std::unique_ptr<Arrivals> make_times(const Node& settings, const DataFiles& files,
                                     const std::vector<std::string>& groups, Diagnostics& diagnostics) {
  const Node& name = settings.at("file");
  const auto path = files.find(name.text);
  if (!path) {
    diagnostics.error(name, files.how_to_get(name.text));
    return nullptr;
  }
  try {
    const Table table = read_table(*path);
    const std::size_t before = diagnostics.count();
    Reader reader(settings, path->string(), table, diagnostics);
    std::vector<Time> times = reader.times();
    std::vector<std::uint32_t> of_group;
    if (settings.has("group")) of_group = reader.groups(groups);
    if (diagnostics.count() > before) return nullptr;
    return arrivals_at(std::move(times), std::move(of_group));
  } catch (const ScenarioError& problem) {
    diagnostics.error(name, problem.what());
    return nullptr;
  }
}

std::unique_ptr<Arrivals> arrivals_at(std::vector<Time> times, std::vector<std::uint32_t> groups) {
  return std::make_unique<GivenTimes>(std::move(times), std::move(groups));
}

}  // namespace loopgate
