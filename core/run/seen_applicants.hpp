#pragma once

#include <cstdint>
#include <vector>

#include "core/model/agent.hpp"

namespace loopgate {

/// Applicants of one decision, with what an agent knows of them. All [n].
struct SeenApplicants {
  std::vector<std::uint32_t> group;
  std::vector<std::uint32_t> type;  ///< finite populations, else empty; agents are not told
  std::vector<double> score;
  std::vector<std::uint8_t> accepted;
  std::vector<double> success;  ///< 1, 0, or NaN: not known

  /// Fills the feedback's spans; they last as long as this stays as it is.
  void tell(Feedback& feedback) const noexcept {
    feedback.group = group;
    feedback.score = score;
    feedback.accepted = accepted;
    feedback.success = success;
  }
  void clear() noexcept {
    group.clear();
    type.clear();
    score.clear();
    accepted.clear();
    success.clear();
  }
};

}  // namespace loopgate
