// SPDX-License-Identifier: Apache-2.0
#include "cli/compare_options.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"
#include "base/suggest.hpp"

namespace busmark {
double parse_share(const std::string& text, const std::string& flag) {
  constexpr double kLargest = 10;
  try {
    const double share = parse_share(text);
    if (share > 0 && share <= kLargest) return share;
  } catch (const std::invalid_argument&) {
    // The sentence below says the same, with the range.
  }
  throw ConfigError({{flag, "",
                      in_quotes(text) + " is no share above 0 and up to 1000 %; write it with its "
                                        "sign, for example 10%"}});
}

namespace {

std::vector<std::string> parse_measures(std::string_view list) {
  const std::vector<std::string> names = measure_names();
  std::vector<std::string> measures;
  while (true) {
    const auto comma = list.find(',');
    std::string one(list.substr(0, comma));
    if (std::find(names.begin(), names.end(), one) == names.end()) {
      throw ConfigError({{"--measures", "",
                          fmt::format("{} is no measure; {}", in_quotes(one),
                                      suggestion(one, std::vector<std::string_view>(
                                                          names.begin(), names.end())))}});
    }
    measures.push_back(std::move(one));
    if (comma == std::string_view::npos) return measures;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

std::vector<Argument> ComparisonFlags::arguments(const std::string& usual, bool forcible) {
  std::vector<Argument> rows{
      {"--threshold", &threshold, "SHARE", "Change that is no matter (default: " + usual + ")"},
      {"--measures", &measures, "LIST", "Only these, such as p50,p95,rate (default: all)"},
      {"--fail-inconclusive", &fail_inconclusive, "",
       "Exit code 125 if something is inconclusive"}};
  if (forcible) {
    rows.insert(rows.end() - 1,
                {"--force", &force, "", "Judge across unlike machines, loads and cores too"});
  }
  return rows;
}

CompareOptions ComparisonFlags::options() const {
  CompareOptions options;
  if (!threshold.empty()) options.threshold = parse_share(threshold, "--threshold");
  if (!measures.empty()) options.measures = parse_measures(measures);
  options.force = force;
  return options;
}

}  // namespace busmark
