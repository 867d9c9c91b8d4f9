#include "environments/arrivals/arrivals.hpp"

#include <algorithm>

#include "core/random/samplers.hpp"

namespace loopgate {

namespace {

constexpr double most_applicants = 4e9;  // an applicant's index is one 32-bit word of the counter

class Batch final : public Batches {
 public:
  explicit Batch(std::uint32_t size) : size_(size) {}
  std::uint32_t draw(std::span<const double>, double, Rng&) const override { return size_; }
  double mean(std::span<const double>) const noexcept override { return size_; }

 private:
  std::uint32_t size_;
};

const Interval poisson_mean{0.0, 1e9, true};

class Poisson final : public Batches {
 public:
  explicit Poisson(double mean) : mean_(mean) {}
  std::vector<Parameter> parameters() const override { return {{"mean", poisson_mean, mean_, {}}}; }
  double mean(std::span<const double> parameters) const noexcept override { return parameters[0]; }
  bool follows_population() const noexcept override { return true; }
  std::uint32_t draw(std::span<const double> parameters, double scale, Rng& rng) const override {
    return static_cast<std::uint32_t>(sample_poisson(std::min(parameters[0] * scale, most_applicants), rng));
  }

 private:
  double mean_;
};

}  // namespace

Description describe_batch() {
  return {"batch",
          "the same number of applicants in every epoch",
          {required("size", integer(1, most_applicants), "applicants per epoch")}};
}

std::unique_ptr<Arrivals> make_batch(const Node& settings, const DataFiles&, const std::vector<std::string>&,
                                     Diagnostics&) {
  return std::make_unique<Batch>(static_cast<std::uint32_t>(settings.integer("size")));
}

Description describe_poisson() {
  return {"poisson",
          "a Poisson number of applicants in every epoch",
          {required("mean", number(poisson_mean),
                    "expected applicants per epoch; where rules move populations, at "
                    "the start: it follows them, up to 4e9")}};
}

std::unique_ptr<Arrivals> make_poisson(const Node& settings, const DataFiles&, const std::vector<std::string>&,
                                       Diagnostics&) {
  return std::make_unique<Poisson>(settings.number("mean"));
}

}  // namespace loopgate
