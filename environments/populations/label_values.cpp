#include "environments/populations/label_values.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "core/scenario/scalars.hpp"

namespace loopgate {

namespace {

constexpr std::size_t most_listed = 10;

/// One text for all ways to write a number, so that 1, 1.0 and +1 are the same value.
std::string canonical(const std::string& cell) {
  const auto number = parse_number(cell);
  return number ? format_number(*number) : cell;
}

/// "`Current` (52), `Late` (50)": the most frequent first.
std::string listed(const std::map<std::string, std::size_t>& rows_of) {
  std::vector<std::pair<std::string, std::size_t>> all(rows_of.begin(), rows_of.end());
  std::ranges::stable_sort(all, std::ranges::greater(), &std::pair<std::string, std::size_t>::second);
  std::string out;
  for (std::size_t i = 0; i < std::min(all.size(), most_listed); ++i)
    out += (i > 0 ? ", `" : "`") + all[i].first + "` (" + std::to_string(all[i].second) + ")";
  return all.size() > most_listed ? out + " and " + std::to_string(all.size() - most_listed) + " more" : out;
}

class LabelReader {
 public:
  LabelReader(const Node& label, const Table::Column& column, const std::vector<bool>& keep, Diagnostics& diagnostics)
      : label_(label), diagnostics_(diagnostics) {
    for (std::size_t i = 0; i < column.cells.size(); ++i) {
      if (column.missing[i]) continue;
      const std::string value = canonical(column.cells[i]);
      anywhere_.insert(value);
      if (!keep[i]) continue;
      ++rows_of_[value];
      kept_.push_back(value);
    }
  }

  std::vector<std::uint8_t> read() {
    const std::size_t before = diagnostics_.count();
    const std::set<std::string> success = declared("success"), failure = declared("failure");
    if (diagnostics_.count() > before) return {};
    check_strangers(success, failure);
    if (diagnostics_.count() > before) return {};
    std::vector<std::uint8_t> out;
    for (const std::string& value : kept_) out.push_back(success.contains(value) ? 1 : 0);
    const auto n = std::ranges::count(out, 1);
    if (n == 0 || n == std::ssize(out))
      diagnostics_.error(label_.at("success"),
                         (n == 0 ? "no row has this label: " : "every row has this label: ") + listed(rows_of_),
                         "successes and failures");
    return out;
  }

 private:
  /// The values of one key, each of which must stand in the column and under no other key.
  std::set<std::string> declared(const char* key) {
    std::set<std::string> out;
    const Node* node = label_.find(key);
    if (node == nullptr) return out;
    const bool list = node->kind == Node::Kind::sequence;
    for (std::size_t i = 0; i < (list ? node->items.size() : 1); ++i) {
      const Node& item = list ? node->items[i] : *node;
      const std::string value = canonical(item.text);
      out.insert(value);
      if (!anywhere_.contains(value))
        diagnostics_.error(item,
                           "no row has this label" + did_you_mean(item.text, {anywhere_.begin(), anywhere_.end()}),
                           "some of " + listed(rows_of_));
      else if (!known_.insert(value).second && std::string_view(key) == "failure")
        diagnostics_.error(item, "is a success or named twice", "each value once");
    }
    return out;
  }

  void check_strangers(const std::set<std::string>& success, const std::set<std::string>& failure) {
    std::map<std::string, std::size_t> strangers = rows_of_;
    std::erase_if(strangers,
                  [&](const auto& one) { return success.contains(one.first) || failure.contains(one.first); });
    if (strangers.size() <= (label_.has("failure") ? 0 : 1)) return;
    diagnostics_.error(label_.at(label_.has("failure") ? "failure" : "success"),
                       "of the column's values these are neither success nor failure: " + listed(strangers),
                       "every other value in `failure`; leave rows out with `filter`");
  }

  const Node& label_;
  Diagnostics& diagnostics_;
  std::set<std::string> anywhere_;              // values of the column, in rows that are kept or not
  std::map<std::string, std::size_t> rows_of_;  // rows of each value, of those kept
  std::vector<std::string> kept_;               // [kept rows] values
  std::set<std::string> known_;                 // values declared so far
};

}  // namespace

Schema label_schema() {
  const Schema values = one_of({text(), list_of(text(), 1)});
  return record(
      {required("column", text(), "column with the outcome"),
       required("success", values,
                "value or values that mean success; compared as numbers where both are numbers, else as text"),
       optional("failure", values,
                "value or values that mean failure; default: the one other value, where there is only one")});
}

std::vector<std::uint8_t> label_successes(const Node& label, const Table::Column& column, const std::vector<bool>& keep,
                                          Diagnostics& diagnostics) {
  return LabelReader(label, column, keep, diagnostics).read();
}

}  // namespace loopgate
