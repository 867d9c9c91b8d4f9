#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loopgate {

/// A finite number written as people write it: 5, -0.25, 1e3, .5. Nothing for anything else, among them `010`, `0x1F`,
/// `1_000`, `inf` and `nan`, which YAML readers disagree on.
std::optional<double> parse_number(std::string_view text) noexcept;

/// A whole number in [0, 2^64) written digit by digit, exact where a double is not. Nothing for anything else.
std::optional<std::uint64_t> parse_whole(std::string_view text) noexcept;

/// Where UTF-8 text stops being so: the index of the first byte of a malformed character or of a NUL, which no name in
/// a trace may hold. The size of the text where all is well.
std::size_t first_invalid_utf8(std::string_view text) noexcept;

/// UTF-8 text of at most so many bytes as it is; of a longer one as many whole characters as they hold, and `...`.
std::string shortened(std::string text, std::size_t longest);

/// The shortest decimal that reads back as the same double.
std::string format_number(double value);
/// The same at the end of `text`, without an allocation of its own.
void append_number(std::string& text, double value);

std::string format_rounded(double value);  ///< at 12 significant digits, for sums in messages

}  // namespace loopgate
