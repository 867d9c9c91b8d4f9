#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/scenario/diagnostics.hpp"
#include "core/scenario/node.hpp"
#include "core/types.hpp"

namespace loopgate {

struct Key;
struct Description;

/// What a value may be. Built with the functions below; the one source of validation, `describe` and the JSON Schema.
struct Schema {
  enum class Kind : std::uint8_t { number, integer, boolean, text, list, record, component, dictionary, one_of };

  Kind kind = Kind::text;
  Interval range;                     ///< number, integer; list: bounds of the length
  std::vector<std::string> choices;   ///< text: allowed words; empty: any
  std::vector<Key> keys;              ///< record
  std::vector<Schema> parts;          ///< list, dictionary: [0] the element; one_of: the alternatives
  std::string discriminator;          ///< component: the key that names the variant, `type` or `law`
  std::vector<Description> variants;  ///< component
  std::string default_variant;        ///< component: the variant where the discriminator is left out; empty: required
};

/// One key of a mapping.
struct Key {
  std::string name;
  Schema schema;
  std::string summary;                       ///< one sentence, with the unit where there is one
  std::optional<std::string> default_value;  ///< YAML text; absent and not `optional`: the key is required
  bool optional = false;                     ///< may be left out and then stays out
};

/// Everything a user may know of a component: what it is, its keys, where it comes from.
struct Description {
  std::string name;
  std::string summary;                   ///< one line
  std::vector<Key> keys;                 ///< without the discriminator
  std::string equation{};                ///< in plain text; empty if it has none
  std::string reference{};               ///< author year, DOI or arXiv number; empty if it is our own
  std::string notes{};                   ///< what else a user should know: feedback regime, limits
  std::vector<std::string> per_agent{};  ///< score models: keys that an agent may set for itself, under `score_model`
};

Schema number(Interval range = {});
Schema integer(double low, double high = 9007199254740992.0);
Schema whole_64();  ///< 0 to 2^64 - 1, all bits kept
Schema boolean();
Schema text();
Schema choice(std::vector<std::string> words);
Schema list_of(Schema element, std::size_t at_least = 0);
Schema record(std::vector<Key> keys);
Schema dictionary_of(Schema element);  ///< a mapping from names of the user's choice
Schema component(std::string discriminator, std::vector<Description> variants, std::string default_variant = {});
Schema one_of(std::vector<Schema> alternatives);  ///< told apart by form: scalar, list, mapping

Key required(std::string name, Schema schema, std::string summary);
Key optional(std::string name, Schema schema, std::string summary);
Key defaulted(std::string name, Schema schema, std::string default_value, std::string summary);

/// Checks raw against schema and returns it completed: keys in the schema's order, defaults filled in, numbers in their
/// shortest exact spelling. Every problem goes to diagnostics; where there was one the result must not be used.
Node validate(const Node& raw, const Schema& schema, Diagnostics& diagnostics);

/// Whether a whole number may be larger than a double holds.
bool takes_64_bits(const Schema& schema) noexcept;

/// "a number in (0, 1]", "one of `max`, `sum`", for messages and `describe`.
std::string describe(const Schema& schema);

}  // namespace loopgate
