#include "core/scenario/schema.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/error.hpp"
#include "core/scenario/scalars.hpp"
#include "core/scenario/yaml.hpp"

namespace loopgate {

namespace {

constexpr double most_exact = 9007199254740992.0;  // 2^53: a double holds every whole number up to there

Schema of(Schema::Kind kind) {
  Schema schema;
  schema.kind = kind;
  return schema;
}

std::string bounds(const Interval& range) {
  if (std::isinf(range.low) && std::isinf(range.high)) return {};
  if (std::isinf(range.high)) return (range.low_open ? " > " : " >= ") + format_number(range.low);
  if (std::isinf(range.low)) return (range.high_open ? " < " : " <= ") + format_number(range.high);
  return std::string(" in ") + (range.low_open ? "(" : "[") + format_number(range.low) + ", " +
         format_number(range.high) + (range.high_open ? ")" : "]");
}

std::string join(const std::vector<std::string>& words, std::string_view separator) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : std::string(separator)) + word;
  return all;
}

std::vector<std::string> quoted_names(const std::vector<std::string>& words) {
  std::vector<std::string> all;
  for (const std::string& word : words) all.push_back("`" + word + "`");
  return all;
}

template <class Named>
std::vector<std::string> names_of(const std::vector<Named>& all) {
  std::vector<std::string> names;
  for (const auto& one : all) names.push_back(one.name);
  return names;
}

