#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace loopgate {

/// A finite number written as people write it: 5, -0.25, 1e3, .5. Nothing for anything else, among them `010`, `0x1F`,
/// `1_000`, `inf` and `nan`, which YAML readers disagree on.
std::optional<double> parse_number(std::string_view text) noexcept;

/// The shortest decimal that reads back as the same double.
std::string format_number(double value);

}  // namespace loopgate
