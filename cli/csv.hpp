#pragma once

#include <string>

namespace loopgate::cli {

/// A field of a CSV file as RFC 4180 has it: in quotes only where it has to be.
std::string csv_field(const std::string& text);

/// Appends a number in the shortest form that reads back equal: empty for NaN; Inf or -Inf.
void append_csv_number(std::string& line, double value);

}  // namespace loopgate::cli
