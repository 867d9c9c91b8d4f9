#include <fcntl.h>

#include <csignal>
#include <iostream>
#include <map>

#include "agents/register_agents.hpp"
#include "cli/commands.hpp"
#include "core/error.hpp"
#include "environments/register_environments.hpp"

namespace {

constexpr const char* usage =
    "loopgate: what does a decision rule do to groups over years?\n\n"
    "  loopgate init TEMPLATE [-o FILE]   a commented scenario to start from; no TEMPLATE: lists them\n"
    "  loopgate run SCENARIO [-o TRACE]   run a scenario, write a trace; --dry-run: size and time only\n"
    "  loopgate validate SCENARIO         every error at once, nothing run\n"
    "  loopgate list [KIND]               what a scenario can name\n"
    "  loopgate describe KIND NAME        keys, ranges, defaults, equation, reference\n"
    "  loopgate describe scenario         every key of a scenario\n"
    "  loopgate schema                    JSON Schema of a scenario, for editors\n"
    "  loopgate graph SCENARIO            the loop as a picture: --format dot|svg\n"
    "  loopgate inspect TRACE             what is in a trace, in one table\n"
    "  loopgate analyze TRACE             was it fair, were the constraints met: with intervals\n"
    "  loopgate report TRACE [-o PAGE]    one page to look at: plots, tables, where it comes from\n"
    "  loopgate compare TRACE...          agents side by side, paired by replication\n"
    "  loopgate oracle SCENARIO           the best feasible fixed threshold, by a closed-loop sweep\n"
    "  loopgate expand TRACE -o ROWS      every applicant of a trace, drawn again\n"
    "  loopgate export TRACE --to csv     every number of a trace, one a line, for pandas and R\n"
    "  loopgate verify [CASE]...          known answers from the literature, beside what this program gives\n"
    "  loopgate --version\n\n"
    "each verb takes --help\n";

using Verb = int (*)(const loopgate::cli::Arguments&, const loopgate::Catalog&);

const std::map<std::string, Verb> verbs{
    {"run", loopgate::cli::run},         {"init", loopgate::cli::init},
    {"schema", loopgate::cli::schema},   {"validate", loopgate::cli::validate_scenario},
    {"list", loopgate::cli::list},       {"describe", loopgate::cli::describe_component},
    {"inspect", loopgate::cli::inspect}, {"expand", loopgate::cli::expand},
    {"analyze", loopgate::cli::analyze}, {"compare", loopgate::cli::compare},
    {"oracle", loopgate::cli::oracle},   {"export", loopgate::cli::export_trace},
    {"report", loopgate::cli::report},   {"verify", loopgate::cli::verify},
    {"graph", loopgate::cli::graph}};

int dispatch(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help") {
    (arguments.empty() ? std::cerr : std::cout) << usage;
    return arguments.empty() ? 2 : 0;
  }
  if (arguments[0] == "--version") {
    std::cout << "loopgate " << LOOPGATE_VERSION << '\n';
    return 0;
  }
  const auto verb = verbs.find(arguments[0]);
  if (verb == verbs.end()) {
    std::vector<std::string> known;
    for (const auto& one : verbs) known.push_back(one.first);
    throw loopgate::ScenarioError("command line: " + arguments[0] + ": unknown verb" +
                                  loopgate::did_you_mean(arguments[0], known));
  }
  loopgate::Catalog catalog;
  loopgate::register_environments(catalog);
  loopgate::register_agents(catalog);
  return verb->second({arguments.begin() + 1, arguments.end()}, catalog);
}

/// Gives closed standard streams to nothing, so that no file the program opens becomes one of them and takes messages.
/// To read only: writing to a closed stream stays an error.
void open_standard_streams() {
  for (int stream = 0; stream <= 2; ++stream)
    if (fcntl(stream, F_GETFD) < 0) static_cast<void>(open("/dev/null", O_RDONLY));
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // a file-size limit is then a failed write like any other
  try {
    const int code = dispatch({argv + 1, argv + argc});
    if (!std::cout.flush()) throw loopgate::TraceError("standard output: cannot be written; is the disk full?");
    return code;
  } catch (const loopgate::ScenarioError& problem) {
    std::cerr << problem.what() << '\n';
    return 2;
  } catch (const loopgate::TraceError& problem) {
    std::cerr << problem.what() << '\n';
    return 3;
  } catch (const std::exception& problem) {
    std::cerr << "loopgate: a bug: " << problem.what() << '\n';
    return 1;
  }
}
