#pragma once

#include <stdexcept>
#include <string>

namespace loopgate {

/// Anything the user wrote or named that cannot be used: command line, scenario, data file, output path. Exit code 2.
/// what() holds one complete message per line, each `where: key = value: problem (expected what)`.
class ScenarioError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A trace that cannot be written or read. Exit code 3.
class TraceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A broken precondition: a bug in the program, never the user's fault. Exit code 1.
class ContractViolation : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

namespace detail {
[[noreturn]] void fail_contract(const char* condition, const char* file, int line);
}  // namespace detail

}  // namespace loopgate

/// O(1) precondition at a public entry point: always on, throws ContractViolation.
#define LOOPGATE_EXPECT(condition) \
  ((condition) ? static_cast<void>(0) : ::loopgate::detail::fail_contract(#condition, __FILE__, __LINE__))

/// Invariant inside a module, may cost O(n): checked in the dev preset only.
#ifdef LOOPGATE_CHECKED
#define LOOPGATE_ASSERT(condition) LOOPGATE_EXPECT(condition)
#else
#define LOOPGATE_ASSERT(condition) static_cast<void>(0)
#endif
