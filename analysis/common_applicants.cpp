#include "analysis/common_applicants.hpp"

#include <algorithm>
#include <array>

#include "core/error.hpp"
#include "core/scenario/scalars.hpp"
#include "core/scenario/yaml.hpp"

namespace loopgate {

namespace {

Node resolved(const TraceReader& trace) {
  Diagnostics diagnostics;
  Node root = parse_yaml(trace.scenario_resolved, trace.path + ": /scenario_resolved", diagnostics);
  if (!diagnostics.ok() || root.kind != Node::Kind::mapping)
    throw TraceError(trace.path + ": /scenario_resolved cannot be read (expected the scenario as a run wrote it)");
  return root;
}

bool equal_scalars(const Node& a, const Node& b) {
  if (a.text == b.text) return true;
  if (a.quoted || b.quoted) return false;
  const auto x = parse_number(a.text), y = parse_number(b.text);
  return x && y && *x == *y;
}

class Differences {
 public:
  Differences(const TraceReader& a, const TraceReader& b) : a_(a.path), b_(b.path) {}

  void compare(const Node* a, const Node* b, const std::string& path) {
    if (a == nullptr && b == nullptr) return;
    if (a == nullptr || b == nullptr || a->kind != b->kind) return add(path, shown(a), shown(b));
    switch (a->kind) {
      case Node::Kind::null:
        return;
      case Node::Kind::scalar:
        if (!equal_scalars(*a, *b)) add(path, a->text, b->text);
        return;
      case Node::Kind::sequence:
        return compare_lists(*a, *b, path);
      case Node::Kind::mapping:
        for (const auto& [key, value] : a->entries) compare(&value, b->find(key), joined(path, key));
        for (const auto& [key, value] : b->entries)
          if (!a->has(key)) compare(nullptr, &value, joined(path, key));
    }
  }
  void add(const std::string& path, const std::string& in_a, const std::string& in_b) {
    lines.push_back(path + ": " + in_a + " in " + a_ + ", " + in_b + " in " + b_);
  }

  std::vector<std::string> lines;

 private:
  static std::string joined(const std::string& path, const std::string& key) {
    return path.empty() ? key : path + "." + key;
  }
  static std::string shown(const Node* node) { return node == nullptr ? "nothing" : node->brief(); }
  void compare_lists(const Node& a, const Node& b, const std::string& path) {
    if (a.items.size() != b.items.size())
      return add(path, std::to_string(a.items.size()) + " entries", std::to_string(b.items.size()) + " entries");
    for (std::size_t i = 0; i < a.items.size(); ++i)
      compare(&a.items[i], &b.items[i], path + "[" + std::to_string(i) + "]");
  }

  std::string a_, b_;
};

bool equal_types(const std::vector<ApplicantType>& a, const std::vector<ApplicantType>& b) {
  return std::ranges::equal(a, b, [](const ApplicantType& x, const ApplicantType& y) {
    return x.group == y.group && x.score == y.score && x.mass == y.mass && x.success == y.success;
  });
}

}  // namespace

std::vector<std::string> applicant_differences(const TraceReader& a, const TraceReader& b) {
  constexpr std::array without{"scenario", "agents", "constraints", "trace", "horizon", "replications"};
  Node left = resolved(a), right = resolved(b);
  for (Node* root : {&left, &right})
    std::erase_if(root->entries,
                  [&](const auto& entry) { return std::ranges::find(without, entry.first) != without.end(); });
  Differences differences(a, b);
  differences.compare(&left, &right, "");
  const auto types = a.types(), other = b.types();
  if (differences.lines.empty() && !equal_types(types, other))
    differences.add("/inputs/type", std::to_string(types.size()) + " types",
                    std::to_string(other.size()) +
                        " types of other scores, masses or successes: the data file or the "
                        "program that fitted the scores changed");
  return differences.lines;
}

std::vector<std::string> constraint_differences(const TraceReader& a, const TraceReader& b) {
  const Node left = resolved(a), right = resolved(b);
  Differences differences(a, b);
  differences.compare(left.find("constraints"), right.find("constraints"), "constraints");
  return differences.lines;
}

}  // namespace loopgate
