#pragma once

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <span>
#include <vector>

namespace loopgate::test {

/// One-sample Kolmogorov-Smirnov test of values against the uniform law on (0, 1), asymptotic p-value.
inline double uniform_p_value(std::vector<double> values) {
  std::ranges::sort(values);
  const double n = static_cast<double>(values.size());
  double largest = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i)
    largest = std::max({largest, values[i] - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - values[i]});
  double p = 0.0;
  for (int k = 1; k <= 100; ++k) p += 2.0 * (k % 2 == 1 ? 1.0 : -1.0) * std::exp(-2.0 * k * k * n * largest * largest);
  return std::clamp(p, 0.0, 1.0);
}

/// Two-sided p-value of a standard normal z.
inline double normal_p_value(double z) {
  return 2.0 * boost::math::cdf(boost::math::complement(boost::math::normal(), std::abs(z)));
}

/// Two-sided p-value of "the mean of these independent values is `mean`", by their own spread.
inline double mean_p_value(std::span<const double> values, double mean) {
  const double n = static_cast<double>(values.size());
  double average = 0.0, squares = 0.0;
  for (const double x : values) average += x / n;
  for (const double x : values) squares += (x - average) * (x - average);
  return normal_p_value((average - mean) / std::sqrt(squares / (n - 1.0) / n));
}

/// P(chi-squared with so many degrees of freedom > x).
inline double chi_squared_p_value(double x, double degrees) {
  return boost::math::cdf(boost::math::complement(boost::math::chi_squared(degrees), x));
}

}  // namespace loopgate::test
