#include "core/scenario/yaml.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "core/scenario/scalars.hpp"

namespace loopgate {

namespace {

class Converter {
 public:
  Converter(const std::string& source, Diagnostics& diagnostics) : source_(source), diagnostics_(diagnostics) {}

  Node convert(const YAML::Node& yaml, const std::string& path) {
    Node node;
    node.path = path;
    node.mark = mark(yaml);
    switch (yaml.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        break;
      case YAML::NodeType::Scalar:
        node.kind = Node::Kind::scalar;
        node.text = yaml.Scalar();
        if (node.text.find('\0') != std::string::npos)
          diagnostics_.error(node.mark, path, "holds a NUL character", "text");
        node.quoted = yaml.Tag() == "!";
        break;
      case YAML::NodeType::Sequence:
        node.kind = Node::Kind::sequence;
        for (const auto& item : yaml)
          node.items.push_back(convert(item, path + "[" + std::to_string(node.items.size()) + "]"));
        break;
      case YAML::NodeType::Map:
        node.kind = Node::Kind::mapping;
        for (const auto& entry : yaml) add_entry(node, entry.first, entry.second);
        break;
    }
    return node;
  }

 private:
  void add_entry(Node& node, const YAML::Node& key, const YAML::Node& value) {
    if (!key.IsScalar()) return diagnostics_.error(mark(key), node.path, "a key must be a word");
    const std::string name = key.Scalar();
    const std::string path = node.path.empty() ? name : node.path + "." + name;
    if (name == "<<") return diagnostics_.error(mark(key), path, "merge keys are not supported; write the keys out");
    if (const Node* first = node.find(name))
      return diagnostics_.error(mark(key), path,
                                "duplicate key, first given in line " + std::to_string(first->mark.line));
    node.entries.push_back({name, convert(value, path)});
    if (node.entries.back().value.kind == Node::Kind::null) node.entries.back().value.mark = mark(key);
  }

  Mark mark(const YAML::Node& yaml) const {
    const YAML::Mark at = yaml.Mark();
    return at.is_null() ? Mark{source_, 0, 0} : Mark{source_, at.line + 1, at.column + 1};
  }

  const std::string& source_;
  Diagnostics& diagnostics_;
};

bool needs_quotes(const Node& node) {
  const std::string& text = node.text;
  if (node.quoted || text.empty()) return true;
  if (parse_number(text)) return false;
  if (text == "true" || text == "false") return false;
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.' || c == '/';
  };
  return !(std::isalpha(static_cast<unsigned char>(text[0])) && std::ranges::all_of(text, plain)) || text == "null" ||
         text == "yes" || text == "no" || text == "on" || text == "off" || text == "y" || text == "n";
}

std::string quoted(const std::string& text) {
  YAML::Emitter emitter;
  emitter << YAML::DoubleQuoted << text;
  return emitter.c_str();
}

std::string scalar_text(const Node& node) { return needs_quotes(node) ? quoted(node.text) : node.text; }

void write(const Node& node, std::size_t indent, bool after_dash, std::string& out) {
  const std::string margin(indent, ' ');
  const bool empty = node.items.empty() && node.entries.empty();
  if (node.kind == Node::Kind::null) {
    out += " null\n";
  } else if (node.kind == Node::Kind::scalar) {
    out += " " + scalar_text(node) + "\n";
  } else if (empty) {
    out += node.kind == Node::Kind::sequence ? " []\n" : " {}\n";
  } else if (node.kind == Node::Kind::sequence) {
    out += after_dash ? " " : "\n";
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      if (i > 0 || !after_dash) out += margin;
      out += "-";
      write(node.items[i], indent + 2, true, out);
    }
  } else {
    out += after_dash ? " " : "\n";
    for (std::size_t i = 0; i < node.entries.size(); ++i) {
      if (i > 0 || !after_dash) out += margin;
      out += scalar_text(Node::scalar(node.entries[i].key)) + ":";
      write(node.entries[i].value, indent + 2, false, out);
    }
  }
}

Node* item_named(Node& list, std::string_view step) {
  std::size_t i = 0;
  const auto [end, failure] = std::from_chars(step.data(), step.data() + step.size(), i);
  if (failure == std::errc{} && end == step.data() + step.size())
    return i < list.items.size() ? &list.items[i] : nullptr;
  for (Node& item : list.items)
    for (const char* key : {"label", "name", "type"})
      if (const Node* value = item.find(key); value != nullptr && value->text == step) return &item;
  return nullptr;
}

}  // namespace

Node parse_yaml(std::string_view yaml, const std::string& source, Diagnostics& diagnostics,
                const std::string& root_path) {
  if (const std::size_t odd = first_invalid_utf8(yaml); odd < yaml.size()) {
    const auto line = 1 + std::ranges::count(yaml.substr(0, odd), '\n');
    const auto column = static_cast<int>(odd - (yaml.substr(0, odd).rfind('\n') + 1)) + 1;  // npos + 1 is 0
    diagnostics.error(Mark{source, static_cast<int>(line), column}, "", "not UTF-8 text", "the file saved as UTF-8");
    return {};
  }
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(yaml));
    if (documents.size() > 1) diagnostics.error(Mark{source, 0, 0}, "", "more than one YAML document", "one");
    if (documents.empty()) return {};
    return Converter(source, diagnostics).convert(documents.front(), root_path);
  } catch (const YAML::Exception& failure) {
    const bool known = !failure.mark.is_null();
    diagnostics.error(Mark{source, known ? failure.mark.line + 1 : 0, known ? failure.mark.column + 1 : 0}, "",
                      "not valid YAML: " + failure.msg);
    return {};
  }
}

std::string to_yaml(const Node& node) {
  std::string out;
  write(node, 0, false, out);
  return out.starts_with('\n') ? out.substr(1) : out;
}

void apply_override(Node& root, std::string_view assignment, Diagnostics& diagnostics) {
  const std::string source = "--set " + std::string(assignment);
  const Mark mark{source, 0, 0};
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return diagnostics.error(mark, "", "not an assignment", "KEY.PATH=VALUE");
  std::istringstream steps{std::string(assignment.substr(0, equals))};
  Node* at = &root;
  std::string path;
  for (std::string step; std::getline(steps, step, '.');) {
    if (at->kind == Node::Kind::sequence) {
      Node* item = item_named(*at, step);
      if (item == nullptr)
        return diagnostics.error(mark, path, "the list has no item `" + step + "`", "an index, label, name or type");
      at = item;
      path = at->path;
      continue;
    }
    if (at->kind == Node::Kind::scalar)
      return diagnostics.error(mark, path, "is a single value and has no key `" + step + "`");
    at->kind = Node::Kind::mapping;
    path += (path.empty() ? "" : ".") + step;
    if (at->find(step) == nullptr) at->entries.push_back({step, Node{}});
    at = at->find(step);
    if (at->kind == Node::Kind::null) at->mark = mark;
    at->path = path;
  }
  const std::size_t before = diagnostics.count();
  Node value = parse_yaml(assignment.substr(equals + 1), source, diagnostics, path);
  if (diagnostics.count() > before) return;
  const auto relocate = [&mark](auto& self, Node& node) -> void {
    node.mark = mark;
    for (Node& item : node.items) self(self, item);
    for (auto& entry : node.entries) self(self, entry.value);
  };
  relocate(relocate, value);
  *at = std::move(value);
}

}  // namespace loopgate
