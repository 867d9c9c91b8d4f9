#pragma once

#include <memory>
#include <utility>

#include "core/model/agent.hpp"

namespace loopgate {

/// Holds a function Problem -> std::unique_ptr<Agent>.
template <class Make>
class Factory final : public AgentFactory {
 public:
  explicit Factory(Make make) : make_(std::move(make)) {}
  std::unique_ptr<Agent> make(const Problem& problem) const override { return make_(problem); }

 private:
  Make make_;
};

template <class Make>
std::unique_ptr<AgentFactory> factory(Make make) {
  return std::make_unique<Factory<Make>>(std::move(make));
}

}  // namespace loopgate
