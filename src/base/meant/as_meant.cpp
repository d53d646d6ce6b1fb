// SPDX-License-Identifier: Apache-2.0
#include "base/meant/as_meant.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <vector>

#include <fmt/format.h>

#include "busmark/base/units.hpp"

#include "base/meant/loose.hpp"
#include "base/meant/strict_units.hpp"
#include "base/words.hpp"

namespace busmark {
namespace {

/// What is counted per second; all of them messages here.
constexpr std::array<std::string_view, 22> kNouns{
    "messages",   "message", "msgs",         "msg",    "requests", "request",    "reqs",  "req",
    "operations", "ops",     "op",           "events", "event",    "iterations", "iters", "records",
    "record",     "queries", "transactions", "txs",    "calls",    "packets"};

constexpr std::array<std::string_view, 9> kPerSecond{"hz",  "rps", "qps", "tps", "mps",
                                                     "ops", "eps", "pps", "iops"};

Meant meant(std::string text) {
  std::string shown = '"' + text + '"';
  return {std::move(text), std::move(shown)};
}

Meant either(const std::string& likelier, const std::string& other) {
  return {likelier, fmt::format("\"{}\" or \"{}\"", likelier, other)};
}

/// In the largest unit that it is a whole number of.
std::string exact_duration(Nanoseconds time) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> kUnits{
      {{"h", 3'600'000'000'000},
       {"m", 60'000'000'000},
       {"s", 1'000'000'000},
       {"ms", 1'000'000},
       {"us", 1'000},
       {"ns", 1}}};
  const auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                                 [&](const auto& one) { return time.count() % one.second == 0; });
  return fmt::format("{}{}", time.count() / unit->second, unit->first);
}

/// To ten figures, which hide that a tenth is no double.
std::string exact_rate(double per_second) {
  const double rounded = number_of(fmt::format("{:.10g}", per_second));
  const std::string text = format_rate({rounded});
  return strict_rate(text) == MessageRate{rounded} ? text : fmt::format("{}/s", rounded);
}

/// What `loose()` makes of each part of a list, if of all; each must have more than a number, which
/// a decimal comma would make of it.
template <typename Loose>
std::optional<Meant> meant_list(std::string_view text, Loose loose) {
  const std::vector<std::string_view> parts = split_list(text);
  if (parts.size() < 2) return std::nullopt;
  std::string list;
  for (const std::string_view untidy : parts) {
    const std::string_view part = trimmed(untidy);
    if (part.find_first_not_of("0123456789.") == std::string_view::npos) return std::nullopt;
    const auto one = loose(part);
    if (!one) return std::nullopt;
    list += fmt::format("{}\"{}\"", list.empty() ? "[" : ", ", one->text);
  }
  list += ']';
  return Meant{list, list};
}

/// Seconds of the period behind `/` or `per`: `s`, `10s`, `minute`.
std::optional<double> loose_period(std::string_view text) {
  std::string spelt(text);
  if (spelt.empty()) return std::nullopt;
  if (!is_digit(spelt.front()) && spelt.front() != '.') spelt.insert(0, 1, '1');
  const auto time = sum_of_times(spelt);
  if (!time || time->count() <= 0) return std::nullopt;
  return in_seconds(*time);
}

/// The factor of a prefix, which is cut off: `k`, `m` for M, `g`.
double take_prefix(std::string_view& text) {
  if (take(text, "k")) return 1e3;
  if (take(text, "m")) return 1e6;
  if (take(text, "g")) return 1e9;
  return 1;
}

/// Whether `text` is a noun and a period, of which `seconds` becomes the latter.
bool is_per_time(std::string_view text, double& seconds) {
  const auto whole = [text](std::string_view word) { return text == word; };
  if (text.empty() || std::any_of(kPerSecond.begin(), kPerSecond.end(), whole)) return true;
  for (const std::string_view noun : kNouns) {
    if (take(text, noun)) break;
  }
  const bool per = take(text, "/") || take(text, "per") || take(text, "every") || take(text, "p");
  if (text.empty()) return true;
  const auto period = loose_period(text);
  if (!per || !period) return false;
  seconds = *period;
  return true;
}

std::optional<Meant> one_rate(std::string_view written) {
  const std::string tidy = in_small(without_blanks(written));
  std::string_view text = tidy;
  const bool every = take(text, "every");
  if (const auto time = loose_duration(text); time && time->count() > 0) {
    // `every 10ms`, and `10ms` as a load: a message for each. Not `1M`, which is no minute.
    const bool is_time = every || text.ends_with('s');
    if (is_time) return meant(exact_rate(1 / in_seconds(*time)));
  }
  const std::string number = take_number(text);
  if (number.empty() || number_of(number) <= 0) return std::nullopt;
  double seconds = 1;
  std::string_view bare = text;
  if (is_per_time(bare, seconds)) return meant(exact_rate(number_of(number) / seconds));
  const double factor = take_prefix(bare);
  if (!is_per_time(bare, seconds)) return std::nullopt;
  return meant(exact_rate(number_of(number) * factor / seconds));
}

std::optional<Meant> one_size(std::string_view written) {
  std::string_view text = trimmed(written);
  const std::string number = take_number(text);
  const std::string unit = in_small(without_blanks(text));
  if (number.empty()) return std::nullopt;
  const std::string as_ours = number + without_blanks(text);
  if (strict_size(as_ours)) return meant(as_ours);
  const auto is = [&](std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), unit) != words.end();
  };
  if (is({"", "b", "byte", "bytes", "octets"})) return meant(number);
  struct Prefix {
    char letter;
    std::string_view decimal;
    std::string_view binary;
  };
  for (const auto& [letter, decimal, binary] :
       {Prefix{'k', "kB", "KiB"}, {'m', "MB", "MiB"}, {'g', "GB", "GiB"}}) {
    if (unit.front() != letter) continue;
    const std::string_view rest = std::string_view(unit).substr(1);
    if (rest == "ib" || rest == "i" || rest == "ibibytes") {
      return meant(number + std::string(binary));
    }
    if (rest.empty() || rest == "b" || rest == "bytes") {
      return either(number + std::string(binary), number + std::string(decimal));
    }
  }
  return std::nullopt;
}

/// What `strict` takes, or a list; a hint that is refused would be none.
template <typename Strict>
std::optional<Meant> checked(std::optional<Meant> found, Strict strict) {
  if (found && !found->text.starts_with('[') && !strict(found->text)) return std::nullopt;
  return found;
}

}  // namespace

