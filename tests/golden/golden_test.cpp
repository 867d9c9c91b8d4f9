#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/support/source_dir.hpp"
#include "tests/support/traces.hpp"

using namespace loopgate;

namespace {

constexpr double tolerance = 1e-9;  // relative: libm may differ in the last digits between machines

/// 12 digits; what is left of a difference of equal numbers near 1 is written as 0.
std::string number(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.12g", std::abs(x) < 1e-14 ? 0.0 : x);
  return text;
}

/// Every dataset of a trace, one line per agent, dataset and replication.
std::vector<std::string> lines_of(const TraceReader& trace) {
  std::vector<std::string> lines;
  for (const std::string& agent : trace.agents)
    for (const char* column : test::columns)
      for (std::uint32_t r = 0; trace.has(agent, column) && r < trace.n_replications; ++r) {
        std::string line = agent + " " + column + " " + std::to_string(r) + ":";
        for (const double x : trace.read(agent, column, r, 0, trace.n_epochs)) line += " " + number(x);
        lines.push_back(std::move(line));
      }
  return lines;
}

bool close(const std::string& a, const std::string& b) {
  if (a == b) return true;
  char *end_a = nullptr, *end_b = nullptr;
  const double x = std::strtod(a.c_str(), &end_a), y = std::strtod(b.c_str(), &end_b);
  return *end_a == '\0' && *end_b == '\0' && std::abs(x - y) <= tolerance * std::max(std::abs(x), std::abs(y));
}

/// Same words, numbers up to the tolerance.
bool close_lines(const std::string& a, const std::string& b) {
  std::istringstream left(a), right(b);
  std::string x, y;
  while (left >> x)
    if (!(right >> y) || !close(x, y)) return false;
  return !(right >> y);
}

/// Runs tests/golden/NAME.yaml and compares with NAME.txt, which update_golden rewrites.
void check_golden(const std::string& name) {
  const std::string path = test::source_dir() + "/tests/golden/" + name;
  const test::Scratch scratch;
  test::run_to(scratch.file("trace.h5"), load_scenario(path + ".yaml", {}, test::catalog()), 2);
  const std::vector<std::string> lines = lines_of(TraceReader(scratch.file("trace.h5")));
  if (std::getenv("LOOPGATE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream out(path + ".txt");
    for (const std::string& line : lines) out << line << '\n';
    REQUIRE(out.flush());
    return;
  }
  std::ifstream stored(path + ".txt");
  std::string line;
  std::size_t n = 0;
  for (; std::getline(stored, line); ++n) {
    REQUIRE(n < lines.size());
    if (!close_lines(lines[n], line)) FAIL_CHECK("now    " << lines[n] << "\nstored " << line);
  }
  CHECK(n == lines.size());
}

}  // namespace

TEST_SUITE_BEGIN("golden");

TEST_CASE("the comparison tells a change of one part in a hundred million") {
  CHECK(close_lines("a 1 nan 0.5", "a 1 nan 0.50000000001"));
  CHECK_FALSE(close_lines("a 1 nan 0.5", "a 1 nan 0.500000005"));
  CHECK_FALSE(close_lines("a 1 nan 0.5", "a 1 0 0.5"));
  CHECK_FALSE(close_lines("a 1 nan 0.5", "a 1 nan"));
  CHECK_FALSE(close_lines("a 1 nan", "a 1 nan 0.5"));
}

TEST_CASE("a loop of formulas gives its stored trace") { check_golden("formulas"); }

TEST_CASE("a loop on a table gives its stored trace") { check_golden("table"); }

TEST_SUITE_END();
