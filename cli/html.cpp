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
  head_ += "<tr>";
  for (const Heading& one : cells) {
    if (one.columns > 1)
      head_ += "<th scope=\"colgroup\" colspan=\"" + std::to_string(one.columns) + "\">" + one.html + "</th>";
    else
      head_ += (one.html.empty() ? "<td>" : "<th scope=\"col\">") + one.html + (one.html.empty() ? "</td>" : "</th>");
  }
  head_ += "</tr>";
}

HtmlTable& HtmlTable::row(const std::string& name_html) {
  if (!body_.empty()) body_ += "</tr>\n";
  body_ += "<tr><th scope=\"row\">" + name_html + "</th>";
  return *this;
}

HtmlTable& HtmlTable::cell(const std::string& html) {
  body_ += "<td>" + html + "</td>";
  return *this;
}

std::string HtmlTable::html(std::string_view classes) const {
  std::string out = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"table\"><table class=\"";
  out += classes;
  out += "\">";
  if (!caption_.empty()) out += "<caption>" + caption_ + "</caption>";
  return out + "<thead>" + head_ + "</thead><tbody>" + body_ + (body_.empty() ? "" : "</tr>") +
         "</tbody></table></div>\n";
}

}  // namespace loopgate::cli
