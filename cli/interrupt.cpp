#include "cli/interrupt.hpp"

#include <csignal>

namespace loopgate::cli {

namespace {

std::atomic<bool> interrupted{false};

void on_signal(int) { interrupted = true; }

}  // namespace

const std::atomic<bool>& watch_interrupts() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  return interrupted;
}

}  // namespace loopgate::cli
