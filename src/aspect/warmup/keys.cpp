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

}  // namespace

void Field::warmup(Scenario& target) const {
  const auto* text = std::get_if<std::string>(&value_.data);
  const bool by_rule = text != nullptr && (*text == kAuto || text->starts_with("auto "));
  const bool a_word = text != nullptr && (text->empty() || text->front() > '9');
  if (!by_rule && a_word) return wrong("\"auto\", \"auto 60s\" or a duration such as \"200ms\"");
  if (!by_rule) {
    Nanoseconds read{-1};
    duration(Nanoseconds(0), read);
    if (read.count() < 0) return;  // and it has said why
    target.warmup = read;
    target.warmup_ends_steady = false;
    return;
  }
  Nanoseconds limit = kUsualLimit;
  if (*text != kAuto) {
    const Value rest{.data = text->substr(kAuto.size() + 1), .at = value_.at};
    Problems own;
    Field(rest, key_, own).duration(kShortestLimit, limit);
    if (!own.empty()) {
      return wrong("\"auto\" or \"auto 60s\" with a limit from 4s to 24h");
    }
  }
  target.warmup = limit;
  target.warmup_ends_steady = true;
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

}  // namespace busmark
