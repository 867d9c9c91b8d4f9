#pragma once

#include <atomic>

namespace loopgate::cli {

/// From now on Ctrl-C and SIGTERM set the flag that is returned, instead of ending the program.
const std::atomic<bool>& watch_interrupts();

}  // namespace loopgate::cli
