#include "core/run/arrival_log.hpp"

#include <algorithm>
#include <limits>

#include "core/error.hpp"
#include "core/random/samplers.hpp"

namespace loopgate {

namespace {

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

}  // namespace

ArrivalLog::ArrivalLog(const ArrivalProcess& process, const Clock& clock, Fidelity fidelity, Seed seed,
                       Replication replication, std::span<const double> parameters, std::span<const double> shares)
    : process_(process),
      clock_(clock),
      fidelity_(fidelity),
      seed_(seed),
      replication_(replication),
      position_(process.start(parameters, seed, replication)),
      rng_(seed, replication, Stream::arrivals()),
      shares_(shares.begin(), shares.end()),
      one_hot_(shares.size() * shares.size(), 0.0) {
  for (std::size_t g = 0; g < shares.size(); ++g) one_hot_[g * shares.size() + g] = 1.0;
  rng_.begin_epoch(0);
}

Time ArrivalLog::next_decision(std::uint32_t epoch, std::span<const double> parameters) const {
  if (clock_.kind == Clock::Kind::every) return (static_cast<double>(epoch) + 1.0) * clock_.interval;
  const std::size_t missing = clock_.count - static_cast<std::size_t>(n_);
  if (missing == 0) return last_;
  ArrivalProcess::Position ahead = position_;
  std::vector<Time> times;
  process_.advance(ahead, std::numeric_limits<Time>::max(), missing, parameters, seed_, replication_, times);
  return times.size() == missing ? times.back() : std::numeric_limits<Time>::infinity();
}

/// Whether each arrival has a time of its own.
bool ArrivalLog::singly() const noexcept {
  return fidelity_ == Fidelity::individuals || clock_.kind == Clock::Kind::arrivals || !process_.poisson();
}

void ArrivalLog::advance(Time now, std::span<const double> shares, std::span<const double> parameters) {
  const bool counted = clock_.kind == Clock::Kind::arrivals;
  if (!counted && now == last_) return;
  const std::size_t first = times_.size();
  double n = 0.0;
  if (singly()) {
    const std::size_t most = counted ? clock_.count - static_cast<std::size_t>(n_) : no_limit;
    process_.advance(position_, now, most, parameters, seed_, replication_, times_);
    n = static_cast<double>(times_.size() - first);
  } else {
    n = come(now, parameters);
  }
  if (singly() && !process_.groups().empty()) {
    add_given(first, times_.size() - first);
  } else {
    add(n, shares, std::span(times_).subspan(first));
    mix(process_.poisson() ? process_.expected(last_, now, parameters) : n, shares);
  }
  last_ = now;
}

double ArrivalLog::come(Time now, std::span<const double> parameters) {
  const double mean = process_.expected(last_, now, parameters);
  if (fidelity_ == Fidelity::mean_field) return mean;
  LOOPGATE_EXPECT(mean <= most_poisson_mean);
  return static_cast<double>(sample_poisson(mean, rng_));
}

void ArrivalLog::add(double n, std::span<const double> shares, std::span<const Time> times) {
  n_ += n;
  come_ += times.size();
  if (n == 0.0 && !parts_.empty()) return;
  parts_.push_back({n, {}, {}});
  part_shares_.insert(part_shares_.end(), shares.begin(), shares.end());
}

/// Those of the same group in a row are a part; where nobody is told apart, all of a group are one.
void ArrivalLog::add_given(std::size_t first, std::size_t n) {
  const std::size_t n_groups = shares_.size();
  const auto group = process_.groups().subspan(come_, n);
  const std::span<const double> one_hot = one_hot_;
  if (fidelity_ != Fidelity::individuals) {
    for (std::size_t g = 0; g < n_groups; ++g) {
      const auto some = static_cast<double>(std::ranges::count(group, g));
      add(some, one_hot.subspan(g * n_groups, n_groups), {});
      mix(some, one_hot.subspan(g * n_groups, n_groups));
    }
    come_ += n;
    return;
  }
  for (std::size_t i = 0, end = 0; i < n; i = end) {
    for (end = i; end < n && group[end] == group[i];) ++end;
    const auto shares = one_hot.subspan(group[i] * n_groups, n_groups);
    add(static_cast<double>(end - i), shares, std::span(times_).subspan(first + i, end - i));
    mix(static_cast<double>(end - i), shares);
  }
}

/// Keeps equal shares as they are, to the bit.
void ArrivalLog::mix(double weight, std::span<const double> shares) {
  if (weight_ == 0.0) {
    shares_.assign(shares.begin(), shares.end());
  } else if (weight > 0.0 && !std::ranges::equal(shares, shares_)) {
    const double part = weight / (weight_ + weight);
    for (std::size_t g = 0; g < shares_.size(); ++g) shares_[g] += part * (shares[g] - shares_[g]);
  }
  weight_ += weight;
}

std::span<const ArrivalPart> ArrivalLog::parts() noexcept {
  const std::size_t n_groups = shares_.size();
  std::size_t first = 0;
  for (std::size_t p = 0; p < parts_.size(); ++p) {
    parts_[p].shares = std::span(part_shares_).subspan(p * n_groups, n_groups);
    if (fidelity_ != Fidelity::individuals) continue;
    parts_[p].times = std::span(times_).subspan(first, static_cast<std::size_t>(parts_[p].n));
    first += static_cast<std::size_t>(parts_[p].n);
  }
  return parts_;
}

void ArrivalLog::clear(std::uint32_t epoch) noexcept {
  n_ = weight_ = 0.0;
  times_.clear();
  parts_.clear();
  part_shares_.clear();
  rng_.begin_epoch(epoch + 1);
}

}  // namespace loopgate
