// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/selection.hpp"
#include "record/scenario.hpp"

namespace busmark {

/// What the command line adds to a config file, and what the rooms above know that it does not.
struct ConfigOverrides {
  /// `scenario.KEY=VALUE` (for every scenario) or `run.KEY=VALUE`. VALUE is read as TOML, else as a
  /// string, so quotes are rarely needed: `scenario.load=100k/s`, `scenario.payload=[64,1KiB]`.
  std::vector<std::string> set;
  Selection select;
  /// Beside those of [plugins], where one of the same name gives way to them.
  std::vector<PluginChoice> plugins;
  /// Makes a plugin known and returns the name that `transport` may take then; throws SetupError.
  std::function<std::string(const PluginChoice&)> load_plugin;
  /// Names that `transport` may take, plugins apart; empty: any.
  std::vector<std::string> transports;
  /// Returns what is wrong with a scenario; the sentence is shown with the place of its transport.
  std::function<std::optional<std::string>(const Scenario&)> check;
};

/// The config that is standard input.
inline constexpr const char* kStandardInput = "-";
/// What messages call a config: its path, or `<stdin>`.
[[nodiscard]] std::string config_shown(const std::filesystem::path& file);
/// A path without what a terminal may obey.
[[nodiscard]] std::string shown_path(std::string_view path);
/// Refuses what is larger than a config may be; throws ConfigError.
void check_size(std::string_view text, const std::string& shown);
/// The text of a config file, a pipe or standard input (`-`). Throws ConfigError where there is
/// none, or it is too large for one.
[[nodiscard]] std::string read_config_file(const std::filesystem::path& file);

/// Reads TOML of at most 1 MiB; `file_name` is shown in messages, its stem is the run's default
/// name. Every key: docs/config.md.
///
/// A list for `transport`, `payload`, `producers`, `consumers`, `load`, `wait`, `batch` or `layout`
/// sweeps: one scenario for each combination, the key named first here varies slowest whatever the
/// order in the file, and `/KEY=VALUE` is appended to the name for each such list, one of
/// a single element too: `pingpong/payload=64B/load=100k`. Rates stand without their `/s`.
///
/// Throws ConfigError with every mistake of the file in the order of the lines. After a mistake in
/// the TOML itself nothing more can be found, so that one stands alone.
[[nodiscard]] RunConfig parse_config(std::string_view text, std::string_view file_name,
                                     const ConfigOverrides& overrides = {});

/// Every key the parser knows: `run.name`, `scenario.payload`.
[[nodiscard]] std::vector<std::string> config_keys();

/// Time that all repetitions take when nothing is disturbed: warm-up, duration and 50 ms around
/// each for threads, memory and witness. Drains and retries are not in it.
[[nodiscard]] Nanoseconds planned_time(const RunConfig& config) noexcept;

/// Fits the same scenarios into `budget` and marks the run as quick; retries become 0, because they
/// would break the budget, and repetitions beyond the planned ones have what is left of it.
/// Repetitions are reduced, evenly, only as far as no duration falls below
/// 100 ms; then one factor scales every warm-up, duration and fault. No duration ends below 1 ms:
/// so many scenarios that their set-up alone exceeds the budget take longer than it.
void scale_to_quick(RunConfig& config, Nanoseconds budget);

}  // namespace busmark
