// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <thread>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "machine/affinity.hpp"
#include "machine/resource_usage.hpp"
#include "support/plans.hpp"
#include "support/recorded_tree.hpp"
#include "verb/noise/judge.hpp"
#include "verb/noise/measure.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::test_clock;

/// What a thread that does nothing but burn its core did.
struct Burned {
  std::chrono::system_clock::time_point start;
  std::chrono::system_clock::time_point end;
  Nanoseconds cpu_time{};
};

Burned burn(CpuId cpu, Nanoseconds wait, Nanoseconds duration) {
  pin_this_thread(cpu);
  std::this_thread::sleep_for(wait);
  Burned burned;
  burned.start = std::chrono::system_clock::now();
  const ResourceUsage before = thread_usage();
  do {
    burned.end = std::chrono::system_clock::now();
  } while (burned.end - burned.start < duration);
  const ResourceUsage used = thread_usage() - before;
  burned.cpu_time = used.user + used.system;
  return burned;
}

TEST_CASE("a thread that burns the watched core for a second is found, timed and attributed") {
  const CpuId cpu = allowed_cpus().back();
  NoiseOptions options;
  options.cores = {cpu};
  options.duration = 2500ms;
  const StopFlag stop{false};
  Burned burned;
  NoiseResult result;
  {
    const std::jthread burner([&] { burned = burn(cpu, 700ms, 1s); });
    result = measure_noise(options, test_clock(), stop);
  }
  const NoiseSummary summary = summarise(result);
  const CoreNoise& core = result.cores.front();
  const CoreNoiseSummary& judged = summary.cores.front();

  // Found: each moment of the burner on this core is one the probe was switched out.
  CHECK(core.gaps.lost().switched >= burned.cpu_time * 9 / 10);
  // Attributed: nothing else can have taken as much in place.
  CHECK(judged.cause == NoiseCause::switches);
  // Timed: an episode covers the better part of the burner's second.
  const Nanoseconds start = burned.start - result.spin_time;
  const Nanoseconds end = burned.end - result.spin_time;
  Nanoseconds covered{};
  for (const NoiseEpisode& episode : judged.episodes) {
    const Nanoseconds from = std::max(start, episode.start);
    const Nanoseconds to = std::min(end, episode.start + episode.length);
    if (episode.switched) covered += std::max(Nanoseconds(0), to - from);
  }
  CHECK(covered >= (end - start) / 2);
}

TEST_CASE("every core asked for is watched for the whole time, then its timer") {
  const StopFlag stop{false};
  NoiseOptions options;
  options.cores = allowed_cpus();
  options.duration = 100ms;
  const NoiseResult result = measure_noise(options, test_clock(), stop);
  REQUIRE(result.cores.size() == options.cores.size());
  CHECK_FALSE(result.interrupted);
  CHECK(result.threshold >= 500ns);
  for (std::size_t i = 0; i < result.cores.size(); ++i) {
    CHECK(result.cores[i].cpu == options.cores[i]);
    CHECK(result.cores[i].run.observed >= 99ms);
    CHECK(result.cores[i].counted >= result.cores[i].run.observed);
    CHECK(result.cores[i].lateness.total() > 0);
    CHECK(result.cores[i].lateness.total() <= 20);
  }
}

TEST_CASE("a set stop flag ends the measurement and marks it") {
  const StopFlag stop{true};
  NoiseOptions options;
  options.cores = {allowed_cpus().front()};
  options.duration = 1h;
  const NoiseResult result = measure_noise(options, test_clock(), stop);
  CHECK(result.interrupted);
  CHECK(result.cores.front().lateness.total() == 0);
}

TEST_CASE("a core that cannot be had is refused and hangs nobody") {
  const StopFlag stop{false};
  NoiseOptions options;
  options.cores = {allowed_cpus().front(), CpuId{100'000}};
  options.duration = 100ms;
  CHECK_THROWS_AS((void)measure_noise(options, test_clock(), stop), SetupError);
}

TEST_CASE("without the kernel's tables the gaps are measured all the same") {
  const testing::RecordedTree nothing;
  const StopFlag stop{false};
  NoiseOptions options;
  options.cores = {allowed_cpus().front()};
  options.duration = 100ms;
  const NoiseResult result = measure_noise(options, test_clock(), stop, nothing.root());
  CHECK(result.cores.front().interrupts.empty());
  CHECK(result.cores.front().softirqs.empty());
  CHECK_FALSE(result.cores.front().stolen.has_value());
  CHECK(result.cores.front().run.observed >= 99ms);
}

TEST_CASE("a list of cores is checked against those that may be used") {
  Topology topology;
  topology.cpus = {{.id = CpuId{0}}, {.id = CpuId{2}}};
  CHECK_NOTHROW(check_cores({CpuId{2}, CpuId{0}}, topology, "--cores"));
  CHECK_THROWS_WITH_AS(check_cores({CpuId{1}}, topology, "--cores"),
                       "--cores: cpu 1 cannot be used by this process; it may use 0,2",
                       ConfigError);
  CHECK_THROWS_WITH_AS(check_cores({CpuId{2}, CpuId{2}}, topology, "--cores"),
                       "--cores: cpu 2 is listed twice; name each once", ConfigError);
  CHECK_THROWS_WITH_AS(check_cores({}, topology, "--cores"),
                       "--cores: the list is empty; write for example 0,2", ConfigError);
}

}  // namespace
}  // namespace busmark
