#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace loopgate {

/// Some applicants of one replication of one agent, in order of arrival. All [n].
struct ApplicantPiece {
  std::vector<std::uint32_t> epoch;
  std::vector<std::uint8_t> group;
  std::vector<std::uint32_t> type;              ///< finite populations: index among the types; else empty
  std::vector<double> score;                    ///< of finite populations too
  std::vector<std::uint8_t> accepted, success;  ///< 0 or 1; success: the potential outcome
  std::vector<double> propensity;               ///< probability of acceptance given the score; `accepted` of agents
                                                ///< that do not randomise
  // With a route one applicant may be decided several times; else empty.
  std::vector<std::uint8_t> stage;             ///< index among the stages
  std::vector<double> arrived_at, decided_at;  ///< times: when she came to the stage, when it decided

  std::size_t size() const noexcept { return group.size(); }
};

/// The applicants in a trace of level `applicants`, complete or partial, or in a file that `loopgate expand` wrote.
/// TraceError where the file is neither, holds none, or cannot be read.
class ApplicantReader {
 public:
  explicit ApplicantReader(const std::string& path);
  ~ApplicantReader();

  std::string path;  ///< as it was opened
  std::string scenario_sha256;
  std::uint64_t seed = 0;
  bool finite = false;                      ///< applicants have types
  std::vector<std::string> groups, agents;  ///< agents: labels of those with applicants
  std::vector<std::string> stages;          ///< of the route; empty without one

  std::vector<std::uint32_t> replications(const std::string& agent) const;  ///< those that the file has, increasing

  struct Epochs {
    std::uint32_t begin = 0, end = 0;  ///< begin..end - 1
  };
  Epochs planned() const noexcept;  ///< what the file holds once it is whole
  /// The epochs whose applicants are held; none where the file has not this replication or agent.
  Epochs epochs(const std::string& agent, std::uint32_t replication) const;

  /// Hands over the applicants of epochs begin..end - 1, which must be held, piece by piece: at most 65,536 at a time,
  /// so that memory grows with neither epochs nor applicants. The piece is the reader's.
  void read(const std::string& agent, std::uint32_t replication, std::uint32_t begin, std::uint32_t end,
            const std::function<void(const ApplicantPiece&)>& take) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace loopgate
