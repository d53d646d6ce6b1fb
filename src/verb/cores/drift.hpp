// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "busmark/base/units.hpp"

#include "verb/cores/measure.hpp"

namespace busmark {

/// Two cores are no longer where they were.
struct DriftEvent {
  Nanoseconds at{};  ///< Since the watch began.
  CpuId from{};
  CpuId to{};
  double before_ns = 0;  ///< One way.
  double after_ns = 0;
};

/// All looks at two cores together.
struct PairDrift {
  CpuId from{};
  CpuId to{};
  std::size_t looks = 0;
  std::size_t moves = 0;
  std::array<std::size_t, 4> by_class{};  ///< Indexed by Distance.
  double min_ns = 0;                      ///< Of the looks' medians, as are the next two.
  double median_ns = 0;
  double max_ns = 0;
};

/// Follows how far apart cores are while a hypervisor moves them about. A pair has moved when two
/// looks differ by more than noise, as the witness judges it. Pure but for its memory of the looks.
class CoreDrift {
 public:
  /// Adds one look, taken `at`; returns the pairs that have moved since the look before.
  std::vector<DriftEvent> add(Nanoseconds at, const CoreMatrix& look);
  [[nodiscard]] std::vector<PairDrift> pairs() const;

 private:
  struct History {
    CpuId from{};
    CpuId to{};
    std::vector<double> one_way_ns;
    std::size_t moves = 0;
  };
  std::vector<History> histories_;
};

}  // namespace busmark
