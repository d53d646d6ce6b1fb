// SPDX-License-Identifier: Apache-2.0
#include "aspect/users/keys.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "aspect/users/users.hpp"
#include "base/quote.hpp"

namespace busmark {
namespace {

constexpr std::int64_t kMostUsers = 1'000'000;

void read_think(const Field& in, Scenario& scenario) {
  if (in.as_text() == nullptr) {
    return in.wrong("a duration such as \"10ms\" or \"exp(10ms)\"");
  }
  try {
    scenario.think = parse_think(*in.as_text());
  } catch (const std::invalid_argument& error) {
    in.refuse(error.what());
  }
}

}  // namespace

std::optional<std::string> check_users(const Scenario& scenario) {
  if (scenario.users == 0) return std::nullopt;
  if (scenario.pattern != Pattern::request_reply) {
    return fmt::format(
        "await answers, which pattern = \"{}\" has none of; write pattern = \"request-reply\", or "
        "load in place of users",
        to_string(scenario.pattern));
  }
  if (!scenario.stages.empty()) return "make a load of their own; leave out stages, or users";
  if (!scenario.mix.empty()) return "all send the same; leave out mix, or users";
  if (scenario.on_full != OnFull::block) {
    return fmt::format(
        "await answers, and on_full = \"{}\" leaves some out for ever; write on_full = \"block\"",
        to_string(scenario.on_full));
  }
  if (scenario.users < scenario.producers) {
    return fmt::format(
        "are acted for by the producers, {} by {}; write users = {} or more, or fewer producers",
        scenario.users, scenario.producers, scenario.producers);
  }
  return std::nullopt;
}

ScenarioKey users_key() noexcept {
  ScenarioKey key = count_key<&Scenario::users, 1, kMostUsers>("users").swept();
  key.write = [](const Scenario& scenario) {
    return scenario.users == 0 ? std::string() : std::to_string(scenario.users);
  };
  return key;
}

ScenarioKey think_key() noexcept {
  return {.name = "think",
          .type = "string",
          .range = no_range,
          .read = read_think,
          .write =
              [](const Scenario& scenario) {
                return scenario.users == 0 ? std::string() : to_toml(to_string(scenario.think));
              },
          .value = [](const Scenario& scenario) -> StoredParameter::Value {
            if (scenario.users == 0) return {};
            return to_string(scenario.think);
          }};
}

void settle_users(const std::vector<const Layer*>& layers, Scenario& scenario, Problems& problems) {
  const Found users = find_last(layers, "users");
  const Found think = find_last(layers, "think");
  const Found load = find_last(layers, "load");
  if (users.value == nullptr) {
    // What [defaults] or a flag says is for those scenarios that have users.
    if (think.value == nullptr || think.layer + 2 != layers.size()) return;
    return problems.add(think.value->at, "think",
                        fmt::format("is what users do; write users = 100, or leave out think "
                                    "(scenario {})",
                                    in_quotes(scenario.name, 200)));
  }
  if (load.value != nullptr && load.layer == users.layer) {
    return problems.add(load.value->at, "load",
                        "stands beside users, who send when they have thought; leave out one");
  }
  if (load.value != nullptr && load.layer > users.layer) {
    scenario.users = 0;
    scenario.think = {};
    return;
  }
  scenario.load.rate.reset();
}

std::optional<std::string> users_unshared(const Scenario& scenario) {
  if (scenario.users == 0) return std::nullopt;
  return "agents share a rate; write load in place of users, or run it without --agents";
}

}  // namespace busmark
