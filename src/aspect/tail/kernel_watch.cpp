// SPDX-License-Identifier: Apache-2.0
#include "aspect/tail/kernel_watch.hpp"

#include <algorithm>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "machine/affinity.hpp"
#include "machine/interrupt_counts.hpp"
#include "machine/kernel_snapshot.hpp"
#include "machine/process_pauses.hpp"
#include "machine/resource_usage.hpp"

namespace busmark {
namespace {

constexpr std::size_t kLargestStat = 4096;

std::optional<std::uint64_t> unsigned_of(std::string_view word) {
  const std::optional<std::int64_t> value = leading_number(word);
  if (!value || *value < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

std::optional<ThreadCounts> read_thread(pid_t thread) {
  const std::filesystem::path folder = fmt::format("/proc/self/task/{}", thread);
  return parse_thread_counts(read_kernel_file(folder / "schedstat", kLargestStat).text,
                             read_kernel_file(folder / "stat", kLargestStat).text);
}

std::optional<std::uint64_t> interrupts_on(const InterruptTable& table, CpuId cpu) {
  const auto core = std::find(table.cores.begin(), table.cores.end(), cpu);
  if (core == table.cores.end()) return std::nullopt;
  const auto column = static_cast<std::size_t>(core - table.cores.begin());
  std::uint64_t sum = 0;
  for (const InterruptRow& row : table.rows) sum += row.counts[column];
  return sum;
}

std::int64_t most_moments(std::size_t threads) noexcept {
  const auto count = static_cast<std::int64_t>(std::max<std::size_t>(threads, 1));
  return std::clamp<std::int64_t>(KernelWatch::kMostCounts / count, 1, KernelWatch::kMostMoments);
}

}  // namespace

std::optional<ThreadCounts> parse_thread_counts(const std::string& schedstat,
                                                const std::string& stat) {
  const std::vector<std::string_view> times = words_of(schedstat);
  if (times.size() < 3) return std::nullopt;
  const auto waited = unsigned_of(times[1]);
  const auto turns = unsigned_of(times[2]);
  // The name of the thread, in parentheses, may hold anything.
  const std::size_t name_end = stat.rfind(')');
  if (!waited || !turns || name_end == std::string::npos) return std::nullopt;
  const std::string behind_name = stat.substr(name_end + 1);
  const std::vector<std::string_view> fields = words_of(behind_name);
  constexpr std::size_t kMinorFaults = 7;  // field 10 of proc(5), the first behind the name is 3
  constexpr std::size_t kMajorFaults = 9;
  if (fields.size() <= kMajorFaults) return std::nullopt;
  const auto minor = unsigned_of(fields[kMinorFaults]);
  const auto major = unsigned_of(fields[kMajorFaults]);
  if (!minor || !major) return std::nullopt;
  return ThreadCounts{.waited = as_nanoseconds(*waited),
                      .turns = *turns,
                      .minor_faults = *minor,
                      .major_faults = *major};
}

KernelWatch::KernelWatch(const Clock& clock, std::vector<pid_t> threads, std::vector<CpuId> cores,
                         Nanoseconds length)
    : clock_(clock),
      threads_(std::move(threads)),
      cores_(std::move(cores)),
      period_(std::max(kPeriod, length / most_moments(threads_.size()))) {
  moments_.reserve(static_cast<std::size_t>(length / period_) + 2);
  read();
  watcher_ = std::thread([this] { watch(); });
}

KernelWatch::~KernelWatch() {
  if (watcher_.joinable()) (void)finish();
}

std::vector<KernelMoment> KernelWatch::finish() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  end_.notify_one();
  watcher_.join();
  read();
  return std::move(moments_);
}

void KernelWatch::read() {
  KernelMoment moment;
  moment.begin = clock_.now();
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    std::optional<ThreadCounts> counts = read_thread(threads_[i]);
    if (!counts && !moments_.empty()) counts = moments_.back().threads[i];
    moment.threads.push_back(counts);
  }
  const InterruptTable interrupts = read_interrupts();
  const std::vector<CoreSteal> steal = read_steal(cores_);
  for (const CpuId core : cores_) {
    const auto stolen = std::find_if(steal.begin(), steal.end(),
                                     [&](const CoreSteal& each) { return each.cpu == core; });
    moment.cores.push_back({.stolen = stolen == steal.end() ? std::nullopt : stolen->stolen,
                            .interrupts = interrupts_on(interrupts, core)});
  }
  moment.pauses = process_pauses();
  moment.end = clock_.now();
  moments_.push_back(std::move(moment));
}

void KernelWatch::watch() {
  name_this_thread("kernel-watch");
  std::unique_lock lock(mutex_);
  while (!end_.wait_for(lock, period_, [this] { return ended_; })) {
    const std::int64_t start = clock_.now();
    read();
    // On a machine with many cores the tables are long: then seldom, and little is taken from it.
    constexpr int kLeastRest = 10;
    period_ = std::max(period_, kLeastRest * clock_.duration(clock_.now() - start));
  }
}

}  // namespace busmark
