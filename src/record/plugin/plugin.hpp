// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace busmark {

/// What a plugin's transport begins with: `plugin/NAME`.
inline constexpr std::string_view kPluginPrefix = "plugin/";

/// A plugin as the user names it: a line of `[plugins]` or a `--plugin`.
struct PluginChoice {
  std::string name;  ///< As in `plugin/NAME`; empty: what the plugin calls itself.
  std::string file;
  std::string missing{};  ///< Why it is left out; empty: it is there.
  bool operator==(const PluginChoice&) const = default;
};

/// What a result keeps of a plugin that took part.
struct PluginReport {
  std::string name;  ///< As in `plugin/NAME`.
  std::string file;
  std::string title;  ///< What it calls itself.
  std::string version;
  std::string abi;     ///< `1.0`.
  std::string sha256;  ///< Of the file, in hexadecimal.
};

/// What a message pays for going through the table of a plugin: queue/spsc driven through one,
/// less the same called directly. Nanoseconds of a push and a pop.
struct DoorCost {
  std::uint32_t batch = 1;
  double added_ns = 0;  ///< Median of the rounds.
  double low_ns = 0;    ///< Its 95 % interval by the sign test.
  double high_ns = 0;
};

}  // namespace busmark
