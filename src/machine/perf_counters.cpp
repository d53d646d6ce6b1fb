// SPDX-License-Identifier: Apache-2.0
#include "machine/perf_counters.hpp"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "machine/kernel_files.hpp"

namespace busmark {
namespace {

struct EventInfo {
  std::string_view name;
  std::uint32_t type;
  std::uint64_t config;
};

constexpr std::array<EventInfo, kPerfEvents> kEvents{
    {{"cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
     {"instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
     {"cache-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES},
     {"branch-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES},
     {"task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK},
     {"context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES},
     {"cpu-migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS},
     {"page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS}}};

const EventInfo& info(PerfEvent event) noexcept { return kEvents[static_cast<std::size_t>(event)]; }

/// They happen in the kernel, so that one which counts the program alone stays at 0.
bool needs_kernel(PerfEvent event) noexcept {
  return event == PerfEvent::context_switches || event == PerfEvent::migrations;
}

bool refused(int error) noexcept { return error == EACCES || error == EPERM; }

int open_event(PerfEvent event, pid_t thread, bool user_only) noexcept {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = info(event).type;
  attributes.config = info(event).config;
  attributes.exclude_kernel = user_only ? 1 : 0;
  attributes.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
  constexpr int kAnyCpu = -1;
  constexpr int kNoGroup = -1;
  return static_cast<int>(
      syscall(SYS_perf_event_open, &attributes, thread, kAnyCpu, kNoGroup, PERF_FLAG_FD_CLOEXEC));
}

}  // namespace

std::string_view to_string(PerfEvent event) noexcept { return info(event).name; }

bool is_hardware(PerfEvent event) noexcept { return info(event).type == PERF_TYPE_HARDWARE; }

std::optional<CounterIncrease> increase_between(const CounterReading& before,
                                                const CounterReading& after) noexcept {
  const Nanoseconds enabled = after.enabled - before.enabled;
  const Nanoseconds running = after.running - before.running;
  // Counters have been seen to step back after a guest was moved.
  const std::uint64_t count = after.count > before.count ? after.count - before.count : 0;
  if (running <= Nanoseconds{0}) {
    if (enabled > Nanoseconds{0}) return std::nullopt;
    return CounterIncrease{static_cast<double>(count), 1};  // its thread slept throughout
  }
  const double counted =
      std::min(1.0, static_cast<double>(running.count()) / static_cast<double>(enabled.count()));
  return CounterIncrease{static_cast<double>(count) / counted, counted};
}

std::string why_not_counted(PerfEvent event, int error, std::optional<int> paranoid) {
  if (refused(error)) {
    const int highest = needs_kernel(event) ? 1 : 2;
    if (paranoid && *paranoid > highest) {
      return fmt::format(
          "refused, as kernel.perf_event_paranoid is {}: sysctl -w kernel.perf_event_paranoid=1",
          *paranoid);
    }
    return "refused although kernel.perf_event_paranoid would allow it: a container's seccomp "
           "profile or a security module; docker run --cap-add PERFMON";
  }
  switch (error) {
    case ENOENT:
    case ENODEV:
    case EOPNOTSUPP:
      if (is_hardware(event)) {
        return "the processor shows no such counter here; to a virtual machine its host must lend "
               "one (vPMU)";
      }
      return "this kernel does not count it";
    case ENOSYS: return "this kernel was built without perf events";
    case EMFILE: return "too many open files; raise ulimit -n";
    case ESRCH: return "the thread had ended";
    default: return fmt::format("perf_event_open: {}", std::strerror(error));
  }
}

ThreadCounters::ThreadCounters(pid_t thread) {
  // The kernel's share is asked for once, by what every kernel counts: all events are to be of the
  // same kind.
  const FileDescriptor kernel_too(open_event(PerfEvent::task_clock, thread, false));
  user_only_ = !kernel_too.is_open() && refused(errno);
  for (std::size_t i = 0; i < kPerfEvents; ++i) open(static_cast<PerfEvent>(i), thread);
}

void ThreadCounters::open(PerfEvent event, pid_t thread) {
  const auto i = static_cast<std::size_t>(event);
  int error = EACCES;
  if (!user_only_ || !needs_kernel(event)) {
    files_[i] = FileDescriptor(open_event(event, thread, user_only_));
    error = errno;
  }
  if (files_[i].is_open()) return;
  problems_[i] = why_not_counted(event, error, read_int("/proc/sys/kernel/perf_event_paranoid"));
}

ThreadCounters::Readings ThreadCounters::read() const noexcept {
  Readings readings;
  for (std::size_t i = 0; i < kPerfEvents; ++i) {
    if (!files_[i].is_open()) continue;
    std::array<std::uint64_t, 3> values{};
    const ssize_t got = ::read(files_[i].get(), values.data(), sizeof values);
    if (got != static_cast<ssize_t>(sizeof values)) continue;
    readings[i] = CounterReading{values[0], as_nanoseconds(values[1]), as_nanoseconds(values[2])};
  }
  return readings;
}

}  // namespace busmark
