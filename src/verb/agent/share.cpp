// SPDX-License-Identifier: Apache-2.0
#include "verb/agent/share.hpp"

#include <chrono>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "aspect/aspect.hpp"

namespace busmark {

void check_agents_plan(const RunConfig& config, const PlanText& plan) {
  constexpr std::size_t kMostText = 256 * 1024;
  for (const Scenario& scenario : config.scenarios) {
    for (const Aspect& aspect : all_aspects()) {
      const auto why = aspect.unshared == nullptr ? std::nullopt : aspect.unshared(scenario);
      if (why) throw SetupError(fmt::format("scenario {}: {}", scenario.name, *why));
    }
    if (scenario.transport == "nats/wire") continue;
    throw SetupError(fmt::format(
        "scenario {}: agents measure nats/wire alone, and this is {}; choose the scenarios with "
        "--only",
        scenario.name, scenario.transport));
  }
  if (!config.run.until.precise.empty() || (config.run.at_most.count() != 0 && !plan.quick)) {
    throw SetupError(
        "agents measure the planned repetitions and no more; leave out run.until and run.at_most, "
        "or run it without --agents");
  }
  const NatsOptions& nats = config.run.nats;
  const bool has_secret = !(nats.user + nats.password + nats.token).empty();
  if (has_secret || (nats.url != "auto" && nats.url != "own")) {
    throw SetupError(
        "with --agents the server is that of --nats, and each agent brings its own address and "
        "secrets; leave url, user, password and token out of [transport.nats]");
  }
  if (!config.run.cores.automatic() || config.run.cores.sweep) {
    throw SetupError(
        "run.cores are those of one machine; leave them out and write `busmark agent --cores` "
        "where an agent needs certain ones");
  }
  if (plan.text.size() > kMostText) {
    throw SetupError(fmt::format("the config has {} bytes and agents take {}; split it",
                                 plan.text.size(), kMostText));
  }
}

RunConfig share_of_agent(RunConfig config, std::uint32_t index, std::uint32_t agents,
                         const std::string& server) {
  config.run.nats.url = server;
  config.run.seed += std::uint64_t{1'000'000} * index;
  for (Scenario& scenario : config.scenarios) {
    if (scenario.load.rate) scenario.load.rate->per_second /= agents;
  }
  return config;
}

}  // namespace busmark