std::optional<Meant> meant_duration(std::string_view text) {
  const std::string tidy = in_small(without_blanks(text));
  std::string_view one = tidy;
  const std::string figures = take_number(one);
  const std::string_view unit = take_time_unit(one);
  if (one.empty() && strict_duration(figures + std::string(unit))) {
    return meant(figures + std::string(unit));
  }
  if (const auto time = loose_duration(text)) {
    return checked(meant(exact_duration(*time)), strict_duration);
  }
  std::string_view rest = trimmed(text);
  const std::string number = take_number(rest);
  if (number.empty() || !rest.empty()) return std::nullopt;
  return checked(either(number + "ms", number + "s"), strict_duration);
}

std::optional<Meant> meant_rate(std::string_view text) {
  const auto list = meant_list(text, one_rate);
  return checked(list ? list : one_rate(text), strict_rate);
}

std::optional<Meant> meant_size(std::string_view text) {
  // Three numbers, unless one of them can only be a group of digits.
  const bool numbers = text.find_first_not_of("0123456789,") == std::string_view::npos;
  if (numbers && split_list(text).size() > 2 && text.find(",0") == std::string_view::npos) {
    const std::string numbered = fmt::format("[{}]", text);
    return Meant{numbered, numbered};
  }
  const auto list = meant_list(text, one_size);
  return checked(list ? list : one_size(text), strict_size);
}

std::optional<Meant> meant_share(std::string_view text) {
  std::string_view rest = trimmed(text);
  const std::string number = take_number(rest);
  const std::string unit = in_small(without_blanks(rest));
  if (number.empty()) return std::nullopt;
  if (unit == "%" || unit == "percent" || unit == "pct") {
    return checked(meant(number + '%'), strict_share);
  }
  if (!unit.empty()) return std::nullopt;
  const std::string whole = fmt::format("{:.10g}%", number_of(number) * 100);
  if (number_of(number) < 1) return checked(meant(whole), strict_share);
  return checked(number == "1" ? either("1%", whole) : meant(number + '%'), strict_share);
}

std::optional<Meant> meant_percentile(std::string_view text) {
  std::string tidy = in_small(without_blanks(text));
  std::erase_if(tidy, [](char c) { return c == '(' || c == ')' || c == '_'; });
  std::string_view rest = tidy;
  const bool named = take(rest, "percentile") || take(rest, "perc") || take(rest, "pct") ||
                     take(rest, "p") || take(rest, "q");
  std::string number = take_number(rest);
  constexpr std::array<std::string_view, 8> kBehind{
      "", "%", "th", "p", "percentile", "thpercentile", "pct", "%ile"};
  const bool known = std::find(kBehind.begin(), kBehind.end(), rest) != kBehind.end();
  if (number.empty() || !known) return std::nullopt;
  if (number_of(number) < 1) {
    return checked(meant(fmt::format("p{:.10g}", number_of(number) * 100)), strict_percentile);
  }
  // p999 is how people call p99.9.
  const bool nines =
      named && number.size() > 2 && number.find_first_not_of('9') == std::string::npos;
  if (nines) number.insert(2, 1, '.');
  return checked(meant('p' + number), strict_percentile);
}

std::optional<Meant> meant_count(std::string_view text) {
  const std::string tidy = in_small(trimmed(text));
  std::string_view rest = tidy;
  const std::string number = take_number(rest);
  if (number.empty()) return std::nullopt;
  const double value = number_of(number) * take_prefix(rest);
  constexpr double kMost = 1e15;  // Up to there every whole number is a double.
  if (!rest.empty() || value != std::floor(value) || value > kMost) return std::nullopt;
  const std::string digits = fmt::format("{:.0f}", value);
  return Meant{digits, digits};
}

}  // namespace busmark
