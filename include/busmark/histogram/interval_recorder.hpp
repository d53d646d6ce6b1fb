// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "busmark/base/cache_line.hpp"
#include "busmark/histogram/histogram.hpp"

namespace busmark {

/// Lets one reader take what one writer has recorded since the last time, without losing a sample
/// and without an atomic read-modify-write where the writer records: the reader offers an empty
/// histogram, the writer itself swaps it in before its next record and hands the full one back.
/// (HdrHistogram's WriterReaderPhaser costs two locked additions per record instead.)
///
/// The writer must call `poll()` whenever it is idle, or the reader waits for its next record.
/// All memory, two histograms, is taken in the constructor.
template <typename HistogramType = Histogram>
class IntervalRecorder {
 public:
  IntervalRecorder() = default;
  IntervalRecorder(const IntervalRecorder&) = delete;
  IntervalRecorder& operator=(const IntervalRecorder&) = delete;

  /// Writer only.
  void record(std::uint64_t value) noexcept {
    poll();
    active_->record(value);
  }
  /// Writer only.
  void record_n(std::uint64_t value, std::uint64_t count) noexcept {
    poll();
    active_->record_n(value, count);
  }
  /// Writer only. Answers the reader's request, if there is one.
  void poll() noexcept {
    // Pairs with the release in request(): the offered histogram is seen reset.
    HistogramType* const offered = offered_.load(std::memory_order_acquire);
    if (offered != nullptr) [[unlikely]]
      swap_in(offered);
  }

  /// Reader only. Asks the writer for everything recorded so far, and empties the histogram that
  /// the last `try_collect` returned. Without effect while a request is open.
  void request() noexcept {
    if (spare_ == nullptr) return;
    spare_->reset();
    // Pairs with the acquire in poll().
    offered_.store(spare_, std::memory_order_release);
    spare_ = nullptr;
  }

  /// Reader only. The samples between the last two answers of the writer; nullptr while it has not
  /// answered (or nothing was asked). Valid until the next request().
  [[nodiscard]] const HistogramType* try_collect() noexcept {
    // Pairs with the release in swap_in(): all records of the interval are seen.
    HistogramType* const full = full_.load(std::memory_order_acquire);
    if (full == nullptr) return nullptr;
    // Relaxed: the writer stores the next one only after an acquire of the next request's release.
    full_.store(nullptr, std::memory_order_relaxed);
    spare_ = full;
    return full;
  }

  /// Adds all samples not collected yet to `target`. Only after the writer's thread was joined; the
  /// recorder is of no use afterwards.
  void collect_rest(HistogramType& target) noexcept {
    if (const HistogramType* const full = try_collect()) target.merge(*full);
    target.merge(*active_);
  }

 private:
  void swap_in(HistogramType* offered) noexcept {
    // Relaxed: the reader does not look at it before it sees the release below.
    offered_.store(nullptr, std::memory_order_relaxed);
    HistogramType* const full = active_;
    active_ = offered;
    // Pairs with the acquire in try_collect().
    full_.store(full, std::memory_order_release);
  }

  HistogramType first_;
  HistogramType second_;
  /// The writer's own.
  alignas(kNoSharing) HistogramType* active_ = &first_;
  /// Reader to writer: an empty histogram, once per request.
  alignas(kNoSharing) std::atomic<HistogramType*> offered_{nullptr};
  /// Writer to reader: the answer.
  alignas(kNoSharing) std::atomic<HistogramType*> full_{nullptr};
  /// The reader's own; nullptr while a request is open.
  alignas(kNoSharing) HistogramType* spare_ = &second_;
};

}  // namespace busmark
