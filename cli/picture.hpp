#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/scenario/scenario.hpp"

namespace loopgate::cli {

/// The loop of a scenario, to be drawn: boxes, what stands beside them, and arrows.
struct Picture {
  enum class BoxKind : std::uint8_t { world, stage, end, loop, note };
  struct Box {
    BoxKind kind;
    std::string title;               ///< may be empty
    std::vector<std::string> lines;  ///< below the title
    /// Notes, and ends that have one way in: the box that it stands beside; its arrow has this label.
    std::optional<std::size_t> beside;
    std::string label;
  };
  enum class ArrowKind : std::uint8_t { onwards, again, told, moves };  ///< again: a new application
  struct Arrow {
    ArrowKind kind;
    std::size_t from, to;
    std::string label;

    bool leads_back() const noexcept { return kind != ArrowKind::onwards; }
  };

  std::string title;
  std::vector<Box> boxes;
  std::vector<Arrow> arrows;  ///< those that lead onwards make no cycle
};

/// Population, arrivals, scores, the stages of the decision, outcomes, what the agents are told, and the rules that
/// move the population; interventions beside what they change.
Picture picture_of(const Scenario& scenario);

std::string dot_text(const Picture& picture);  ///< in the DOT language of Graphviz
std::string svg_text(const Picture& picture);  ///< laid out in rows, a whole SVG document

}  // namespace loopgate::cli
