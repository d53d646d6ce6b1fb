// SPDX-License-Identifier: Apache-2.0
#include "verb/tune/knobs.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "busmark/base/error.hpp"

#include "engine/registry.hpp"
#include "plan/limits.hpp"
#include "plan/placement.hpp"

namespace busmark {
namespace {

constexpr std::uint32_t kSmallBatch = 8;
constexpr std::uint32_t kLargeBatch = 64;
constexpr std::uint32_t kCapacityFactor = 4;
constexpr std::uint32_t kMostCapacity = 1 << 20;
constexpr std::size_t kMostPlacements = 4;

constexpr const char* kWait = "scenario.wait";
constexpr const char* kTransport = "scenario.transport";
constexpr const char* kBatch = "scenario.batch";
constexpr const char* kCapacity = "scenario.capacity";
constexpr const char* kRealtime = "run.realtime";
constexpr const char* kHugePages = "run.huge_pages";
constexpr const char* kCores = "run.cores";

using Candidates = std::vector<TuneCandidate>;

/// `queue` of `queue/spsc`: what may stand for each other.
std::string_view family(std::string_view transport) {
  return transport.substr(0, transport.find('/'));
}

Candidates waits(const Scenario& scenario) {
  Candidates list;
  const std::string now(to_string(scenario.wait));
  for (const WaitStrategy wait : {WaitStrategy::spin, WaitStrategy::yield, WaitStrategy::park}) {
    if (wait == scenario.wait) continue;
    list.push_back({TuneKnob::wait, {{kWait, now}}, {{kWait, std::string(to_string(wait))}}, {}});
  }
  return list;
}

Candidates transports(const Scenario& scenario) {
  Candidates list;
  const TransportEntry* const own = find_transport(scenario.transport);
  for (const TransportEntry& entry : all_transport_entries()) {
    const TransportInfo& info = entry.info;
    const bool alike = family(info.name) == family(scenario.transport) && !info.server &&
                       own != nullptr && info.lossless == own->info.lossless;
    if (!alike || info.name == scenario.transport) continue;
    Scenario other = scenario;
    other.transport = info.name;
    TuneCandidate candidate{TuneKnob::transport,
                            {{kTransport, scenario.transport}},
                            {{kTransport, other.transport}},
                            {}};
    if (const auto fault = check_transport_limits(other)) candidate.obstacle = *fault;
    list.push_back(std::move(candidate));
  }
  return list;
}

/// The first other transport that serves, with each other way to wait.
Candidates pairs(const Scenario& scenario) {
  Candidates list;
  for (const TuneCandidate& transport : transports(scenario)) {
    if (!transport.obstacle.empty()) continue;
    for (const TuneCandidate& wait : waits(scenario)) {
      list.push_back({TuneKnob::transport_and_wait,
                      {transport.now.front(), wait.now.front()},
                      {transport.tried.front(), wait.tried.front()},
                      {}});
    }
    break;
  }
  return list;
}

Candidates batches(const Scenario& scenario) {
  Candidates list;
  for (const std::uint32_t batch : {1U, kSmallBatch, kLargeBatch}) {
    if (batch == scenario.batch || batch > scenario.capacity) continue;
    list.push_back({TuneKnob::batch,
                    {{kBatch, std::to_string(scenario.batch)}},
                    {{kBatch, std::to_string(batch)}},
                    {}});
  }
  return list;
}

Candidates capacities(const Scenario& scenario) {
  Candidates list;
  const std::uint32_t now = scenario.capacity;
  const auto add = [&](std::uint32_t capacity) {
    list.push_back({TuneKnob::capacity,
                    {{kCapacity, std::to_string(now)}},
                    {{kCapacity, std::to_string(capacity)}},
                    {}});
  };
  if (now / kCapacityFactor >= std::max(scenario.batch, 1U)) add(now / kCapacityFactor);
  if (now <= kMostCapacity / kCapacityFactor) add(now * kCapacityFactor);
  return list;
}

Candidates realtimes(const Scenario& scenario, const RunOptions& run, const TuneMachine& machine) {
  const auto word = [](bool on) { return std::string(on ? "true" : "false"); };
  TuneCandidate candidate{TuneKnob::realtime,
                          {{kRealtime, word(run.realtime)}},
                          {{kRealtime, word(!run.realtime)}},
                          {}};
  if (!run.realtime) {
    candidate.obstacle = machine.no_realtime;
    if (candidate.obstacle.empty() && scenario.wait != WaitStrategy::park) {
      candidate.obstacle = machine.realtime_trap;
    }
  }
  return {std::move(candidate)};
}

/// With and without, as the one or the other is what the system does by itself.
Candidates huge_pages(const RunOptions& run, const TuneMachine& machine) {
  const HugePages with = machine.huge_pages_always ? HugePages::system : HugePages::on;
  const HugePages without = machine.huge_pages_always ? HugePages::off : HugePages::system;
  const bool now = run.huge_pages == HugePages::on || run.huge_pages == with;
  TuneCandidate candidate{TuneKnob::huge_pages,
                          {{kHugePages, std::string(to_string(run.huge_pages))}},
                          {{kHugePages, std::string(to_string(now ? without : with))}},
                          {}};
  if (!now) candidate.obstacle = machine.no_huge_pages;
  return {std::move(candidate)};
}

std::string core_list(const std::vector<CpuId>& cpus) {
  std::vector<int> numbers;
  std::ranges::transform(cpus, std::back_inserter(numbers), [](CpuId cpu) { return index(cpu); });
  return fmt::format("[{}]", fmt::join(numbers, ","));
}

Candidates placements(const Scenario& scenario, const RunOptions& run, const TuneMachine& machine) {
  const std::vector<CpuId> now = place(machine.topology, scenario, run.cores).cpus;
  std::vector<std::vector<CpuId>> others{{now.rbegin(), now.rend()}};
  if (scenario.producers == 1 && scenario.consumers == 1) {
    for (const SweptPlacement& swept : place_each_distance(machine.topology, scenario)) {
      // Both threads on one core is a placement to know, never one to want.
      if (!swept.placement.shared) others.push_back(swept.placement.cpus);
    }
  }
  Candidates list;
  std::set<std::vector<CpuId>> seen{now};
  for (const std::vector<CpuId>& other : others) {
    // A core twice is no list of cores; such a placement was shared and stays as it is.
    const bool distinct = std::set(other.begin(), other.end()).size() == other.size();
    if (!distinct || !seen.insert(other).second || list.size() == kMostPlacements) continue;
    list.push_back({TuneKnob::cores, {{kCores, core_list(now)}}, {{kCores, core_list(other)}}, {}});
  }
  return list;
}

std::uint32_t whole(const std::string& text) {
  std::uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

void apply_one(const TuneSetting& setting, Scenario& scenario, RunOptions& run) {
  if (setting.key == kWait) {
    for (const WaitStrategy wait : {WaitStrategy::spin, WaitStrategy::yield, WaitStrategy::park}) {
      if (setting.value == to_string(wait)) scenario.wait = wait;
    }
  } else if (setting.key == kTransport) {
    scenario.transport = setting.value;
  } else if (setting.key == kBatch) {
    scenario.batch = whole(setting.value);
  } else if (setting.key == kCapacity) {
    scenario.capacity = whole(setting.value);
  } else if (setting.key == kRealtime) {
    run.realtime = setting.value == "true";
  } else if (setting.key == kHugePages) {
    for (const HugePages pages : {HugePages::system, HugePages::on, HugePages::off}) {
      if (setting.value == to_string(pages)) run.huge_pages = pages;
    }
  } else if (setting.key == kCores) {
    run.cores.cores.clear();
    for (std::size_t at = 0; at < setting.value.size(); ++at) {
      const bool digit = setting.value[at] >= '0' && setting.value[at] <= '9';
      const bool begins = digit && (setting.value[at - 1] == '[' || setting.value[at - 1] == ',');
      if (begins) {
        run.cores.cores.push_back(CpuId{static_cast<int>(whole(setting.value.substr(at)))});
      }
    }
  }
}

}  // namespace

std::string_view to_string(TuneKnob knob) noexcept {
  switch (knob) {
    case TuneKnob::wait: return "wait";
    case TuneKnob::transport: return "transport";
    case TuneKnob::transport_and_wait: return "transport and wait";
    case TuneKnob::batch: return "batch";
    case TuneKnob::capacity: return "capacity";
    case TuneKnob::realtime: return "realtime";
    case TuneKnob::huge_pages: return "huge pages";
    case TuneKnob::cores: return "cores";
  }
  return "unknown";
}

std::string TuneSetting::short_text() const {
  constexpr std::string_view kScenario = "scenario.";
  return (key.starts_with(kScenario) ? key.substr(kScenario.size()) : key) + "=" + value;
}

std::vector<TuneCandidate> tune_candidates(TuneKnob knob, const Scenario& scenario,
                                           const RunOptions& run, const TuneMachine& machine) {
  const bool server = family(scenario.transport) == "nats" || family(scenario.transport) == "js";
  switch (knob) {
    case TuneKnob::wait: return waits(scenario);
    case TuneKnob::transport: return server ? Candidates{} : transports(scenario);
    case TuneKnob::transport_and_wait: return server ? Candidates{} : pairs(scenario);
    case TuneKnob::batch: return batches(scenario);
    case TuneKnob::capacity: return capacities(scenario);
    case TuneKnob::realtime: return realtimes(scenario, run, machine);
    case TuneKnob::huge_pages: return huge_pages(run, machine);
    // The server's core is chosen with those of the threads, by `layout`.
    case TuneKnob::cores: return server ? Candidates{} : placements(scenario, run, machine);
  }
  return {};
}

void apply(const std::vector<TuneSetting>& settings, Scenario& scenario, RunOptions& run) {
  for (const TuneSetting& setting : settings) apply_one(setting, scenario, run);
}

std::string short_text(const std::vector<TuneSetting>& settings) {
  std::string text;
  for (const TuneSetting& setting : settings)
    text += (text.empty() ? "" : ",") + setting.short_text();
  return text;
}

void put_settings(std::vector<TuneSetting>& into, const std::vector<TuneSetting>& settings) {
  for (const TuneSetting& setting : settings) {
    const auto same = std::find_if(into.begin(), into.end(),
                                   [&](const TuneSetting& one) { return one.key == setting.key; });
    if (same != into.end()) {
      *same = setting;
    } else {
      into.push_back(setting);
    }
  }
}

std::string why_not_tunable(const Scenario& scenario) {
  const TransportEntry* transport = find_transport(scenario.transport);
  if (scenario.fault) return "it has a fault, and what is broken on purpose is not tuned";
  if (!scenario.stages.empty()) {
    return "it has stages, and one load is tuned at a time; set stages aside for it";
  }
  if (transport != nullptr && transport->info.operation) {
    return fmt::format("{} carries no messages", scenario.transport);
  }
  return {};
}

}  // namespace busmark
