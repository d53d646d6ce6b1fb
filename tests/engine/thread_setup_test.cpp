// SPDX-License-Identifier: Apache-2.0
#include "engine/thread_setup.hpp"

#include <sched.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "engine/runner.hpp"
#include "plan/plan.hpp"
#include "record/run_result.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;

TEST_CASE("whoever moved a thread is told by what the kernel allows") {
  const std::vector<CpuId> both{CpuId{0}, CpuId{1}};
  CHECK(why_moved("producer 0", CpuId{1}, {CpuId{0}}, CpuId{0}, {both, both}) ==
        "producer 0 was pinned to cpu 1 and may run on cpu 0 now: somebody changed its affinity, "
        "as taskset does");
  CHECK(why_moved("consumer 2", CpuId{1}, {CpuId{0}}, CpuId{0}, {both, {CpuId{0}}}) ==
        "consumer 2 was pinned to cpu 1 and may run on cpu 0 now: the cpuset of the process was "
        "cut to 0");
  CHECK(why_moved("consumer 2", CpuId{1}, {CpuId{0}}, CpuId{0}, {{CpuId{0}}, {CpuId{0}}}) ==
        "consumer 2 was pinned to cpu 1 and may run on cpu 0 now: cpu 1 went offline");
  CHECK(why_moved("consumer 2", CpuId{1}, {CpuId{1}}, CpuId{0}, {both, both}) ==
        "consumer 2 was pinned to cpu 1 and was found on cpu 0");
}

/// Gives a thread of this process another core as soon as it is there, as taskset does.
void move_elsewhere(const std::string& name, const CpuId to, const std::atomic<bool>& over) {
  while (!over.load()) {
    std::error_code gone;
    for (const auto& task : fs::directory_iterator("/proc/self/task", gone)) {
      std::ifstream file(task.path() / "comm");
      std::string found;
      if (!std::getline(file, found) || found != name) continue;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // it pins itself first
      cpu_set_t set;
      CPU_ZERO(&set);
      CPU_SET(static_cast<std::size_t>(index(to)), &set);
      sched_setaffinity(std::stoi(task.path().filename()), sizeof set, &set);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

TEST_CASE("a measured thread that is moved from outside makes its repetition disturbed") {
  const Topology topology = read_topology();
  if (topology.cpus.size() < 2) {
    MESSAGE("one core: there is nowhere to move a thread to");
    return;
  }
  RunConfig config;
  config.run.repetitions = 1;
  config.run.retries = 0;
  Scenario scenario;
  scenario.name = "moved";
  scenario.wait = WaitStrategy::yield;
  scenario.load.rate = MessageRate{10'000};
  scenario.warmup = std::chrono::milliseconds(50);
  scenario.duration = std::chrono::milliseconds(200);
  config.scenarios = {scenario};
  const RunPlan plan = make_plan(config, topology);
  const std::vector<CpuId>& cpus = plan.scenarios[0].placement.cpus;
  std::atomic<bool> over{false};
  std::jthread mover([&] { move_elsewhere("consumer-0", cpus[0], over); });
  const Clock clock = Clock::calibrate();
  LiveProgress live(clock);
  const RunResult result = run(plan, clock, StopFlag{false}, live);
  over = true;
  const RepetitionResult& repetition = result.scenarios[0].repetitions.at(0);
  CAPTURE(repetition.disturbance);
  CHECK(repetition.disturbed());
  CHECK(repetition.disturbance.find("consumer 0 was pinned to cpu " +
                                    std::to_string(index(cpus[1])) + " and may run on cpu " +
                                    std::to_string(index(cpus[0]))) == 0);
  CHECK(repetition.disturbance.find("taskset") != std::string::npos);
}

}  // namespace
}  // namespace busmark
