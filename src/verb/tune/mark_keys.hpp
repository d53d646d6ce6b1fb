// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace busmark {

/// What was asked for by keys or lines.
struct MarkOrders {
  bool mark = false;  ///< Something was changed.
  bool quit = false;
  std::optional<std::string> name{};  ///< Of the last mark, this one included.
};

/// Reads the keys of a terminal: `m` marks, and what is typed then until Enter is the mark's name
/// (Escape: none); `q` ends.
class MarkKeys {
 public:
  [[nodiscard]] MarkOrders take(std::string_view keys);
  /// What is being typed as a name; empty when none is.
  [[nodiscard]] const std::optional<std::string>& typing() const noexcept { return typing_; }

 private:
  std::optional<std::string> typing_;
};

/// Reads lines, for what is no terminal: `m`, `m LABEL` and `q`. Others are left out.
class MarkLines {
 public:
  [[nodiscard]] MarkOrders take(std::string_view text);

 private:
  std::string line_;  ///< Not ended yet.
};

}  // namespace busmark
