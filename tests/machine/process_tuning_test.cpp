// SPDX-License-Identifier: Apache-2.0
#include "machine/process_tuning.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include <fstream>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "support/recorded_tree.hpp"

namespace busmark {
namespace {

using testing::RecordedTree;

std::string locked_memory() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmLck:")) return line;
  }
  return {};
}

TEST_CASE("the latency request holds 0 us as four bytes in the device until destroyed") {
  const RecordedTree tree;
  tree.write("cpu_dma_latency", "");
  const auto device = tree.root() / "cpu_dma_latency";
  const DmaLatency held(device);
  CHECK(held.step().name == "cpu_dma_latency");
  CHECK(held.step().done);
  std::ifstream file(device, std::ios::binary);
  std::string bytes(4, '?');
  file.read(bytes.data(), 4);
  CHECK(bytes == std::string(4, '\0'));
}

TEST_CASE("a latency request that cannot be made says why") {
  const RecordedTree tree;
  const DmaLatency refused(tree.root() / "absent");
  CHECK_FALSE(refused.step().done);
  CHECK(refused.step().detail.find("absent: No such file or directory") != std::string::npos);
}

TEST_CASE("the real-time budget is a trap unless it is without limit") {
  const RecordedTree tree;
  const std::string path = "proc/sys/kernel/sched_rt_runtime_us";
  CHECK(realtime_trap(tree.root()).value_or("").find("unreadable") != std::string::npos);
  tree.write(path, "950000");
  CHECK(realtime_trap(tree.root()).value_or("").find("950000 us") != std::string::npos);
  CHECK(realtime_trap(tree.root()).value_or("").find("sched_rt_runtime_us=-1") !=
        std::string::npos);
  tree.write(path, "-1");
  CHECK_FALSE(realtime_trap(tree.root()));
}

TEST_CASE("a thread that never sleeps stays as it is while there is a real-time budget") {
  const RecordedTree tree;
  tree.write("proc/sys/kernel/sched_rt_runtime_us", "950000");
  const RealtimePriority priority(true, 50, tree.root());
  CHECK(priority.step().name == "sched_fifo");
  CHECK_FALSE(priority.step().done);
  CHECK(priority.step().detail.starts_with("refused: "));
  CHECK(sched_getscheduler(0) == SCHED_OTHER);
}

TEST_CASE("real-time priority is had or its refusal explained, and ends with its owner") {
  const RecordedTree tree;
  tree.write("proc/sys/kernel/sched_rt_runtime_us", "950000");
  std::jthread([&] {
    {
      const RealtimePriority priority(false, 1, tree.root());
      CHECK(sched_getscheduler(0) == (priority.step().done ? SCHED_FIFO : SCHED_OTHER));
      CHECK(priority.step().detail.find(priority.step().done ? "priority 1" : "ulimit -r 1") !=
            std::string::npos);
    }
    CHECK(sched_getscheduler(0) == SCHED_OTHER);
  }).join();
}

TEST_CASE("the timer slack of the thread is 1 ns afterwards") {
  std::jthread([] {
    CHECK(set_timer_slack().done);
    CHECK(prctl(PR_GET_TIMERSLACK) == 1);
  }).join();
}

TEST_CASE("touching the stack stays within a small stack and says how far it came") {
  std::jthread([] {
    const TuningStep step = prefault_stack({64 * 1024});
    CHECK(step.done);
    CHECK(step.detail == "64 KiB touched");
    // More than there is: the thread must survive it.
    CHECK(prefault_stack({std::uint64_t{1} << 40}).done);
  }).join();
  CHECK_FALSE(prefault_stack({0}).done);
}

TEST_CASE("locked memory is unlocked at the end, and a refusal names the limit") {
  const std::string before = locked_memory();
  {
    const MemoryLock lock;
    CHECK(lock.step().name == "mlockall");
    CHECK_FALSE(lock.step().detail.empty());
    // Sanitizers turn mlockall into nothing, so only the refusal can be seen in them.
    if (!lock.step().done) CHECK(locked_memory() == before);
  }
  CHECK(locked_memory() == before);
}

TEST_CASE("a kind of step is reported once, and one thread's failure shows") {
  std::vector<TuningStep> steps;
  add_step(steps, {.name = "stack", .done = true, .detail = "first"});
  add_step(steps, {.name = "stack", .done = true, .detail = "second"});
  add_step(steps, {.name = "timer_slack", .done = true, .detail = {}});
  REQUIRE(steps.size() == 2);
  CHECK(steps[0].detail == "first");
  add_step(steps, {.name = "stack", .done = false, .detail = "third"});
  add_step(steps, {.name = "stack", .done = true, .detail = "fourth"});
  REQUIRE(steps.size() == 2);
  CHECK(steps[0].detail == "third");
}

TEST_CASE("the timer slack of the thread is put back with everything else") {
  std::jthread([] {
    const int before = prctl(PR_GET_TIMERSLACK);
    REQUIRE(before != 1);
    {
      const ProcessTuning tuning(false);
      CHECK(prctl(PR_GET_TIMERSLACK) == 1);
    }
    CHECK(prctl(PR_GET_TIMERSLACK) == before);
  }).join();
}

TEST_CASE("the process reports every step, and leaves idle states alone where nobody sleeps") {
  const ProcessTuning tuning(false);
  std::vector<std::string> names;
  for (const TuningStep& step : tuning.steps()) {
    names.push_back(step.name);
    CHECK_FALSE(step.detail.empty());
  }
  CHECK(names == std::vector<std::string>{"mlockall", "timer_slack", "stack", "cpu_dma_latency"});
  CHECK(tuning.steps().back().detail == "not needed: no thread sleeps");
}

}  // namespace
}  // namespace busmark
