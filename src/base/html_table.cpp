// SPDX-License-Identifier: Apache-2.0
#include "base/html_table.hpp"

#include <fmt/format.h>

#include "base/escape.hpp"

namespace busmark {

std::string html_table(const std::vector<HtmlCell>& titles,
                       const std::vector<std::vector<HtmlCell>>& rows,
                       std::string_view attributes) {
  const auto line = [](const std::vector<HtmlCell>& cells, std::string_view tag) {
    std::string text = "<tr>";
    for (const HtmlCell& cell : cells) {
      text += fmt::format("<{}", tag);
      if (!cell.kind.empty()) text += fmt::format(" class=\"{}\"", cell.kind);
      if (!cell.title.empty()) text += fmt::format(" title=\"{}\"", cell.title);
      text += fmt::format(">{}</{}>", cell.text, tag);
    }
    return text + "</tr>\n";
  };
  std::string text = fmt::format("<table{}>\n", attributes);
  if (!titles.empty()) text += "<thead>" + line(titles, "th") + "</thead>\n";
  text += "<tbody>\n";
  for (const auto& row : rows) text += line(row, "td");
  return text + "</tbody></table>";
}

HtmlCell html_name(std::string_view name) {
  std::string text;
  for (const char c : xml_text(name)) {
    text += c;
    if (c == '/') text += "<wbr>";
  }
  return {std::move(text), "text name"};
}

}  // namespace busmark
