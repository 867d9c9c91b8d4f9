#pragma once

#include <memory>

#include "core/model/delay.hpp"

namespace loopgate {

/// When and whether the outcomes of those who were accepted become known, each on its own and whatever it is.
struct Outcomes {
  std::unique_ptr<const Delay> delay;  ///< null: at once
  double lost = 0.0;                   ///< probability that an outcome is never known [0, 1)

  bool plain() const noexcept { return delay == nullptr && lost == 0.0; }  ///< all are known at once
};

}  // namespace loopgate
