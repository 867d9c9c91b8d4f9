#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/scenario/catalog.hpp"
#include "core/scenario/scenario.hpp"
#include "core/types.hpp"

namespace loopgate {

/// A number that is known, beside what the program makes of it. One of tolerance and standard_error is NaN: the answer
/// is exact to so many digits, or a mean of replications.
struct KnownAnswer {
  std::string quantity;
  double expected = undefined, got = undefined;
  double tolerance = undefined;       ///< passes within: |got - expected| <= tolerance
  double standard_error = undefined;  ///< of got; passes where |z| <= largest_z
  int digits = 0;                     ///< after the point, that the answer is known to

  double z() const noexcept { return (got - expected) / standard_error; }
  bool passes() const noexcept;  ///< false where got is NaN
};

/// A true mean of a normal law lies farther off in one of 150,000 checks.
inline constexpr double largest_z = 4.5;

/// What a case is given to work with, and where it puts its answers.
class Verification {
 public:
  /// overrides: `key.path=value`, for every scenario of the case; `environment.` may be left out.
  Verification(const Catalog& catalog, const DataFiles& files, std::vector<std::string> overrides);

  const DataFiles& files() const noexcept { return files_; }
  /// Builds a scenario of the case. ScenarioError where an override does not fit.
  Scenario build(const std::string& yaml) const;

  /// Known to so many digits after the point: half a unit of the last is allowed.
  void rounded(std::string quantity, double expected, double got, int digits);
  /// Known without rounding; tolerance: for what is not.
  void exact(std::string quantity, double expected, double got, double tolerance, int digits = 0);
  void estimated(std::string quantity, double expected, double got, double standard_error, int digits);

  const std::vector<KnownAnswer>& answers() const noexcept { return answers_; }

 private:
  const Catalog& catalog_;
  const DataFiles& files_;
  std::vector<std::string> overrides_;
  std::vector<KnownAnswer> answers_;
};

/// Answers that are known from one place.
struct VerificationCase {
  const char* name;
  const char* summary;
  const char* source;             ///< of the answers
  std::vector<std::string> data;  ///< files that it reads; without them it cannot be run
  bool has_scenario;              ///< false: nothing can be set
  void (*run)(Verification& into);
};

/// All cases, in the order in which they are shown.
std::span<const VerificationCase> verification_cases();

}  // namespace loopgate
