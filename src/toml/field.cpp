// SPDX-License-Identifier: Apache-2.0
#include "toml/field.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "busmark/bus/subject.hpp"
#include "busmark/bus/subject_template.hpp"

#include "base/cpu_ranges.hpp"
#include "base/meant/as_meant.hpp"
#include "base/quote.hpp"
#include "base/suggest.hpp"
#include "base/words.hpp"
#include "record/limits.hpp"
#include "record/subjects.hpp"
#include "toml/value_as_meant.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostCores = 1024;

/// `3` or `2-5`; empty for anything else.
std::optional<std::vector<CpuId>> cpu_range(std::string_view text) {
  try {
    if (!text.empty()) return parse_cpu_list(text);
  } catch (const std::invalid_argument&) {
  }
  return std::nullopt;
}

bool says_the_same(const Budget& one, const Budget& other) noexcept {
  return one.metric == other.metric && one.comparison == other.comparison &&
         one.limit == other.limit &&
         (one.metric != Metric::latency_percentile || one.percentile == other.percentile);
}

/// ` in line 3, column 11`; nothing for a flag, which has neither.
std::string shown_place(const Place& place) {
  if (place.line == 0) return {};
  return fmt::format(" in line {}, column {}", place.line, place.column);
}

}  // namespace

bool is_name(std::string_view text) noexcept {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-+=/").find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= 100 && std::all_of(text.begin(), text.end(), allowed);
}

void Field::wrong(std::string_view expected, std::string_view instead) const {
  problems_.add(value_.at, key_,
                fmt::format("must be {}, not {}{}{}", expected, value_.shown(),
                            instead.empty() ? "" : "; write ", instead));
}

void Field::unknown_word(std::span<const std::string_view> words) const {
  const auto* text = std::get_if<std::string>(&value_.data);
  if (text != nullptr) {
    if (const std::string list = meant_words(*text, words); !list.empty()) {
      return wrong(alternatives(words), list);
    }
  }
  const auto nearest = text != nullptr ? nearest_name(*text, words) : std::nullopt;
  problems_.add(value_.at, key_,
                fmt::format("must be {}, not {}{}", alternatives(words), value_.shown(),
                            nearest ? fmt::format("; did you mean \"{}\"?", *nearest) : ""));
}

void Field::whole(std::int64_t lowest, std::int64_t highest, std::uint32_t& target) const {
  const auto* number = std::get_if<std::int64_t>(&value_.data);
  if (number == nullptr || *number < lowest || *number > highest) {
    wrong(fmt::format("a whole number from {} to {}", lowest, highest),
          meant_whole(value_, lowest, highest));
  } else {
    target = static_cast<std::uint32_t>(*number);
  }
}

void Field::number(double lowest, double highest, double& target) const {
  const auto* whole = std::get_if<std::int64_t>(&value_.data);
  const auto* real = std::get_if<double>(&value_.data);
  const double read = whole != nullptr  ? static_cast<double>(*whole)
                      : real != nullptr ? *real
                                        : std::nan("");
  if (!(read >= lowest && read <= highest)) {
    return wrong(fmt::format("a number from {} to {}", lowest, highest));
  }
  target = read;
}

void Field::seed(std::uint64_t& target) const {
  const auto* number = std::get_if<std::int64_t>(&value_.data);
  if (number == nullptr || *number < 0) return wrong("a whole number from 0 to 2^63-1");
  target = static_cast<std::uint64_t>(*number);
}

void Field::size(ByteCount highest, ByteCount& target) const {
  ByteCount read;
  if (const auto* number = std::get_if<std::int64_t>(&value_.data); number && *number >= 0) {
    read.bytes = static_cast<std::uint64_t>(*number);
  } else if (const auto* text = std::get_if<std::string>(&value_.data)) {
    try {
      read = parse_size(*text);
    } catch (const std::invalid_argument& error) {
      return problems_.add(value_.at, key_, error.what());
    }
  } else {
    return wrong("bytes from 0 to 64MiB, for example 64 or \"1KiB\"");
  }
  if (read > highest) return wrong("bytes from 0 to 64MiB, for example 64 or \"1KiB\"");
  target = read;
}

void Field::duration(Nanoseconds least, Nanoseconds& target) const {
  const auto* text = std::get_if<std::string>(&value_.data);
  if (text == nullptr) {
    const auto meant = meant_duration(shown_number(value_));
    return wrong("a duration with its unit, for example \"200ms\"", meant ? meant->shown : "");
  }
  try {
    const Nanoseconds read = parse_duration(*text);
    if (read > kLongest) return wrong("at most 24h");
    if (read < least) return wrong(least == 1ns ? "above 0" : "at least " + format_duration(least));
    target = read;
  } catch (const std::invalid_argument& error) {
    problems_.add(value_.at, key_, error.what());
  }
}

