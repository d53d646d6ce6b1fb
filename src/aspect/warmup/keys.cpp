// SPDX-License-Identifier: Apache-2.0
#include "aspect/warmup/keys.hpp"

#include <chrono>
#include <stdexcept>

#include <fmt/format.h>

#include "base/quote.hpp"

namespace busmark {
namespace {

constexpr std::string_view kAuto = "auto";
/// Enough for windows that scatter by a tenth (bench/warmup_bench.cpp).
constexpr Nanoseconds kUsualLimit = std::chrono::seconds(30);
/// The rule looks after 60 windows of 50 ms for the first time.
constexpr Nanoseconds kShortestLimit = std::chrono::seconds(4);

/// What of the scenario needs to know beforehand when measuring begins; empty: nothing.
std::string_view what_is_planned(const Scenario& scenario) {
  if (!scenario.stages.empty()) return "stages";
  if (!scenario.mix.empty()) return "a mix";
  if (scenario.fault) return "a fault";
  return {};
}

void read_warmup(const Field& in, Scenario& target) {
  const std::string* text = in.as_text();
  const bool by_rule = text != nullptr && (*text == kAuto || text->starts_with("auto "));
  const bool a_word = text != nullptr && (text->empty() || text->front() > '9');
  if (!by_rule && a_word) return in.wrong("\"auto\", \"auto 60s\" or a duration such as \"200ms\"");
  if (!by_rule) {
    Nanoseconds read{-1};
    in.duration(Nanoseconds(0), read);
    if (read.count() < 0) return;  // and it has said why
    target.warmup = read;
    target.warmup_ends_steady = false;
    return;
  }
  Nanoseconds limit = kUsualLimit;
  if (*text != kAuto) {
    const Value rest{.data = text->substr(kAuto.size() + 1), .at = in.value().at};
    Problems own;
    Field(rest, "warmup", own).duration(kShortestLimit, limit);
    if (!own.empty()) {
      return in.wrong("\"auto\" or \"auto 60s\" with a limit from 4s to 24h");
    }
  }
  target.warmup = limit;
  target.warmup_ends_steady = true;
}

}  // namespace

ScenarioKey warmup_key() noexcept {
  ScenarioKey key = duration_key<&Scenario::warmup, 0>("warmup").kept();
  key.type = "duration or `\"auto\"`";
  key.range = [] {
    return fmt::format("{}; auto: {} to {}", duration_range(Nanoseconds(0)),
                       format_duration(kShortestLimit), format_duration(kLongest));
  };
  key.read = read_warmup;
  key.write = [](const Scenario& scenario) {
    std::string text = to_toml(scenario.warmup);
    if (scenario.warmup_ends_steady) text.insert(1, "auto ");
    return text;
  };
  return key;
}

void check_warmup(const std::vector<const Layer*>& layers, const Scenario& scenario,
                  Problems& problems) {
  if (!scenario.warmup_ends_steady) return;
  const std::string_view planned = what_is_planned(scenario);
  if (planned.empty()) return;
  problems.add(find_last(layers, "warmup").value->at, "warmup",
               fmt::format("ends by itself, and {} is planned from a fixed moment on; write a "
                           "duration such as warmup = \"1s\" (scenario {})",
                           planned, in_quotes(scenario.name, 200)));
}

std::optional<std::string> warmup_misfit(const TransportInfo& transport, const Scenario& scenario) {
  if (!transport.operation || !scenario.warmup_ends_steady) return std::nullopt;
  return fmt::format(
      "{} sends no messages that could tell when it is warm; write a duration such as warmup = "
      "\"200ms\"",
      transport.name);
}

std::optional<std::string> warmup_unshared(const Scenario& scenario) {
  if (!scenario.warmup_ends_steady) return std::nullopt;
  return "agents agree on when to measure before they start; write a duration such as warmup = "
         "\"1s\", or run it without --agents";
}

}  // namespace busmark
