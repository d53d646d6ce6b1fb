// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "record/scenario.hpp"
#include "toml/tree.hpp"

namespace busmark {

inline constexpr ByteCount kMostPayload{64ULL << 20};
inline constexpr std::size_t kMostBudgets = 100;

/// One value on its way into a field: each call stores what fits, or reports why it does not.
class Field {
 public:
  Field(const Value& value, std::string_view key, Problems& problems)
      : value_(value), key_(key), problems_(problems) {}

  [[nodiscard]] const Value& value() const noexcept { return value_; }
  [[nodiscard]] Problems& problems() const noexcept { return problems_; }
  /// Null where it is none.
  [[nodiscard]] const std::string* as_text() const noexcept {
    return std::get_if<std::string>(&value_.data);
  }
  /// The same key with another value, such as one of a list.
  [[nodiscard]] Field of(const Value& other) const { return {other, key_, problems_}; }

  /// `must be a duration, not 5`, with the place. `instead`: what to write, as it is to be shown;
  /// empty where that is not known.
  void wrong(std::string_view expected, std::string_view instead = {}) const;
  /// A sentence of the caller's own.
  void refuse(std::string message) const { problems_.add(value_.at, key_, std::move(message)); }

  void whole(std::int64_t lowest, std::int64_t highest, std::uint32_t& target) const;
  void seed(std::uint64_t& target) const;
  void size(ByteCount highest, ByteCount& target) const;
  void duration(Nanoseconds least, Nanoseconds& target) const;
  void boolean(bool& target) const;
  void number(double lowest, double highest, double& target) const;
  void name(std::string& target) const;
  /// One name or a list of them.
  void names(std::vector<std::string>& target) const;
  /// A name that makes one folder where it is told to, and no hidden one.
  void folder_name(std::string& target) const;
  void text(std::string& target) const;
  /// A count or a SubjectTemplate of subjects, stored as the latter.
  void subjects(std::string& target) const;
  /// One SubjectTemplate of patterns or a list of them.
  void subscriptions(std::vector<std::string>& target) const;
  /// What a queue group may be called.
  void subject_token(std::string& target) const;
  void load(Load& target) const;
  void cores(CoreChoice& target) const;
  void budget(std::vector<Budget>& target) const;
  void until(Until& target) const;

  /// One of the enumerators, by the word that to_string gives it.
  template <typename Choice>
  void choice(std::initializer_list<Choice> choices, Choice& target) const {
    std::vector<std::string_view> words;
    const auto* text = std::get_if<std::string>(&value_.data);
    for (const auto one : choices) {
      if (text != nullptr && *text == to_string(one)) {
        target = one;
        return;
      }
      words.push_back(to_string(one));
    }
    unknown_word(words);
  }

 private:
  void unknown_word(std::span<const std::string_view> words) const;
  [[nodiscard]] std::vector<CpuId> cpus_of(const Value& element, std::string_view wanted) const;

  const Value& value_;
  std::string_view key_;
  Problems& problems_;
};

/// Whether `text` may be a name: 1 to 100 letters, digits or any of . _ - + = /
[[nodiscard]] bool is_name(std::string_view text) noexcept;

}  // namespace busmark
