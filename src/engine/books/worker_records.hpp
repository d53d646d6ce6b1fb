// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "busmark/base/clock.hpp"
#include "busmark/histogram/histogram.hpp"
#include "busmark/histogram/interval_recorder.hpp"

#include "engine/books/sequence_audit.hpp"
#include "engine/books/silences.hpp"
#include "engine/books/slow_episodes.hpp"
#include "engine/books/stage_books.hpp"
#include "engine/books/warmup_samples.hpp"
#include "engine/phase.hpp"
#include "record/scenario.hpp"
#include "transport/transport.hpp"

namespace busmark {

struct PayloadPatterns;

/// Which payloads a producer breaks on purpose: none by default.
struct Corruption {
  std::int64_t begin = 0;   ///< Ticks: batches whose first message is due from here on,
  std::uint64_t ticks = 0;  ///< for so long.
  const PayloadPatterns* broken = nullptr;  ///< What they get.

  [[nodiscard]] bool covers(const Message& message) const noexcept {
    return static_cast<std::uint64_t>(message.due - begin) < ticks;
  }
};

/// What one worker is told. Copied to its own stack before the gate opens.
struct WorkerTask {
  Clock clock;
  Window window;
  WaitStrategy wait = WaitStrategy::spin;
  OnFull on_full = OnFull::block;
  std::uint32_t index = 0;  ///< Among the producers or among the consumers.
  std::uint32_t batch = 1;
  bool checksum = false;
  bool touch_payload = false;        ///< Payloads lie outside the message and must be read.
  std::uint64_t sequence_limit = 0;  ///< A producer stops before this sequence number.
  std::int64_t late_after = 0;     ///< Ticks behind its due time from which a send counts as late.
  std::int64_t work = 0;           ///< Ticks for which a consumer is busy with each message.
  const StageGrid* mix = nullptr;  ///< Not null: `work` is the longest, and the class says which.
  Corruption corruption{};

  [[nodiscard]] std::int64_t work_of(const Message& message) const noexcept {
    return mix == nullptr ? work : mix->work[mix->class_of(message)];
  }
};

/// Of the users that a producer acts for, those of whom an answer came in the measured window.
struct UserBooks {
  std::uint64_t thoughts = 0;
  std::int64_t thought = 0;  ///< For how long they then thought, ticks.
};

/// What one producer did. Counts are of messages due in the measured window unless said otherwise.
struct ProducerRecord {
  Histogram pacing;             ///< sent - due, nanoseconds; of users from when they had thought.
  std::uint64_t published = 0;  ///< Messages it tried to send: accepted or refused.
  std::uint64_t refused = 0;
  std::uint64_t late = 0;
  std::uint64_t backlog = 0;  ///< Accepted in the window and behind it, though due before it.
  std::uint64_t first_measured = 0;  ///< Sequence number of the first message of the window.
  std::uint64_t abandoned = 0;       ///< Given up where it should have waited; some may have it.
  std::uint64_t accepted = 0;        ///< Warm-up included: sequence numbers are 0 .. accepted - 1.
  std::uint64_t overdue = 0;         ///< Sent only after the window's end and a grace.
  std::uint64_t corrupted = 0;       ///< Accepted with a payload that was broken on purpose.
  std::int64_t ended = 0;            ///< Ticks: when it stopped sending, retries included.
  std::atomic<std::uint64_t>* audits_from = nullptr;  ///< Where `first_measured` is told to.
  UserBooks users;
  StageProduction stages;     ///< Of a load in stages alone.
  bool cut_short = false;     ///< Stopped, or out of sequence numbers, before the window's end.
  std::int64_t next_due = 0;  ///< Ticks; below the window's end when messages stayed unsent.
};

/// What one receiver saw. One writer: the thread that receives.
struct ConsumerRecord {
  explicit ConsumerRecord(std::span<const std::uint64_t> sequence_limits,
                          std::span<AuditWindow* const> windows = {})
      : audit(sequence_limits, windows) {}
  virtual ~ConsumerRecord() = default;
  ConsumerRecord(const ConsumerRecord&) = delete;
  ConsumerRecord& operator=(const ConsumerRecord&) = delete;

  IntervalRecorder<> response;  ///< received - due, nanoseconds, measured window.
  IntervalRecorder<> service;   ///< received - sent; open loop only.
  SequenceAudit audit;
  std::uint64_t received = 0;         ///< Warm-up included.
  std::uint64_t clock_backwards = 0;  ///< Messages received "before" they were sent.
  std::int64_t worst_backwards_ns = 0;
  std::int64_t last_received = 0;         ///< Ticks.
  std::uint64_t passed_on = 0;            ///< By a relay; warm-up included.
  std::uint64_t dropped = 0;              ///< Discarded before they reached it; warm-up included.
  bool gave_up = false;                   ///< The drain's deadline came before the last message.
  Silences silences;                      ///< Armed where a fault is measured.
  SlowEpisodes slow;                      ///< Armed where the tail is to be explained.
  std::unique_ptr<WarmupSamples> warmup;  ///< Null where the warm-up has a fixed length.
};

/// Of a final receiver of a load in stages, which books each message by its stage as well.
struct StagedRecord : ConsumerRecord {
  StagedRecord(std::span<const std::uint64_t> sequence_limits, const StageGrid& grid,
               std::span<AuditWindow* const> windows = {})
      : ConsumerRecord(sequence_limits, windows), stages(grid) {}

  StageReception stages;
};

}  // namespace busmark
