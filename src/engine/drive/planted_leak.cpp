// SPDX-License-Identifier: Apache-2.0
#include "engine/drive/planted_leak.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <memory>
#include <vector>

#include "machine/affinity.hpp"

namespace busmark {
namespace {

std::atomic<std::uint64_t> lost_bytes{0};

/// Reachable for ever: a leak checker is to find the leaks that were not asked for.
void keep_for_ever(std::size_t bytes) {
  static std::mutex mutex;
  static auto* const kept = new std::vector<std::unique_ptr<std::byte[]>>;
  auto block = std::make_unique_for_overwrite<std::byte[]>(bytes);
  std::memset(block.get(), 0x5a, bytes);
  const std::scoped_lock lock(mutex);
  kept->push_back(std::move(block));
  lost_bytes.fetch_add(bytes);
}

}  // namespace

PlantedLeak::PlantedLeak(ByteCount per_hour) {
  if (per_hour.bytes == 0) return;
  constexpr double kSecondsPerHour = 3600;
  const double per_second = static_cast<double>(per_hour.bytes) / kSecondsPerHour;
  thread_ = std::thread([this, per_second] { lose(per_second); });
}

PlantedLeak::~PlantedLeak() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock(mutex_);
    done_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void PlantedLeak::lose(double bytes_per_second) {
  using Time = std::chrono::steady_clock;
  // In blocks that no allocator rounds up, so that what is lost is what was told.
  constexpr std::uint64_t kBlock = 4096;
  name_this_thread("leak");
  const Time::time_point start = Time::now();
  std::uint64_t lost = 0;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::milliseconds(100), [this] { return done_; })) {
    const double passed = std::chrono::duration<double>(Time::now() - start).count();
    const auto due = static_cast<std::uint64_t>(passed * bytes_per_second);
    for (; lost + kBlock <= due; lost += kBlock) keep_for_ever(kBlock);
  }
}

ByteCount planted_leak_so_far() noexcept { return {lost_bytes.load()}; }

}  // namespace busmark
