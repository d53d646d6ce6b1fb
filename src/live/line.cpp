// SPDX-License-Identifier: Apache-2.0
#include "live/line.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "cli/console.hpp"
#include "machine/affinity.hpp"

namespace busmark {
namespace {

constexpr std::size_t kUnlimited = SIZE_MAX;

/// `0:07`, `61:00`.
std::string minutes_text(Nanoseconds duration) {
  const auto whole = std::chrono::round<std::chrono::seconds>(duration).count();
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

void write_error(const std::string& text) {
  // Progress that cannot be shown is no reason to stop a measurement.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

/// Asked anew for every line: the user may resize the window.
std::size_t terminal_width() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

std::vector<CpuId> without(std::vector<CpuId> cores, const std::vector<CpuId>& taken) {
  std::erase_if(
      cores, [&](CpuId cpu) { return std::find(taken.begin(), taken.end(), cpu) != taken.end(); });
  return cores;
}

bool flows(const ProgressSnapshot& snapshot) { return snapshot.phase != "set-up"; }

}  // namespace

double rate_between(const ProgressSnapshot& before, const ProgressSnapshot& after) {
  const Nanoseconds passed = after.elapsed - before.elapsed;
  const bool same = before.position == after.position && before.repetition == after.repetition &&
                    flows(before) && flows(after) && before.received <= after.received;
  if (!same || passed.count() <= 0) return 0;
  return static_cast<double>(after.received - before.received) / in_seconds(passed);
}

std::string progress_text(const ProgressSnapshot& snapshot, double rate, std::size_t width) {
  constexpr std::string_view kCut = "...";
  const std::string head = fmt::format("[{}/{}] ", snapshot.position, snapshot.scenarios);
  std::string tail =
      fmt::format("  {}/{} {}", snapshot.repetition, snapshot.repetitions, snapshot.phase);
  if (rate > 0) tail += "  " + format_rate({rate});
  const Nanoseconds left = std::max(snapshot.planned - snapshot.elapsed, Nanoseconds(0));
  tail += fmt::format("  {}, about {} left", minutes_text(snapshot.elapsed), minutes_text(left));

  std::string name = snapshot.scenario;
  const std::size_t fixed = head.size() + tail.size();
  const std::size_t room = width > fixed ? width - fixed : 0;
  if (name.size() > room) {
    name =
        room > kCut.size() ? name.substr(name.size() - (room - kCut.size())).insert(0, kCut) : "";
  }
  return (head + name + tail).substr(0, width);
}

LiveLine::LiveLine(LiveProgress& progress, const std::vector<CpuId>& measured)
    : progress_(progress), terminal_(can_rewrite_lines(STDERR_FILENO)) {
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
  const double rate = rate_between(last_, snapshot);
  last_ = snapshot;
  if (snapshot.scenario.empty()) return;
  if (terminal_) {
    // One column less: a line that fills the last one would wrap.
    write_error("\r\x1b[K" + progress_text(snapshot, rate, terminal_width() - 1));
  } else if (snapshot.elapsed - last_line_ >= kPlainPeriod) {
    last_line_ = snapshot.elapsed;
    write_error(progress_text(snapshot, rate, kUnlimited) + "\n");
  }
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
