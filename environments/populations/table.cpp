#include "environments/populations/table.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>

#include "core/error.hpp"
#include "core/scenario/scalars.hpp"

namespace loopgate {

namespace {

struct Field {
  std::string text;
  bool quoted = false;
};

/// Reads a file character by character and knows in which line the record at hand began.
class Source {
 public:
  explicit Source(const std::filesystem::path& path) : path_(path.string()) {
    std::ifstream file(path, std::ios::binary);
    if (!file) fail("cannot be read");
    text_.assign(std::istreambuf_iterator<char>(file), {});
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // byte-order mark
    const std::size_t odd = first_invalid_utf8(text_);
    if (odd == text_.size()) return;
    const auto lines = std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(odd), '\n');
    fail(static_cast<int>(lines) + 1, "is not UTF-8 text (expected the file saved as UTF-8)");
  }
  void begin_record() noexcept { record_ = line_; }
  int record() const noexcept { return record_; }
  [[noreturn]] void fail(const std::string& problem) const { fail(record_, problem); }
  [[noreturn]] void fail(int line, const std::string& problem) const {
    throw ScenarioError(path_ + ":" + std::to_string(line) + ": " + problem);
  }
  bool end() const noexcept { return at_ >= text_.size(); }
  char peek() const noexcept { return end() ? '\0' : text_[at_]; }
  char next() noexcept {
    const char c = text_[at_++];
    if (c == '\n') ++line_;
    return c;
  }
  std::string line() {  ///< the rest of this line, without its end
    begin_record();
    std::string rest;
    while (!end() && peek() != '\n') rest += next();
    if (!end()) next();
    if (rest.ends_with('\r')) rest.pop_back();
    return rest;
  }

