// SPDX-License-Identifier: Apache-2.0
#include "verb/agent/attempt.hpp"

#include "busmark/base/error.hpp"

#include "record/store/measured.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

/// A coordinator that has all agents ready says go within milliseconds.
constexpr auto kLongestWait = 60s;
/// The workers wake this long before the first message is due.
constexpr auto kWakeBefore = 20ms;

}  // namespace

Attempt::Attempt(const RunSession& session, const RunPlan& plan, std::size_t scenario,
                 std::uint32_t repetition)
    : thread_([this, &session, &plan, scenario, repetition] {
        measure(session, plan, scenario, repetition);
      }) {}

Attempt::~Attempt() {
  stop();
  thread_.join();
}

void Attempt::measure(const RunSession& session, const RunPlan& plan, std::size_t scenario,
                      std::uint32_t repetition) noexcept {
  State end = State::failed;
  try {
    LiveProgress live(session.clock());
    result_ = session.repeat(
        plan.options, plan.scenarios[scenario], repetition,
        [&] { return await_go(session.clock()); }, stop_, live);
    part_ = write_measured(result_);
    end = State::done;
  } catch (const std::exception& error) {
    error_ = error.what();
  }
  const std::scoped_lock lock(mutex_);
  state_ = end;
}

std::int64_t Attempt::await_go(const Clock& clock) {
  std::unique_lock lock(mutex_);
  state_ = State::ready;
  changed_.wait_for(lock, kLongestWait, [this] { return start_ || stop_.load(); });
  if (!start_ || stop_.load()) {
    state_ = State::failed;
    throw SetupError(stop_.load() ? "it was called off" : "the coordinator did not say go");
  }
  state_ = State::running;
  changed_.wait_until(lock, *start_ - kWakeBefore, [this] { return stop_.load(); });
  return clock.now() + clock.to_ticks(*start_ - steady_clock::now());
}

bool Attempt::go(steady_clock::time_point start) {
  const std::scoped_lock lock(mutex_);
  if (start_) return *start_ == start;
  if (state_ != State::ready || start - kWakeBefore < steady_clock::now()) return false;
  start_ = start;
  changed_.notify_all();
  return true;
}

void Attempt::stop() noexcept {
  stop_ = true;
  const std::scoped_lock lock(mutex_);
  changed_.notify_all();
}

std::string_view to_string(Attempt::State state) noexcept {
  switch (state) {
    case Attempt::State::preparing: return "preparing";
    case Attempt::State::ready: return "ready";
    case Attempt::State::running: return "running";
    case Attempt::State::done: return "done";
    case Attempt::State::failed: return "failed";
  }
  return "unknown";
}

}  // namespace busmark
