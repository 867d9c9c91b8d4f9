#include "core/scenario/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "core/scenario/scalars.hpp"

namespace loopgate {

namespace {

/// Deepest nesting of a document and most bytes of its tree, aliases written out: enough for any scenario, and little
/// enough that no document takes the memory or the stack of the machine.
constexpr std::size_t deepest = 100, most_bytes = std::size_t{64} << 20U;
constexpr const char* too_deep = "at most 100 levels";
constexpr const char* too_large = "at most 64 MiB once read and aliases written out";

/// A document that is not read to its end.
struct Refusal {
  Mark at;
  std::string problem, expected;
};

/// Makes a tree of what the parser meets, and refuses what has no end or grows beyond all bounds.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& source, const std::string& root_path, Diagnostics& diagnostics)
      : source_(source), root_path_(root_path), diagnostics_(diagnostics) {}

  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& at) override {
    if (++n_documents_ > 1) throw Refusal{mark(at), "more than one YAML document, or text behind its end", "one"};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& at, YAML::anchor_t anchor) override { end(begun(Node::Kind::null, at), anchor); }
  void OnScalar(const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = begun(Node::Kind::scalar, at);
    spend(value.size(), node.mark);
    node.text = value;
    node.quoted = tag == "!";
    if (value.find('\0') != std::string::npos)
      diagnostics_.error(node.mark, node.path, "holds a NUL character", "text");
    end(std::move(node), anchor);
  }
  void OnAlias(const YAML::Mark& at, YAML::anchor_t anchor) override {
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end())
      throw Refusal{mark(at), "an alias within the value that it stands for, which has no end",
                    "the value written out"};
    end(copy(found->second, path_of_next(), open_.size(), mark(at)), YAML::NullAnchor);
  }
  void OnSequenceStart(const YAML::Mark& at, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open_.push_back({begun(Node::Kind::sequence, at), anchor, {}, {}});
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& at, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open_.push_back({begun(Node::Kind::mapping, at), anchor, {}, {}});
  }
  void OnMapEnd() override { close(); }

 private:
  /// A list or mapping whose end is still to come.
  struct Open {
    Node node;
    YAML::anchor_t anchor;
    std::optional<Node> key;               ///< mapping: of the value that comes next
    std::map<std::string, int> key_lines;  ///< mapping: where each key stands
  };

  Mark mark(const YAML::Mark& at) const {
    return at.is_null() ? Mark{source_, 0, 0} : Mark{source_, at.line + 1, at.column + 1};
  }

  void spend(std::size_t bytes, const Mark& at) {
    n_bytes_ += bytes;
    if (n_bytes_ > most_bytes) throw Refusal{at, "the document is too large", too_large};
  }

  Node make(Node::Kind kind, std::string path, std::size_t depth, const Mark& at) {
    if (depth > deepest) throw Refusal{at, "nested too deeply", too_deep};
    spend(sizeof(Node) + path.size() + source_.size(), at);
    Node node;
    node.kind = kind;
    node.path = std::move(path);
    node.mark = at;
    return node;
  }
  Node begun(Node::Kind kind, const YAML::Mark& at) { return make(kind, path_of_next(), open_.size(), mark(at)); }

  /// A tree at another path; its marks say where it was written. at: where it is asked for.
  Node copy(const Node& from, const std::string& path, std::size_t depth, const Mark& at) {
    Node to = make(from.kind, path, depth, at);
    spend(from.text.size(), at);
    to.text = from.text;
    to.quoted = from.quoted;
    to.mark = from.mark;
    for (const Node& item : from.items) to.items.push_back(copy(item, item_path(path, to.items.size()), depth + 1, at));
    for (const auto& [key, value] : from.entries) {
      spend(key.size(), at);
      to.entries.push_back({key, copy(value, key_path(path, key), depth + 1, at)});
    }
    return to;
  }

  static std::string item_path(const std::string& list, std::size_t i) { return list + "[" + std::to_string(i) + "]"; }
  static std::string key_path(const std::string& mapping, const std::string& key) {
    return mapping.empty() ? key : mapping + "." + key;
  }
  std::string path_of_next() const {
    if (open_.empty()) return root_path_;
    const Open& parent = open_.back();
    if (parent.node.kind == Node::Kind::sequence) return item_path(parent.node.path, parent.node.items.size());
    return parent.key ? key_path(parent.node.path, parent.key->text) : parent.node.path;
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    end(std::move(done.node), done.anchor);
  }

  void end(Node node, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchored_[anchor] = copy(node, {}, 0, node.mark);
    if (open_.empty()) root_ = std::move(node);
    else if (open_.back().node.kind == Node::Kind::sequence) open_.back().node.items.push_back(std::move(node));
    else if (!open_.back().key) open_.back().key = std::move(node);
    else add_entry(open_.back(), std::move(node));
  }

  void add_entry(Open& mapping, Node value) {
    const Node key = *std::exchange(mapping.key, std::nullopt);
    if (key.kind != Node::Kind::scalar) return diagnostics_.error(key.mark, mapping.node.path, "a key must be a word");
    const std::string path = key_path(mapping.node.path, key.text);
    if (key.text == "<<") return diagnostics_.error(key.mark, path, "merge keys are not supported; write the keys out");
    const auto [first, is_new] = mapping.key_lines.try_emplace(key.text, key.mark.line);
    if (!is_new)
      return diagnostics_.error(key.mark, path, "duplicate key, first given in line " + std::to_string(first->second));
    if (value.kind == Node::Kind::null) value.mark = key.mark;
    mapping.node.entries.push_back({key.text, std::move(value)});
  }

  const std::string& source_;
  const std::string& root_path_;
  Diagnostics& diagnostics_;
  Node root_;
  std::vector<Open> open_;                   ///< from the outermost
  std::map<YAML::anchor_t, Node> anchored_;  ///< finished values that aliases may name
  std::size_t n_documents_ = 0, n_bytes_ = 0;
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
    std::istringstream text{std::string(yaml)};
    YAML::Parser parser(text);
    TreeBuilder tree(source, root_path, diagnostics);
    while (parser.HandleNextDocument(tree)) {
    }
    return tree.take();
  } catch (const Refusal& refusal) {
    diagnostics.error(refusal.at, "", refusal.problem, refusal.expected);
    return {};
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
  const std::string source = "--set " + shortened(std::string(assignment), 200);  // each value keeps a copy
  const Mark mark{source, 0, 0};
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return diagnostics.error(mark, "", "not an assignment", "KEY.PATH=VALUE");
  std::istringstream steps{std::string(assignment.substr(0, equals))};
  Node* at = &root;
  std::string path;
  std::size_t depth = 0;
  for (std::string step; std::getline(steps, step, '.');) {
    if (++depth > deepest) return diagnostics.error(mark, "", "nested too deeply", too_deep);
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
