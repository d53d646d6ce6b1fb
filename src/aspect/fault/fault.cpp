// SPDX-License-Identifier: Apache-2.0
#include "aspect/fault/fault.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "base/quote.hpp"
#include "base/suggest.hpp"
#include "base/words.hpp"

namespace busmark {
namespace {

FaultKind parse_kind(std::string_view word) {
  std::vector<std::string_view> names;
  for (const FaultKind kind : kAllFaults) {
    if (to_string(kind) == word) return kind;
    names.push_back(to_string(kind));
  }
  const auto nearest = nearest_name(word, names);
  throw std::invalid_argument(fmt::format(
      "unknown fault {}{}; use {}", in_quotes(word),
      nearest ? fmt::format(" (did you mean \"{}\"?)", *nearest) : "", alternatives(names)));
}

}  // namespace

Fault parse_fault(std::string_view text) {
  const std::vector<std::string_view> words = words_of(text);
  if (words.empty()) {
    throw std::invalid_argument("the fault is missing; write one such as \"kill at 500ms for 1s\"");
  }
  Fault fault;
  fault.kind = parse_kind(words[0]);
  const bool moment = is_moment(fault.kind);
  const bool formed =
      words.size() == (moment ? 3U : 5U) && words[1] == "at" && (moment || words[3] == "for");
  if (!formed) {
    throw std::invalid_argument(
        fmt::format("a fault is written \"{} at 500ms{}\"", words[0], moment ? "" : " for 1s"));
  }
  fault.at = parse_duration(words[2]);
  if (!moment) fault.lasts = parse_duration(words[4]);
  if (!moment && fault.lasts < std::chrono::milliseconds(1)) {
    throw std::invalid_argument("a fault lasts for at least 1ms");
  }
  return fault;
}

std::string to_string(const Fault& fault) {
  std::string text = fmt::format("{} at {}", to_string(fault.kind), format_duration(fault.at));
  if (!is_moment(fault.kind)) text += " for " + format_duration(fault.lasts);
  return text;
}

}  // namespace busmark