void Field::boolean(bool& target) const {
  const auto* truth = std::get_if<bool>(&value_.data);
  if (truth == nullptr) return wrong("true or false", meant_truth(value_));
  target = *truth;
}

void Field::name(std::string& target) const {
  const auto* text = std::get_if<std::string>(&value_.data);
  if (text == nullptr || !is_name(*text)) {
    return wrong("1 to 100 letters, digits or any of . _ - + = /");
  }
  target = *text;
}

void Field::names(std::vector<std::string>& target) const {
  const auto* list = std::get_if<Value::List>(&value_.data);
  const std::span<const Value> words = list ? std::span(*list) : std::span(&value_, 1);
  std::vector<std::string> read;
  for (const auto& word : words) Field(word, key_, problems_).name(read.emplace_back());
  target = std::move(read);
}

void Field::folder_name(std::string& target) const {
  const auto* text = std::get_if<std::string>(&value_.data);
  if (text == nullptr || !is_name(*text) || text->starts_with('.') ||
      text->find('/') != std::string::npos) {
    return wrong("1 to 100 letters, digits or any of . _ - + =, not beginning with a point");
  }
  target = *text;
}

void Field::text(std::string& target) const {
  const auto* text = std::get_if<std::string>(&value_.data);
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (text == nullptr || text->empty() || std::any_of(text->begin(), text->end(), control)) {
    return wrong("a string of printable characters");
  }
  target = *text;
}

void Field::subjects(std::string& target) const {
  constexpr std::string_view kWanted =
      "a count from 1 to 10000000 or a subject such as \"chat.room.{0..999}\"";
  if (const auto* number = std::get_if<std::int64_t>(&value_.data)) {
    if (*number < 1 || *number > static_cast<std::int64_t>(SubjectTemplate::kMostMembers)) {
      return wrong(kWanted);
    }
    target = numbered_subjects(static_cast<std::uint64_t>(*number));
    return;
  }
  const auto* text = std::get_if<std::string>(&value_.data);
  if (text == nullptr) return wrong(kWanted);
  try {
    if (!SubjectTemplate(*text).literal()) {
      return problems_.add(value_.at, key_,
                           why_invalid_subject(SubjectTemplate(*text).at(0)) +
                               "; wildcards belong into subscriptions");
    }
    target = *text;
  } catch (const std::invalid_argument& error) {
    problems_.add(value_.at, key_, error.what());
  }
}

void Field::subscriptions(std::vector<std::string>& target) const {
  const auto* list = std::get_if<Value::List>(&value_.data);
  if (list != nullptr && list->empty()) return wrong("at least one pattern such as \"chat.*\"");
  const std::span<const Value> patterns = list ? std::span(*list) : std::span(&value_, 1);
  std::vector<std::string> read;
  std::uint64_t members = 0;
  for (const auto& pattern : patterns) {
    const auto* text = std::get_if<std::string>(&pattern.data);
    if (text == nullptr) {
      Field(pattern, key_, problems_).wrong("a pattern such as \"chat.room.*\"");
      continue;
    }
    try {
      members += SubjectTemplate(*text).count();
      read.push_back(*text);
    } catch (const std::invalid_argument& error) {
      problems_.add(pattern.at, key_, error.what());
    }
  }
  if (members > SubjectTemplate::kMostMembers) return wrong("at most 10000000 patterns in all");
  target = std::move(read);
}

void Field::subject_token(std::string& target) const {
  const auto* text = std::get_if<std::string>(&value_.data);
  if (text == nullptr) return wrong("a name such as \"workers\"");
  if (const std::string why = why_invalid_subject(*text); !why.empty()) {
    return problems_.add(value_.at, key_, why);
  }
  target = *text;
}

void Field::load(Load& target) const {
  const auto* text = std::get_if<std::string>(&value_.data);
  if (text == nullptr) {
    const auto meant = meant_rate(shown_number(value_));
    return wrong("\"max\" or a rate, for example \"100k/s\"", meant ? meant->shown : "");
  }
  if (*text == "max") {
    target.rate.reset();
    return;
  }
  if (is_no_limit(*text)) return wrong("\"max\" or a rate", "\"max\"");
  try {
    const MessageRate rate = parse_rate(*text);
    if (rate.per_second > kHighestRate) return wrong("at most 1G/s");
    target.rate = rate;
  } catch (const std::invalid_argument& error) {
    problems_.add(value_.at, key_,
                  meant_rate(*text) ? error.what() : fmt::format("{}, or \"max\"", error.what()));
  }
}

