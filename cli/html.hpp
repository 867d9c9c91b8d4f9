#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/intervals.hpp"

namespace loopgate::cli {

// HTML of the report. Whatever a user may have chosen, names and labels above all, passes through `escaped`.

std::string escaped(std::string_view text);  ///< for content and for attributes in double quotes

/// "0.1234", "1,234", with a proper minus; a dash for what is undefined. digits: after the point.
std::string number_text(double value, int digits = 4);
/// "0.1234 ± 0.0056"; the mean alone where there is no interval. The half-width is told apart by a class.
std::string estimate_html(const Estimate& estimate, int digits = 4);
/// "0.1234 (0.1178 to 0.1290)", for sentences.
std::string estimate_text(const Estimate& estimate, int digits = 4);

/// A table whose first column names its rows.
class HtmlTable {
 public:
  /// caption: HTML, may be empty.
  explicit HtmlTable(std::string caption) : caption_(std::move(caption)) {}
  /// Heading cells are HTML. A cell that spans several columns: {html, columns}.
  struct Heading {
    std::string html;
    int columns = 1;
  };
  void headings(const std::vector<Heading>& cells);
  HtmlTable& row(const std::string& name_html);  ///< begins a row
  HtmlTable& cell(const std::string& html);      ///< a number or a few words
  /// In a box of its own that scrolls where it is too narrow; label: what a screen reader calls it, plain text.
  std::string html(std::string_view classes, const std::string& label) const;

 private:
  std::string caption_, head_, body_;
  std::vector<std::string> columns_;  ///< headings of the last row of them, for cells that are shown apart
  std::size_t column_ = 0;
};

}  // namespace loopgate::cli
