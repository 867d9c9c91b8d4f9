#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loopgate {

/// Where a value was written. line and column are 1-based; line 0: not in a file (a default, or --set, named by
/// source).
struct Mark {
  std::string source;
  int line = 0;
  int column = 0;
};

/// One value of a scenario: a scalar with the text the user wrote, a list, or a mapping in the order of the file.
/// A Node that has passed `validate` (core/scenario/schema.hpp) holds every default, and its typed accessors cannot
/// fail on user input: calling one that does not fit the schema is a ContractViolation.
struct Node {
  enum class Kind : std::uint8_t { null, scalar, sequence, mapping };
  struct Entry;

  Kind kind = Kind::null;
  std::string text;            ///< scalar: as written, unquoted
  bool quoted = false;         ///< scalar: was in quotes, so never a number or a truth value
  std::vector<Node> items;     ///< sequence
  std::vector<Entry> entries;  ///< mapping
  Mark mark;
  std::string path;  ///< e.g. environment.population.groups[1].share

  static Node scalar(std::string text);
  const Node* find(std::string_view key) const noexcept;  ///< mapping entry, or null if absent
  Node* find(std::string_view key) noexcept;
  bool has(std::string_view key) const noexcept { return find(key) != nullptr; }
  const Node& at(std::string_view key) const;  ///< mapping entry; EXPECTs presence

  double number() const;
  std::int64_t integer() const;
  std::uint64_t whole() const;  ///< of a schema that takes 64 bits
  bool boolean() const;
  const std::string& string() const;
  std::vector<double> numbers() const;       ///< a sequence of numbers
  std::vector<std::string> strings() const;  ///< a sequence of scalars, as text

  double number(std::string_view key) const { return at(key).number(); }
  std::int64_t integer(std::string_view key) const { return at(key).integer(); }
  bool boolean(std::string_view key) const { return at(key).boolean(); }
  const std::string& string(std::string_view key) const { return at(key).string(); }

  /// The value on one line, shortened to about 60 characters, for messages.
  std::string brief() const;
};

struct Node::Entry {
  std::string key;
  Node value;
};

}  // namespace loopgate
