// SPDX-License-Identifier: Apache-2.0
#include "config/overrides.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/quote.hpp"
#include "transport/keys.hpp"

namespace busmark {
namespace {

/// `transport.nats`.
bool is_option_table(std::string_view name) {
  const auto tables = option_tables();
  return std::any_of(tables.begin(), tables.end(), [&](const OptionTable& table) {
    return name == fmt::format("transport.{}", table.name);
  });
}

}  // namespace

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
    if (table != "run" && table != "scenario" && !is_option_table(table)) {
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

}  // namespace busmark
