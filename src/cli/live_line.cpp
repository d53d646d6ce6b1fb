// SPDX-License-Identifier: Apache-2.0
#include "live_line.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "busmark/core/affinity.hpp"
#include "busmark/core/error.hpp"

namespace busmark {
namespace {

double seconds(Nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

void write_error(const std::string& text) {
  // Progress that cannot be shown is no reason to stop a measurement.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

std::vector<CpuId> without(std::vector<CpuId> cores, const std::vector<CpuId>& taken) {
  std::erase_if(cores, [&](CpuId cpu) { return std::find(taken.begin(), taken.end(), cpu) != taken.end(); });
  return cores;
}

}  // namespace

std::string progress_text(const ProgressSnapshot& snapshot, double rate) {
  std::string text = fmt::format("[{}/{}] {}  repetition {}/{}  {}", snapshot.position,
                                 snapshot.scenarios, snapshot.scenario, snapshot.repetition,
                                 snapshot.repetitions, snapshot.phase);
  if (rate > 0) text += "  " + format_rate({rate});
  const Nanoseconds left = std::max(snapshot.planned - snapshot.elapsed, Nanoseconds(0));
  return text + fmt::format("  {:.0f} s, about {:.0f} s left", seconds(snapshot.elapsed), seconds(left));
}

LiveLine::LiveLine(LiveProgress& progress, const std::vector<CpuId>& measured)
    : progress_(progress), terminal_(isatty(STDERR_FILENO) == 1) {
  const std::vector<CpuId> free_cores = without(allowed_cpus(), measured);
  if (!free_cores.empty()) {
    thread_ = std::thread([this, core = free_cores.front()] { print_periodically(core); });
  } else {
    progress_.on_pause([this] { show(); });
  }
}

LiveLine::~LiveLine() {
  progress_.on_pause(nullptr);
  if (thread_.joinable()) {
    {
      const std::scoped_lock lock(mutex_);
      done_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  if (terminal_) write_error("\r\x1b[K");
}

void LiveLine::show() {
  constexpr Nanoseconds kPlainPeriod = std::chrono::seconds(5);
  const ProgressSnapshot snapshot = progress_.snapshot();
  const Nanoseconds passed = snapshot.elapsed - last_elapsed_;
  if (snapshot.scenario.empty() || (!terminal_ && passed < kPlainPeriod)) return;
  const std::uint64_t received =
      snapshot.received >= last_received_ ? snapshot.received - last_received_ : snapshot.received;
  const double rate = passed.count() > 0 ? static_cast<double>(received) / seconds(passed) : 0;
  last_received_ = snapshot.received;
  last_elapsed_ = snapshot.elapsed;
  const std::string text = progress_text(snapshot, rate);
  write_error(terminal_ ? "\r\x1b[K" + text : text + "\n");
}

void LiveLine::print_periodically(CpuId core) {
  name_this_thread("reporter");
  try {
    pin_this_thread(core);
  } catch (const SetupError&) {
    return;  // rather no progress line than one that runs on a measured core
  }
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::milliseconds(250), [this] { return done_; })) show();
}

}  // namespace busmark
