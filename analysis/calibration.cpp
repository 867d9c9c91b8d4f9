#include "analysis/calibration.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace loopgate {

namespace {

constexpr std::size_t n_cells = 4096;

/// One stretch of a run: each group's applicants, and the accepted among them.
struct Stretch {
  Window epochs;
  std::vector<CalibrationTally> all, accepted;  ///< [n_groups]

  void add(const ApplicantPiece& piece) {
    for (std::size_t i = 0; i < piece.size(); ++i) {
      if (piece.epoch[i] < epochs.begin || piece.epoch[i] >= epochs.end) continue;
      if (!(piece.score[i] >= 0.0 && piece.score[i] <= 1.0))
        throw TraceError("an applicant's score is " + std::to_string(piece.score[i]) + ", outside its range [0, 1]");
      all[piece.group[i]].add(piece.score[i], piece.success[i] != 0);
      if (piece.accepted[i] != 0) accepted[piece.group[i]].add(piece.score[i], piece.success[i] != 0);
    }
  }
};

/// Rows of one part, in the order of the list in calibration.hpp: for both views each group's error, the largest, and
/// each group's calibration in the large.
class CalibrationRows {
 public:
  explicit CalibrationRows(const std::vector<std::string>& groups) : n_groups_(groups.size()) {
    for (const char* view : {"true", "observed"}) {
      for (const std::string& group : groups) add_row("calibration_error", view, group);
      add_row("largest_calibration_error", view, "");
      for (const std::string& group : groups) add_row("calibration_in_the_large", view, group);
    }
  }

  void add(const Stretch& stretch) {
    std::size_t at = 0;
    for (const auto* tallies : {&stretch.all, &stretch.accepted}) {
      double largest = undefined;
      for (std::size_t g = 0; g < n_groups_; ++g) {
        const std::vector<CalibrationBin> bins = (*tallies)[g].bins(calibration_bins);
        const double error = calibration_error(bins);
        rows_[at + g].values.push_back(error);
        rows_[at + n_groups_ + 1 + g].values.push_back(calibration_in_the_large(bins));
        largest = std::fmax(largest, error);  // of what is defined
      }
      rows_[at + n_groups_].values.push_back(largest);
      at += 2 * n_groups_ + 1;
    }
  }
  void add_undefined() {
    for (MetricValue& row : rows_) row.values.push_back(undefined);
  }

  std::vector<MetricValue> finish(Seed seed) {
    add_intervals(rows_, seed);
    for (std::size_t at = 0; at < rows_.size(); at += 2 * n_groups_ + 1) name_largest(at);
    return std::move(rows_);
  }

 private:
  void add_row(const char* metric, const char* view, const std::string& subject) {
    MetricValue row;
    row.metric = metric;
    row.basis = "realised";
    row.view = view;
    row.subject = subject;
    rows_.push_back(std::move(row));
  }

  /// The group with the largest mean error, in the row of the largest of a view that begins at `at`.
  void name_largest(std::size_t at) {
    const auto groups = std::span(rows_).subspan(at, n_groups_);
    const auto worst = std::ranges::max_element(groups, {}, [](const MetricValue& row) { return row.estimate.mean; });
    if (!std::isnan(rows_[at + n_groups_].estimate.mean)) rows_[at + n_groups_].highest = worst->subject;
  }

  std::size_t n_groups_;
  std::vector<MetricValue> rows_;
};

}  // namespace

void CalibrationTally::add(double score, bool success) {
  if (cells_.empty()) cells_.resize(n_cells);
  const auto at = static_cast<std::size_t>(score * static_cast<double>(n_cells));
  Cell& cell = cells_[std::min(at, n_cells - 1)];
  cell.n += 1.0;
  cell.score += score;
  cell.successes += success ? 1.0 : 0.0;
}

std::vector<CalibrationBin> CalibrationTally::bins(std::size_t n_bins) const {
  double n = 0.0, below = 0.0;
  for (const Cell& cell : cells_) n += cell.n;
  std::vector<Cell> sums(n_bins);
  for (const Cell& cell : cells_) {
    if (cell.n == 0.0) continue;
    const double middle = (below + 0.5 * cell.n) / n;
    Cell& sum = sums[std::min(n_bins - 1, static_cast<std::size_t>(middle * static_cast<double>(n_bins)))];
    sum = {sum.n + cell.n, sum.score + cell.score, sum.successes + cell.successes};
    below += cell.n;
  }
  std::vector<CalibrationBin> out;
  for (const Cell& sum : sums)
    out.push_back(sum.n > 0.0 ? CalibrationBin{sum.n, sum.score / sum.n, sum.successes / sum.n} : CalibrationBin{});
  return out;
}

void add_calibration(const TraceReader& trace, const ApplicantReader& rows, const MetricOptions& options,
                     AgentMetrics& out, std::vector<std::string>& notes) {
  const auto written = trace.epochs_written(out.label);
  const std::size_t n_groups = trace.groups.size();
  CalibrationRows window(trace.groups), tail(trace.groups);
  std::size_t n_held = 0;
  for (const std::uint32_t r : out.replications) {
    const Window epochs{options.window.begin,
                        static_cast<std::uint32_t>(std::min<std::int64_t>(written[r], options.window.end))};
    const ApplicantReader::Epochs held = rows.epochs(out.label, r);
    if (held.begin > epochs.begin || held.end < epochs.end) {
      window.add_undefined();
      tail.add_undefined();
      continue;
    }
    ++n_held;
    const std::vector<CalibrationTally> none(n_groups);
    Stretch all{epochs, none, none}, late{tail_of(epochs), none, none};
    rows.read(out.label, r, epochs.begin, epochs.end, [&](const ApplicantPiece& piece) {
      all.add(piece);
      late.add(piece);
    });
    window.add(all);
    tail.add(late);
  }
  if (n_held < out.replications.size())
    notes.push_back("calibration of " + out.label + ": " + rows.path + " holds the applicants of the window in " +
                    std::to_string(n_held) + " of " + std::to_string(out.replications.size()) + " replications");
  if (n_held == 0) return;
  for (const auto& [part, to] : {std::pair(&window, &out.window), std::pair(&tail, &out.tail)}) {
    std::vector<MetricValue> more = part->finish(Seed{trace.seed});
    to->insert(to->end(), more.begin(), more.end());
  }
}

bool can_be_probabilities(const TraceReader& trace) {
  const Interval range = trace.score_range();
  return range.low >= 0.0 && range.high <= 1.0;
}

}  // namespace loopgate
