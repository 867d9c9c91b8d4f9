#pragma once

#include <string>
#include <vector>

#include "core/scenario/catalog.hpp"

namespace loopgate::cli {

using Arguments = std::vector<std::string>;  ///< what stands after the verb

// Each returns the program's exit code. ScenarioError and TraceError are left to main.
int run(const Arguments& arguments, const Catalog& catalog);
int validate_scenario(const Arguments& arguments, const Catalog& catalog);
int list(const Arguments& arguments, const Catalog& catalog);
int describe_component(const Arguments& arguments, const Catalog& catalog);
int schema(const Arguments& arguments, const Catalog& catalog);
int graph(const Arguments& arguments, const Catalog& catalog);
int init(const Arguments& arguments, const Catalog& catalog);
int inspect(const Arguments& arguments, const Catalog& catalog);
int analyze(const Arguments& arguments, const Catalog& catalog);
int compare(const Arguments& arguments, const Catalog& catalog);
int expand(const Arguments& arguments, const Catalog& catalog);
int export_trace(const Arguments& arguments, const Catalog& catalog);
int oracle(const Arguments& arguments, const Catalog& catalog);
int report(const Arguments& arguments, const Catalog& catalog);
int verify(const Arguments& arguments, const Catalog& catalog);

}  // namespace loopgate::cli
