#include "cli/picture_layout.hpp"

#include <algorithm>
#include <map>

#include "core/route/digraph.hpp"

namespace loopgate::cli {

namespace {

constexpr double margin = 16.0, letter = 6.7, bold_letter = 7.4;
constexpr double track = 18.0, lane = 16.0, gap = 30.0, between = 48.0, beside = 34.0, port = 14.0;
constexpr std::size_t longest_line = 46;

/// Characters, not bytes; an estimate of a width needs no more.
std::size_t length(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}
double text_width(const std::string& text) { return letter * static_cast<double>(length(text)); }

/// Breaks at spaces, so that lines have at most longest_line characters where words allow it.
void add_lines(const std::string& text, std::vector<std::string>& lines) {
  std::string line;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t space = std::min(text.find(' ', from), text.size());
    const std::string word = text.substr(from, space - from);
    if (!line.empty() && length(line) + 1 + length(word) > longest_line) {
      lines.push_back(line);
      line = "  " + word;
    } else {
      line += (line.empty() ? "" : " ") + word;
    }
    from = space + 1;
  }
  lines.push_back(line);
}

class Layout {
 public:
  explicit Layout(const Picture& picture) : picture_(picture), n_(picture.boxes.size()) {}

  PlacedPicture place() {
    size_boxes();
    sort_arrows();
    place_rows();
    for (std::size_t b = 0; b < n_; ++b)
      if (picture_.boxes[b].beside) add_side_line(b);
    for (std::size_t a = 0; a < picture_.arrows.size(); ++a) add_arrow(a);
    for (const PlacedPicture::Line& line : out_.lines)
      if (!line.label.empty()) out_.width = std::max(out_.width, line.at.x + text_width(line.label));
    for (const PlacedPicture::Box& box : out_.boxes) out_.width = std::max(out_.width, box.right());
    out_.width += margin;
    return std::move(out_);
  }

 private:
  bool main(std::size_t b) const { return !picture_.boxes[b].beside.has_value(); }

  void size_boxes() {
    out_.boxes.resize(n_);
    std::vector<double> side(n_, 0.0);
    side_width_.assign(n_, 0.0);
    for (std::size_t b = n_; b-- > 0;) {
      const Picture::Box& box = picture_.boxes[b];
      PlacedPicture::Box& made = out_.boxes[b];
      double widest = bold_letter * static_cast<double>(length(box.title));
      for (const std::string& line : box.lines) add_lines(line, made.lines);
      for (const std::string& line : made.lines) widest = std::max(widest, text_width(line));
      const double n_lines = static_cast<double>(made.lines.size()) + (box.title.empty() ? 0.0 : 1.0);
      made.width = widest + 2.0 * box_margin;
      made.height = n_lines * line_height + 2.0 * box_margin - 4.0;
      if (box.kind == Picture::BoxKind::stage || box.kind == Picture::BoxKind::world)
        made.width = std::max(made.width, 200.0);
    }
    for (std::size_t b = 0; b < n_; ++b) {
      if (main(b)) continue;
      const std::size_t at = *picture_.boxes[b].beside;
      side[at] += out_.boxes[b].height + (side[at] > 0.0 ? 10.0 : 0.0);
      side_width_[at] = std::max(side_width_[at], out_.boxes[b].width + beside + text_width(picture_.boxes[b].label));
    }
    for (std::size_t b = 0; b < n_; ++b) out_.boxes[b].height = std::max(out_.boxes[b].height, side[b]);
  }

