#pragma once

#include <string>
#include <vector>

#include "core/run/experiment.hpp"

namespace loopgate::cli {

/// Share done, rate, time left and each agent's share, in at most `width` columns; agents that do not fit are left out
/// and replaced by `...`.
std::string progress_text(const Progress& progress, const std::vector<std::string>& labels, std::size_t width);

/// A line on standard error that is written over and over and leaves nothing behind. Does nothing unless `wanted` and
/// standard error is a terminal.
class ProgressLine {
 public:
  enum class Wanted : bool { no, yes };
  ProgressLine(std::vector<std::string> labels, Wanted wanted);
  ~ProgressLine() { erase(); }
  ProgressLine(const ProgressLine&) = delete;

  void show(const Progress& progress);
  void show(const std::string& text);
  void erase();

 private:
  std::vector<std::string> labels_;
  bool on_;
  bool shown_ = false;
};

}  // namespace loopgate::cli
