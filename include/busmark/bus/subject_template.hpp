// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace busmark {

/// A family of subjects or patterns in one line: in `chat.room.{0..999}` the braces stand for each
/// of the whole numbers 0 to 999. Several pairs of braces multiply out, the last one fastest.
class SubjectTemplate {
 public:
  /// Most members of one family.
  static constexpr std::uint64_t kMostMembers = 10'000'000;

  /// Throws std::invalid_argument with one sentence when the braces are wrong, the family is too
  /// large or its members are no valid patterns.
  explicit SubjectTemplate(std::string_view text);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// Members, at least 1.
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// Member `index`, below count().
  [[nodiscard]] std::string at(std::uint64_t index) const;
  /// Every member is a subject that may be published to.
  [[nodiscard]] bool literal() const noexcept;
  /// One pattern for the whole family: `*` for every token that has braces in it. Matches more than
  /// the family where braces are part of a token (`room{0..9}`).
  [[nodiscard]] std::string wildcard() const;

 private:
  /// `before`, then a number of `count` from `first` on.
  struct Range {
    std::string before;
    std::uint64_t first = 0;
    std::uint64_t count = 1;
  };

  std::string text_;
  std::vector<Range> ranges_;
  std::string tail_;
  std::uint64_t count_ = 1;
};

}  // namespace busmark