  /// Which arrows go straight down, and the ports, tracks and lanes of all.
  void sort_arrows() {
    Digraph onwards{n_, {}};
    for (const Picture::Arrow& arrow : picture_.arrows)
      if (!arrow.leads_back()) onwards.arcs.push_back({arrow.from, arrow.to});
    rank_ = longest_path_ranks(onwards);
    outs_.resize(n_);
    ins_.resize(n_);
    for (std::size_t a = 0; a < picture_.arrows.size(); ++a) {
      const Picture::Arrow& arrow = picture_.arrows[a];
      direct_.push_back(!arrow.leads_back() && rank_[arrow.to] == rank_[arrow.from] + 1);
      // What one box tells several goes by one lane.
      std::size_t leader = a;
      for (std::size_t e = 0; e < a && arrow.kind == Picture::ArrowKind::told; ++e)
        if (picture_.arrows[e].kind == arrow.kind && picture_.arrows[e].from == arrow.from)
          leader = std::min(leader, e);
      leader_.push_back(leader);
      if (leader == a) (direct_[a] ? outs_[arrow.from].direct : outs_[arrow.from].around).push_back(a);
      (direct_[a] ? ins_[arrow.to].direct : ins_[arrow.to].around).push_back(a);
    }
    for (std::size_t b = 0; b < n_; ++b) {
      double widest = 28.0;
      for (const std::size_t a : outs_[b].direct)
        widest = std::max(widest, text_width(picture_.arrows[a].label) + 18.0);
      outs_[b].spacing = widest;
      const double around = port * static_cast<double>(std::max(outs_[b].around.size(), ins_[b].around.size()) + 1);
      const double straight = widest * static_cast<double>(outs_[b].direct.size()) / 2.0;
      out_.boxes[b].width = std::max(out_.boxes[b].width, 2.0 * (around + straight));
    }
  }

  /// Gap r is above row r; the last one is below the last row.
  void assign_tracks(std::size_t n_rows) {
    tracks_.assign(n_rows + 1, 0);
    out_track_.assign(picture_.arrows.size(), 0);
    in_track_.assign(picture_.arrows.size(), 0);
    for (std::size_t a = 0; a < picture_.arrows.size(); ++a)
      if (leader_[a] == a && !direct_[a]) out_track_[a] = tracks_[rank_[picture_.arrows[a].from] + 1]++;
    for (std::size_t a = 0; a < picture_.arrows.size(); ++a)
      if (direct_[a]) out_track_[a] = tracks_[rank_[picture_.arrows[a].to]]++;
    for (std::size_t a = 0; a < picture_.arrows.size(); ++a)
      if (!direct_[a]) in_track_[a] = tracks_[rank_[picture_.arrows[a].to]]++;
  }

  void assign_lanes() {
    std::vector<std::pair<std::size_t, std::size_t>> spans;  // rows that the lane passes, arrow
    for (std::size_t a = 0; a < picture_.arrows.size(); ++a) {
      if (direct_[a]) continue;
      const auto [low, high] = std::minmax({rank_[picture_.arrows[a].from] + 1, rank_[picture_.arrows[a].to]});
      const auto known = std::ranges::find(spans, leader_[a], &std::pair<std::size_t, std::size_t>::second);
      if (known == spans.end()) spans.emplace_back(high - low, a);
      else known->first = std::max(known->first, high - low);
    }
    std::ranges::stable_sort(spans, {}, &std::pair<std::size_t, std::size_t>::first);
    for (std::size_t i = 0; i < spans.size(); ++i) lane_[spans[i].second] = spans.size() - 1 - i;  // the longest first
    double widest = 0.0;
    for (const auto& [span, a] : spans) widest = std::max(widest, text_width(picture_.arrows[a].label));
    lanes_end_ = margin + lane * static_cast<double>(spans.size());
    left_ = spans.empty() ? margin : lanes_end_ + widest + 24.0;
  }

  void place_rows() {
    std::vector<std::vector<std::size_t>> rows;
    for (std::size_t b = 0; b < n_; ++b) {
      if (!main(b)) continue;
      rows.resize(std::max(rows.size(), rank_[b] + 1));
      rows[rank_[b]].push_back(b);
    }
    assign_tracks(rows.size());
    assign_lanes();
    double axis = 0.0;
    for (const auto& row : rows) axis = std::max(axis, row_width(row) / 2.0);
    axis += left_;
    double y = margin;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      gap_top_.push_back(y);
      y += gap_height(r, r == 0);
      double x = axis - row_width(rows[r]) / 2.0, tallest = 0.0;
      for (const std::size_t b : rows[r]) {
        put(b, {x, y});
        x += out_.boxes[b].width + side_width_[b] + between;
        tallest = std::max(tallest, out_.boxes[b].height);
      }
      y += tallest;
    }
    gap_top_.push_back(y);
    out_.height = y + gap_height(rows.size(), true) + margin;
  }

  double gap_height(std::size_t r, bool outermost) const {
    const double tracks = track * static_cast<double>(tracks_[r]);
    return outermost ? tracks + (tracks > 0.0 ? gap / 2.0 : 0.0) : tracks + gap;
  }
  /// Boxes of a row with what stands between them; what stands beside the last is not centred.
  double row_width(const std::vector<std::size_t>& row) const {
    double width = 0.0;
    for (std::size_t i = 0; i < row.size(); ++i)
      width += out_.boxes[row[i]].width + (i + 1 < row.size() ? side_width_[row[i]] + between : 0.0);
    return width;
  }

