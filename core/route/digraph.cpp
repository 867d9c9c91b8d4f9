#include "core/route/digraph.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12, of Boost's edge iterator where it is at its end
#endif

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/depth_first_search.hpp>
#include <boost/graph/graphviz.hpp>
#include <boost/graph/strong_components.hpp>
#include <boost/graph/topological_sort.hpp>
#include <ostream>

#include "core/error.hpp"

namespace loopgate {

namespace {

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property,
                                    boost::property<boost::edge_index_t, std::size_t>>;

Graph boost_graph(const Digraph& graph) {
  Graph made(graph.n_nodes);
  for (std::size_t a = 0; a < graph.arcs.size(); ++a) {
    const auto [from, to] = graph.arcs[a];
    LOOPGATE_EXPECT(from < graph.n_nodes && to < graph.n_nodes);
    add_edge(from, to, a, made);
  }
  return made;
}

struct BackArcs : boost::default_dfs_visitor {
  explicit BackArcs(std::vector<std::uint8_t>& marked) : found(&marked) {}
  template <class Edge>
  void back_edge(const Edge& edge, const Graph& graph) {
    (*found)[get(boost::edge_index, graph, edge)] = 1;
  }
  std::vector<std::uint8_t>* found;
};

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out + '"';
}

void write_attributes(std::ostream& out, const DotAttributes& attributes) {
  if (attributes.empty()) return;
  out << " [";
  for (std::size_t i = 0; i < attributes.size(); ++i)
    out << (i > 0 ? ", " : "") << attributes[i].name << '=' << quoted(attributes[i].value);
  out << ']';
}

}  // namespace

std::vector<std::uint8_t> reachable(const Digraph& graph, std::size_t start) {
  LOOPGATE_EXPECT(start < graph.n_nodes);
  const Graph searched = boost_graph(graph);
  std::vector<boost::default_color_type> colour(graph.n_nodes, boost::white_color);
  boost::queue<std::size_t> waiting;
  boost::breadth_first_visit(searched, start, waiting, boost::default_bfs_visitor(),
                             make_iterator_property_map(colour.begin(), get(boost::vertex_index, searched)));
  std::vector<std::uint8_t> found;
  for (const auto one : colour) found.push_back(one == boost::white_color ? 0 : 1);
  return found;
}

std::vector<std::uint8_t> closing_arcs(const Digraph& graph, std::size_t start) {
  LOOPGATE_EXPECT(start < graph.n_nodes);
  const Graph searched = boost_graph(graph);
  std::vector<std::uint8_t> found(graph.arcs.size(), 0);
  std::vector<boost::default_color_type> colour(graph.n_nodes, boost::white_color);
  boost::depth_first_visit(searched, start, BackArcs(found),
                           make_iterator_property_map(colour.begin(), get(boost::vertex_index, searched)));
  return found;
}

std::vector<std::vector<std::size_t>> cycles(const Digraph& graph) {
  const Graph searched = boost_graph(graph);
  std::vector<std::size_t> component(graph.n_nodes);
  const std::size_t n = boost::strong_components(
      searched, make_iterator_property_map(component.begin(), get(boost::vertex_index, searched)));
  std::vector<std::vector<std::size_t>> all(n);
  for (std::size_t v = 0; v < graph.n_nodes; ++v) all[component[v]].push_back(v);
  std::erase_if(all, [&graph](const std::vector<std::size_t>& one) {
    const auto loop = [&](const Digraph::Arc& arc) { return arc.from == one[0] && arc.to == one[0]; };
    return one.size() == 1 && std::ranges::none_of(graph.arcs, loop);
  });
  std::ranges::sort(all);
  return all;
}

std::vector<std::size_t> topological_order(const Digraph& graph) {
  // The search finishes the last node first, so nodes are numbered backwards to come out in their own order.
  Digraph backwards{graph.n_nodes, {}};
  for (const auto [from, to] : graph.arcs) backwards.arcs.push_back({graph.n_nodes - 1 - from, graph.n_nodes - 1 - to});
  const Graph sorted = boost_graph(backwards);
  std::vector<std::size_t> order;
  try {
    boost::topological_sort(sorted, std::back_inserter(order));
  } catch (const boost::not_a_dag&) {
    LOOPGATE_EXPECT(!"the graph has a cycle");
  }
  std::ranges::reverse(order);
  for (std::size_t& v : order) v = graph.n_nodes - 1 - v;
  return order;
}

std::vector<std::size_t> longest_path_ranks(const Digraph& graph) {
  std::vector<std::size_t> rank(graph.n_nodes, 0);
  for (const std::size_t v : topological_order(graph))
    for (const auto [from, to] : graph.arcs)
      if (from == v) rank[to] = std::max(rank[to], rank[v] + 1);
  return rank;
}

void write_dot(std::ostream& out, const Digraph& graph, const DotAttributes& whole,
               const std::vector<DotAttributes>& nodes, const std::vector<DotAttributes>& arcs) {
  LOOPGATE_EXPECT(nodes.size() == graph.n_nodes && arcs.size() == graph.arcs.size());
  const Graph written = boost_graph(graph);
  boost::write_graphviz(
      out, written, [&](std::ostream& to, std::size_t v) { write_attributes(to, nodes[v]); },
      [&](std::ostream& to, const auto& edge) { write_attributes(to, arcs[get(boost::edge_index, written, edge)]); },
      [&](std::ostream& to) {
        for (const auto& [name, value] : whole) to << name << '=' << quoted(value) << ";\n";
      });
}

}  // namespace loopgate
