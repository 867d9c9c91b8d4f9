#include <cmath>
#include <sstream>

#include "cli/html.hpp"
#include "cli/picture.hpp"
#include "cli/picture_layout.hpp"
#include "core/route/digraph.hpp"
#include "core/scenario/scalars.hpp"

namespace loopgate::cli {

namespace {

using BoxKind = Picture::BoxKind;
using ArrowKind = Picture::ArrowKind;

struct BoxStyle {
  const char *fill, *stroke;
};
BoxStyle style_of(BoxKind kind) {
  switch (kind) {
    case BoxKind::world:
      return {"#eef1f5", "#59626c"};
    case BoxKind::stage:
      return {"#dcebf8", "#0a5aa8"};
    case BoxKind::end:
      return {"#ffffff", "#59626c"};
    case BoxKind::loop:
      return {"#e3f1ec", "#1f7a72"};
    case BoxKind::note:
      return {"#fdf1dc", "#b36b00"};
  }
  return {"", ""};
}

struct LineStyle {
  const char *stroke, *dashes;  ///< dashes empty: a whole line
};
LineStyle style_of(ArrowKind kind) {
  switch (kind) {
    case ArrowKind::onwards:
      return {"#1b1f24", ""};
    case ArrowKind::again:
      return {"#8e4b78", ""};
    case ArrowKind::told:
      return {"#0a5aa8", "6 4"};
    case ArrowKind::moves:
      return {"#1f7a72", "6 4"};
  }
  return {"", ""};
}
constexpr LineStyle note_line{"#b36b00", "2 3"};

std::string px(double x) { return format_number(std::round(x * 10.0) / 10.0); }

class Svg {
 public:
  explicit Svg(const Picture& picture) : picture_(picture), placed_(place(picture)) {}

  std::string text() {
    const std::string w = px(placed_.width), h = px(placed_.height);
    out_ << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << w << "\" height=\"" << h << "\" viewBox=\"0 0 " << w
         << ' ' << h << "\" role=\"img\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"" << px(text_size)
         << "\">\n<title>The loop of " << escaped(picture_.title) << "</title>\n<rect width=\"" << w << "\" height=\""
         << h << "\" fill=\"#ffffff\"/>\n";
    for (const PlacedPicture::Line& line : placed_.lines) write_line(line);
    for (std::size_t b = 0; b < placed_.boxes.size(); ++b) write_box(picture_.boxes[b], placed_.boxes[b]);
    for (const PlacedPicture::Line& line : placed_.lines)
      if (!line.label.empty()) write_text(line.at, line.label, " fill=\"#3d454e\"");
    out_ << "</svg>\n";
    return out_.str();
  }

 private:
  void write_text(Point at, const std::string& text, const char* more) {
    out_ << "<text x=\"" << px(at.x) << "\" y=\"" << px(at.y) << "\" xml:space=\"preserve\"" << more << '>'
         << escaped(text) << "</text>\n";
  }

  void write_box(const Picture::Box& box, const PlacedPicture::Box& placed) {
    const auto [fill, stroke] = style_of(box.kind);
    out_ << "<rect x=\"" << px(placed.corner.x) << "\" y=\"" << px(placed.corner.y) << "\" width=\"" << px(placed.width)
         << "\" height=\"" << px(placed.height) << "\" rx=\"" << (box.kind == BoxKind::end ? 14 : 4) << "\" fill=\""
         << fill << "\" stroke=\"" << stroke << "\"/>\n";
    Point at{placed.corner.x + box_margin, placed.corner.y + box_margin + text_size - 3.0};
    if (!box.title.empty()) {
      write_text(at, box.title, box.kind == BoxKind::end ? "" : " font-weight=\"bold\"");
      at.y += line_height;
    }
    for (const std::string& line : placed.lines) {
      write_text(at, line, "");
      at.y += line_height;
    }
  }

