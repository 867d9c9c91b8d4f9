#pragma once

#include <memory>

#include "core/model/delay.hpp"

namespace loopgate {

/// When and whether the outcomes of those who were accepted become known, each on its own and whatever it is.
struct Outcomes {
  std::unique_ptr<const Delay> delay;  ///< null: at once
  bool lossy = false;                  ///< some are never known, now or after an intervention

  bool plain() const noexcept { return delay == nullptr && !lossy; }  ///< all are known at once
};

}  // namespace loopgate
