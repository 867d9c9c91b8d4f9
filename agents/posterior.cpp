#include "agents/posterior.hpp"

#include <algorithm>
#include <array>
#include <boost/math/quadrature/gauss.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/special_functions/legendre.hpp>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <numbers>
#include <numeric>
#include <vector>

#include "core/random/samplers.hpp"

namespace loopgate {

namespace {

using InDouble = boost::math::policies::policy<boost::math::policies::promote_double<false>>;
constexpr InDouble in_double{};

constexpr std::size_t n_nodes = 8;
using Nodes = std::array<double, n_nodes>;

/// The Gauss-Legendre rule on [-1, 1], and partial[j][i]: the weight of node j in the integral from -1 to node i of the
/// polynomial through all nodes.
struct Rule {
  Nodes x, weight;
  std::array<Nodes, n_nodes> partial;

  Rule() {
    using Gauss = boost::math::quadrature::gauss<double, n_nodes>;
    constexpr std::size_t half = n_nodes / 2;
    for (std::size_t i = 0; i < half; ++i) {
      x[half + i] = Gauss::abscissa()[i];
      x[half - 1 - i] = -x[half + i];
      weight[half + i] = weight[half - 1 - i] = Gauss::weights()[i];
    }
    for (std::size_t i = 0; i < n_nodes; ++i)
      for (std::size_t j = 0; j < n_nodes; ++j) {
        double sum = x[i] + 1.0;  // (2 n + 1) times the integral of P_n is P_{n+1} - P_{n-1}
        for (int n = 1; n < static_cast<int>(n_nodes); ++n)
          sum += boost::math::legendre_p(n, x[j]) *
                 (boost::math::legendre_p(n + 1, x[i]) - boost::math::legendre_p(n - 1, x[i]));
        partial[j][i] = 0.5 * weight[j] * sum;
      }
  }
};

const Rule& rule() {
  static const Rule made;
  return made;
}

/// A stretch of the line and the points where it is looked at.
struct Panel {
  double half;  ///< of its width
  Nodes x;

  Panel(double low, double high) : half(0.5 * (high - low)) {
    const Rule& gauss = rule();
    for (std::size_t i = 0; i < n_nodes; ++i) x[i] = low + half * (1.0 + gauss.x[i]);
  }
};

/// The standard normal distribution function on [-6.5, 6.5], cubic Hermite on a grid of 1/64: absolute error below
/// 1e-10.
class NormalTable {
 public:
  static constexpr double end = 6.5;

  NormalTable() {
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      const double z = static_cast<double>(i) / per_unit - end, next = z + 1.0 / per_unit;
      const double value = normal_cdf(z), rise = normal_cdf(next) - value;
      const double slope = density(z) / per_unit, last = density(next) / per_unit;
      pieces_[i] = {value, slope, 3.0 * rise - 2.0 * slope - last, slope + last - 2.0 * rise};
    }
  }
  /// Multiplies by the distribution function at rate x - shift.
  void multiply(const Nodes& x, double rate, double shift, Nodes& product) const noexcept {
    Nodes t;
    std::array<std::int32_t, n_nodes> piece;
    for (std::size_t i = 0; i < n_nodes; ++i) {
      double at = (rate * x[i] - shift + end) * per_unit;
      at = at > 0.0 ? at : 0.0;
      at = at < 2.0 * end * per_unit ? at : 2.0 * end * per_unit;
      piece[i] = static_cast<std::int32_t>(at);
      t[i] = at - piece[i];
    }
    for (std::size_t i = 0; i < n_nodes; ++i) {
      const auto& c = pieces_[static_cast<std::size_t>(piece[i])];
      product[i] *= c[0] + t[i] * (c[1] + t[i] * (c[2] + t[i] * c[3]));
    }
  }
  static double density(double z) noexcept {
    return std::exp(-0.5 * z * z) * (0.5 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi);
  }

 private:
  static constexpr double per_unit = 64.0;
  std::array<std::array<double, 4>, static_cast<std::size_t>(2.0 * end * per_unit) + 1> pieces_;
};

const NormalTable& normal_table() {
  static const NormalTable made;
  return made;
}

constexpr double widths_a_panel = 1.5;

constexpr double log_tail = 20.723265836946411;  ///< 9 ln 10: a tail of 1e-9

/// What the integral asks of a law: a point that at most exp(-log_odds) of it lies below, one that less than 1e-9 lies
/// above, how wide its features are, its density, and, of a rival, its distribution function on panels that follow each
/// other.
class NormalTerm {
 public:
  using Panel = loopgate::Panel;

