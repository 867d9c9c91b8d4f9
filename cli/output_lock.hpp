#pragma once

#include <string>

namespace loopgate::cli {

/// Keeps other processes from making the file `output` at the same time, by an advisory lock on `output.partial.lock`,
/// which holds the number of this process. The system takes the lock back when the process ends, however it ends, so
/// that a file left behind keeps nobody.
class OutputLock {
 public:
  /// ScenarioError where another process holds it.
  explicit OutputLock(const std::string& output);
  OutputLock(OutputLock&& other) noexcept;
  ~OutputLock();

  void require() const;  ///< TraceError where its file could not be made

 private:
  bool has_name() const;

  std::string path_;
  int descriptor_ = -1, error_ = 0;
};

}  // namespace loopgate::cli
