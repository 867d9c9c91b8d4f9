#include "analysis/mixture.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"

namespace loopgate {

namespace {

constexpr double negligible = 1e-12;
constexpr std::size_t none = static_cast<std::size_t>(-1);

/// The simplex tableau. Columns: arms, one slack a residual, the right-hand side. Rows: residuals, then the sum of
/// weights, whose basic variable is artificial at first.
class Tableau {
 public:
  Tableau(std::span<const double> reward, std::span<const double> residual, double tolerance)
      : n_arms_(reward.size()),
        n_rows_(residual.size() / reward.size() + 1),
        n_columns_(n_arms_ + n_rows_),
        cell_(n_rows_ * n_columns_, 0.0),
        gain_(n_columns_, 0.0),
        basis_(n_rows_) {
    const std::size_t n_residuals = n_rows_ - 1;
    for (std::size_t m = 0; m < n_residuals; ++m) {
      at(m, n_arms_ + m) = 1.0;
      at(m, n_columns_ - 1) = tolerance;
      basis_[m] = n_arms_ + m;
    }
    basis_[n_residuals] = n_columns_;  // artificial
    at(n_residuals, n_columns_ - 1) = 1.0;
    for (std::size_t k = 0; k < n_arms_; ++k) {
      if (std::isnan(reward[k])) continue;
      for (std::size_t m = 0; m < n_residuals; ++m) at(m, k) = residual[k * n_residuals + m];
      at(n_residuals, k) = 1.0;
      gain_[k] = reward[k];
    }
    lack_.assign(cell_.end() - static_cast<std::ptrdiff_t>(n_columns_), cell_.end());
  }

  /// Whether weights that satisfy everything were found; if so they are the basis.
  bool find_feasible() {
    climb(lack_);
    return lack_.back() <= 1e-9;
  }
  void find_best() { climb(gain_); }

  Mixture solution() const {
    Mixture out;
    out.weight.assign(n_arms_, 0.0);
    for (std::size_t i = 0; i < n_rows_; ++i)
      if (basis_[i] < n_arms_) out.weight[basis_[i]] = std::max(0.0, cell_[(i + 1) * n_columns_ - 1]);
    out.value = -gain_.back();
    for (std::size_t m = 0; m + 1 < n_rows_; ++m) out.price.push_back(std::max(0.0, -gain_[n_arms_ + m]));
    return out;
  }

 private:
  double& at(std::size_t row, std::size_t column) { return cell_[row * n_columns_ + column]; }

  /// Pivots until no column improves the objective, whose row holds what a unit of each column would add.
  void climb(std::vector<double>& objective) {
    bool degenerate = false;
    for (;;) {
      const std::size_t column = entering(objective, degenerate);
      if (column == none) return;
      const std::size_t row = leaving(column);
      LOOPGATE_EXPECT(row != none);  // weights sum to 1, so nothing grows without end
      degenerate = at(row, n_columns_ - 1) <= negligible;
      pivot(row, column);
    }
  }

  std::size_t entering(const std::vector<double>& objective, bool first) const {
    std::size_t best = none;
    for (std::size_t j = 0; j + 1 < n_columns_; ++j) {
      if (objective[j] <= negligible || (best != none && objective[j] <= objective[best])) continue;
      best = j;
      if (first) break;
    }
    return best;
  }

  std::size_t leaving(std::size_t column) {
    std::size_t best = none;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < n_rows_; ++i) {
      if (at(i, column) <= negligible) continue;
      const double ratio = at(i, n_columns_ - 1) / at(i, column);
      if (ratio > least || (ratio == least && best != none && basis_[i] > basis_[best])) continue;
      best = i;
      least = ratio;
    }
    return best;
  }

  void pivot(std::size_t row, std::size_t column) {
    const double scale = 1.0 / at(row, column);
    for (std::size_t j = 0; j < n_columns_; ++j) at(row, j) *= scale;
    const double* source = &at(row, 0);
    const auto eliminate = [&](double* target) {
      const double factor = target[column];
      if (factor == 0.0) return;
      for (std::size_t j = 0; j < n_columns_; ++j) target[j] -= factor * source[j];
      target[column] = 0.0;
    };
    for (std::size_t i = 0; i < n_rows_; ++i)
      if (i != row) eliminate(&at(i, 0));
    eliminate(lack_.data());
    eliminate(gain_.data());
    basis_[row] = column;
  }

  std::size_t n_arms_, n_rows_, n_columns_;
  std::vector<double> cell_;        ///< [n_rows x n_columns]
  std::vector<double> lack_;        ///< [n_columns] the artificial variable, as phase 1 takes it to 0
  std::vector<double> gain_;        ///< [n_columns] reward; last: minus its value
  std::vector<std::size_t> basis_;  ///< [n_rows] column of the basic variable
};

}  // namespace

Mixture best_mixture(std::span<const double> reward, std::span<const double> residual, double tolerance) {
  LOOPGATE_EXPECT(!reward.empty() && residual.size() % reward.size() == 0 && tolerance >= 0.0);
  Tableau tableau(reward, residual, tolerance);
  if (!tableau.find_feasible()) return {};
  tableau.find_best();
  return tableau.solution();
}

}  // namespace loopgate
