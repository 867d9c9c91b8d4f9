#include "core/model/dynamics.hpp"

namespace loopgate {

void evolve_all(std::span<const std::unique_ptr<Dynamics>> rules, const EpochTally& tally,
                std::span<const std::vector<double>> parameters, Composition& composition) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (tally.rng != nullptr) tally.rng->begin_draw(static_cast<std::uint32_t>(i));
    rules[i]->evolve(tally, parameters[i], composition);
  }
}

}  // namespace loopgate
