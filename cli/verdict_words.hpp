#pragma once

#include <span>
#include <string>

#include "analysis/limit_verdicts.hpp"
#include "analysis/ranking.hpp"

namespace loopgate::cli {

// Verdicts as tables and JSON say them.

std::string finding_text(Finding finding);  ///< met, violated, undecided, undefined, too few

/// What rank k (from 0) of a ranking comes to: of the first, best, leads (not all others are worse) or alone; of the
/// others, worse or not separated; of any, too few replications.
std::string standing_text(std::span<const Standing> standings, std::size_t k);

}  // namespace loopgate::cli
