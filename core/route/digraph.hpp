#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace loopgate {

/// A small directed graph of the nodes 0..n_nodes-1. Loops and parallel arcs are allowed. Both ends of every arc are
/// EXPECTed to be nodes.
struct Digraph {
  struct Arc {
    std::size_t from, to;
  };
  std::size_t n_nodes = 0;
  std::vector<Arc> arcs;
};

/// [n_nodes] 1 for nodes that paths from start lead to, start included.
std::vector<std::uint8_t> reachable(const Digraph& graph, std::size_t start);

/// [n_arcs] 1 for arcs that lead back to a node on the way from start, when a node's arcs are followed in their order
/// as far as they go. Without these arcs the part that is reachable from start has no cycle.
std::vector<std::uint8_t> closing_arcs(const Digraph& graph, std::size_t start);

/// The strongly connected components that hold a cycle, each its nodes in growing order.
std::vector<std::vector<std::size_t>> cycles(const Digraph& graph);

/// The nodes so that every arc leads onwards, in the order of their numbers where arcs leave a choice. EXPECTs a graph
/// without cycles.
std::vector<std::size_t> topological_order(const Digraph& graph);

/// [n_nodes] arcs on the longest path to each node. EXPECTs a graph without cycles.
std::vector<std::size_t> longest_path_ranks(const Digraph& graph);

/// An attribute of the DOT language; the value is quoted as it needs to be.
struct DotAttribute {
  std::string name, value;
};
using DotAttributes = std::vector<DotAttribute>;

/// The graph in the DOT language of Graphviz. nodes [n_nodes], arcs [n_arcs].
void write_dot(std::ostream& out, const Digraph& graph, const DotAttributes& whole,
               const std::vector<DotAttributes>& nodes, const std::vector<DotAttributes>& arcs);

}  // namespace loopgate
