// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "busmark/base/units.hpp"

namespace busmark {

enum class Align { left, right };

/// Columns of plain text, as wide as their widest cell, two spaces apart. Cells are ASCII.
class TextTable {
 public:
  struct Column {
    std::string title;
    Align align = Align::right;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// As many cells as there are columns. `decorate` wraps the last cell, as with a colour, without
  /// counting towards its width.
  struct Decoration {
    std::string before;
    std::string after;
  };
  void add(std::vector<std::string> cells, Decoration last_cell = {});

  /// Header and rows, each with a newline and without trailing spaces.
  [[nodiscard]] std::string text() const;

 private:
  struct Row {
    std::vector<std::string> cells;
    Decoration decoration;
  };
  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

/// A cell for what is not known or not told.
inline constexpr std::string_view kWithheld = "-";
/// Characters of a line that is broken for people to read.
inline constexpr std::size_t kTextWidth = 80;

/// `text` behind `head`, broken at spaces; further lines are indented by `indent`. Nothing within a
/// word is broken. Ends with a newline.
[[nodiscard]] std::string wrapped(const std::string& head, std::size_t indent,
                                  std::string_view text);
/// The same, with further lines below the first letter of `text`.
[[nodiscard]] std::string wrapped(const std::string& head, std::string_view text);

/// A cell for a time that may not be known: `-` then.
[[nodiscard]] std::string duration_cell(const std::optional<Nanoseconds>& duration);

}  // namespace busmark
