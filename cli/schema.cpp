#include <cmath>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "core/scenario/scalars.hpp"
#include "core/scenario/scenario.hpp"
#include "core/scenario/yaml.hpp"

namespace po = boost::program_options;

namespace loopgate::cli {

namespace {

using Json = nlohmann::ordered_json;

// JSON Schema draft 7, the newest that both editors' YAML servers and python3-jsonschema know in full. Whatever
// `validate` (core/scenario/schema.hpp) accepts, this accepts; what depends on more than one value or on a file is left
// to it.
constexpr const char* draft = "http://json-schema.org/draft-07/schema#";

Json json_of(const Schema& schema);

/// Through its shortest decimal, so that whole numbers stay whole.
Json json_number(double value) { return Json::parse(format_number(value)); }

/// A default, as an editor would read it. Text that looks like a number may become one: text takes both.
Json json_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return nullptr;
    case Node::Kind::scalar:
      if (node.quoted) return node.text;
      if (const auto number = parse_number(node.text)) return json_number(*number);
      if (node.text == "true" || node.text == "false") return node.text == "true";
      return node.text;
    case Node::Kind::sequence: {
      Json items = Json::array();
      for (const Node& item : node.items) items.push_back(json_of(item));
      return items;
    }
    case Node::Kind::mapping: {
      Json entries = Json::object();
      for (const auto& [key, value] : node.entries) entries[key] = json_of(value);
      return entries;
    }
  }
  return nullptr;
}

Json json_of(const Key& key) {
  Json json = json_of(key.schema);
  json["description"] = key.summary;
  if (!key.default_value) return json;
  Diagnostics trouble;
  json["default"] = json_of(parse_yaml(*key.default_value, key.name, trouble));
  LOOPGATE_EXPECT(trouble.ok());
  return json;
}

/// Adds keys to a mapping that takes no others.
void add_keys(const std::vector<Key>& keys, Json& mapping) {
  for (const Key& key : keys) {
    mapping["properties"][key.name] = json_of(key);
    if (!key.default_value && !key.optional) mapping["required"].push_back(key.name);
  }
}

Json closed_mapping() {
  return {
      {"type", "object"}, {"properties", Json::object()}, {"required", Json::array()}, {"additionalProperties", false}};
}

std::string documentation(const Description& one) {
  std::string text = one.summary;
  if (!one.equation.empty()) text += "\n\nequation: " + one.equation;
  if (!one.reference.empty()) text += "\n\nreference: " + one.reference;
  if (!one.notes.empty()) text += "\n\nnotes: " + one.notes;
  return text;
}

/// One mapping a variant, told apart by the constant under the discriminator, so that editors offer the names first and
/// then the keys of the one that was chosen.
Json union_of(const Schema& schema) {
  Json variants = Json::array();
  for (const Description& one : schema.variants) {
    Json mapping = closed_mapping();
    mapping["title"] = one.name;
    mapping["description"] = one.summary;
    mapping["properties"][schema.discriminator] = {{"const", one.name}, {"description", documentation(one)}};
    if (one.name != schema.default_variant) mapping["required"].push_back(schema.discriminator);
    add_keys(schema.keys, mapping);
    add_keys(one.keys, mapping);
    variants.push_back(std::move(mapping));
  }
  Json mapping{{"type", "object"}};
  if (schema.default_variant.empty()) mapping["required"] = {schema.discriminator};
  mapping["oneOf"] = std::move(variants);
  return mapping;
}

Json bounded(const char* type, const Interval& range) {
  Json json{{"type", type}};
  if (std::isfinite(range.low)) json[range.low_open ? "exclusiveMinimum" : "minimum"] = json_number(range.low);
  if (std::isfinite(range.high)) json[range.high_open ? "exclusiveMaximum" : "maximum"] = json_number(range.high);
  return json;
}

Json json_of(const Schema& schema) {
  switch (schema.kind) {
    case Schema::Kind::number:
      return bounded("number", schema.range);
    case Schema::Kind::integer:
      if (takes_64_bits(schema))
        return {{"type", "integer"}, {"minimum", 0}, {"maximum", std::numeric_limits<std::uint64_t>::max()}};
      return bounded("integer", schema.range);
    case Schema::Kind::boolean:
      return {{"type", "boolean"}};
    case Schema::Kind::text:
      // Text is compared as it is written, so 0, 1.5, true and `no` are text too, whatever a YAML reader makes of them.
      if (schema.choices.empty()) return {{"type", {"string", "number", "boolean"}}};
      return {{"enum", schema.choices}};
    case Schema::Kind::list: {
      Json json{{"type", "array"}, {"items", json_of(schema.parts.front())}};
      if (schema.range.low >= 1.0) json["minItems"] = json_number(schema.range.low);
      return json;
    }
    case Schema::Kind::record: {
      Json json = closed_mapping();
      add_keys(schema.keys, json);
      return json;
    }
    case Schema::Kind::component:
      return union_of(schema);
    case Schema::Kind::dictionary:
      return {{"type", "object"}, {"additionalProperties", json_of(schema.parts.front())}};
    case Schema::Kind::one_of: {
      Json parts = Json::array();
      for (const Schema& part : schema.parts) parts.push_back(json_of(part));
      return {{"anyOf", std::move(parts)}};
    }
  }
  return {};
}

}  // namespace

int schema(const Arguments& arguments, const Catalog& catalog) {
  const auto given = parse(arguments, "loopgate schema", po::options_description("options"), {});
  if (given.count("help") > 0) return 0;
  Json json{{"$schema", draft}, {"title", "Loopgate scenario"}, {"description", "for loopgate " LOOPGATE_VERSION}};
  json.update(json_of(scenario_schema(catalog)));
  std::cout << json.dump(2) << '\n';
  return 0;
}

}  // namespace loopgate::cli
