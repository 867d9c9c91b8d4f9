#include "environments/arrivals/poisson_process.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/random/philox.hpp"
#include "core/random/rng.hpp"
#include "core/scenario/scalars.hpp"

namespace loopgate {

namespace {

constexpr Time never = std::numeric_limits<Time>::infinity();
const Interval rate_range{0.0, 1e9, true};

struct Piece {
  Time from;
  double rate;  ///< per unit of time, >= 0
};

struct Season {
  double amplitude = 0.0;  ///< [0, 1]
  double period = 1.0;     ///< > 0
  double phase = 0.0;
};

/// The words of consecutive candidates, made some at a time.
class CandidateWords {
 public:
  CandidateWords(Seed seed, Replication replication) noexcept
      : key_{static_cast<std::uint32_t>(static_cast<std::uint64_t>(seed)),
             static_cast<std::uint32_t>(static_cast<std::uint64_t>(seed) >> 32U)},
        replication_(static_cast<std::uint32_t>(replication)) {}

  /// EXPECTs candidates in order. likely: how many are asked for in a row, the first included.
  void seek(std::uint64_t candidate, double likely) noexcept {
    if (n_ > 0 && candidate == first_ + at_ + 1 && ++at_ < n_) return;
    first_ = candidate;
    at_ = 0;
    const std::uint64_t to_wrap = two32 - (candidate & (two32 - 1));  // a block's counter is one word
    n_ = std::min<std::uint64_t>({most, to_wrap, static_cast<std::uint64_t>(std::clamp(likely, 1.0, 1.0 * most))});
    philox_blocks(static_cast<std::uint32_t>(candidate), static_cast<std::uint32_t>(candidate >> 32U),
                  Stream::arrival_times().id, replication_, key_,
                  {std::span(word_[0]).first(n_), std::span(word_[1]).first(n_), std::span(word_[2]).first(n_),
                   std::span(word_[3]).first(n_)});
  }
  double gap() const noexcept { return -std::log(uniform_of(word_[0][at_], word_[1][at_])); }  ///< exponential, mean 1
  double thin() const noexcept { return uniform_of(word_[2][at_], word_[3][at_]); }

 private:
  static constexpr std::uint64_t most = 256, two32 = 1ULL << 32U;

  std::array<std::uint32_t, 2> key_;
  std::uint32_t replication_;
  std::uint64_t first_ = 0, n_ = 0, at_ = 0;
  std::array<std::array<std::uint32_t, most>, 4> word_;
};

/// By thinning (Lewis & Shedler 1979): candidates come with the largest rate of the season, piece by piece, and one at
/// time t is kept with probability rate(t) / that rate. Candidate k is the Philox block with counter (k, k >> 32,
/// arrival times, replication): words 0 and 1 give the time to the next candidate, words 2 and 3 keep it or not. A
/// rate that changes scales what is left of the time to the next candidate, which is exact since that has no memory.
class PoissonProcess final : public ArrivalProcess {
 public:
  /// pieces: the first from 0, in order of time. adjustable: one piece, whose rate is a parameter.
  PoissonProcess(std::vector<Piece> pieces, Season season, bool adjustable)
      : pieces_(std::move(pieces)), season_(season), adjustable_(adjustable) {}

  std::vector<Parameter> parameters() const override {
    if (!adjustable_) return {};
    return {{"rate", rate_range, pieces_[0].rate, {}}};
  }

  Position start(std::span<const double> parameters, Seed seed, Replication replication) const override {
    CandidateWords words(seed, replication);
    words.seek(0, 1.0);
    return {after(0.0, words.gap(), parameters), 1};
  }

  void advance(Position& position, Time until, std::size_t most, std::span<const double> parameters, Seed seed,
               Replication replication, std::vector<Time>& times) const override {
    if (!(position.next <= until)) return;
    CandidateWords words(seed, replication);
    for (std::size_t found = 0; position.next <= until && found < most; ++position.drawn) {
      const double bound = rate_of(piece_at(position.next), parameters) * (1.0 + season_.amplitude);
      words.seek(position.drawn, std::min(bound * (until - position.next), static_cast<double>(most - found)) + 2.0);
      if (words.thin() * (1.0 + season_.amplitude) < swing(position.next)) {
        times.push_back(position.next);
        ++found;
      }
      position.next = after(position.next, words.gap(), parameters);
    }
  }

  void change(Position& position, Time now, std::span<const double> before,
              std::span<const double> after_it) const override {
    if (adjustable_) position.next = now + (position.next - now) * (before[0] / after_it[0]);
  }

  double expected(Time from, Time until, std::span<const double> parameters) const override {
    double total = 0.0;
    for (std::size_t i = piece_at(from); i < pieces_.size() && pieces_[i].from < until; ++i) {
      const Time begin = std::max(from, pieces_[i].from), end = std::min(until, end_of(i));
      total += rate_of(i, parameters) * ((end - begin) + swung(end) - swung(begin));
    }
    return std::max(0.0, total);
  }

