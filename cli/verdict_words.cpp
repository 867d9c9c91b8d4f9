#include "cli/verdict_words.hpp"

#include <algorithm>

namespace loopgate::cli {

std::string finding_text(Finding finding) {
  switch (finding) {
    case Finding::too_few:
      return "too few";
    case Finding::undecided:
      return "undecided";
    case Finding::met:
      return "met";
    case Finding::violated:
      return "violated";
    case Finding::no_value:
      return "undefined";
  }
  return "";
}

std::string standing_text(std::span<const Standing> standings, std::size_t k) {
  const Verdict one = standings[k].against_best;
  if (k > 0)
    return one == Verdict::too_few ? "too few replications" : one == Verdict::different ? "worse" : "not separated";
  if (standings.size() == 1) return "alone";
  const auto all_are = [&](Verdict v) {
    return std::all_of(standings.begin() + 1, standings.end(), [v](const Standing& s) { return s.against_best == v; });
  };
  return all_are(Verdict::different) ? "best" : all_are(Verdict::too_few) ? "too few replications" : "leads";
}

}  // namespace loopgate::cli