 private:
  std::string path_, text_;
  std::size_t at_ = 0;
  int line_ = 1, record_ = 1;
};

/// One CSV record; quoted fields may hold commas, line ends and doubled quotes.
std::vector<Field> csv_record(Source& source) {
  source.begin_record();
  std::vector<Field> record(1);
  while (!source.end()) {
    char c = source.next();
    if (c == '"' && record.back().text.empty() && !record.back().quoted) {
      record.back().quoted = true;
      for (;;) {
        if (source.end()) source.fail("a quoted field does not end; is the file truncated?");
        c = source.next();
        if (c == '"' && source.peek() == '"') record.back().text += source.next();
        else if (c == '"') break;
        else record.back().text += c;
      }
    } else if (c == ',') {
      record.emplace_back();
    } else if (c == '\n') {
      break;
    } else if (c != '\r' || source.peek() != '\n') {
      record.back().text += c;
    }
  }
  return record;
}

std::string trimmed(const std::string& text) {
  const std::size_t from = text.find_first_not_of(" \t");
  return from == std::string::npos ? "" : text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool means_no_number(const std::string& cell) {
  std::string word = lower(cell);
  if (word.starts_with('+') || word.starts_with('-')) word.erase(0, 1);
  return word == "nan" || word == "inf" || word == "infinity";
}

/// A column is numeric if all its cells are; one that only infinities or NaNs keep from being so is a mistake, since
/// it would silently be taken for a categorical one. row_line: [n_rows].
void find_numeric(const Source& source, const std::vector<int>& row_line, Table::Column& column) {
  std::size_t n_words = 0, n_numbers = 0, odd = column.cells.size();
  for (std::size_t i = 0; i < column.cells.size(); ++i) {
    if (column.missing[i]) continue;
    if (parse_number(column.cells[i])) ++n_numbers;
    else if (!means_no_number(column.cells[i])) ++n_words;
    else if (odd == column.cells.size()) odd = i;
  }
  column.numeric = n_words == 0 && odd == column.cells.size();
  if (n_words == 0 && n_numbers > 0 && odd < column.cells.size())
    source.fail(row_line[odd], "this row has `" + column.cells[odd] + "` in " + column.name +
                                   " (expected a finite number, or nothing where it is missing)");
}

Table read_csv(Source source) {
  Table table;
  std::set<std::string> names;
  for (Field& field : csv_record(source)) {
    if (!names.insert(field.text).second) source.fail("the header names column `" + field.text + "` twice");
    table.columns.push_back({std::move(field.text), false, {}, {}});
  }
  if (source.end()) source.fail("no rows after the header; is the file truncated?");
  while (!source.end()) {
    std::vector<Field> record = csv_record(source);
    if (record.size() == 1 && record[0].text.empty() && !record[0].quoted) continue;  // an empty line
    if (record.size() != table.columns.size())
      source.fail("this row has " + std::to_string(record.size()) + " fields (expected " +
                  std::to_string(table.columns.size()) + ")");
    table.line.push_back(source.record());
    for (std::size_t c = 0; c < record.size(); ++c) {
      const std::string& text = record[c].text;
      const bool missing = !record[c].quoted && (text.empty() || text == "NA" || text == "NaN" || text == "?");
      table.columns[c].missing.push_back(missing);
      table.columns[c].cells.push_back(missing ? "" : text);
    }
  }
  for (Table::Column& column : table.columns) find_numeric(source, table.line, column);
  return table;
}

/// Takes one value from the front of an ARFF line, up to a separator that is consumed too.
Field arff_value(Source& source, std::string& line, const std::string& separators) {
  line = trimmed(line);
  Field field;
  if (!line.empty() && (line[0] == '\'' || line[0] == '"')) {
    const char quote = line[0];
    field.quoted = true;
    std::size_t i = 1;
    for (; i < line.size() && line[i] != quote; ++i) {
      if (line[i] == '\\' && i + 1 < line.size()) ++i;
      field.text += line[i];
    }
    if (i >= line.size()) source.fail("this line has a quote that does not end");
    line = trimmed(line.substr(i + 1));
    if (!line.empty() && separators.find(line[0]) != std::string::npos) line.erase(0, 1);
    return field;
  }
  const std::size_t end = line.find_first_of(separators);
  field.text = trimmed(line.substr(0, end));
  line = end == std::string::npos ? "" : line.substr(end + 1);
  return field;
}

struct Attribute {
  std::optional<std::vector<std::string>> nominal;
};

Attribute arff_attribute(Source& source, std::string rest, Table& table) {
  const std::string name = arff_value(source, rest, " \t").text;
  for (const Table::Column& column : table.columns)
    if (column.name == name) source.fail("this line declares attribute `" + name + "` again");
  table.columns.push_back({name, false, {}, {}});
  rest = trimmed(rest);
  Attribute attribute;
  if (rest.starts_with('{')) {
    if (!rest.ends_with('}')) source.fail("this line has a list of values without `}`");
    rest = rest.substr(1, rest.size() - 2);
    attribute.nominal.emplace();
    while (!trimmed(rest).empty()) attribute.nominal->push_back(arff_value(source, rest, ",").text);
    return attribute;
  }
  const std::string type = lower(rest);
  table.columns.back().numeric = type == "numeric" || type == "real" || type == "integer";
  if (!table.columns.back().numeric && type != "string")
    source.fail("this line has the type `" + rest + "` (expected numeric, string or {values})");
  return attribute;
}

void arff_row(Source& source, std::string line, const std::vector<Attribute>& attributes, Table& table) {
  std::vector<Field> row;
  do row.push_back(arff_value(source, line, ","));
  while (!line.empty());
  if (row.size() != attributes.size())
    source.fail("this row has " + std::to_string(row.size()) + " values (expected " +
                std::to_string(attributes.size()) + "); is the file truncated?");
  for (std::size_t c = 0; c < row.size(); ++c) {
    Table::Column& column = table.columns[c];
    const bool missing = !row[c].quoted && row[c].text == "?";
    const auto& nominal = attributes[c].nominal;
    if (!missing && nominal && std::ranges::find(*nominal, row[c].text) == nominal->end())
      source.fail("this row has `" + row[c].text + "` in " + column.name + ", which its declaration does not name");
    if (!missing && column.numeric && !parse_number(row[c].text))
      source.fail("this row has `" + row[c].text + "` in " + column.name + " (expected a number)");
    column.missing.push_back(missing);
    column.cells.push_back(missing ? "" : row[c].text);
  }
}

Table read_arff(Source source) {
  Table table;
  std::vector<Attribute> attributes;
  bool in_data = false;
  while (!source.end()) {
    const std::string line = trimmed(source.line());
    if (line.empty() || line[0] == '%') continue;
    const std::string word = lower(line.substr(0, line.find_first_of(" \t")));
    if (in_data) {
      arff_row(source, line, attributes, table);
      table.line.push_back(source.record());
    } else if (word == "@attribute")
      attributes.push_back(arff_attribute(source, trimmed(line.substr(word.size())), table));
    else if (word == "@data") in_data = true;
    else if (word != "@relation") source.fail("this line is no ARFF declaration");
  }
  if (!in_data) source.fail("no @data section; is the file truncated?");
  if (table.n_rows() == 0) source.fail("no rows after @data; is the file truncated?");
  return table;
}

}  // namespace

std::vector<std::string> Table::names() const {
  std::vector<std::string> all;
  for (const Column& column : columns) all.push_back(column.name);
  return all;
}

Table read_table(const std::filesystem::path& path) {
  const std::string extension = lower(path.extension().string());
  if (extension == ".csv") return read_csv(Source(path));
  if (extension == ".arff") return read_arff(Source(path));
  throw ScenarioError(path.string() + ": unknown kind of file (expected .csv or .arff)");
}

}  // namespace loopgate
