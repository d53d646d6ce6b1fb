// SPDX-License-Identifier: Apache-2.0
#include "transport/plugin/plugin.hpp"

#include <algorithm>
#include <chrono>
#include <memory>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/file_hash.hpp"
#include "base/quote.hpp"
#include "transport/plugin/endpoints.hpp"
#include "transport/plugin/guard.hpp"
#include "transport/plugin/library.hpp"

namespace busmark {
namespace {

constexpr Nanoseconds kTimeToOpen = std::chrono::seconds(10);

/// Written while the process has one thread.
std::vector<std::unique_ptr<const Plugin>>& plugins_so_far() {
  static std::vector<std::unique_ptr<const Plugin>> plugins;
  return plugins;
}

/// What a scenario would do before its first message.
void try_to_open(const std::string& file, const GuardSteps& steps) {
  steps.begin("loading it");
  busmark_plugin table{};
  try {
    table = read_plugin_table(file);
  } catch (const SetupError&) {
    return;  // the caller will find the same, and can say it
  }
  TransportOptions options{.capacity = 16, .payload = std::max(table.min_payload, 16U)};
  if (table.max_payload != 0) options.payload = std::min(options.payload, table.max_payload);
  try {
    steps.begin("open");
    const OpenBus bus(table, options);
    steps.begin("producer");
    PluginProducer producer(bus, 0);
    steps.begin("consumer");
    PluginConsumer consumer(bus, 0);
    steps.begin("end_consumer");
    consumer = {};
    steps.begin("end_producer");
    producer = {};
    steps.begin("close");
  } catch (const SetupError& error) {
    steps.say(error.what());
  }
}

std::string checked_name(const std::string& name) {
  constexpr std::size_t kLongest = 60;
  const bool good = !name.empty() && name.size() <= kLongest &&
                    name.find_first_not_of(
                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789._-+=") == std::string::npos;
  if (good) return name;
  throw SetupError(
      fmt::format("a plugin cannot be named {}; write 1 to {} letters, digits or any "
                  "of . _ - + =",
                  in_quotes(name), kLongest));
}

const Plugin* find_by(const std::string& name, const std::string& file) {
  const Plugin* const there = find_plugin(std::string(kPluginPrefix) + name);
  if (there == nullptr || there->report.file == file) return there;
  throw SetupError(fmt::format("plugin/{} is {} already; give {} another name", name,
                               in_quotes(there->report.file, 200), in_quotes(file, 200)));
}

}  // namespace

const Plugin& load_plugin(const PluginChoice& choice) {
  if (!choice.name.empty()) {
    if (const Plugin* there = find_by(checked_name(choice.name), choice.file)) return *there;
  }
  for (const auto& plugin : plugins_so_far()) {
    const PluginReport& known = plugin->report;
    if (choice.name.empty() && known.file == choice.file && known.name == known.title) {
      return *plugin;
    }
  }
  const std::string& file = choice.file;
  const GuardResult tried =
      run_guarded([&](const GuardSteps& steps) { try_to_open(file, steps); }, kTimeToOpen);
  if (!tried.fault.empty()) {
    throw SetupError(fmt::format("plugin {}: {} {}, tried in a process of its own",
                                 in_quotes(choice.file, 200), tried.step, tried.fault));
  }
  if (!tried.findings.empty()) {
    throw SetupError(
        fmt::format("plugin {}: {}", in_quotes(choice.file, 200), tried.findings.front()));
  }
  auto plugin = std::make_unique<Plugin>();
  plugin->table = read_plugin_table(file);
  const std::string name = choice.name.empty() ? plugin->table.name : choice.name;
  if (const Plugin* there = find_by(name, choice.file)) return *there;
  plugin->transport = std::string(kPluginPrefix) + name;
  plugin->summary = plugin->table.summary;
  plugin->report = {.name = name,
                    .file = choice.file,
                    .title = plugin->table.name,
                    .version = plugin->table.version,
                    .abi = fmt::format("{}.{}", plugin->table.abi_major, plugin->table.abi_minor),
                    .sha256 = sha256_of_file(file)};
  return *plugins_so_far().emplace_back(std::move(plugin));
}

const Plugin* find_plugin(std::string_view transport) noexcept {
  for (const auto& plugin : plugins_so_far()) {
    if (plugin->transport == transport) return plugin.get();
  }
  return nullptr;
}

TransportInfo info_of(const Plugin& plugin) {
  const busmark_plugin& table = plugin.table;
  PatternSet patterns{};
  const auto serve = [&](std::uint32_t bit, Pattern pattern) {
    if ((table.patterns & bit) != 0) patterns.add(pattern);
  };
  serve(BUSMARK_PATTERN_ONE_WAY, Pattern::one_way);
  serve(BUSMARK_PATTERN_FAN_IN, Pattern::fan_in);
  serve(BUSMARK_PATTERN_QUEUE_GROUP, Pattern::queue_group);
  serve(BUSMARK_PATTERN_FAN_OUT, Pattern::fan_out);
  return {.name = plugin.transport,
          .summary = plugin.summary,
          .max_producers = table.max_producers,
          .max_consumers = table.max_consumers,
          .min_payload = table.min_payload,
          .max_payload = table.max_payload,
          .lossless = (table.flags & BUSMARK_LOSSY) == 0,
          .patterns = patterns,
          .server = (table.flags & BUSMARK_OWN_THREADS) != 0};
}

}  // namespace busmark