  /// A law that is a step to doubles near its mean is made wide enough to have points within.
  explicit NormalTerm(const NormalLaw& law) : width(std::max(law.sd, 1e-12 * (1.0 + std::abs(law.mean)))) {
    mean_ = law.mean;
    rate_ = 1.0 / width;
    high = mean_ + NormalTable::end * width;
  }
  double low(double log_odds) const noexcept { return mean_ - width * std::sqrt(2.0 * log_odds); }
  void start(double) noexcept {}
  double above(double x) const noexcept { return normal_cdf((mean_ - x) * rate_); }
  void density(const Panel& panel, Nodes& out) const noexcept {
    for (std::size_t i = 0; i < n_nodes; ++i) out[i] = rate_ * NormalTable::density((panel.x[i] - mean_) * rate_);
  }
  void multiply(const Panel& panel, Nodes& product) noexcept {
    normal_table().multiply(panel.x, rate_, rate_ * mean_, product);
  }

  double width, high;

 private:
  double mean_, rate_;
};

class BetaTerm {
 public:
  struct Panel : loopgate::Panel {
    Nodes log_x, log_rest;  ///< of x and 1 - x

    Panel(double low, double high) : loopgate::Panel(low, high) {
      for (std::size_t i = 0; i < n_nodes; ++i) {
        log_x[i] = std::log(x[i]);
        log_rest[i] = std::log1p(-x[i]);
      }
    }
  };

  explicit BetaTerm(const BetaLaw& law) : law_(law) {
    const double n = law.a + law.b, mean = law.a / n;
    width = std::sqrt(mean * (1.0 - mean) / (n + 1.0));
    high = std::min(1.0, mean + reach(law.a, law.b, log_tail));
  }
  double low(double log_odds) const noexcept {
    return std::max(0.0, law_.a / (law_.a + law_.b) - reach(law_.b, law_.a, log_odds));
  }
  void start(double x) { below_ = x > low(log_tail) ? boost::math::ibeta(law_.a, law_.b, x, in_double) : 0.0; }
  double above(double x) const { return boost::math::ibetac(law_.a, law_.b, x, in_double); }
  void density(const Panel& panel, Nodes& out) const noexcept {
    for (std::size_t i = 0; i < n_nodes; ++i)
      out[i] = std::exp((law_.a - 1.0) * panel.log_x[i] + (law_.b - 1.0) * panel.log_rest[i] + law_.log_constant);
  }
  void multiply(const Panel& panel, Nodes& product) noexcept {
    const Rule& gauss = rule();
    Nodes slope, below{};
    density(panel, slope);
    double gain = 0.0;
    for (std::size_t j = 0; j < n_nodes; ++j) {
      for (std::size_t i = 0; i < n_nodes; ++i) below[i] += gauss.partial[j][i] * slope[j];
      gain += gauss.weight[j] * slope[j];
    }
    for (std::size_t i = 0; i < n_nodes; ++i) product[i] *= below_ + panel.half * below[i];
    below_ += panel.half * gain;
  }

  double high, width;

 private:
  /// How far above the mean at most exp(-log_odds) lies: Bernstein's inequality for beta laws (Skorski 2023,
  /// doi:10.15559/23-VMSTA223).
  double reach(double a, double b, double log_odds) const noexcept {
    const double skew = std::max(0.0, 2.0 * (b - a) / ((a + b) * (a + b + 2.0))) * log_odds / 3.0;
    return skew + std::sqrt(skew * skew + 2.0 * width * width * log_odds);
  }

