#pragma once

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "cli/text_output.hpp"
#include "core/trace/applicant_reader.hpp"
#include "core/trace/trace_reader.hpp"

namespace loopgate::cli {

/// Which part of a trace becomes lines. Of each replication, what is written of it.
struct ExportSelection {
  std::vector<std::string> agents;
  std::pair<std::uint32_t, std::uint32_t> replications, epochs;  ///< a to b - 1
  const std::atomic<bool>& interrupted;                          ///< looked at now and then: ends the lines
};

// docs/export.md has the columns. Each reads and writes in pieces: memory does not grow with what is exported.

/// One line a number of an epoch.
void export_epochs(const TraceReader& trace, const ExportSelection& selection, TextOutput& out);
/// One line an arm of an audited learner.
void export_arms(const TraceReader& trace, const ExportSelection& selection, TextOutput& out);
/// One line an applicant.
void export_rows(const ApplicantReader& reader, const ExportSelection& selection, TextOutput& out);

}  // namespace loopgate::cli
