// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "record/scenario.hpp"
#include "toml/tree.hpp"

namespace busmark {

inline constexpr ByteCount kMostPayload{64ULL << 20};

/// One value on its way into a field: each call stores what fits, or reports why it does not.
class Field {
 public:
  Field(const Value& value, std::string_view key, Problems& problems)
      : value_(value), key_(key), problems_(problems) {}

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
  void fault(std::optional<Fault>& target) const;
  void stages(std::vector<Stage>& target) const;
  void mix(std::vector<MessageClass>& target) const;
  void think(Think& target) const;
  void warmup(Scenario& target) const;
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
  void wrong(std::string_view expected) const;

  const Value& value_;
  std::string_view key_;
  Problems& problems_;
};

struct ScenarioKey {
  std::string_view name;
  void (*read)(const Field&, Scenario&);
  /// How the name of a swept scenario shows the value; null where a list does not sweep.
  std::string (*show)(const Scenario&) = nullptr;
};

struct RunKey {
  std::string_view name;
  void (*read)(const Field&, RunOptions&);
};

/// In the order of sweeping.
[[nodiscard]] std::span<const ScenarioKey> scenario_keys() noexcept;
/// Without `warmup` and `duration`, which are keys of scenarios that [run] may preset.
[[nodiscard]] std::span<const RunKey> run_keys() noexcept;
[[nodiscard]] bool is_name(std::string_view text) noexcept;

}  // namespace busmark
