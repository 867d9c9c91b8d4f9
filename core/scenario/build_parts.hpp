#pragma once

#include "core/scenario/node.hpp"
#include "core/scenario/scenario.hpp"

namespace loopgate {

/// Makes every part that a validated scenario names, in the order in which parts depend on each other. recorded: what a
/// trace keeps of a population, to stand for the scenario's own, or null. Problems and warnings go to diagnostics;
/// after a problem the scenario must not be used.
void build_parts(const Node& root, const Catalog& catalog, const DataFiles& files, const RecordedPopulation* recorded,
                 Scenario& scenario, Diagnostics& diagnostics);

}  // namespace loopgate
