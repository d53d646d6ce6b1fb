// SPDX-License-Identifier: Apache-2.0
#include "base/table.hpp"

#include <algorithm>
#include <cassert>

#include "base/words.hpp"

namespace busmark {

void TextTable::add(std::vector<std::string> cells, Decoration last_cell) {
  assert(cells.size() == columns_.size());
  rows_.push_back({std::move(cells), std::move(last_cell)});
}

std::string TextTable::text() const {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t width = columns_[c].title.size();
    for (const Row& row : rows_) width = std::max(width, row.cells[c].size());
    widths.push_back(width);
  }

  std::string text;
  const auto append = [&](std::size_t c, const std::string& cell, const Decoration& decoration) {
    const std::string padding(widths[c] - cell.size(), ' ');
    const bool last = c + 1 == columns_.size();
    if (columns_[c].align == Align::right) text += padding;
    text += last ? decoration.before + cell + decoration.after : cell;
    if (columns_[c].align == Align::left && !last) text += padding;
    text += last ? "\n" : "  ";
  };
  for (std::size_t c = 0; c < columns_.size(); ++c) append(c, columns_[c].title, {});
  for (const Row& row : rows_) {
    for (std::size_t c = 0; c < columns_.size(); ++c) append(c, row.cells[c], row.decoration);
    if (!row.cells.back().empty()) continue;
    text.erase(text.find_last_not_of(" \n") + 1);
    text += '\n';
  }
  return text;
}

std::string wrapped(const std::string& head, std::size_t indent, std::string_view text) {
  std::string result = head;
  std::size_t column = head.size();
  bool first = true;
  for (const std::string_view word : words_of(text)) {
    if (!first && column + 1 + word.size() > kTextWidth) {
      result += "\n" + std::string(indent, ' ');
      column = indent;
      first = true;
    }
    if (!first) {
      result += ' ';
      ++column;
    }
    result += word;
    column += word.size();
    first = false;
  }
  return result + "\n";
}

std::string wrapped(const std::string& head, std::string_view text) {
  return wrapped(head, head.size(), text);
}

std::string duration_cell(const std::optional<Nanoseconds>& duration) {
  return duration ? format_duration(*duration) : "-";
}

}  // namespace busmark
