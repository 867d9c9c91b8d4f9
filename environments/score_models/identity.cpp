#include "environments/score_models/identity.hpp"

#include "core/error.hpp"

namespace loopgate {

namespace {

class Identity final : public ScoreModel {
 public:
  bool keeps_own_scores() const noexcept override { return true; }
  ScoredRows score_rows(const Dataset&, Diagnostics&) const override {
    LOOPGATE_EXPECT(!"identity scores no rows");
    return {};
  }
};

}  // namespace

Description describe_identity() { return {"identity", "the population's own score, as it is", {}}; }

std::unique_ptr<ScoreModel> make_identity(const Node&, Diagnostics&) { return std::make_unique<Identity>(); }

}  // namespace loopgate
