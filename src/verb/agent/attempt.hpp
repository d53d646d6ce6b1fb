// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engine/runner.hpp"

namespace busmark {

/// One repetition of an agent, on a thread of its own, so that the agent still hears its
/// coordinator.
class Attempt {
 public:
  enum class State : std::uint8_t { preparing, ready, running, done, failed };

  /// `session` and `plan` outlive it.
  Attempt(const RunSession& session, const RunPlan& plan, std::size_t scenario,
          std::uint32_t repetition);
  /// Calls it off and waits for its end.
  ~Attempt();
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  [[nodiscard]] State state() const noexcept { return state_.load(); }
  /// Says when the warm-up begins. False when that is over, or nobody waits for it any more; the
  /// same moment again is no mistake.
  bool go(std::chrono::steady_clock::time_point start);
  /// Ends it early.
  void stop() noexcept;

  /// In State::done.
  [[nodiscard]] const RepetitionResult& result() const noexcept { return result_; }
  [[nodiscard]] const std::string& part() const noexcept { return part_; }
  /// In State::failed.
  [[nodiscard]] const std::string& error() const noexcept { return error_; }

 private:
  void measure(const RunSession& session, const RunPlan& plan, std::size_t scenario,
               std::uint32_t repetition) noexcept;
  [[nodiscard]] std::int64_t await_go(const Clock& clock);

  std::atomic<State> state_{State::preparing};
  StopFlag stop_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::chrono::steady_clock::time_point> start_;
  RepetitionResult result_;
  std::string part_;
  std::string error_;
  std::thread thread_;
};

[[nodiscard]] std::string_view to_string(Attempt::State state) noexcept;

}  // namespace busmark
