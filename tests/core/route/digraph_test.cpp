#include "core/route/digraph.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "core/error.hpp"
#include "core/random/rng.hpp"

using namespace loopgate;

namespace {

using Marks = std::vector<std::uint8_t>;
using Nodes = std::vector<std::size_t>;

/// 0 -> 1 -> 2 -> 0, 2 -> 3, 3 -> 3, 4 -> 3.
const Digraph mixed{5, {{0, 1}, {1, 2}, {2, 0}, {2, 3}, {3, 3}, {4, 3}}};

}  // namespace

TEST_SUITE_BEGIN("unit");

TEST_CASE("a digraph tells what a node leads to and which arcs lead back") {
  CHECK(reachable(mixed, 0) == Marks{1, 1, 1, 1, 0});
  CHECK(reachable(mixed, 3) == Marks{0, 0, 0, 1, 0});
  CHECK(closing_arcs(mixed, 0) == Marks{0, 0, 1, 0, 1, 0});
  CHECK(closing_arcs(mixed, 1) == Marks{1, 0, 0, 0, 1, 0});
}

TEST_CASE("a digraph's cycles are its components with an arc inside") {
  CHECK(cycles(mixed) == std::vector<Nodes>{{0, 1, 2}, {3}});
  CHECK(cycles({3, {{0, 1}, {0, 2}, {1, 2}}}).empty());
}

TEST_CASE("a topological order keeps the numbers' order where it may") {
  CHECK(topological_order({4, {}}) == Nodes{0, 1, 2, 3});
  CHECK(topological_order({4, {{3, 1}}}) == Nodes{0, 2, 3, 1});
  CHECK_THROWS_AS(topological_order(mixed), ContractViolation);
  CHECK(longest_path_ranks({4, {{0, 1}, {1, 2}, {0, 2}}}) == Nodes{0, 1, 2, 0});
}

TEST_CASE("DOT text quotes what needs it") {
  std::ostringstream out;
  write_dot(out, {2, {{0, 1}}}, {{"rankdir", "LR"}}, {{{"label", "a \"b\"\nc"}}, {}}, {{{"label", "x\\y"}}});
  CHECK(out.str() ==
        "digraph G {\nrankdir=\"LR\";\n0 [label=\"a \\\"b\\\"\\nc\"];\n1;\n0->1  [label=\"x\\\\y\"];\n}\n");
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("property");

TEST_CASE("without its closing arcs what a node leads to has an order") {
  Rng rng(Seed{7}, Replication{0}, Stream::arrivals());
  for (int i = 0; i < 300; ++i) {
    Digraph graph{2 + rng.below(6), {}};
    const auto node = [&] { return static_cast<std::size_t>(rng.below(static_cast<std::uint32_t>(graph.n_nodes))); };
    for (std::uint32_t a = rng.below(14); a > 0; --a) graph.arcs.push_back({node(), node()});
    const Marks closing = closing_arcs(graph, 0), reached = reachable(graph, 0);
    Digraph onwards{graph.n_nodes, {}};
    for (std::size_t a = 0; a < graph.arcs.size(); ++a)
      if (closing[a] == 0 && reached[graph.arcs[a].from] != 0) onwards.arcs.push_back(graph.arcs[a]);
    CAPTURE(i);
    const Nodes order = topological_order(onwards);
    const auto place = [&order](std::size_t v) { return std::ranges::find(order, v) - order.begin(); };
    for (const auto [from, to] : onwards.arcs) CHECK(place(from) < place(to));
    for (std::size_t a = 0; a < graph.arcs.size(); ++a)  // an arc is closing only where it closes a cycle
      if (closing[a] != 0) CHECK(reachable(graph, graph.arcs[a].to)[graph.arcs[a].from] == 1);
  }
}

TEST_SUITE_END();
