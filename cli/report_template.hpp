#pragma once

#include <string_view>

namespace loopgate::cli {

// Made by cmake/embed_report.cmake.

/// The page of `loopgate report` with style, script and plotting library in it; `<!--{name}-->` stands for what a
/// report fills in. Empty: this program was built without.
extern const std::string_view report_template;
/// Why it was built without.
extern const std::string_view report_missing;

}  // namespace loopgate::cli
