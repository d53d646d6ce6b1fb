// SPDX-License-Identifier: Apache-2.0
#include "overrides.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "busmark/core/quote.hpp"
#include "busmark/core/suggest.hpp"
#include "busmark/workload/config_file.hpp"

namespace busmark {

std::vector<FlagSetting> read_flag_settings(const std::vector<std::string>& flags,
                                            Problems& problems) {
  std::vector<FlagSetting> settings;
  for (const std::string& flag : flags) {
    const std::size_t equals = flag.find('=');
    constexpr std::string_view kOfTransport = "transport.";
    const std::size_t dot =
        flag.find('.', flag.starts_with(kOfTransport) ? kOfTransport.size() : 0);
    const bool whole = equals != std::string::npos && dot < equals;
    const std::string table = whole ? flag.substr(0, dot) : "";
    if (table != "run" && table != "scenario" && table != "transport.nats" &&
        table != "transport.synthetic") {
      problems.add({"--set", 0, 0}, "",
                   fmt::format("{} is neither scenario.KEY=VALUE nor run.KEY=VALUE, for example "
                               "scenario.load=100k/s",
                               in_quotes(flag)));
      continue;
    }
    const std::string key = flag.substr(dot + 1, equals - dot - 1);
    const std::string name = in_quotes(table + '.' + key);
    const Place at{"--set " + name.substr(1, name.size() - 2), 0, 0};
    settings.push_back({table, {key, at, parse_flag_value(flag.substr(equals + 1), at)}});
  }
  return settings;
}

bool matches_glob(std::string_view pattern, std::string_view text) noexcept {
  // Only the last `*` needs to be tried again, so the time is at most the product of the lengths.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::string no_match_message(std::string_view pattern, const std::vector<std::string>& names) {
  constexpr std::size_t kMostNames = 20;
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), kMostNames); ++i) {
    list += fmt::format("{}{}", i == 0 ? "" : ", ", names[i]);
  }
  if (names.size() > kMostNames) list += fmt::format(" and {} more", names.size() - kMostNames);
  // A swept scenario is meant by its own name, so `name*` is offered too.
  std::vector<std::string> offers = names;
  for (const auto& name : names) offers.push_back(name.substr(0, name.find('/')) + '*');
  const std::vector<std::string_view> views(offers.begin(), offers.end());
  const auto nearest = nearest_name(pattern, views);
  return fmt::format("no scenario matches {}{}; there are {}", in_quotes(pattern),
                     nearest ? fmt::format(" (did you mean \"{}\"?)", *nearest) : "", list);
}

}  // namespace busmark
