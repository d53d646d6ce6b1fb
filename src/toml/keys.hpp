// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "record/limits.hpp"
#include "record/run.hpp"
#include "toml/field.hpp"
#include "toml/write.hpp"

namespace busmark {

/// A key of the config file: a row from which the file is read and written, its value is shown in
/// names and in results, and docs/config.md is checked. What a row has not, is not done with it.
template <typename Record>
struct Key {
  std::string_view name;
  std::string_view type;   ///< As docs/config.md names it: `integer`.
  std::string (*range)();  ///< `1 to 1024`; empty: what the type says.
  void (*read)(const Field&, Record&);
  /// As TOML; empty where it is not to be written.
  std::string (*write)(const Record&) = nullptr;
  /// As a result has it; nothing where it says nothing.
  StoredParameter::Value (*value)(const Record&) = nullptr;
  std::string_view unit{};  ///< Of that value, as the last word of its name: `_ns`.
  /// As the name of a swept scenario shows it.
  std::string (*show)(const Record&) = nullptr;
  bool sweeps = false;       ///< A list makes a scenario for each of its values.
  bool always_kept = false;  ///< In results also where it has its default.

  [[nodiscard]] constexpr Key swept() const {
    Key key = *this;
    key.sweeps = true;
    return key;
  }
  [[nodiscard]] constexpr Key kept() const {
    Key key = *this;
    key.always_kept = true;
    return key;
  }
};

using ScenarioKey = Key<Scenario>;  ///< Of `[[scenario]]` and `[defaults]`.
using RunKey = Key<RunOptions>;     ///< Of `[run]`.

template <typename Record, typename Value>
Record record_of(Value Record::*);
/// The record of a pointer to one of its members.
template <auto kMember>
using RecordOf = decltype(record_of(kMember));

inline std::string no_range() { return {}; }

// Rows of the plain kinds, by the member that has the value.

template <auto kMember, std::int64_t kLeast, std::int64_t kMost>
[[nodiscard]] constexpr auto count_key(std::string_view name) {
  using Record = RecordOf<kMember>;
  return Key<Record>{
      .name = name,
      .type = "integer",
      .range = [] { return fmt::format("{} to {}", kLeast, kMost); },
      .read = [](const Field& in, Record& to) { in.whole(kLeast, kMost, to.*kMember); },
      .write = [](const Record& of) { return std::to_string(of.*kMember); },
      .value = [](const Record& of) -> StoredParameter::Value {
        return static_cast<std::int64_t>(of.*kMember);
      },
      .show = [](const Record& of) { return std::to_string(of.*kMember); }};
}

/// `kLeast`: nanoseconds. 0 stands for none where less than that cannot be written.
template <auto kMember, std::int64_t kLeast>
[[nodiscard]] constexpr auto duration_key(std::string_view name) {
  using Record = RecordOf<kMember>;
  return Key<Record>{
      .name = name,
      .type = "duration",
      .range = [] { return duration_range(Nanoseconds(kLeast)); },
      .read = [](const Field& in, Record& to) { in.duration(Nanoseconds(kLeast), to.*kMember); },
      .write =
          [](const Record& of) {
            return (of.*kMember).count() < kLeast ? std::string() : to_toml(of.*kMember);
          },
      .value = [](const Record& of) -> StoredParameter::Value {
        return static_cast<std::int64_t>((of.*kMember).count());
      },
      .unit = "_ns"};
}

template <auto kMember>
[[nodiscard]] constexpr auto flag_key(std::string_view name) {
  using Record = RecordOf<kMember>;
  return Key<Record>{
      .name = name,
      .type = "boolean",
      .range = no_range,
      .read = [](const Field& in, Record& to) { in.boolean(to.*kMember); },
      .write = [](const Record& of) { return to_toml(of.*kMember); },
      .value = [](const Record& of) -> StoredParameter::Value { return of.*kMember; }};
}

/// One of the enumerators `kChoices`, by its word.
template <auto kMember, auto... kChoices>
[[nodiscard]] constexpr auto choice_key(std::string_view name) {
  using Record = RecordOf<kMember>;
  return Key<Record>{
      .name = name,
      .type = "word",
      .range =
          [] { return fmt::format("{}", fmt::join(std::array{to_string(kChoices)...}, ", ")); },
      .read = [](const Field& in, Record& to) { in.choice({kChoices...}, to.*kMember); },
      .write = [](const Record& of) { return to_toml(to_string(of.*kMember)); },
      .value = [](const Record& of) -> StoredParameter::Value {
        return std::string(to_string(of.*kMember));
      },
      .show = [](const Record& of) { return std::string(to_string(of.*kMember)); }};
}

/// Empty: none.
template <auto kMember>
[[nodiscard]] constexpr auto text_key(std::string_view name) {
  using Record = RecordOf<kMember>;
  return Key<Record>{.name = name,
                     .type = "string",
                     .range = no_range,
                     .read = [](const Field& in, Record& to) { in.text(to.*kMember); },
                     .write =
                         [](const Record& of) {
                           return (of.*kMember).empty() ? std::string() : to_toml(of.*kMember);
                         },
                     .show = [](const Record& of) { return of.*kMember; }};
}

/// One name or a list of them; empty: none.
template <auto kMember>
[[nodiscard]] constexpr auto names_key(std::string_view name) {
  using Record = RecordOf<kMember>;
  return Key<Record>{.name = name,
                     .type = "name or list",
                     .range = no_range,
                     .read = [](const Field& in, Record& to) { in.names(to.*kMember); },
                     .write =
                         [](const Record& of) {
                           return (of.*kMember).empty() ? std::string() : to_toml(of.*kMember);
                         },
                     .value = [](const Record& of) -> StoredParameter::Value {
                       return fmt::format("{}", fmt::join(of.*kMember, " "));
                     }};
}

/// Where `name` stands in `order`; behind them all where it does not.
[[nodiscard]] std::size_t place_in(std::span<const std::string_view> order,
                                   std::string_view name) noexcept;

/// The known keys of one table and their values, which it owns.
struct Layer {
  struct Setting {
    const ScenarioKey* key;  ///< One of scenario_keys(), which live for ever.
    Value value;
  };
  std::vector<Setting> settings;
  Place at;
};

/// Where a key was set last.
struct Found {
  std::size_t layer = 0;
  const Value* value = nullptr;  ///< Null where it was not.
};
[[nodiscard]] Found find_last(const std::vector<const Layer*>& layers, std::string_view name);

}  // namespace busmark
