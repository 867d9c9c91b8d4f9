#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/table.hpp"
#include "cli/templates.hpp"

namespace po = boost::program_options;

namespace loopgate::cli {

namespace {

void list_templates(const std::string& format) {
  Table table({{"template", "template", Table::Align::left}, {"summary", "summary", Table::Align::left}});
  for (const Template& one : templates()) table.row().text(one.name).text(one.text.substr(2, one.text.find('\n') - 2));
  table.print(format);
}

const Template& template_named(const std::string& name) {
  std::vector<std::string> known;
  for (const Template& one : templates()) {
    if (one.name == name) return one;
    known.push_back(one.name);
  }
  std::string all;
  for (const std::string& one : known) all += (all.empty() ? "" : ", ") + one;
  throw ScenarioError("command line: " + name + ": unknown template" + did_you_mean(name, known) + " (expected " + all +
                      ")");
}

/// Never replaces a file.
void write_new(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "wx");
  if (file == nullptr && errno == EEXIST) throw ScenarioError("-o " + path + ": exists already (expected a new name)");
  if (file == nullptr) throw ScenarioError("-o " + path + ": cannot be created: " + std::strerror(errno));
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = std::fclose(file) == 0;
  if (written && closed) return;
  const std::string reason = std::strerror(errno);
  std::remove(path.c_str());
  throw TraceError("-o " + path + ": cannot be written: " + reason);
}

}  // namespace

int init(const Arguments& arguments, const Catalog&) {
  const std::string usage = "loopgate init TEMPLATE [-o FILE], or loopgate init [--format table|json|csv] for a list";
  po::options_description options("options");
  options.add_options()("output,o", po::value<std::string>(), "the file to write; default: standard output")(
      "format", po::value<std::string>(), "of the list: table, json or csv");
  const auto given = parse(arguments, usage, options, {"template"});
  if (given.count("help") > 0) return 0;
  const bool named = given.count("template") > 0;
  if (!named && given.count("output") > 0)
    throw ScenarioError("command line: -o: which template? (expected " + usage + ")");
  if (named && given.count("format") > 0)
    throw ScenarioError("command line: --format: is for the list of templates only");
  if (!named) {
    list_templates(given.count("format") > 0 ? given["format"].as<std::string>() : "table");
    return 0;
  }
  const Template& chosen = template_named(given["template"].as<std::string>());
  if (given.count("output") == 0) {
    std::cout << chosen.text;
    return 0;
  }
  const std::string path = given["output"].as<std::string>();
  write_new(path, chosen.text);
  std::cout << "wrote " << path << "\nnext: loopgate validate " << path << '\n';
  return 0;
}

}  // namespace loopgate::cli
