#include "analysis/course.hpp"

namespace loopgate {

Course::Course(double start, const std::vector<Change>& changes, std::string_view name) : start_(start) {
  for (const Change& change : changes)
    for (const Change::Value& value : change.values)
      if (value.name == name) pieces_.push_back({change.from, change.until, value.start, value.end});
}

double Course::at(Time now) const noexcept {
  double value = start_;
  for (const Piece& piece : pieces_) {
    if (piece.from > now) break;
    const double share = piece.until > now ? (now - piece.from) / (piece.until - piece.from) : 1.0;
    value = piece.until > piece.from ? piece.start + (piece.end - piece.start) * share : piece.start;
  }
  return value;
}

}  // namespace loopgate
