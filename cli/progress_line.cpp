#include "cli/progress_line.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "cli/quantities.hpp"

namespace loopgate::cli {

namespace {

/// Columns that text takes, or more: whatever is not ASCII counts as two.
std::size_t columns_of(const std::string& text) {
  std::size_t columns = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    columns += byte < 0x80U ? 1 : (byte & 0xC0U) == 0x80U ? 0 : 2;
  }
  return columns;
}

/// Cut to `width` columns, not inside a character.
std::string fitted(const std::string& text, std::size_t width) {
  std::string out = text;
  while (columns_of(out) > width) {
    while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0U) == 0x80U) out.pop_back();
    out.pop_back();
  }
  return out;
}

/// The last column stays free, since some terminals wrap once it is written.
std::size_t terminal_columns() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return known ? size.ws_col - 1U : 79U;
}

/// Rounded down, so that 100 % means done.
std::string percent(std::uint64_t done, std::uint64_t all) {
  return std::to_string(static_cast<int>(100.0 * static_cast<double>(done) / static_cast<double>(all))) + " %";
}

}  // namespace

std::string progress_text(const Progress& progress, const std::vector<std::string>& labels, std::size_t width) {
  const auto& done = progress.epochs_done;
  const std::uint64_t all = progress.epochs_of_agent * done.size();
  const std::uint64_t total = std::accumulate(done.begin(), done.end(), std::uint64_t{0});
  std::string text = percent(total, all);
  if (total > progress.epochs_kept && progress.seconds > 0.0) {
    const double rate = static_cast<double>(total - progress.epochs_kept) / progress.seconds;
    text += "  " + count_text(rate) + " epochs/s  " + duration_text(static_cast<double>(all - total) / rate) + " left";
  }
  for (std::size_t a = 0; labels.size() > 1 && a < labels.size(); ++a) {
    std::string label = labels[a];
    std::ranges::replace_if(
        label, [](char c) { return static_cast<unsigned char>(c) < 0x20U || c == 0x7F; }, '?');
    const std::string next = (a == 0 ? "  " : ", ") + label + " " + percent(done[a], progress.epochs_of_agent);
    const std::size_t rest = a + 1 < labels.size() ? 5 : 0;  // for ", ..."
    if (columns_of(text + next) + rest > width) {
      text += a == 0 ? "" : ", ...";
      break;
    }
    text += next;
  }
  return fitted(text, width);
}

ProgressLine::ProgressLine(std::vector<std::string> labels, Wanted wanted)
    : labels_(std::move(labels)), on_(wanted == Wanted::yes && isatty(STDERR_FILENO) != 0) {}

void ProgressLine::show(const Progress& progress) {
  if (on_) show(progress_text(progress, labels_, terminal_columns()));
}

void ProgressLine::show(const std::string& text) {
  if (!on_) return;
  const std::size_t width = terminal_columns();
  std::string line = fitted(text, width);
  line.append(width - columns_of(line), ' ');  // over what stood there
  std::fprintf(stderr, "\r%s", line.c_str());
  shown_ = true;
}

void ProgressLine::erase() {
  if (shown_) std::fprintf(stderr, "\r%*s\r", static_cast<int>(terminal_columns()), "");
  shown_ = false;
}

}  // namespace loopgate::cli
