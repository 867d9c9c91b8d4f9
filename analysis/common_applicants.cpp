#include "analysis/common_applicants.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/scenario/scalars.hpp"
#include "core/scenario/yaml.hpp"

namespace loopgate {

namespace {

Node resolved(const ScenarioRecord& record) {
  Diagnostics diagnostics;
  Node root = parse_yaml(record.resolved, record.path + ": /scenario_resolved", diagnostics);
  if (!diagnostics.ok() || root.kind != Node::Kind::mapping)
    throw TraceError(record.path + ": /scenario_resolved cannot be read (expected the scenario as a run wrote it)");
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
  Differences(const ScenarioRecord& a, const ScenarioRecord& b) : a_(a.path), b_(b.path) {}

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

bool is_on(const Node& intervention, const std::string& key) {
  return intervention.string("set").starts_with(key + ".");
}

void drop_interventions_on(Node& root, const std::string& key) {
  if (Node* list = root.find("interventions"))
    std::erase_if(list->items, [&key](const Node& one) { return is_on(one, key); });
}

void keep_interventions_on(Node& root, const std::string& key) {
  if (Node* list = root.find("interventions"))
    std::erase_if(list->items, [&key](const Node& one) { return !is_on(one, key); });
}

bool equal_types(const std::vector<ApplicantType>& a, const std::vector<ApplicantType>& b) {
  return std::ranges::equal(a, b, [](const ApplicantType& x, const ApplicantType& y) {
    return x.group == y.group && x.score == y.score && x.mass == y.mass && x.success == y.success;
  });
}

/// Of all keys but some, and of the types where those agree.
std::vector<std::string> differences_without(const std::vector<std::string>& keys, const ScenarioRecord& a,
                                             const ScenarioRecord& b) {
  Node left = resolved(a), right = resolved(b);
  for (Node* root : {&left, &right}) {
    for (const std::string& key : keys) drop_interventions_on(*root, key);
    std::erase_if(root->entries, [&](const auto& entry) { return std::ranges::find(keys, entry.key) != keys.end(); });
  }
  Differences differences(a, b);
  differences.compare(&left, &right, "");
  if (differences.lines.empty() && !equal_types(a.types, b.types))
    differences.add("/inputs/type", std::to_string(a.types.size()) + " types",
                    std::to_string(b.types.size()) +
                        " types of other scores, masses or successes: the data file or the "
                        "program that fitted the scores changed");
  return differences.lines;
}

}  // namespace

ScenarioRecord record_of(const TraceReader& trace) { return {trace.path, trace.scenario_resolved, trace.types()}; }

std::vector<std::string> applicant_differences(const TraceReader& a, const TraceReader& b) {
  return differences_without({"scenario", "feedback", "agents", "constraints", "trace", "horizon", "replications"},
                             record_of(a), record_of(b));
}

std::vector<std::string> world_differences(const ScenarioRecord& a, const ScenarioRecord& b) {
  return differences_without({"scenario", "seed", "replications", "fidelity", "feedback", "agents", "trace"}, a, b);
}

std::vector<std::string> constraint_differences(const TraceReader& a, const TraceReader& b) {
  const ScenarioRecord left = record_of(a), right = record_of(b);
  Differences differences(left, right);
  Node x = resolved(left), y = resolved(right);
  differences.compare(x.find("constraints"), y.find("constraints"), "constraints");
  for (Node* root : {&x, &y}) keep_interventions_on(*root, "constraints");
  differences.compare(x.find("interventions"), y.find("interventions"), "interventions");
  return differences.lines;
}

}  // namespace loopgate