/// `2-5` and `0,2` as the kernel and `--cores` take them, one number alone, or a list of both.
void Field::cores(CoreChoice& target) const {
  const auto* text = std::get_if<std::string>(&value_.data);
  if (text && *text == "auto") {
    target = {};
    return;
  }
  if (text && *text == "sweep") {
    target = {.cores = {}, .sweep = true};
    return;
  }
  constexpr std::string_view kWanted = "\"auto\", \"sweep\" or a list of CPUs such as [2, 3]";
  const auto* list = std::get_if<Value::List>(&value_.data);
  const bool is_one = text != nullptr || std::holds_alternative<std::int64_t>(value_.data);
  if (!is_one && (list == nullptr || list->empty())) return wrong(kWanted);
  std::vector<CpuId> read;
  for (const auto& element : list ? std::span(*list) : std::span(&value_, 1)) {
    for (const CpuId cpu : cpus_of(element, list ? "" : kWanted)) {
      if (std::find(read.begin(), read.end(), cpu) != read.end()) {
        problems_.add(element.at, key_, fmt::format("names CPU {} twice", index(cpu)));
      }
      read.push_back(cpu);
    }
  }
  if (read.size() > kMostCores) return wrong("a list of at most 1024 CPUs");
  target = {.cores = std::move(read), .sweep = false};
}

/// `wanted`: what a text that is no list of CPUs should be; empty for an element of a list.
std::vector<CpuId> Field::cpus_of(const Value& element, std::string_view wanted) const {
  std::vector<CpuId> cpus;
  const auto* text = std::get_if<std::string>(&element.data);
  if (text == nullptr) {
    constexpr std::uint32_t kHighestCpu = 65'535;
    constexpr std::uint32_t kNoCpu = kHighestCpu + 1;
    std::uint32_t number = kNoCpu;
    Field(element, key_, problems_).whole(0, kHighestCpu, number);
    if (number != kNoCpu) cpus.push_back(CpuId{static_cast<int>(number)});
    return cpus;
  }
  // In its order, which is that of the roles; what is named twice is found by the caller.
  for (const std::string_view part : split_list(*text)) {
    const std::optional<std::vector<CpuId>> some = cpu_range(trimmed(part));
    if (some) {
      cpus.insert(cpus.end(), some->begin(), some->end());
    } else if (wanted.empty()) {
      Field(element, key_, problems_).wrong("a CPU, or some such as \"2-5\"");
      return {};
    } else {
      wrong(wanted);
      return {};
    }
  }
  return cpus;
}

void Field::until(Until& target) const {
  const auto* text = std::get_if<std::string>(&value_.data);
  if (text == nullptr) return wrong("\"decided\", \"planned\" or percentiles such as \"p99:5%\"");
  try {
    target = parse_until(*text);
  } catch (const std::invalid_argument& error) {
    problems_.add(value_.at, key_, error.what());
  }
}

void Field::budget(std::vector<Budget>& target) const {
  const auto* list = std::get_if<Value::List>(&value_.data);
  if (list != nullptr && list->empty()) return wrong("at least one line such as \"p95 < 5ms\"");
  if (list != nullptr && list->size() > kMostBudgets) return wrong("at most 100 lines");
  const std::span<const Value> lines = list ? std::span(*list) : std::span(&value_, 1);
  std::vector<Budget> read;
  std::vector<Place> places;
  for (const auto& line : lines) {
    const auto* text = std::get_if<std::string>(&line.data);
    if (text == nullptr) {
      Field(line, key_, problems_).wrong("a string such as \"p95 < 5ms\"");
      continue;
    }
    try {
      Budget budget = parse_budget(*text);
      const auto same = std::find_if(read.begin(), read.end(), [&](const Budget& other) {
        return says_the_same(budget, other);
      });
      if (same != read.end()) {
        const Place& first = places[static_cast<std::size_t>(same - read.begin())];
        problems_.add(line.at, key_,
                      fmt::format("{} says what {} says{}; leave one out", in_quotes(*text, 200),
                                  in_quotes(same->text, 200), shown_place(first)));
      }
      places.push_back(line.at);
      read.push_back(std::move(budget));
    } catch (const std::invalid_argument& error) {
      problems_.add(line.at, key_, error.what());
    }
  }
  target = std::move(read);
}

}  // namespace busmark
