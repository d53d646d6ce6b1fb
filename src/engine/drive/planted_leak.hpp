// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "busmark/base/units.hpp"

namespace busmark {

/// Loses memory at a steady pace for as long as it lives, and never gives it back: a leak of known
/// size for whoever has to find leaks. The memory is written, so that it counts as resident. A
/// thread of its own does it, ten times a second and in blocks of 4096 bytes, wherever the creating
/// thread may run.
class PlantedLeak {
 public:
  /// Nothing happens at 0.
  explicit PlantedLeak(ByteCount per_hour);
  ~PlantedLeak();
  PlantedLeak(const PlantedLeak&) = delete;
  PlantedLeak& operator=(const PlantedLeak&) = delete;

 private:
  void lose(double bytes_per_second);

  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  std::thread thread_;
};

/// What all of them have lost in this process.
[[nodiscard]] ByteCount planted_leak_so_far() noexcept;

}  // namespace busmark
