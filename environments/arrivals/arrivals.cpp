#include "environments/arrivals/arrivals.hpp"

#include <algorithm>

#include "core/random/samplers.hpp"

namespace loopgate {

namespace {

constexpr double most_applicants = 4e9;  // an applicant's index is one 32-bit word of the counter

class Batch final : public Arrivals {
 public:
  explicit Batch(std::uint32_t size) : size_(size) {}
  std::uint32_t draw(Rng&) const override { return size_; }
  double mean() const noexcept override { return size_; }

 private:
  std::uint32_t size_;
};

class Poisson final : public Arrivals {
 public:
  explicit Poisson(double mean) : mean_(mean) {}
  std::uint32_t draw(Rng& rng) const override { return draw_scaled(rng, 1.0); }
  bool follows_population() const noexcept override { return true; }
  std::uint32_t draw_scaled(Rng& rng, double scale) const override {
    return static_cast<std::uint32_t>(sample_poisson(std::min(mean_ * scale, most_applicants), rng));
  }
  double mean() const noexcept override { return mean_; }

 private:
  double mean_;
};

}  // namespace

Description describe_batch() {
  return {"batch",
          "the same number of applicants in every epoch",
          {required("size", integer(1, most_applicants), "applicants per epoch")}};
}

std::unique_ptr<Arrivals> make_batch(const Node& settings, Diagnostics&) {
  return std::make_unique<Batch>(static_cast<std::uint32_t>(settings.integer("size")));
}

Description describe_poisson() {
  return {"poisson",
          "a Poisson number of applicants in every epoch",
          {required("mean", number({0.0, 1e9, true}),
                    "expected applicants per epoch; where rules move populations, at "
                    "the start: it follows them, up to 4e9")}};
}

std::unique_ptr<Arrivals> make_poisson(const Node& settings, Diagnostics&) {
  return std::make_unique<Poisson>(settings.number("mean"));
}

}  // namespace loopgate
