#include "environments/populations/table.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <regex>
#include <set>

#include "core/error.hpp"
#include "core/scenario/scalars.hpp"

namespace loopgate {

namespace {

struct Field {
  std::string text;
  bool quoted = false;
  std::size_t quoted_end = 0;  ///< of what stood in quotes, whose blanks stay
};

const char* const blanks = " \t";

std::string trimmed(const std::string& text) {
  const std::size_t from = text.find_first_not_of(blanks);
  return from == std::string::npos ? "" : text.substr(from, text.find_last_not_of(blanks) - from + 1);
}

void strip_blanks(Field& field) {
  if (field.quoted) field.text = field.text.substr(0, field.quoted_end) + trimmed(field.text.substr(field.quoted_end));
  else field.text = trimmed(field.text);
}

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
    if (c == '"' && !record.back().quoted && trimmed(record.back().text).empty()) {
      record.back() = {"", true};
      for (;;) {
        if (source.end()) source.fail("a quoted field does not end; is the file truncated?");
        c = source.next();
        if (c == '"' && source.peek() == '"') record.back().text += source.next();
        else if (c == '"') break;
        else record.back().text += c;
      }
      record.back().quoted_end = record.back().text.size();
    } else if (c == ',') {
      record.emplace_back();
    } else if (c == '\n') {
      break;
    } else if (c != '\r' || source.peek() != '\n') {
      record.back().text += c;
    }
  }
  for (Field& field : record) strip_blanks(field);
  return record;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// Text that is meant as a number and is none to parse_number.
bool looks_like_number(const std::string& cell) {
  constexpr std::size_t longest = 40;  // std::regex recurses over the text
  if (cell.size() > longest || cell.find_first_of("0123456789nN") == std::string::npos) return false;
  static const std::regex pattern(
      "[+-]?(nan|inf|infinity|0x[0-9a-f]+|[0-9.]+e[+-]?[0-9]+"
      "|(\\$|€|£)? ?(0|[1-9][0-9]*|[1-9][0-9]{0,2}([,.'][0-9]{3})+)([.,][0-9]+)? ?(%|\\$|€|£)?)",
      std::regex::icase | std::regex::optimize);
  return std::regex_match(cell, pattern);
}

Table read_csv(Source source) {
  Table table;
  std::set<std::string> names;
  for (Field& field : csv_record(source)) {
    if (!names.insert(field.text).second) source.fail("the header names column `" + field.text + "` twice");
    table.columns.push_back({std::move(field.text), std::nullopt, {}, {}});
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
  std::optional<bool>& numeric = table.columns.back().declared_numeric;
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
  numeric = type == "numeric" || type == "real" || type == "integer";
  if (!*numeric && type != "string")
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
    if (!missing && *column.declared_numeric && !parse_number(row[c].text))
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
  if (extension != ".csv" && extension != ".arff")
    throw ScenarioError(path.string() + ": unknown kind of file (expected .csv or .arff)");
  Table table = extension == ".csv" ? read_csv(Source(path)) : read_arff(Source(path));
  table.path = path.string();
  return table;
}

ColumnKind column_kind(const Table::Column& column, const std::vector<bool>& keep) {
  ColumnKind kind;
  for (std::size_t i = 0; i < column.cells.size(); ++i) {
    const std::string& cell = column.cells[i];
    if (!keep[i] || cell.empty()) continue;
    ++kind.n_cells;
    if (parse_number(cell)) {
      ++kind.n_numbers;
      continue;
    }
    kind.strays.push_back(i);
    if (looks_like_number(cell)) kind.alike.push_back(i);
  }
  kind.numeric =
      column.declared_numeric.value_or(2 * (kind.n_numbers + kind.alike.size()) > kind.n_cells || kind.n_cells == 0);
  if (!kind.numeric) {
    kind.strays.clear();
    kind.alike.clear();
  }
  return kind;
}

std::string stray_problem(const Table& table, const Table::Column& column, const ColumnKind& kind) {
  LOOPGATE_EXPECT(!kind.strays.empty());
  const std::size_t n = kind.strays.size();
  const bool by_numbers = 2 * kind.n_numbers > kind.n_cells;
  const std::size_t row = by_numbers ? kind.strays.front() : kind.alike.front();
  const std::string of_all = " of " + std::to_string(kind.n_cells),
                    head = table.path + ":" + std::to_string(table.line[row]) + ": this row has `" + column.cells[row] +
                           "` in " + column.name + ", ";
  if (!by_numbers)
    return head + "which looks like a number, as " + std::to_string(kind.n_numbers + kind.alike.size()) + of_all +
           " cells do, but is not written like one";
  if (n == 1) return head + "where " + std::to_string(kind.n_numbers) + of_all + " cells are numbers";
  return head + "the first of " + std::to_string(n) + " cells that are no numbers, where " +
         std::to_string(kind.n_numbers) + of_all + " are";
}

}  // namespace loopgate
