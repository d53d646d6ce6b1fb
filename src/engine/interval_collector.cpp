// SPDX-License-Identifier: Apache-2.0
#include "busmark/engine/interval_collector.hpp"

#include <algorithm>
#include <utility>

#include "busmark/engine/workers.hpp"

namespace busmark {
namespace {

/// Asks one recorder and waits for the writer's answer. The writer answers at its next record or
/// idle turn; one that the kernel has descheduled does so when it runs again.
void take(IntervalRecorder<>& recorder, Histogram& into) {
  recorder.request();
  const Histogram* full = recorder.try_collect();
  for (int looks = 0; full == nullptr && looks < 1000; ++looks) {
    constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 20'000};
    nanosleep(&kPause, nullptr);
    full = recorder.try_collect();
  }
  // Without an answer the samples stay where they are and belong to the next interval.
  if (full != nullptr) into.merge(*full);
}

}  // namespace

void ConsumerCountdown::wait(Nanoseconds timeout) noexcept {
  const EventCount::Key key = event_.prepare_wait();
  if (over() || timeout.count() <= 0) {
    event_.cancel_wait();
  } else {
    event_.wait(key, timeout);
  }
}

IntervalCollector::IntervalCollector(std::vector<ConsumerRecord*> consumers, const Clock& clock,
                                     const Window& window, Nanoseconds interval, bool open_loop)
    : consumers_(std::move(consumers)),
      clock_(clock),
      window_(window),
      interval_(std::max<std::int64_t>(clock.to_ticks(interval), 1)),
      open_loop_(open_loop),
      interval_start_(window.measure) {}

void IntervalCollector::collect_until_done(ConsumerCountdown& consumers) {
  std::int64_t next = window_.measure + interval_;
  while (!consumers.over()) {
    const std::int64_t now = clock_.now();
    // What comes after the window is the end of its last interval; so is a boundary that misses the
    // window's end by rounding.
    const std::int64_t until =
        next + interval_ / 100 < window_.end ? next : window_.give_up + interval_;
    if (now < until) {
      consumers.wait(clock_.duration(until - now));
      continue;
    }
    collect();
    close_interval(next);
    next += interval_;
  }
}

void IntervalCollector::collect() {
  for (ConsumerRecord* consumer : consumers_) {
    take(consumer->response, interval_response_);
    if (open_loop_) take(consumer->service, interval_service_);
  }
}

void IntervalCollector::finish(bool cut_short) {
  std::int64_t end = cut_short ? interval_start_ : window_.end;
  for (ConsumerRecord* consumer : consumers_) {
    consumer->response.collect_rest(interval_response_);
    if (open_loop_) consumer->service.collect_rest(interval_service_);
    end = std::max(end, consumer->last_received);
  }
  close_interval(end);
}

void IntervalCollector::close_interval(std::int64_t end) {
  IntervalResult result;
  result.start = clock_.duration(interval_start_ - window_.measure);
  result.length = clock_.duration(end - window_.measure) - result.start;
  result.response = DecodedHistogram(interval_response_);
  result.service = DecodedHistogram(open_loop_ ? interval_service_ : interval_response_);
  intervals_.push_back(std::move(result));
  response_.merge(interval_response_);
  service_.merge(interval_service_);
  interval_response_.reset();
  interval_service_.reset();
  interval_start_ = end;
}

}  // namespace busmark
