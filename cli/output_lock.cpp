#include "cli/output_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/error.hpp"

namespace loopgate::cli {

namespace {

std::string owner_of(int lock) {
  char text[32] = {};
  if (read(lock, text, sizeof text - 1) <= 0) return "another process";
  return "process " + std::string(text, std::strcspn(text, "\n"));
}

}  // namespace

OutputLock::OutputLock(const std::string& output) : path_(output + ".partial.lock") {
  for (;;) {
    descriptor_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    error_ = errno;
    if (descriptor_ < 0) return;
    // A file system without locks fails otherwise, and is done without.
    const bool taken = flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (!taken && has_name()) break;
    const std::string owner = taken ? owner_of(descriptor_) : "";
    close(descriptor_);
    if (taken)
      throw ScenarioError("-o " + output + ": " + owner +
                          " is writing it (expected another name, or that process to end first)");
  }
  const std::string self = std::to_string(getpid()) + "\n";
  if (ftruncate(descriptor_, 0) == 0 && write(descriptor_, self.data(), self.size()) < 0)
    error_ = errno;  // a hint only
}

OutputLock::OutputLock(OutputLock&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), error_(other.error_) {}

OutputLock::~OutputLock() {
  if (descriptor_ < 0) return;
  unlink(path_.c_str());
  close(descriptor_);
}

void OutputLock::require() const {
  if (descriptor_ < 0) throw TraceError(path_ + ": cannot be created: " + std::strerror(error_));
}

/// False where the owner before removed the file between our opening and locking it.
bool OutputLock::has_name() const {
  struct stat held {
  }, named{};
  return fstat(descriptor_, &held) == 0 && stat(path_.c_str(), &named) == 0 && held.st_dev == named.st_dev &&
         held.st_ino == named.st_ino;
}

}  // namespace loopgate::cli
