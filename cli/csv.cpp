#include "cli/csv.hpp"

#include <cmath>

#include "core/scenario/scalars.hpp"

namespace loopgate::cli {

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

void append_csv_number(std::string& line, double value) {
  if (std::isfinite(value)) append_number(line, value);
  else if (std::isinf(value)) line += value > 0.0 ? "Inf" : "-Inf";  // as both pandas and R read it
}

}  // namespace loopgate::cli
