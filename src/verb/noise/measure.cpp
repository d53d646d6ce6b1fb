// SPDX-License-Identifier: Apache-2.0
#include "verb/noise/measure.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <system_error>
#include <thread>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "machine/affinity.hpp"
#include "machine/resource_usage.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

/// Time for all threads to be on their cores, and for these to leave their idle states behind.
constexpr Nanoseconds kPreheat = 100ms;

/// Runs `probe(i, window)` on a thread pinned to each of `cores`, all let go at once. Throws what
/// the first of them threw while it was set up.
void on_each_core(const std::vector<CpuId>& cores, const std::function<Window()>& window,
                  const std::function<void(std::size_t, const Window&)>& probe) {
  StartGate gate;
  std::vector<std::exception_ptr> errors(cores.size());
  {
    std::vector<std::jthread> threads;
    const auto watch = [&](std::size_t i) {
      try {
        name_this_thread(fmt::format("noise-{}", index(cores[i])));
        pin_this_thread(cores[i]);
        prefault_stack();
      } catch (...) {
        errors[i] = std::current_exception();
      }
      if (gate.arrive_and_wait()) probe(i, gate.window());
    };
    try {
      for (std::size_t i = 0; i < cores.size(); ++i) threads.emplace_back(watch, i);
    } catch (const std::system_error&) {
      gate.cancel();  // those that were started wait there
      throw;
    }
    gate.wait_for(static_cast<std::uint32_t>(cores.size()));
    if (std::any_of(errors.begin(), errors.end(), [](const auto& e) { return e != nullptr; })) {
      gate.cancel();
    } else {
      gate.open(window());
    }
  }
  for (const std::exception_ptr& error : errors) {
    if (error != nullptr) std::rethrow_exception(error);
  }
}

/// What the kernel counts, at one moment.
struct Snapshot {
  InterruptTable interrupts;
  InterruptTable softirqs;
  std::vector<CoreSteal> steal;
  Nanoseconds taken;

  Snapshot(const std::vector<CpuId>& cores, const std::filesystem::path& root)
      : interrupts(read_interrupts(root)),
        softirqs(read_softirqs(root)),
        steal(read_steal(cores, root)),
        taken(monotonic_now()) {}
};

void add_counts(CoreNoise& core, const Snapshot& before, const Snapshot& after) {
  core.counted = after.taken - before.taken;
  core.interrupts = interrupts_between(before.interrupts, after.interrupts, core.cpu);
  core.softirqs = interrupts_between(before.softirqs, after.softirqs, core.cpu);
  const auto of_core = [&](const CoreSteal& steal) { return steal.cpu == core.cpu; };
  const auto first = std::find_if(before.steal.begin(), before.steal.end(), of_core);
  const auto last = std::find_if(after.steal.begin(), after.steal.end(), of_core);
  if (first == before.steal.end() || last == after.steal.end()) return;
  if (!first->stolen || !last->stolen) return;
  // The kernel's counter has been seen to step back after a migration of the guest.
  core.stolen = std::max(Nanoseconds{}, *last->stolen - *first->stolen);
}

void spin(NoiseResult& result, const Clock& clock, const StopFlag& stop,
          const std::filesystem::path& root) {
  const Snapshot before(result.options.cores, root);
  on_each_core(
      result.options.cores,
      [&] {
        result.spin_time = std::chrono::system_clock::now() + kPreheat;
        Window window;
        window.start = clock.now();
        window.measure = window.start + clock.to_ticks(kPreheat);
        window.end = window.measure + clock.to_ticks(result.options.duration);
        return window;
      },
      [&](std::size_t i, const Window& window) {
        CoreNoise& core = result.cores[i];
        core.run = watch_gaps(clock, window, result.threshold, stop, core.gaps);
      });
  const Snapshot after(result.options.cores, root);
  for (CoreNoise& core : result.cores) add_counts(core, before, after);
}

void watch_timers(NoiseResult& result, const StopFlag& stop) {
  const NoiseOptions& options = result.options;
  std::vector<TuningStep> steps(options.cores.size());
  Nanoseconds begin{};
  on_each_core(
      options.cores,
      [&] {
        result.timer_time = std::chrono::system_clock::now();
        begin = monotonic_now() + options.timer_period;
        return Window{};
      },
      [&](std::size_t i, const Window&) {
        steps[i] = set_timer_slack();
        // Apart by equal parts of the period, so that the cores' timers do not meet.
        const Nanoseconds first = begin + options.timer_period * static_cast<std::int64_t>(i) /
                                              static_cast<std::int64_t>(options.cores.size());
        watch_timer(first, options.timer_period, begin + options.timer_duration(), stop,
                    result.cores[i].lateness);
      });
  for (const TuningStep& step : steps) add_step(result.tuning, step);
}

}  // namespace

NoiseResult measure_noise(const NoiseOptions& options, const Clock& clock, const StopFlag& stop,
                          const std::filesystem::path& root) {
  NoiseResult result;
  result.options = options;
  result.environment = read_environment(root);
  result.clock = clock.info();
  result.threshold = gap_threshold(clock);
  for (const CpuId cpu : options.cores) result.cores.emplace_back(cpu, options.duration);
  spin(result, clock, stop, root);
  if (!stop.load()) watch_timers(result, stop);
  result.interrupted = stop.load();
  return result;
}

}  // namespace busmark
