#pragma once

#include <string>
#include <vector>

#include "cli/picture.hpp"

namespace loopgate::cli {

struct Point {
  double x = 0.0, y = 0.0;
};

/// A picture with places, in pixels; y grows downwards. Boxes do not overlap each other, nor labels, nor do arrows pass
/// behind them.
struct PlacedPicture {
  struct Box {
    Point corner;  ///< upper left
    double width = 0.0, height = 0.0;
    std::vector<std::string> lines;  ///< as they are broken

    double right() const noexcept { return corner.x + width; }
    double bottom() const noexcept { return corner.y + height; }
  };
  struct Line {
    Picture::ArrowKind kind;
    std::vector<Point> points;  ///< corners of a line that goes right or down or up or left; the head is at the last
    std::string label;
    Point at;           ///< where the label begins, at its base line
    bool note = false;  ///< of a note: without a head
  };
  double width = 0.0, height = 0.0;
  std::vector<Box> boxes;   ///< [n_boxes]
  std::vector<Line> lines;  ///< those of boxes beside others, then the arrows
};

constexpr double text_size = 12.0, line_height = 16.0, box_margin = 10.0;

/// Rows by the longest way from the first box; arrows to the next row go straight down, others by a lane on the left.
PlacedPicture place(const Picture& picture);

}  // namespace loopgate::cli
