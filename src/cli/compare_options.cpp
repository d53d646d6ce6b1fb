// SPDX-License-Identifier: Apache-2.0
#include "cli/compare_options.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"
#include "base/suggest.hpp"
#include "cli/config_options.hpp"

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

void ComparisonFlags::add_to(CLI::App& command, const std::string& usual, bool forcible) {
  command.add_option("--threshold", threshold, "Change that is no matter (default: " + usual + ")")
      ->type_name("SHARE")
      ->take_last()
      ->check(needs_text);
  add_text(command, "--measures", measures, "Only these, such as p50,p95,rate (default: all)",
           "LIST");
  if (forcible)
    command.add_flag("--force", force, "Judge across unlike machines, loads and cores too");
  command.add_flag("--fail-inconclusive", fail_inconclusive,
                   "Exit code 125 if something is inconclusive");
}

CompareOptions ComparisonFlags::options() const {
  CompareOptions options;
  if (!threshold.empty()) options.threshold = parse_share(threshold, "--threshold");
  if (!measures.empty()) options.measures = parse_measures(measures);
  options.force = force;
  return options;
}

}  // namespace busmark
