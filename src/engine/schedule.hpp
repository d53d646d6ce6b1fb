// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "engine/load_curve.hpp"

namespace busmark {

/// Share of one producer in an open-loop load that all producers make together.
struct ScheduleShare {
  double period_ticks = 1;  ///< Ticks between two messages of the whole load.
  std::uint32_t producers = 1;
  std::uint32_t producer = 0;  ///< Index of this one.
};

/// Exponential gaps of mean 1; the same seed gives the same ones.
class UnitExponentials {
 public:
  UnitExponentials(std::uint32_t producer, std::uint64_t seed) noexcept
      : state_(seed + 0x632be59bd9b4e019ULL * (producer + 1)) {}

  [[nodiscard]] double next() noexcept { return -std::log(uniform()); }
  /// In (0, 1]: splitmix64 (Steele, Lea, Flood 2014).
  [[nodiscard]] double uniform() noexcept {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t word = state_;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9ULL;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebULL;
    word ^= word >> 31;
    return static_cast<double>((word >> 11) + 1) * 0x1.0p-53;
  }

 private:
  std::uint64_t state_;
};

/// A constant rate. Message i of the whole load is due at start + i * period, and the producers
/// take turns; with Poisson arrivals the gaps are exponential with the same mean, each producer is
/// a Poisson process of its own, and so is their sum. Computed from the start and never from "now",
/// so a stall moves no due time (wrk2, Gil Tene). The same seed gives the same schedule.
///
/// One class for both: hot loops are compiled for each schedule, and a branch that always goes the
/// same way costs nothing that could be measured.
class RateSchedule {
 public:
  RateSchedule(std::int64_t start, const ScheduleShare& share,
               Arrivals arrivals = Arrivals::constant, std::uint64_t seed = 0) noexcept
      : start_(start),
        period_(share.period_ticks),
        step_(share.producers),
        poisson_(arrivals == Arrivals::poisson),
        gaps_(share.producer, seed) {
    index_ = poisson_ ? step_ * gaps_.next() : share.producer;
  }

  /// Due time of the next message in ticks. The product is exact to a tick for 2^53 ticks.
  [[nodiscard]] std::int64_t next() noexcept {
    const auto due = start_ + static_cast<std::int64_t>(index_ * period_);
    index_ += poisson_ ? step_ * gaps_.next() : step_;
    return due;
  }

 private:
  std::int64_t start_;
  double period_;
  double step_;
  bool poisson_;
  UnitExponentials gaps_;
  double index_;
};

/// A load in stages: message k of the whole load is due when the curve says, the producers take
/// turns. Poisson: the same curve is read at sums of exponential gaps, which makes each producer a
/// Poisson process whose rate is its share of the curve's (Cinlar 1975, the inversion method).
/// Computed from the start and never from "now", as the others. The curve must outlive it.
class StagedSchedule {
 public:
  /// What `next` returns when the curve has no more messages.
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  StagedSchedule(std::int64_t start, const LoadCurve& curve, const ScheduleShare& share,
                 Arrivals arrivals, std::uint64_t seed) noexcept
      : start_(start),
        segment_(curve.segments().data()),
        end_(segment_ + curve.segments().size()),
        step_(share.producers),
        poisson_(arrivals == Arrivals::poisson),
        gaps_(share.producer, seed) {
    index_ = poisson_ ? step_ * gaps_.next() : share.producer;
  }

  [[nodiscard]] std::int64_t next() noexcept {
    while (segment_ != end_ && index_ >= segment_->end) ++segment_;
    if (segment_ == end_) return kNever;
    const auto due = start_ + static_cast<std::int64_t>(segment_->due(index_));
    index_ += poisson_ ? step_ * gaps_.next() : step_;
    return due;
  }

 private:
  std::int64_t start_;
  const LoadSegment* segment_;
  const LoadSegment* end_;
  double step_;
  bool poisson_;
  UnitExponentials gaps_;
  double index_ = 0;
};

}  // namespace busmark
