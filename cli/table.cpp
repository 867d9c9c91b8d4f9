#include "cli/table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/csv.hpp"
#include "core/error.hpp"
#include "core/scenario/scalars.hpp"

namespace loopgate::cli {

namespace {

std::size_t display_width(const std::string& text) {  // UTF-8 characters, each taken as one column wide
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

Table::Row& Table::Row::text(const std::string& value) {
  cells_.push_back({value, value, true});
  return *this;
}

Table::Row& Table::Row::number(double value, int digits) {
  if (!std::isfinite(value)) {
    cells_.push_back({"-", "", false});
    return *this;
  }
  char shown[64];
  std::snprintf(shown, sizeof shown, "%.*f", digits, value);
  cells_.push_back({shown, format_number(value), false});
  return *this;
}

Table::Row& Table::Row::chance(double value, int digits) {
  number(value, digits);
  const double least = std::pow(10.0, -digits);
  char shown[64];
  std::snprintf(shown, sizeof shown, "<%.*f", digits, least);
  if (value < least) cells_.back().shown = shown;
  return *this;
}

void Table::print(const std::string& format) const {
  if (format == "table") return print_table();
  if (format == "csv") return print_csv();
  if (format != "json")
    throw ScenarioError("command line: --format = " + format + ": unknown format (expected table, json or csv)");
  std::cout << json().dump(2) << '\n';
}

void Table::print_table() const {
  std::vector<std::size_t> width;
  for (const Column& column : columns_) width.push_back(display_width(column.heading));
  for (const Row& row : rows_)
    for (std::size_t c = 0; c < columns_.size(); ++c) width[c] = std::max(width[c], display_width(row.cells_[c].shown));
  const auto line = [&](const auto& cell) {
    std::string out;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const std::string pad(width[c] - display_width(cell(c)), ' ');
      if (c > 0) out += "  ";
      out += columns_[c].align == Align::left ? cell(c) + pad : pad + cell(c);
    }
    out.erase(out.find_last_not_of(' ') + 1);
    std::cout << out << '\n';
  };
  line([&](std::size_t c) -> const std::string& { return columns_[c].heading; });
  for (const Row& row : rows_) line([&](std::size_t c) -> const std::string& { return row.cells_[c].shown; });
}

void Table::print_csv() const {
  for (std::size_t c = 0; c < columns_.size(); ++c) std::cout << (c > 0 ? "," : "") << csv_field(columns_[c].key);
  std::cout << '\n';
  for (const Row& row : rows_) {
    for (std::size_t c = 0; c < columns_.size(); ++c) std::cout << (c > 0 ? "," : "") << csv_field(row.cells_[c].exact);
    std::cout << '\n';
  }
}

nlohmann::ordered_json Table::json() const {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Row& row : rows_) {
    nlohmann::ordered_json object;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const Row::Cell& cell = row.cells_[c];
      if (cell.is_text) object[columns_[c].key] = cell.exact;
      else if (cell.exact.empty()) object[columns_[c].key] = nullptr;
      else object[columns_[c].key] = nlohmann::ordered_json::parse(cell.exact);
    }
    all.push_back(std::move(object));
  }
  return all;
}

}  // namespace loopgate::cli
