#include "core/scenario/diagnostics.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include "core/error.hpp"

namespace loopgate {

namespace {

std::string place(const Mark& mark) {
  if (mark.line == 0) return mark.source;
  return mark.source + ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column);
}

std::string message(const Mark& mark, std::string_view what, std::string_view problem, std::string_view expected) {
  std::string text = place(mark);
  if (!text.empty()) text += ": ";
  if (!what.empty()) text += std::string(what) + ": ";
  text += problem;
  if (!expected.empty()) text += " (expected " + std::string(expected) + ")";
  return text;
}

std::string subject(const Node& at) {
  if (at.path.empty()) return {};
  return at.kind == Node::Kind::mapping ? at.path : at.path + " = " + at.brief();
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

}  // namespace

void Diagnostics::error(const Node& at, std::string_view problem, std::string_view expected) {
  errors_.push_back(message(at.mark, subject(at), problem, expected));
}

void Diagnostics::error(const Mark& at, std::string_view what, std::string_view problem, std::string_view expected) {
  errors_.push_back(message(at, what, problem, expected));
}

void Diagnostics::warn(const Node& at, std::string_view concern) {
  warnings_.push_back(message(at.mark, subject(at), concern, {}));
}

void Diagnostics::throw_if_any() const {
  if (errors_.empty()) return;
  std::string all;
  std::set<std::string_view> said;
  for (const std::string& one : errors_)
    if (said.insert(one).second) all += (all.empty() ? "" : "\n") + one;
  throw ScenarioError(all);
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const std::string* nearest = nullptr;
  std::size_t distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t d = edit_distance(word, candidate);
    if (d < distance && d < std::max(word.size(), candidate.size())) {  // something must be left of the word
      distance = d;
      nearest = &candidate;
    }
  }
  return nearest == nullptr ? std::string{} : " (did you mean `" + *nearest + "`?)";
}

}  // namespace loopgate
