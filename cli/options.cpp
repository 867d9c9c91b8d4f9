#include "cli/options.hpp"

#include <algorithm>
#include <charconv>
#include <iostream>
#include <thread>

#include "core/scenario/diagnostics.hpp"

namespace po = boost::program_options;

namespace loopgate::cli {

po::variables_map parse(const std::vector<std::string>& arguments, const std::string& usage,
                        po::options_description options, const std::vector<std::string>& positional) {
  options.add_options()("help,h", "print this help");
  po::options_description all;
  all.add(options);
  po::positional_options_description places;
  for (std::string name : positional) {
    const bool all_left = name.ends_with("...");
    if (all_left) name.resize(name.size() - 3);
    if (all_left) all.add_options()(name.c_str(), po::value<std::vector<std::string>>());
    else all.add_options()(name.c_str(), po::value<std::string>());
    places.add(name.c_str(), all_left ? -1 : 1);
  }
  po::variables_map given;
  try {
    po::store(po::command_line_parser(arguments).options(all).positional(places).run(), given);
    po::notify(given);
  } catch (const po::error& problem) {
    throw ScenarioError(std::string("command line: ") + problem.what() + " (expected " + usage + ")");
  }
  if (given.count("help") > 0) std::cout << "usage: " << usage << "\n" << options;
  return given;
}

unsigned thread_count(const po::variables_map& given) {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const unsigned threads = given.count("threads") > 0 ? given["threads"].as<unsigned>() : cores;
  if (threads == 0 || threads > 1024) throw ScenarioError("command line: --threads: out of range (expected 1 to 1024)");
  return threads;
}

std::pair<std::uint32_t, std::uint32_t> index_range(const std::string& option, const std::string& what,
                                                    const std::string& text, std::uint32_t most) {
  const auto refuse = [&](const char* problem) {
    return ScenarioError("command line: " + option + " = " + text + ": " + problem + " (expected a:b, " + what +
                         " a to b - 1 of 0:" + std::to_string(most) + ")");
  };
  const auto number = [&](const std::string& part, std::uint32_t otherwise) {
    if (part.empty()) return otherwise;
    std::uint32_t value = 0;
    const auto [end, failure] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (failure != std::errc{} || end != part.data() + part.size()) throw refuse("not a range");
    return value;
  };
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) throw refuse("not a range");
  const std::uint32_t begin = number(text.substr(0, colon), 0), end = number(text.substr(colon + 1), most);
  if (begin >= end || end > most) throw refuse("out of range");
  return {begin, end};
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return text;
}

std::size_t chosen(const po::variables_map& given, const std::string& option, const std::vector<std::string>& known) {
  const std::string word = given[option].as<std::string>();
  const auto found = std::ranges::find(known, word);
  if (found != known.end()) return static_cast<std::size_t>(found - known.begin());
  throw ScenarioError("command line: --" + option + " = " + word + ": unknown " + option + did_you_mean(word, known) +
                      " (expected " + listed(known) + ")");
}

std::pair<std::uint32_t, std::uint32_t> epoch_range(const std::string& option, const std::string& text,
                                                    std::uint32_t most) {
  return index_range(option, "epochs", text, most);
}

void add_agents_option(po::options_description& options) {
  options.add_options()("agents", po::value<std::vector<std::string>>()->multitoken()->composing(),
                        "these only, by label; default: all");
}

std::vector<std::string> chosen_agents(const po::variables_map& given, const std::vector<std::string>& known) {
  if (given.count("agents") == 0) return known;
  std::vector<std::string> chosen;
  for (const std::string& label : given["agents"].as<std::vector<std::string>>()) {
    if (std::ranges::find(known, label) == known.end()) {
      std::string list;
      for (const std::string& one : known) list += (list.empty() ? "" : ", ") + one;
      throw ScenarioError("command line: --agents = " + label + ": no such agent" + did_you_mean(label, known) +
                          " (expected of " + list + "; traces stand before --agents)");
    }
    if (std::ranges::find(chosen, label) == chosen.end()) chosen.push_back(label);
  }
  return chosen;
}

}  // namespace loopgate::cli
