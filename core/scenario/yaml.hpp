#pragma once

#include <string>
#include <string_view>

#include "core/scenario/diagnostics.hpp"
#include "core/scenario/node.hpp"

namespace loopgate {

/// Parses one YAML document; source names it in messages. A syntax error, a duplicate key, a key that is not a word, an
/// anchor's merge key and a second document go to diagnostics, and so do a value that holds an alias of itself, nesting
/// beyond 100 levels and a tree beyond 64 MiB, aliases written out. root_path prefixes the paths of the nodes.
Node parse_yaml(std::string_view yaml, const std::string& source, Diagnostics& diagnostics,
                const std::string& root_path = {});

/// Writes a node as block-style YAML that parse_yaml reads back as the same tree.
std::string to_yaml(const Node& node);

/// Applies one `key.path=value` to a raw scenario. A list's item is named by its index, or by its `label`, `name` or
/// `type`. Mappings that the path names and the file left out are made; the value is read as YAML.
void apply_override(Node& root, std::string_view assignment, Diagnostics& diagnostics);

}  // namespace loopgate