  void write_line(const PlacedPicture::Line& line) {
    const auto [stroke, dashes] = line.note ? note_line : style_of(line.kind);
    out_ << "<path d=\"" << path(line.points) << "\" fill=\"none\" stroke=\"" << stroke << "\" stroke-width=\"1.3\"";
    if (*dashes != '\0') out_ << " stroke-dasharray=\"" << dashes << '"';
    out_ << "/>\n";
    if (line.note) return;
    const Point &end = line.points.back(), &before = line.points[line.points.size() - 2];
    const double dx = end.y == before.y ? 1.0 : 0.0, dy = 1.0 - dx;  // heads point right or down
    out_ << "<path d=\"M" << px(end.x) << ' ' << px(end.y) << 'L' << px(end.x - 7.0 * dx - 4.0 * dy) << ' '
         << px(end.y - 7.0 * dy - 4.0 * dx) << 'L' << px(end.x - 7.0 * dx + 4.0 * dy) << ' '
         << px(end.y - 7.0 * dy + 4.0 * dx) << "Z\" fill=\"" << stroke << "\"/>\n";
  }

  /// Corners are rounded where both sides are long enough.
  static std::string path(const std::vector<Point>& points) {
    std::string d = "M" + px(points[0].x) + " " + px(points[0].y);
    for (std::size_t i = 1; i < points.size(); ++i) {
      const Point &p = points[i], &before = points[i - 1];
      if (i + 1 == points.size()) {
        d += "L" + px(p.x) + " " + px(p.y);
        continue;
      }
      const Point& after = points[i + 1];
      const double in = std::hypot(p.x - before.x, p.y - before.y), out = std::hypot(after.x - p.x, after.y - p.y);
      const double r = std::min({6.0, in / 2.0, out / 2.0});
      if (r <= 0.0) continue;
      d += "L" + px(p.x - r * (p.x - before.x) / in) + " " + px(p.y - r * (p.y - before.y) / in) + "Q" + px(p.x) + " " +
           px(p.y) + " " + px(p.x + r * (after.x - p.x) / out) + " " + px(p.y + r * (after.y - p.y) / out);
    }
    return d;
  }

  const Picture& picture_;
  PlacedPicture placed_;
  std::ostringstream out_;
};

}  // namespace

std::string svg_text(const Picture& picture) { return Svg(picture).text(); }

std::string dot_text(const Picture& picture) {
  Digraph graph{picture.boxes.size(), {}};
  std::vector<DotAttributes> boxes, arrows;
  for (std::size_t b = 0; b < picture.boxes.size(); ++b) {
    const Picture::Box& box = picture.boxes[b];
    std::string label = box.title;
    for (const std::string& line : box.lines) label += (label.empty() ? "" : "\n") + line;
    const auto [fill, stroke] = style_of(box.kind);
    boxes.push_back({{"label", label},
                     {"shape", box.kind == BoxKind::note ? "note" : "box"},
                     {"style", box.kind == BoxKind::end ? "rounded,filled" : "filled"},
                     {"fillcolor", fill},
                     {"color", stroke}});
    if (!box.beside) continue;
    graph.arcs.push_back({*box.beside, b});
    arrows.push_back({{"label", box.label}});
    if (box.kind == BoxKind::note) arrows.back() = {{"style", "dotted"}, {"dir", "none"}, {"constraint", "false"}};
  }
  for (const Picture::Arrow& arrow : picture.arrows) {
    graph.arcs.push_back({arrow.from, arrow.to});
    const auto [stroke, dashes] = style_of(arrow.kind);
    arrows.push_back({{"label", arrow.label}, {"color", stroke}});
    if (*dashes != '\0') arrows.back().push_back({"style", "dashed"});
    if (arrow.leads_back()) arrows.back().push_back({"constraint", "false"});
  }
  std::ostringstream out;
  write_dot(out, graph, {{"label", picture.title}, {"fontname", "Helvetica"}, {"labelloc", "t"}}, boxes, arrows);
  return out.str();
}

}  // namespace loopgate::cli