/// Walks a raw tree along a schema. Each function returns the completed node.
class Validator {
 public:
  explicit Validator(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  Node value(const Node& raw, const Schema& schema) {
    switch (schema.kind) {
      case Schema::Kind::number:
      case Schema::Kind::integer:
        return numeric(raw, schema);
      case Schema::Kind::boolean:
        return truth(raw, schema);
      case Schema::Kind::text:
        return word(raw, schema);
      case Schema::Kind::list:
        return list(raw, schema);
      case Schema::Kind::record:
        return mapping(raw, schema.keys, describe(schema));
      case Schema::Kind::component:
        return variant(raw, schema);
      case Schema::Kind::dictionary:
        return dictionary(raw, schema);
      case Schema::Kind::one_of:
        return alternative(raw, schema);
    }
    return raw;
  }

 private:
  Node wrong_type(const Node& raw, const Schema& schema) {
    diagnostics_.error(raw, raw.kind == Node::Kind::null ? "has no value" : "wrong type", describe(schema));
    return raw;
  }

  Node numeric(const Node& raw, const Schema& schema) {
    if (raw.kind != Node::Kind::scalar) return wrong_type(raw, schema);
    const auto number = raw.quoted ? std::nullopt : parse_number(raw.text);
    if (!number) {
      const bool leading_zero = !raw.quoted && raw.text.size() > 1 && raw.text[0] == '0' &&
                                std::isdigit(static_cast<unsigned char>(raw.text[1]));
      diagnostics_.error(raw, leading_zero ? "a leading zero, which YAML may read as octal" : "not a number",
                         describe(schema));
      return raw;
    }
    Node done = raw;
    done.text = format_number(*number);
    if (const auto whole = takes_64_bits(schema) ? parse_whole(raw.text) : std::nullopt) {
      done.text = std::to_string(*whole);
      return done;
    }
    if (schema.kind == Schema::Kind::integer && *number != std::floor(*number))
      diagnostics_.error(raw, "not a whole number", describe(schema));
    else if (!schema.range.contains(*number)) diagnostics_.error(raw, "out of range", describe(schema));
    else if (takes_64_bits(schema) && *number >= most_exact)
      diagnostics_.error(raw, "not written digit by digit, which numbers from 2^53 on must be", describe(schema));
    return done;
  }

  Node truth(const Node& raw, const Schema& schema) {
    if (raw.kind != Node::Kind::scalar) return wrong_type(raw, schema);
    if (raw.quoted || (raw.text != "true" && raw.text != "false"))
      diagnostics_.error(raw, "not a truth value", describe(schema));
    return raw;
  }

  Node word(const Node& raw, const Schema& schema) {
    if (raw.kind != Node::Kind::scalar) return wrong_type(raw, schema);
    if (!schema.choices.empty() && std::ranges::find(schema.choices, raw.text) == schema.choices.end())
      diagnostics_.error(raw, "unknown" + did_you_mean(raw.text, schema.choices), describe(schema));
    return raw;
  }

  Node list(const Node& raw, const Schema& schema) {
    if (raw.kind != Node::Kind::sequence) return wrong_type(raw, schema);
    if (static_cast<double>(raw.items.size()) < schema.range.low)
      diagnostics_.error(raw, "too few items", describe(schema));
    Node done = raw;
    for (Node& item : done.items) item = value(item, schema.parts.front());
    return done;
  }

  Node dictionary(const Node& raw, const Schema& schema) {
    if (raw.kind != Node::Kind::mapping) return wrong_type(raw, schema);
    Node done = raw;
    for (auto& entry : done.entries) entry.value = value(entry.value, schema.parts.front());
    return done;
  }

  Node mapping(const Node& raw, const std::vector<Key>& keys, const std::string& expected) {
    if (raw.kind != Node::Kind::mapping) {
      diagnostics_.error(raw, raw.kind == Node::Kind::null ? "has no value" : "wrong type", expected);
      return raw;
    }
    for (const auto& [name, entry] : raw.entries)
      if (std::ranges::find(keys, name, &Key::name) == keys.end()) unknown_key(entry, name, keys);
    Node done = raw;
    done.entries.clear();
    for (const Key& key : keys) {
      if (const Node* given = raw.find(key.name)) done.entries.push_back({key.name, value(*given, key.schema)});
      else if (key.default_value) done.entries.push_back({key.name, default_of(key, raw)});
      else if (!key.optional)
        diagnostics_.error(raw.mark, raw.path, "the key `" + key.name + "` is missing",
                           describe(key.schema) + ", " + key.summary);
    }
    return done;
  }

  void unknown_key(const Node& entry, const std::string& name, const std::vector<Key>& keys) {
    const auto known = names_of(keys);
    const std::string hint = did_you_mean(name, known);
    diagnostics_.error(entry, "unknown key" + hint,
                       known.empty() ? "no keys here" : "one of " + join(quoted_names(known), ", "));
  }

  Node default_of(const Key& key, const Node& owner) {
    Diagnostics trouble;
    const std::string path = owner.path.empty() ? key.name : owner.path + "." + key.name;
    const Node raw = parse_yaml(*key.default_value, "default of " + path, trouble, path);
    Node done = Validator(trouble).value(raw, key.schema);
    LOOPGATE_EXPECT(trouble.ok());  // a declared default that its own schema refuses is a bug
    const auto place = [&owner](auto& self, Node& node) -> void {
      node.mark = owner.mark;
      for (Node& item : node.items) self(self, item);
      for (auto& entry : node.entries) self(self, entry.value);
    };
    place(place, done);
    return done;
  }

  Node variant(const Node& raw, const Schema& schema) {
    if (raw.kind != Node::Kind::mapping) return wrong_type(raw, schema);
    const auto known = names_of(schema.variants);
    const Node* name = raw.find(schema.discriminator);
    const bool by_default = name == nullptr && !schema.default_variant.empty();
    if (!by_default && (name == nullptr || name->kind != Node::Kind::scalar)) {
      diagnostics_.error(raw.mark, raw.path, "the key `" + schema.discriminator + "` is missing",
                         "one of " + join(quoted_names(known), ", "));
      return raw;
    }
    const std::string& wanted = by_default ? schema.default_variant : name->text;
    const auto chosen = std::ranges::find(schema.variants, wanted, &Description::name);
    if (chosen == schema.variants.end()) {
      diagnostics_.error(*name, "unknown" + did_you_mean(name->text, known),
                         "one of " + join(quoted_names(known), ", "));
      return raw;
    }
    std::vector<Key> keys{by_default ? defaulted(schema.discriminator, text(), wanted, "which one")
                                     : required(schema.discriminator, text(), "which one")};
    for (const Key& key : schema.keys) keys.push_back(key);
    for (const Key& key : chosen->keys) keys.push_back(key);
    return mapping(raw, keys, describe(schema));
  }

  Node alternative(const Node& raw, const Schema& schema) {
    for (const Schema& candidate : schema.parts)
      if (fits_form(raw, candidate)) return value(raw, candidate);
    return wrong_type(raw, schema);
  }

  static bool fits_form(const Node& raw, const Schema& schema) {
    switch (schema.kind) {
      case Schema::Kind::number:
      case Schema::Kind::integer:
      case Schema::Kind::boolean:
      case Schema::Kind::text:
        return raw.kind == Node::Kind::scalar;
      case Schema::Kind::list:
        return raw.kind == Node::Kind::sequence;
      case Schema::Kind::record: {
        // Two records are told apart by their required keys.
        const auto present = [&raw](const Key& key) { return key.optional || key.default_value || raw.has(key.name); };
        return raw.kind == Node::Kind::mapping && std::ranges::all_of(schema.keys, present);
      }
      case Schema::Kind::component:
      case Schema::Kind::dictionary:
        return raw.kind == Node::Kind::mapping;
      case Schema::Kind::one_of:
        return std::ranges::any_of(schema.parts, [&raw](const Schema& part) { return fits_form(raw, part); });
    }
    return false;
  }

  Diagnostics& diagnostics_;
};

}  // namespace

