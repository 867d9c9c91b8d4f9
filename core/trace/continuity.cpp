#include "core/trace/continuity.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/results_version.hpp"

namespace loopgate {

namespace {

const std::string cannot_resume = "cannot be gone on with";

/// Empty where it is this program's.
std::string other_results(const TraceReader& trace) {
  const std::string ours = "this program has " + std::to_string(results_version);
  if (!trace.results) return "tells no results version, and " + ours;
  if (*trace.results == results_version) return {};
  return "is of results version " + std::to_string(*trace.results) + ", and " + ours +
         ": the same scenario gives other numbers (CHANGELOG.md, \"Results changed\")";
}

const InputFile* find(const std::vector<InputFile>& files, const std::string& path) {
  const auto found = std::ranges::find(files, path, &InputFile::path);
  return found == files.end() ? nullptr : &*found;
}

std::string short_hash(const InputFile* file) { return file == nullptr ? "not read" : file->sha256.substr(0, 12); }

/// A phrase for each data file that is not what it was.
std::vector<std::string> other_inputs(const std::vector<InputFile>& then, const std::vector<InputFile>& now) {
  std::vector<std::string> phrases;
  const auto compare = [&](const std::string& path) {
    const InputFile *before = find(then, path), *after = find(now, path);
    if (before != nullptr && after != nullptr && before->sha256 == after->sha256) return;
    phrases.push_back(path + " is not what the run began with (SHA-256 " + short_hash(before) + " then, " +
                      short_hash(after) + " now)");
  };
  for (const InputFile& file : then) compare(file.path);
  for (const InputFile& file : now)
    if (find(then, file.path) == nullptr) compare(file.path);
  return phrases;
}

}  // namespace

void check_results_version(const TraceReader& trace, const std::string& cannot, const std::string& expected) {
  const std::string problem = other_results(trace);
  if (!problem.empty())
    throw TraceError(trace.path + ": " + problem + ", so it " + cannot + " (expected " + expected + ")");
}

void check_resumable(const TraceReader& partial, const TraceLayout& layout) {
  const std::string anew = "--force instead of --resume to start anew";
  check_results_version(partial, cannot_resume, "the program that began it, or " + anew);
  if (partial.scenario_resolved != layout.scenario_resolved)
    throw TraceError(partial.path + ": belongs to another scenario, seed or setting, so it " + cannot_resume);
  std::string phrases;
  for (const std::string& one : other_inputs(partial.inputs, layout.inputs))
    phrases += (phrases.empty() ? "" : "; ") + one;
  if (!phrases.empty())
    throw TraceError(partial.path + ": " + phrases + ", so it " + cannot_resume +
                     " (expected the files as they were, or " + anew + ")");
}

}  // namespace loopgate
