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
/// "0.1234 (95 % interval 0.1178 to 0.1290)", for sentences; `first`: false leaves out the words.
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
  HtmlTable& row(const std::string& name_html);      ///< begins a row
  HtmlTable& cell(const std::string& html);          ///< a number or a few words
  std::string html(std::string_view classes) const;  ///< in a box of its own that scrolls where it is too narrow

 private:
  std::string caption_, head_, body_;
};

}  // namespace loopgate::cli
