// SPDX-License-Identifier: Apache-2.0
#include "machine/process_tuning.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include <fmt/core.h>

namespace busmark {
namespace {

std::string error_text() { return std::strerror(errno); }

/// True when the process may lock memory without limit: CAP_IPC_LOCK, whatever RLIMIT_MEMLOCK says.
bool may_lock_all() {
  constexpr int kIpcLock = 14;  // linux/capability.h: CAP_IPC_LOCK
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("CapEff:", 0) != 0) continue;
    return (std::strtoull(line.c_str() + 7, nullptr, 16) >> kIpcLock & 1) != 0;
  }
  return false;
}

/// Bytes of the calling thread's stack below this frame; empty where glibc cannot tell.
std::optional<std::size_t> stack_left(const char* here) {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return std::nullopt;
  void* lowest = nullptr;
  std::size_t size = 0;
  const int error = pthread_attr_getstack(&attributes, &lowest, &size);
  pthread_attr_destroy(&attributes);
  if (error != 0) return std::nullopt;
  return reinterpret_cast<std::uintptr_t>(here) - reinterpret_cast<std::uintptr_t>(lowest);
}

/// One page per frame, so that the stack pointer itself moves down: the main thread's stack grows
/// only for accesses near it.
__attribute__((noinline)) void touch_stack(std::size_t pages) {
  constexpr std::size_t kPage = 4096;
  volatile char page[kPage];
  page[0] = 0;
  if (pages > 1) touch_stack(pages - 1);
  // Read after the call, so that the compiler cannot turn it into a loop.
  static_cast<void>(page[0]);
}

}  // namespace

MemoryLock::MemoryLock() : step_{.name = "mlockall", .done = false, .detail = {}} {
  rlimit limit{};
  getrlimit(RLIMIT_MEMLOCK, &limit);
  if (limit.rlim_cur != RLIM_INFINITY && !may_lock_all()) {
    step_.detail = fmt::format(
        "RLIMIT_MEMLOCK is {} KiB; ulimit -l unlimited, or setcap "
        "cap_ipc_lock+ep on the program",
        limit.rlim_cur / 1024);
    return;
  }
  step_.done = mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
  step_.detail = step_.done ? "every page stays in memory once touched" : error_text();
}

MemoryLock::~MemoryLock() {
  if (step_.done) munlockall();
}

DmaLatency::DmaLatency(const std::filesystem::path& device)
    : step_{.name = "cpu_dma_latency", .done = false, .detail = {}} {
  file_ = open(device.c_str(), O_WRONLY | O_CLOEXEC);
  const std::int32_t microseconds = 0;
  step_.done = file_ >= 0 && write(file_, &microseconds, sizeof microseconds) ==
                                 static_cast<ssize_t>(sizeof microseconds);
  step_.detail = step_.done ? "held at 0 us" : fmt::format("{}: {}", device.string(), error_text());
}

DmaLatency::~DmaLatency() {
  if (file_ >= 0) close(file_);
}

std::optional<std::string> realtime_trap(const std::filesystem::path& root) {
  std::ifstream file(root / "proc/sys/kernel/sched_rt_runtime_us");
  long long runtime = 0;
  if (!(file >> runtime)) return "the real-time budget (kernel.sched_rt_runtime_us) is unreadable";
  if (runtime < 0) return std::nullopt;
  return fmt::format(
      "the kernel would stop a thread that never sleeps once it has used {} us of "
      "its real-time period; sysctl -w kernel.sched_rt_runtime_us=-1",
      runtime);
}

RealtimePriority::RealtimePriority(bool never_sleeps, int priority,
                                   const std::filesystem::path& root)
    : step_{.name = "sched_fifo", .done = false, .detail = {}} {
  if (never_sleeps) {
    if (const auto trap = realtime_trap(root)) {
      step_.detail = "refused: " + *trap;
      return;
    }
  }
  sched_param parameters{};
  pthread_getschedparam(pthread_self(), &policy_before_, &parameters);
  priority_before_ = parameters.sched_priority;
  parameters.sched_priority = priority;
  errno = pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters);
  step_.done = errno == 0;
  step_.detail = step_.done
                     ? fmt::format("priority {}", priority)
                     : fmt::format("{}; ulimit -r {}, or setcap cap_sys_nice+ep on the program",
                                   error_text(), priority);
}

RealtimePriority::~RealtimePriority() {
  if (!step_.done) return;
  sched_param parameters{};
  parameters.sched_priority = priority_before_;
  pthread_setschedparam(pthread_self(), policy_before_, &parameters);
}

TuningStep set_timer_slack() noexcept {
  const bool done = prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL) == 0;
  return {.name = "timer_slack", .done = done, .detail = done ? "1 ns" : error_text()};
}

void add_step(std::vector<TuningStep>& steps, const TuningStep& step) {
  const auto same = std::find_if(steps.begin(), steps.end(),
                                 [&](const TuningStep& each) { return each.name == step.name; });
  if (same == steps.end()) {
    steps.push_back(step);
  } else if (same->done && !step.done) {
    *same = step;
  }
}

TuningStep prefault_stack(ByteCount depth) {
  constexpr std::size_t kPage = 4096;
  // The frames around touch_stack, and what a signal handler may need.
  constexpr std::size_t kReserve = 64 * 1024;
  const char here = 0;
  const auto left = stack_left(&here);
  const std::size_t most = left && *left > kReserve ? *left - kReserve : 0;
  // A frame is a little more than its page; half the room is always enough.
  const std::size_t pages = std::min<std::size_t>(depth.bytes, most / 2) / kPage;
  if (pages == 0) return {.name = "stack", .done = false, .detail = "too little stack left"};
  touch_stack(pages);
  return {.name = "stack", .done = true, .detail = fmt::format("{} KiB touched", pages * 4)};
}

ProcessTuning::ProcessTuning(bool sleeps)
    : slack_before_(prctl(PR_GET_TIMERSLACK)),
      timer_slack_(set_timer_slack()),
      stack_(prefault_stack()) {
  if (sleeps) dma_latency_.emplace();
}

ProcessTuning::~ProcessTuning() {
  if (slack_before_ > 0) {
    prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(slack_before_), 0UL, 0UL, 0UL);
  }
}

std::vector<TuningStep> ProcessTuning::steps() const {
  std::vector<TuningStep> steps{memory_.step(), timer_slack_, stack_};
  steps.push_back(dma_latency_ ? dma_latency_->step()
                               : TuningStep{.name = "cpu_dma_latency",
                                            .done = false,
                                            .detail = "not needed: no thread sleeps"});
  return steps;
}

}  // namespace busmark