  BetaLaw law_;
  double below_ = 0.0;  ///< distribution function at the start of the next panel
};

/// A point that the largest of the rivals is above but for 1e-9: for any m, at least m of them would have to be where
/// each is with a chance of 1e-9 to the power 1 / m.
template <class Term>
double start_of(const std::vector<Term>& rivals) {
  double start = -std::numeric_limits<double>::infinity();
  std::vector<double> low(rivals.size());
  for (std::size_t m = 1; m <= rivals.size(); m *= 3) {
    std::ranges::transform(rivals, low.begin(),
                           [&](const Term& rival) { return rival.low(log_tail / static_cast<double>(m)); });
    const auto mth = low.begin() + static_cast<std::ptrdiff_t>(m) - 1;
    std::nth_element(low.begin(), mth, low.end(), std::greater<>());
    start = std::max(start, *mth);
  }
  return start;
}

/// See probability_largest. Below the start some rival is surely larger; a rival whose law has ended is surely smaller.
template <class Term, class Law>
double integrate(std::span<const Law> laws, std::size_t k) {
  const Rule& gauss = rule();
  const Term played(laws[k]);
  std::vector<Term> rivals;
  rivals.reserve(laws.size());
  for (std::size_t j = 0; j < laws.size(); ++j)
    if (j != k) rivals.emplace_back(laws[j]);
  double x = std::max(played.low(log_tail), start_of(rivals));
  const auto ended = [&x](const Term& rival) { return rival.high <= x; };
  std::erase_if(rivals, ended);
  if (x >= played.high) return 0.0;
  for (Term& rival : rivals) rival.start(x);
  double total = 0.0;
  while (x < played.high && !rivals.empty()) {
    double width = played.width;
    for (const Term& rival : rivals) width = std::min(width, rival.width);
    const double least = std::nextafter(x, std::numeric_limits<double>::infinity());
    const double next = std::clamp(x + widths_a_panel * width, least, played.high);
    const typename Term::Panel panel(x, next);
    Nodes product;
    played.density(panel, product);
    for (Term& rival : rivals) rival.multiply(panel, product);
    for (std::size_t i = 0; i < n_nodes; ++i) total += panel.half * gauss.weight[i] * product[i];
    x = next;
    std::erase_if(rivals, ended);
  }
  if (x < played.high) total += played.above(x);
  return std::clamp(total, 0.0, 1.0);
}

/// The densities and distribution functions of all laws on a panel, and each law's product of the others' functions.
/// Dividing the product of all by a law's own would lose it where that is near 0.
template <class Term>
void add_panel(std::vector<Term>& terms, std::span<const std::size_t> law, const typename Term::Panel& panel,
               std::vector<Nodes>& below, std::vector<Nodes>& after, std::span<double> probability) {
  const Rule& gauss = rule();
  Nodes one;
  one.fill(1.0);
  const std::size_t n = terms.size();
  below.assign(n, one);
  after.assign(n, one);
  for (std::size_t j = n; j-- > 0;) {
    terms[j].multiply(panel, below[j]);
    if (j > 0)
      for (std::size_t i = 0; i < n_nodes; ++i) after[j - 1][i] = after[j][i] * below[j][i];
  }
  Nodes before = one, density;
  for (std::size_t j = 0; j < n; ++j) {
    terms[j].density(panel, density);
    double sum = 0.0;
    for (std::size_t i = 0; i < n_nodes; ++i) {
      sum += gauss.weight[i] * density[i] * before[i] * after[j][i];
      before[i] *= below[j][i];
    }
    probability[law[j]] += panel.half * sum;
  }
}

/// See probabilities_largest. As integrate, from where all but 1e-9 of the largest is above.
template <class Term, class Law>
void integrate_all(std::span<const Law> laws, std::vector<double>& probability) {
  probability.assign(laws.size(), 0.0);
  std::vector<Term> terms(laws.begin(), laws.end());
  std::vector<std::size_t> law(laws.size());
  std::iota(law.begin(), law.end(), std::size_t{0});
  double x = start_of(terms);
  const auto drop_ended = [&] {
    std::size_t kept = 0;
    for (std::size_t j = 0; j < terms.size(); ++j) {
      if (terms[j].high <= x) continue;
      terms[kept] = terms[j];
      law[kept++] = law[j];
    }
    terms.erase(terms.begin() + static_cast<std::ptrdiff_t>(kept), terms.end());
    law.resize(kept);
  };
  drop_ended();
  for (Term& term : terms) term.start(x);
  std::vector<Nodes> below, after;
  while (terms.size() > 1) {
    double width = terms[0].width, end = terms[0].high;
    for (const Term& term : terms) {
      width = std::min(width, term.width);
      end = std::max(end, term.high);
    }
    const double least = std::nextafter(x, std::numeric_limits<double>::infinity());
    const double next = std::clamp(x + widths_a_panel * width, least, end);
    add_panel(terms, law, typename Term::Panel(x, next), below, after, probability);
    x = next;
    drop_ended();
  }
  if (!terms.empty()) probability[law[0]] += terms[0].above(x);
}

}  // namespace

double NormalLaw::draw(Rng& rng) const noexcept { return mean + sd * sample_normal(rng); }

BetaLaw::BetaLaw(double first, double second)
    : a(first),
      b(second),
      log_constant(boost::math::lgamma(first + second, in_double) - boost::math::lgamma(first, in_double) -
                   boost::math::lgamma(second, in_double)) {}

double BetaLaw::draw(Rng& rng) const noexcept { return sample_beta(a, b, rng); }

double probability_largest(std::span<const NormalLaw> laws, std::size_t k) { return integrate<NormalTerm>(laws, k); }
double probability_largest(std::span<const BetaLaw> laws, std::size_t k) { return integrate<BetaTerm>(laws, k); }

void probabilities_largest(std::span<const NormalLaw> laws, std::vector<double>& probability) {
  integrate_all<NormalTerm>(laws, probability);
}
void probabilities_largest(std::span<const BetaLaw> laws, std::vector<double>& probability) {
  integrate_all<BetaTerm>(laws, probability);
}

}  // namespace loopgate
