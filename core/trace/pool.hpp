#pragma once

#include <memory>
#include <mutex>
#include <vector>

namespace loopgate {

/// Buffers that travel to another thread and come back to be used again, whoever lets go of them last.
template <class Buffer>
class Pool {
 public:
  /// A buffer that was used before, with what it held, or a new one from make() -> Buffer.
  template <class Make>
  std::shared_ptr<Buffer> take(const Make& make) {
    std::unique_ptr<Buffer> one;
    {
      const std::scoped_lock lock(idle_->mutex);
      if (!idle_->buffers.empty()) {
        one = std::move(idle_->buffers.back());
        idle_->buffers.pop_back();
      }
    }
    if (one == nullptr) one = std::make_unique<Buffer>(make());
    return {one.release(), [idle = idle_](Buffer* used) {
              std::unique_ptr<Buffer> back(used);
              const std::scoped_lock lock(idle->mutex);
              idle->buffers.push_back(std::move(back));
            }};
  }

 private:
  struct Idle {
    std::mutex mutex;
    std::vector<std::unique_ptr<Buffer>> buffers;
  };
  std::shared_ptr<Idle> idle_ = std::make_shared<Idle>();
};

}  // namespace loopgate