Schema number(Interval range) {
  Schema schema = of(Schema::Kind::number);
  schema.range = range;
  return schema;
}

Schema integer(double low, double high) {
  Schema schema = of(Schema::Kind::integer);
  schema.range = {low, high};
  return schema;
}

Schema whole_64() {
  Schema schema = of(Schema::Kind::integer);
  schema.range = {0.0, 0x1.0p64, false, true};
  return schema;
}

Schema boolean() { return of(Schema::Kind::boolean); }
Schema text() { return of(Schema::Kind::text); }

Schema choice(std::vector<std::string> words) {
  Schema schema = of(Schema::Kind::text);
  schema.choices = std::move(words);
  return schema;
}

Schema list_of(Schema element, std::size_t at_least) {
  Schema schema = of(Schema::Kind::list);
  schema.range.low = static_cast<double>(at_least);
  schema.parts.push_back(std::move(element));
  return schema;
}

Schema record(std::vector<Key> keys) {
  Schema schema = of(Schema::Kind::record);
  schema.keys = std::move(keys);
  return schema;
}

Schema dictionary_of(Schema element) {
  Schema schema = of(Schema::Kind::dictionary);
  schema.parts.push_back(std::move(element));
  return schema;
}

Schema component(std::string discriminator, std::vector<Description> variants, std::string default_variant) {
  Schema schema = of(Schema::Kind::component);
  schema.discriminator = std::move(discriminator);
  schema.variants = std::move(variants);
  schema.default_variant = std::move(default_variant);
  return schema;
}

Schema one_of(std::vector<Schema> alternatives) {
  Schema schema = of(Schema::Kind::one_of);
  schema.parts = std::move(alternatives);
  return schema;
}

Key required(std::string name, Schema schema, std::string summary) {
  return {std::move(name), std::move(schema), std::move(summary), std::nullopt, false};
}

Key optional(std::string name, Schema schema, std::string summary) {
  return {std::move(name), std::move(schema), std::move(summary), std::nullopt, true};
}

Key defaulted(std::string name, Schema schema, std::string default_value, std::string summary) {
  return {std::move(name), std::move(schema), std::move(summary), std::move(default_value), false};
}

Node validate(const Node& raw, const Schema& schema, Diagnostics& diagnostics) {
  return Validator(diagnostics).value(raw, schema);
}

bool takes_64_bits(const Schema& schema) noexcept {
  return schema.kind == Schema::Kind::integer && schema.range.high > most_exact;
}

std::string describe(const Schema& schema) {
  switch (schema.kind) {
    case Schema::Kind::number:
      return "a number" + bounds(schema.range);
    case Schema::Kind::integer:
      if (takes_64_bits(schema)) return "a whole number in [0, 18446744073709551615]";
      return "a whole number" + bounds(schema.range.high >= most_exact ? Interval{schema.range.low} : schema.range);
    case Schema::Kind::boolean:
      return "true or false";
    case Schema::Kind::text:
      return schema.choices.empty() ? "text" : "one of " + join(quoted_names(schema.choices), ", ");
    case Schema::Kind::list: {
      const std::string element = describe(schema.parts.front());
      const std::string count = schema.range.low >= 1 ? " of at least " + format_number(schema.range.low) : "";
      return "a list" + count + ", each " + element;
    }
    case Schema::Kind::record:
      return "a mapping with " + join(quoted_names(names_of(schema.keys)), ", ");
    case Schema::Kind::component:
      return "a mapping with `" + schema.discriminator + "`: " + join(quoted_names(names_of(schema.variants)), " | ");
    case Schema::Kind::dictionary:
      return "a mapping from names, each to " + describe(schema.parts.front());
    case Schema::Kind::one_of: {
      std::vector<std::string> parts;
      for (const Schema& part : schema.parts) parts.push_back(describe(part));
      return join(parts, "; or ");
    }
  }
  return {};
}

}  // namespace loopgate
