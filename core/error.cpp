#include "core/error.hpp"

namespace loopgate::detail {

void fail_contract(const char* condition, const char* file, int line) {
  throw ContractViolation(std::string(file) + ":" + std::to_string(line) + ": contract violated: " + condition);
}

}  // namespace loopgate::detail
