#include "cli/html.hpp"

#include <cmath>
#include <cstdio>

namespace loopgate::cli {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  return out;
}

std::string number_text(double value, int digits) {
  if (!std::isfinite(value)) return "–";
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, std::abs(value));
  std::string out = text;
  const bool zero = out.find_first_not_of("0.") == std::string::npos;
  const std::size_t point = std::min(out.find('.'), out.size());
  for (std::size_t at = point; at > 3;) out.insert(at -= 3, ",");
  return value < 0.0 && !zero ? "−" + out : out;
}

std::string estimate_html(const Estimate& estimate, int digits) {
  std::string out = number_text(estimate.mean, digits);
  if (!std::isnan(estimate.high))
    out += " <span class=\"pm\">± " + number_text(estimate.high - estimate.mean, digits) + "</span>";
  return out;
}

std::string estimate_text(const Estimate& estimate, int digits) {
  std::string out = number_text(estimate.mean, digits);
  if (!std::isnan(estimate.high))
    out += " (" + number_text(estimate.low, digits) + " to " + number_text(estimate.high, digits) + ")";
  return out;
}

void HtmlTable::headings(const std::vector<Heading>& cells) {
  head_ += "<tr role=\"row\">";
  columns_.clear();
  for (const Heading& one : cells) {
    columns_.push_back(one.html);
    if (one.html.empty()) head_ += "<td></td>";
    else if (one.columns == 1) head_ += "<th scope=\"col\" role=\"columnheader\">" + one.html + "</th>";
    else head_ += "<th scope=\"colgroup\" colspan=\"" + std::to_string(one.columns) + "\">" + one.html + "</th>";
  }
  head_ += "</tr>";
}

HtmlTable& HtmlTable::row(const std::string& name_html) {
  if (!body_.empty()) body_ += "</tr>\n";
  body_ += "<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">" + name_html + "</th>";
  column_ = 0;
  return *this;
}

HtmlTable& HtmlTable::cell(const std::string& html) {
  const std::string heading = ++column_ < columns_.size() ? columns_[column_] : "";
  body_ += "<td role=\"cell\" data-heading=\"" + escaped(heading) + "\">" + html + "</td>";
  return *this;
}

std::string HtmlTable::html(std::string_view classes, const std::string& label) const {
  std::string out = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + escaped(label) +
                    "\"><table role=\"table\" class=\"";
  out += classes;
  out += "\">";
  if (!caption_.empty()) out += "<caption>" + caption_ + "</caption>";
  return out + "<thead role=\"rowgroup\">" + head_ + "</thead><tbody role=\"rowgroup\">" + body_ +
         (body_.empty() ? "" : "</tr>") + "</tbody></table></div>\n";
}

}  // namespace loopgate::cli
