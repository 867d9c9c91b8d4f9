#pragma once

#include <memory>
#include <vector>

#include "core/model/applicant_law.hpp"
#include "core/model/dynamics.hpp"
#include "core/random/rng.hpp"
#include "core/run/epoch_draw.hpp"
#include "core/trace/applicant_rows.hpp"

namespace loopgate {

/// What came of one epoch's applicants by type of a finite law, for rules that move types: [n_types] each, counts
/// (fractional in mean_field).
struct TypeCounts {
  std::vector<double> accepted, succeeded;

  explicit TypeCounts(std::size_t n_types) : accepted(n_types), succeeded(n_types) {}
  void clear() noexcept;
};

/// Counts of types; and counts applicants of fidelity individuals on their way to the next sink, which may be null.
class TypeCounter final : public RowSink {
 public:
  TypeCounter(std::size_t n_types, RowSink* next) : counts_(n_types), next_(next) {}
  TypeCounts& counts() noexcept { return counts_; }
  void begin_epoch(const AcceptPropensity* propensity) override {
    if (next_ != nullptr) next_->begin_epoch(propensity);
  }
  void append(const ApplicantRows& rows) override;

 private:
  TypeCounts counts_;
  RowSink* next_;
};

/// For a scenario's rules, or null where none needs types.
std::unique_ptr<TypeCounter> type_counter(std::span<const std::unique_ptr<Dynamics>> rules, const ApplicantLaw& law,
                                          RowSink* next);

/// What `counts` and `mean_field` give for groups, in the same law, by type.
class TypedDraw : public EpochDraw {
 public:
  /// counts outlives the draw; what comes of an epoch is added to it.
  TypedDraw(const ApplicantLaw& law, TypeCounts& counts);
  void tally_parts(const Composition& composition, std::span<const double> threshold, std::uint32_t epoch,
                   std::span<const ArrivalPart> parts, Counts& counts) final;

 protected:
  /// One group's types at an epoch's state.
  struct Types {
    std::span<const double> mass, success;  ///< [n] within the group
    std::span<double> arrived, qualified;   ///< [n] to be written; nothing drawn depends on a decision
  };
  virtual void begin(std::uint32_t epoch) = 0;
  /// Of n applicants, those of a group that has this share of them.
  virtual double of_those(double n, double share) = 0;
  virtual void arrive(double n, const Types& types) = 0;

 private:
  struct Left {  ///< of a part: applicants whose group is not yet drawn, and the share of all groups that are not
    double n, share;
  };
  double of_group(double share, bool last, Left& left);

  const ApplicantLaw& law_;
  TypeCounts& counts_;
  std::vector<Left> left_;                                            ///< [n_parts]
  std::vector<std::uint32_t> group_;                                  ///< [n_types]
  std::vector<double> mass_, score_, success_, arrived_, qualified_;  ///< [n_types] of the epoch
};

/// Fidelity counts: a multinomial number of each group, then of each type in it, and a binomial number of successes.
class TypedCountDraw final : public TypedDraw {
 public:
  TypedCountDraw(const ApplicantLaw& law, TypeCounts& counts, Seed seed, Replication replication)
      : TypedDraw(law, counts), rng_(seed, replication, Stream::counts()) {}

 private:
  void begin(std::uint32_t epoch) override { rng_.begin_epoch(epoch); }
  double of_those(double n, double share) override { return binomial(n, share); }
  void arrive(double n, const Types& types) override;
  double binomial(double n, double p);
  Rng rng_;
};

/// Fidelity mean_field: the means of these.
class TypedMeanDraw final : public TypedDraw {
 public:
  using TypedDraw::TypedDraw;

 private:
  void begin(std::uint32_t) override {}
  double of_those(double n, double share) override { return n * share; }
  void arrive(double n, const Types& types) override;
};

}  // namespace loopgate
