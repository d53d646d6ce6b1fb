// SPDX-License-Identifier: Apache-2.0
#include "aspect/tail/html.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "aspect/tail/causes.hpp"
#include "base/escape.hpp"
#include "base/html_table.hpp"

namespace busmark {
namespace {

/// A row of one of the two tables, whose first cell is the scenario and whose last one is words.
std::vector<HtmlCell> tail_row(const std::vector<std::string>& texts) {
  std::vector<HtmlCell> cells{html_name(texts.front())};
  for (std::size_t i = 1; i < texts.size(); ++i) cells.push_back({xml_text(texts[i])});
  cells.back().kind = "text why";
  return cells;
}

/// Titles of the same.
std::vector<HtmlCell> tail_head(const std::vector<std::string>& titles) {
  std::vector<HtmlCell> cells;
  for (const std::string& title : titles) cells.push_back({title});
  cells.front().kind = "text";
  cells.back().kind = "text";
  return cells;
}

HtmlCell bar_cell(std::uint64_t part, std::uint64_t whole) {
  const double share =
      whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
  return {fmt::format("<span class=\"bar\" style=\"width:{:.0f}px\"></span>{:.1f} %",
                      std::max(1.0, share), share),
          "text"};
}

std::uint64_t messages_of(const SlowTail& tail) {
  std::uint64_t messages = 0;
  for (const SlowTail::Share& share : tail.causes) messages += share.messages;
  return messages;
}

}  // namespace

std::string html_tail(const StoredRun& run) {
  const std::vector<SlowTail> tails = slow_tails(run);
  if (tails.empty()) return {};
  std::string extents;
  std::vector<std::vector<HtmlCell>> causes;
  std::vector<std::vector<HtmlCell>> episodes;
  for (const SlowTail& tail : tails) {
    extents += fmt::format("<li>{}</li>\n", xml_text(tail.scenario + ": " + extent_text(tail)));
    const std::uint64_t messages = messages_of(tail);
    for (const SlowTail::Share& share : tail.causes) {
      std::vector<HtmlCell> row = tail_row(cause_cells(tail, share));
      row.insert(row.end() - 1, bar_cell(share.messages, messages));
      causes.push_back(std::move(row));
    }
    for (std::size_t i = 0; i < std::min(kWorstEpisodes, tail.worst.size()); ++i) {
      episodes.push_back(tail_row(episode_cells(tail, tail.worst[i])));
    }
  }
  std::string text = "<section id=\"tail\"><h2>The tail by cause</h2>\n<ul>" + extents + "</ul>\n";
  if (!causes.empty()) {
    std::vector<HtmlCell> titles = tail_head(cause_titles());
    titles.insert(titles.end() - 1, {"share", "text"});
    text += fmt::format(
        "<div class=\"scroll\">{}</div>\n<details><summary>The worst episodes</summary><div "
        "class=\"scroll\">{}</div></details>\n",
        html_table(titles, causes), html_table(tail_head(episode_titles()), episodes));
  }
  return text +
         "<p class=\"quiet\">An episode is a slow message and those that were due while it was on "
         "its way; shares are of the messages in the table. What was counted around an episode is "
         "no proof.</p></section>";
}

}  // namespace busmark
