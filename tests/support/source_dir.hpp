#pragma once

#include <string>

namespace loopgate::test {

/// The root of the source tree, without a slash at its end.
std::string source_dir();

}  // namespace loopgate::test
