#include "core/scenario/yaml.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace loopgate;

namespace {

/// What is said of a document; empty: it is read.
std::string problems_of(const std::string& yaml) {
  Diagnostics diagnostics;
  parse_yaml(yaml, "test.yaml", diagnostics);
  std::string all;
  for (const std::string& one : diagnostics.errors()) all += one + "\n";
  return all;
}

Node read(const std::string& yaml) {
  Diagnostics diagnostics;
  Node node = parse_yaml(yaml, "test.yaml", diagnostics);
  REQUIRE(diagnostics.ok());
  return node;
}

bool refuses(const std::string& yaml, const std::string& place, const std::string& problem) {
  const std::string said = problems_of(yaml);
  CAPTURE(said);
  const bool refused = said.starts_with("test.yaml:" + place + ":") && said.find(problem) != std::string::npos;
  CHECK(refused);
  return refused;
}

std::string repeated(const std::string& text, std::size_t n) {
  std::string all;
  for (std::size_t i = 0; i < n; ++i) all += text;
  return all;
}

/// Lists of ten of the list before: 10^levels values in a few hundred bytes.
std::string laughs(int levels) {
  std::string yaml = "l0: &l0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]\n";
  for (int i = 1; i < levels; ++i) {
    const std::string before = "*l" + std::to_string(i - 1), own = "l" + std::to_string(i);
    yaml += own + ": &" + own + " [" + before + repeated(", " + before, 9) + "]\n";
  }
  return yaml;
}

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("a document has one end and nothing behind it") {
  refuses(",", "1:1", "more than one YAML document");
  refuses("[{type: ofs}],", "1:14", "more than one YAML document");
  refuses("a: 1\n---\nb: 2\n", "2:1", "more than one YAML document");
  CHECK(read("--- # a scenario\na: 1\n...\n").at("a").text == "1");
  CHECK(read("").kind == Node::Kind::null);
}

TEST_CASE("an alias stands for a value that is whole") {
  const Node node = read("a: &x [1, {b: \"2\"}]\nc: {d: *x}\n&k key: *k\n");
  CHECK(to_yaml(node.at("c").at("d")) == to_yaml(node.at("a")));
  const Node& copied = node.at("c").at("d").items[1].at("b");
  CHECK(copied.path == "c.d[1].b");
  CHECK(copied.quoted);
  CHECK(copied.mark.line == 1);
  CHECK(node.at("key").text == "key");
  refuses("a: &x [*x]", "1:8", "an alias within the value that it stands for");
  refuses("&x\na: *x", "2:4", "an alias within the value that it stands for");
  refuses("a: &x {b: [1, {c: *x}]}", "1:19", "an alias within the value that it stands for");
  refuses("a: *x", "1:4", "not valid YAML");
}

TEST_CASE("a document that grows without bounds is refused") {
  CHECK(read(laughs(4)).at("l3").items.size() == 10);
  refuses(laughs(9), "6", "too large");
  refuses("a: &x " + std::string(1 << 20U, 'x') + "\nb: [*x" + repeated(", *x", 100) + "]", "2", "too large");
  refuses("? " + std::string(1 << 20U, 'x') + "\n: [1" + repeated(", 1", 100) + "]", "2", "too large");
}

TEST_CASE("nesting has a bound which aliases do not get round") {
  const auto nested = [](std::size_t n) { return repeated("[", n) + repeated("]", n); };
  CHECK(problems_of(nested(101)).empty());
  refuses(nested(102), "1:102", "nested too deeply");
  refuses(nested(100'000), "1:102", "nested too deeply");
  std::string chain = "a0: &a0 [1]\n";
  for (int i = 1; i < 200; ++i)
    chain += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  refuses(chain, "100:12", "nested too deeply");
  Diagnostics diagnostics;
  Node root;
  apply_override(root, repeated("a.", 10'000) + "b=1", diagnostics);
  CHECK(diagnostics.errors().at(0).ends_with("...: nested too deeply (expected at most 100 levels)"));
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("property");

TEST_CASE("any text is read or refused and what is read is written as it was") {
  const std::vector<std::string> parts{
      ",",     ":",     ": ",    "- ",     "? ",     "[",    "]", "{",  "}",        "&x ", "*x",          "&y ",
      "*y ",   "\n",    "\n  ",  "\n    ", "a",      "b: ",  "c", "1",  "\"q\"",    "'s'", "|\n",         ">-\n",
      "# c\n", "---\n", "...\n", "!t ",    "!!str ", "<<: ", "~", "\t", "\xC3\xA9", "\\",  "%YAML 1.2\n", "@"};
  std::mt19937 draw(5);
  std::size_t n_read = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string yaml;
    for (std::size_t n = 1 + draw() % 30; n > 0; --n) yaml += parts[draw() % parts.size()];
    CAPTURE(yaml);
    Diagnostics diagnostics;
    const Node node = parse_yaml(yaml, "test.yaml", diagnostics);
    if (!diagnostics.ok()) continue;
    ++n_read;
    const std::string written = to_yaml(node);
    CAPTURE(written);
    CHECK(to_yaml(parse_yaml(written, "written.yaml", diagnostics)) == written);
    CHECK(diagnostics.ok());
  }
  CHECK(n_read > 250);
}

TEST_SUITE_END();
