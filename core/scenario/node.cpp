#include "core/scenario/node.hpp"

#include <charconv>
#include <cmath>
#include <utility>

#include "core/error.hpp"
#include "core/scenario/scalars.hpp"

namespace loopgate {

Node Node::scalar(std::string text) {
  Node node;
  node.kind = Kind::scalar;
  node.text = std::move(text);
  return node;
}

const Node* Node::find(std::string_view key) const noexcept {
  for (const auto& [name, value] : entries)
    if (name == key) return &value;
  return nullptr;
}

Node* Node::find(std::string_view key) noexcept { return const_cast<Node*>(std::as_const(*this).find(key)); }

const Node& Node::at(std::string_view key) const {
  const Node* found = find(key);
  LOOPGATE_EXPECT(found != nullptr);
  return *found;
}

double Node::number() const {
  const auto value = parse_number(text);
  LOOPGATE_EXPECT(kind == Kind::scalar && value.has_value());
  return *value;
}

std::int64_t Node::integer() const {
  const double value = number();
  LOOPGATE_EXPECT(value == std::floor(value));
  return static_cast<std::int64_t>(value);
}

std::uint64_t Node::whole() const {
  const auto value = parse_whole(text);
  LOOPGATE_EXPECT(kind == Kind::scalar && value.has_value());
  return *value;
}

bool Node::boolean() const {
  LOOPGATE_EXPECT(kind == Kind::scalar && (text == "true" || text == "false"));
  return text == "true";
}

const std::string& Node::string() const {
  LOOPGATE_EXPECT(kind == Kind::scalar);
  return text;
}

std::vector<double> Node::numbers() const {
  std::vector<double> all;
  for (const Node& item : items) all.push_back(item.number());
  return all;
}

std::vector<std::string> Node::strings() const {
  std::vector<std::string> all;
  for (const Node& item : items) all.push_back(item.string());
  return all;
}

namespace {

void write_brief(const Node& node, std::string& out) {
  switch (node.kind) {
    case Node::Kind::null:
      out += "(nothing)";
      break;
    case Node::Kind::scalar:
      out += node.text;
      break;
    case Node::Kind::sequence:
      out += '[';
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        if (i > 0) out += ", ";
        write_brief(node.items[i], out);
      }
      out += ']';
      break;
    case Node::Kind::mapping:
      out += '{';
      for (std::size_t i = 0; i < node.entries.size(); ++i) {
        if (i > 0) out += ", ";
        out += node.entries[i].key + ": ";
        write_brief(node.entries[i].value, out);
      }
      out += '}';
      break;
  }
}

}  // namespace

std::string Node::brief() const {
  std::string out;
  write_brief(*this, out);
  return shortened(std::move(out), 60);
}

}  // namespace loopgate
