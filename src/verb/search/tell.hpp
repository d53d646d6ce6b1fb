// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "verb/search/search.hpp"

namespace busmark {

inline constexpr const char* kSearchSchema = "busmark.search/1";

/// One scenario of `busmark search`.
struct SearchedScenario {
  std::string name;
  std::string transport;
  std::vector<std::string> budget;  ///< As the user wrote it.
  RateSearchRules rules;
  RateSearchResult result;
};

/// A whole session of `busmark search`.
struct SearchSession {
  std::string config;
  std::string started_at;  ///< UTC, ISO 8601.
  std::string machine;
  std::string version;
  Nanoseconds trial{};  ///< Measured time of one trial.
  std::vector<SearchedScenario> scenarios;
  bool interrupted = false;
};

/// The curve of each scenario as a table, and the answer in sentences. Pure.
[[nodiscard]] std::string write_search_text(const SearchSession& session, bool color);
/// `busmark.search/1`.
[[nodiscard]] std::string write_search_json(const SearchSession& session);

}  // namespace busmark
