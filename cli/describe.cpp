#include <iostream>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/table.hpp"
#include "core/scenario/scenario.hpp"

namespace po = boost::program_options;

namespace loopgate::cli {

namespace {

std::vector<std::string> kind_names(const Catalog& catalog) {
  std::vector<std::string> names;
  for (const auto& kind : catalog.kinds()) names.push_back(kind.first);
  return names;
}

std::vector<Description> kind_named(const Catalog& catalog, const std::string& name) {
  for (auto& [kind, descriptions] : catalog.kinds())
    if (kind == name || kind == name + "s") return descriptions;
  std::string known;
  for (const std::string& one : kind_names(catalog)) known += (known.empty() ? "" : ", ") + one;
  throw ScenarioError("command line: " + name + ": unknown kind" + did_you_mean(name, kind_names(catalog)) +
                      " (expected " + known + ")");
}

void print_keys(const std::vector<Key>& keys, const std::string& margin);

void print_inner(const Schema& schema, const std::string& margin) {
  print_keys(schema.keys, margin);
  for (const Schema& part : schema.parts) print_inner(part, margin);
  for (const Description& variant : schema.variants) {
    std::cout << margin << schema.discriminator << ": " << variant.name << " - " << variant.summary << '\n';
    print_keys(variant.keys, margin + "  ");
  }
}

void print_keys(const std::vector<Key>& keys, const std::string& margin) {
  for (const Key& key : keys) {
    std::cout << margin << key.name << ": " << describe(key.schema);
    if (key.default_value) std::cout << "; default " << *key.default_value;
    else std::cout << (key.optional ? "; may be left out" : "; required");
    std::cout << '\n' << margin << "    " << key.summary << '\n';
    print_inner(key.schema, margin + "    ");
  }
}

}  // namespace

int list(const Arguments& arguments, const Catalog& catalog) {
  po::options_description options("options");
  options.add_options()("format", po::value<std::string>()->default_value("table"), "table, json or csv");
  const auto given = parse(arguments, "loopgate list [KIND] [--format table|json|csv]", options, {"kind"});
  if (given.count("help") > 0) return 0;
  Table table({{"kind", "kind", Table::Align::left},
               {"name", "name", Table::Align::left},
               {"summary", "summary", Table::Align::left}});
  const std::string wanted = given.count("kind") > 0 ? given["kind"].as<std::string>() : "";
  if (!wanted.empty()) kind_named(catalog, wanted);
  for (const auto& [kind, descriptions] : catalog.kinds()) {
    if (!wanted.empty() && kind != wanted && kind != wanted + "s") continue;
    for (const Description& one : descriptions) table.row().text(kind).text(one.name).text(one.summary);
  }
  table.print(given["format"].as<std::string>());
  return 0;
}

int describe_component(const Arguments& arguments, const Catalog& catalog) {
  const std::string usage = "loopgate describe KIND NAME, or loopgate describe scenario";
  const auto given = parse(arguments, usage, po::options_description("options"), {"kind", "name"});
  if (given.count("help") > 0) return 0;
  if (given.count("kind") == 0) throw ScenarioError("command line: nothing to describe (expected " + usage + ")");
  const std::string kind = given["kind"].as<std::string>();
  if (kind == "scenario") {
    print_keys(scenario_schema(catalog).keys, "");
    return 0;
  }
  const auto known = kind_named(catalog, kind);
  if (given.count("name") == 0) throw ScenarioError("command line: " + kind + ": which one? (expected " + usage + ")");
  const std::string name = given["name"].as<std::string>();
  std::vector<std::string> names;
  for (const Description& one : known) {
    names.push_back(one.name);
    if (one.name != name) continue;
    std::cout << one.name << ": " << one.summary << '\n';
    if (!one.equation.empty()) std::cout << "\nequation: " << one.equation << '\n';
    if (!one.reference.empty()) std::cout << "reference: " << one.reference << '\n';
    if (!one.notes.empty()) std::cout << "notes: " << one.notes << '\n';
    std::cout << (one.keys.empty() ? "\nno keys\n" : "\nkeys:\n");
    print_keys(one.keys, "  ");
    return 0;
  }
  throw ScenarioError("command line: " + kind + " " + name + ": unknown name" + did_you_mean(name, names));
}

}  // namespace loopgate::cli
