#include "core/model/dynamics.hpp"

namespace loopgate {

void evolve_all(std::span<const std::unique_ptr<Dynamics>> rules, EpochTally tally,
                std::span<const std::vector<double>> parameters, Rng* rng, Composition& composition) {
  tally.rng = rng;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (rng != nullptr) rng->begin_draw(static_cast<std::uint32_t>(i));
    rules[i]->evolve(tally, parameters[i], composition);
  }
}

}  // namespace loopgate