  void put(std::size_t b, Point corner) {
    out_.boxes[b].corner = corner;
    double y = corner.y;
    for (std::size_t s = 0; s < n_; ++s) {
      if (picture_.boxes[s].beside != b) continue;
      out_.boxes[s].corner = {out_.boxes[b].right() + side_width_[b] - widest_beside(b), y};
      y += out_.boxes[s].height + 10.0;
    }
  }
  double widest_beside(std::size_t b) const {
    double widest = 0.0;
    for (std::size_t s = 0; s < n_; ++s)
      if (picture_.boxes[s].beside == b) widest = std::max(widest, out_.boxes[s].width);
    return widest;
  }

  void add_side_line(std::size_t b) {
    const Picture::Box& box = picture_.boxes[b];
    const double y = out_.boxes[b].corner.y + out_.boxes[b].height / 2.0, x = out_.boxes[*box.beside].right();
    out_.lines.push_back({Picture::ArrowKind::onwards,
                          {{x, y}, {out_.boxes[b].corner.x, y}},
                          box.label,
                          {x + 6.0, y - 4.0},
                          box.kind == Picture::BoxKind::note});
  }

  double track_y(std::size_t r, std::size_t t) const {
    return gap_top_[r] + (r == 0 ? 0.0 : 20.0) + track * static_cast<double>(t);
  }
  static std::size_t index_of(const std::vector<std::size_t>& list, std::size_t a) {
    return static_cast<std::size_t>(std::ranges::find(list, a) - list.begin());
  }
  static double spread(std::size_t i, std::size_t n, double spacing) {
    return (static_cast<double>(i) - (static_cast<double>(n) - 1.0) / 2.0) * spacing;
  }

  void add_arrow(std::size_t a) {
    const Picture::Arrow& arrow = picture_.arrows[a];
    const PlacedPicture::Box &from = out_.boxes[arrow.from], &to = out_.boxes[arrow.to];
    PlacedPicture::Line line{arrow.kind, {}, leader_[a] == a ? arrow.label : "", {}, false};
    if (direct_[a]) {
      const Ports &outs = outs_[arrow.from], &ins = ins_[arrow.to];
      const double x =
          from.corner.x + from.width / 2.0 + spread(index_of(outs.direct, a), outs.direct.size(), outs.spacing);
      const double end = to.corner.x + to.width / 2.0 + spread(index_of(ins.direct, a), ins.direct.size(), 28.0);
      const double y = track_y(rank_[arrow.to], out_track_[a]);
      line.points = {{x, from.bottom()}, {x, y}, {end, y}, {end, to.corner.y}};
      line.at = {x + 7.0, from.bottom() + 14.0};
    } else {
      const double out_x =
          from.corner.x + port * static_cast<double>(index_of(outs_[arrow.from].around, leader_[a]) + 1);
      const double in_x = to.corner.x + port * static_cast<double>(index_of(ins_[arrow.to].around, a) + 1);
      const double out_y = track_y(rank_[arrow.from] + 1, out_track_[leader_[a]]);
      const double in_y = track_y(rank_[arrow.to], in_track_[a]);
      const double x = margin + lane * static_cast<double>(lane_.at(leader_[a]));
      line.points = {{out_x, from.bottom()}, {out_x, out_y}, {x, out_y}, {x, in_y}, {in_x, in_y}, {in_x, to.corner.y}};
      line.at = {lanes_end_ + 4.0, out_y - 4.0};
    }
    out_.lines.push_back(std::move(line));
  }

  struct Ports {
    std::vector<std::size_t> direct, around;  ///< arrows
    double spacing = 28.0;
  };

  const Picture& picture_;
  std::size_t n_;
  PlacedPicture out_;
  std::vector<double> side_width_, gap_top_;
  std::vector<std::size_t> rank_, leader_, out_track_, in_track_, tracks_;
  std::vector<bool> direct_;
  std::vector<Ports> outs_, ins_;
  std::map<std::size_t, std::size_t> lane_;
  double lanes_end_ = 0.0, left_ = 0.0;
};

}  // namespace

PlacedPicture place(const Picture& picture) { return Layout(picture).place(); }

}  // namespace loopgate::cli