  bool poisson() const noexcept override { return true; }
  bool ends() const noexcept override { return pieces_.back().rate == 0.0; }

 private:
  double rate_of(std::size_t piece, std::span<const double> parameters) const noexcept {
    return adjustable_ ? parameters[0] : pieces_[piece].rate;
  }
  Time end_of(std::size_t piece) const noexcept { return piece + 1 < pieces_.size() ? pieces_[piece + 1].from : never; }
  std::size_t piece_at(Time t) const noexcept {
    if (pieces_.size() == 1) return 0;
    return static_cast<std::size_t>(std::ranges::upper_bound(pieces_, t, {}, &Piece::from) - pieces_.begin()) - 1;
  }
  double angle(Time t) const noexcept { return 2.0 * std::numbers::pi * (t + season_.phase) / season_.period; }
  /// rate(t) / the rate without season [0, 2]
  double swing(Time t) const noexcept {
    return season_.amplitude == 0.0 ? 1.0 : 1.0 + season_.amplitude * std::sin(angle(t));
  }
  /// The integral of swing - 1, but for a constant.
  double swung(Time t) const noexcept {
    if (season_.amplitude == 0.0) return 0.0;
    return -season_.amplitude * season_.period / (2.0 * std::numbers::pi) * std::cos(angle(t));
  }
  /// When a candidate comes that is `gap` expected candidates after t.
  Time after(Time t, double gap, std::span<const double> parameters) const noexcept {
    for (std::size_t i = piece_at(t);; ++i) {
      const double bound = rate_of(i, parameters) * (1.0 + season_.amplitude);
      const Time at = bound > 0.0 ? t + gap / bound : never;
      if (at < end_of(i) || i + 1 == pieces_.size()) return at;
      gap = std::max(0.0, gap - bound * (end_of(i) - t));
      t = end_of(i);
    }
  }

  std::vector<Piece> pieces_;
  Season season_;
  bool adjustable_;
};

std::vector<Piece> read_pieces(const Node& list, Diagnostics& diagnostics) {
  std::vector<Piece> pieces;
  double highest = 0.0;
  for (const Node& item : list.items) {
    const Piece piece{item.number("from"), item.number("rate")};
    if (pieces.empty() && piece.from != 0.0)
      diagnostics.error(item.at("from"), "leaves the time before it without a rate", "0 in the first piece");
    else if (!pieces.empty() && !(piece.from > pieces.back().from))
      diagnostics.error(item.at("from"), "is not after the piece before it", "pieces in order of time");
    highest = std::max(highest, piece.rate);
    pieces.push_back(piece);
  }
  if (highest == 0.0) diagnostics.error(list, "every rate is 0, so that nobody ever comes");
  return pieces;
}

}  // namespace

Description describe_poisson_process() {
  return {"poisson_process",
          "single applicants in continuous time, independent of each other: a Poisson process for each group, with the "
          "rate of all times the group's share",
          {optional("rate", number(rate_range), "expected applicants per unit of time"),
           optional("pieces",
                    list_of(record({required("from", number({0.0}), "when the piece begins; 0 in the first"),
                                    required("rate", number({0.0, 1e9}), "expected applicants per unit of time")}),
                            1),
                    "instead of `rate`: rates that hold until the next piece begins"),
           optional("seasonal",
                    record({required("amplitude", number({0.0, 1.0}), "largest change as a share of the rate"),
                            required("period", number({0.0, std::numeric_limits<double>::infinity(), true}),
                                     "time after which the rate is what it was"),
                            defaulted("phase", number(), "0", "time by which the season is ahead at time 0")}),
                    "a rate that swings")},
          "rate(t) = rate (1 + amplitude sin(2 pi (t + phase) / period))",
          "Lewis & Shedler 1979, doi:10.1002/nav.3800260304 (thinning)",
          "Times are the same whatever the clock, the agents and their decisions. In counts and mean_field no single "
          "times are drawn where the clock is `every`."};
}

std::unique_ptr<Arrivals> make_poisson_process(const Node& settings, const DataFiles&, const std::vector<std::string>&,
                                               Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.count();
  if (settings.has("rate") == settings.has("pieces")) {
    diagnostics.error(settings, settings.has("rate") ? "has both `rate` and `pieces`" : "has no rate",
                      "`rate` or `pieces`");
    return nullptr;
  }
  std::vector<Piece> pieces;
  if (settings.has("rate")) pieces.push_back({0.0, settings.number("rate")});
  else pieces = read_pieces(settings.at("pieces"), diagnostics);
  Season season;
  if (const Node* swing = settings.find("seasonal"))
    season = {swing->number("amplitude"), swing->number("period"), swing->number("phase")};
  if (diagnostics.count() > before) return nullptr;
  return std::make_unique<PoissonProcess>(std::move(pieces), season, settings.has("rate"));
}

}  // namespace loopgate
