// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include <fmt/core.h>

#include "verb/doctor/check.hpp"

namespace busmark {
namespace {

/// Longer than this a wake-up is seen beside the rest of it, about 2 us at best.
constexpr std::int64_t kTolerableExitMicroseconds = 2;

struct DeepState {
  std::string name;
  std::int64_t exit_us = 0;
  CpuList cpus;
};

/// Enabled states of the chosen cores whose exit takes long, each once.
std::vector<DeepState> deep_states(const Examination& machine, bool& any) {
  std::vector<DeepState> states;
  for (const CpuId cpu : machine.cores) {
    for (const auto& path : machine.first.matching(cpu_file(cpu, "cpuidle/state#/latency"))) {
      const auto exit_us = machine.first.number(path);
      const std::string folder = path.substr(0, path.rfind('/') + 1);
      if (!exit_us) continue;
      any = true;
      if (*exit_us <= kTolerableExitMicroseconds) continue;
      if (machine.first.number(folder + "disable").value_or(0) != 0) continue;
      const std::string name = machine.first.line(folder + "name").value_or("unnamed");
      const auto same = std::find_if(states.begin(), states.end(), [&](const DeepState& each) {
        return each.name == name && each.exit_us == *exit_us;
      });
      if (same == states.end()) {
        states.push_back({name, *exit_us, {cpu}});
      } else {
        same->cpus.push_back(cpu);
      }
    }
  }
  return states;
}

Outcome idle_states(const Examination& machine) {
  bool any = false;
  const auto states = deep_states(machine, any);
  const auto driver = machine.first.line("sys/devices/system/cpu/cpuidle/current_driver");
  if (!any) {
    return unknown(driver ? fmt::format("driver {} lists no idle states of these cores", *driver)
                          : machine.first.why_not("sys/devices/system/cpu/cpuidle/current_driver"));
  }
  if (states.empty()) {
    return ok(fmt::format("none over {} us enabled{}", kTolerableExitMicroseconds,
                          driver ? ", driver " + *driver : ""));
  }
  std::string found;
  std::int64_t longest = 0;
  CpuList cpus;
  for (const DeepState& state : states) {
    found += fmt::format("{}{} ({} us)", found.empty() ? "" : ", ", state.name, state.exit_us);
    longest = std::max(longest, state.exit_us);
    cpus.insert(cpus.end(), state.cpus.begin(), state.cpus.end());
  }
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  const std::string list = format_cpu_list(cpus);
  Outcome outcome =
      warn(found + " on " + cpus_text(cpus),
           {{fmt::format("cpupower -c {} idle-set -D {}", list, kTolerableExitMicroseconds),
             "or boot with processor.max_cstate=1 intel_idle.max_cstate=0"},
            {fmt::format("cpupower -c {} idle-set -E", list)}});
  // A thread that spins keeps its core awake; one that sleeps pays at every message.
  constexpr std::int64_t kLongest = 1'000'000;
  if (machine.sleeps) {
    outcome.delay = Delay{std::chrono::microseconds(std::min(longest, kLongest)), 1.0};
  }
  return outcome;
}

Outcome wake_up_request(const Examination& machine) {
  const std::string path = "dev/cpu_dma_latency";
  const KernelFile& file = machine.first.file(path);
  if (!file.readable()) return unknown(machine, path);
  std::int32_t microseconds = 0;
  if (file.text.size() != sizeof microseconds) return unknown(machine, path);
  std::memcpy(&microseconds, file.text.data(), sizeof microseconds);
  if (microseconds >= 0 && microseconds <= kTolerableExitMicroseconds) {
    return ok(fmt::format("{} us", microseconds));
  }
  constexpr std::int32_t kNoRequest = 2'000'000'000;
  const std::string found =
      microseconds == kNoRequest ? "no request is held" : fmt::format("{} us", microseconds);
  const Cure cure{
      {"nothing: busmark holds it at 0 in runs whose threads sleep (as root); for your "
       "own program keep /dev/cpu_dma_latency open after writing four zero bytes"}};
  return machine.sleeps ? warn(found, cure) : note(found, cure);
}

Outcome halt_polling(const Examination& machine) {
  const std::string path = "sys/module/haltpoll/parameters/guest_halt_poll_ns";
  const auto guest = machine.first.number(path);
  if (!guest) {
    const auto host = machine.first.number("sys/module/kvm/parameters/halt_poll_ns");
    return host ? note(fmt::format("this kernel's own guests: {} ns", *host))
                : unknown(machine, path);
  }
  if (*guest != 0) return note(fmt::format("{} ns", *guest));
  return note("0 ns: every sleep leaves the guest",
              {{"echo 200000 > /" + path}, {"echo 0 > /" + path}});
}

constexpr std::array kIdleChecks{
    Check{"idle-states", FindingLevel::warn, "none enabled that takes over 2 us to leave",
          "A core that sleeps deeply wakes late: each message that finds its consumer asleep pays "
          "the exit time.",
          idle_states},
    Check{"wake-up-request", FindingLevel::warn, "at most 2 us, where threads sleep",
          "A program that holds /dev/cpu_dma_latency forbids deep idle states; with 0 the median "
          "futex wake-up fell from 20.8 to 3.6 us on a KVM guest.",
          wake_up_request},
    Check{"halt-polling", FindingLevel::note, "over 0 in a guest whose threads sleep",
          "A guest that goes idle hands its core to the hypervisor and waits to get it back; "
          "polling a little first avoids that.",
          halt_polling},
};

}  // namespace

std::span<const Check> idle_checks() noexcept { return kIdleChecks; }

}  // namespace busmark
