// SPDX-License-Identifier: Apache-2.0
#include "record/until.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "base/quote.hpp"
#include "base/words.hpp"

namespace busmark {
namespace {

constexpr std::string_view kDecided = "decided";
constexpr std::string_view kPlanned = "planned";
/// Buckets are 0.1 % wide, so a narrower interval would be one of rounding.
constexpr double kNarrowest = 0.002;

WantedPrecision parse_precision(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    throw std::invalid_argument("a percentile is written with its precision, as in p99:5%");
  }
  WantedPrecision wanted{.percentile = parse_percentile(trimmed(text.substr(0, colon))),
                         .half_width = parse_share(trimmed(text.substr(colon + 1)))};
  if (wanted.half_width < kNarrowest || wanted.half_width > 1) {
    throw std::invalid_argument("a precision is from 0.2% to 100%");
  }
  return wanted;
}

}  // namespace

Until parse_until(std::string_view text) {
  const std::string_view whole = trimmed(text);
  if (whole == kDecided) return {};
  if (whole == kPlanned) return {.decided = false, .precise = {}};
  Until until;
  try {
    for (std::size_t begin = 0; begin <= whole.size();) {
      const std::size_t end = std::min(whole.find(',', begin), whole.size());
      const WantedPrecision wanted = parse_precision(trimmed(whole.substr(begin, end - begin)));
      for (const WantedPrecision& other : until.precise) {
        if (other.percentile != wanted.percentile) continue;
        throw std::invalid_argument(
            fmt::format("{} is named twice", format_percentile(wanted.percentile)));
      }
      until.precise.push_back(wanted);
      begin = end + 1;
    }
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(
        fmt::format("{} is no end of a run: {}; write \"decided\", \"planned\" or percentiles such "
                    "as \"p99:5%\"",
                    in_quotes(text), error.what()));
  }
  return until;
}

std::string to_string(const Until& until) {
  if (!until.decided) return std::string(kPlanned);
  if (until.precise.empty()) return std::string(kDecided);
  std::string text;
  for (const WantedPrecision& wanted : until.precise) {
    text += fmt::format("{}{}:{:.6g}%", text.empty() ? "" : ", ",
                        format_percentile(wanted.percentile), wanted.half_width * 100);
  }
  return text;
}

std::uint32_t most_repetitions(std::uint32_t planned) noexcept {
  constexpr std::uint32_t kTimes = 4;
  constexpr std::uint32_t kMost = 1000;
  return std::min(std::min(planned, kMost) * kTimes, kMost);
}

}  // namespace busmark
