#include "cli/quantities.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace loopgate::cli {

namespace {

template <class... Value>
std::string formatted(const char* format, Value... value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value...);
  return text;
}

}  // namespace

std::string counted(std::size_t n, const std::string& noun) {
  return std::to_string(n) + " " + noun + (n == 1 ? "" : "s");
}

std::string enumerated(const std::vector<std::string>& items) {
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i)
    out += (i == 0 ? "" : i + 1 == items.size() ? " and " : ", ") + items[i];
  return out;
}

std::string duration_text(double seconds) {
  if (seconds < 0.1) return "under 0.1 s";
  if (seconds < 9.95) return formatted("%.1f s", seconds);
  const double whole = std::round(seconds), minutes = std::floor(whole / 60.0), hours = std::floor(whole / 3600.0);
  if (minutes < 1.0) return formatted("%.0f s", whole);
  if (hours < 1.0) return formatted("%.0f min %02.0f s", minutes, whole - 60.0 * minutes);
  if (hours < 48.0) return formatted("%.0f h %02.0f min", hours, minutes - 60.0 * hours);
  const double days = std::floor(hours / 24.0);
  return count_text(days) + formatted(" d %.0f h", hours - 24.0 * days);
}

std::string count_text(double count) {
  std::string text = formatted("%.0f", count);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string bytes_text(double bytes) {
  constexpr std::array<const char*, 5> units{"bytes", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  for (; bytes >= 999.5 && unit + 1 < units.size(); ++unit) bytes /= 1000.0;
  return formatted(unit == 0 || bytes >= 99.95 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
}

std::string extent(const Scenario& scenario) {
  return counted(scenario.agents.size(), "agent") + " x " + counted(scenario.n_replications, "replication") + " x " +
         counted(scenario.n_epochs, "epoch");
}

}  // namespace loopgate::cli
