#pragma once

#include <string>
#include <vector>

namespace loopgate::cli {

/// A scenario to start from: cli/templates/NAME.yaml. Its first line is `# ` and what it is.
struct Template {
  std::string name;
  std::string text;
};

/// Sorted by name. Made by cmake/embed_templates.cmake.
const std::vector<Template>& templates();

}  // namespace loopgate::cli
