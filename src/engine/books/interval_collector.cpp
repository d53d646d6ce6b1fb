// SPDX-License-Identifier: Apache-2.0
#include "engine/books/interval_collector.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <utility>

#include "engine/observer.hpp"
#include "engine/workers.hpp"

namespace busmark {
namespace {

constexpr std::int64_t kNoMoment = std::numeric_limits<std::int64_t>::max();

/// Waits for a writer's answer to a request. It answers at its next record or idle turn; one that
/// the kernel has descheduled does so when it runs again.
const Histogram* answer(IntervalRecorder<>& recorder) {
  const Histogram* full = recorder.try_collect();
  for (int looks = 0; full == nullptr && looks < 1000; ++looks) {
    constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 20'000};
    nanosleep(&kPause, nullptr);
    full = recorder.try_collect();
  }
  // Without an answer the samples stay where they are and belong to the next interval.
  return full;
}

}  // namespace

std::uint32_t section_count(Nanoseconds duration) noexcept {
  // Where no core is free, each end of one takes some 0.1 ms of a measured core.
  constexpr Nanoseconds kShortest = std::chrono::milliseconds(25);
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(duration / kShortest, 1, std::int64_t{kMostSections}));
}

void ReceiverCountdown::wait(Nanoseconds timeout) noexcept {
  const EventCount::Key key = event_.prepare_wait();
  if (over() || timeout.count() <= 0) {
    event_.cancel_wait();
  } else {
    event_.wait(key, timeout);
  }
}

IntervalCollector::IntervalCollector(std::vector<ConsumerRecord*> receivers,
                                     std::size_t first_final, const Clock& clock,
                                     const Window& window, Nanoseconds interval, bool open_loop)
    : receivers_(std::move(receivers)),
      first_final_(first_final),
      clock_(clock),
      window_(window),
      interval_(std::max<std::int64_t>(clock.to_ticks(interval), 1)),
      open_loop_(open_loop),
      interval_start_(window.measure),
      own_response_(receivers_.size() > 1 ? receivers_.size() : 0),
      section_start_(window_.measure) {}

void IntervalCollector::collect_until_done(ReceiverCountdown& receivers,
                                           std::span<const std::unique_ptr<Observer>> observers) {
  std::int64_t next = window_.measure + interval_;
  std::int64_t section_end = next_section_end(window_.measure);
  const std::int64_t longest = clock_.to_ticks(std::chrono::hours(1));
  while (!receivers.over()) {
    const std::int64_t now = clock_.now();
    std::int64_t tick = kNoMoment;
    Observer* first = nullptr;
    for (const auto& observer : observers) {
      if (observer->next_tick() >= tick) continue;
      tick = observer->next_tick();
      first = observer.get();
    }
    if (now >= tick) {
      first->tick();
      continue;
    }
    // What comes after the window belongs to its last interval, however late the last receiver is
    // done; so does a boundary that misses the window's end by rounding.
    const std::int64_t interval_end = next + interval_ / 100 < window_.end ? next : kNoMoment;
    // One waking for both.
    if (std::abs(section_end - interval_end) <= interval_ / 100) section_end = interval_end;
    const std::int64_t until = std::min(interval_end, section_end);
    if (now < until) {
      receivers.wait(clock_.duration(std::min({until, tick, now + longest}) - now));
      continue;
    }
    const bool ends_interval = now >= interval_end;
    collect(ends_interval);
    if (now >= section_end) {
      close_section(now);
      section_end = next_section_end(now);
    }
    if (ends_interval) {
      close_interval(next);
      next += interval_;
    }
  }
}

std::int64_t IntervalCollector::next_section_end(std::int64_t now) const noexcept {
  if (sections_wanted_ < 2) return kNoMoment;
  const std::int64_t length =
      std::max<std::int64_t>((window_.end - window_.measure) / std::int64_t{sections_wanted_}, 1);
  const std::int64_t end =
      window_.measure + (now - window_.measure + length / 2 + length - 1) / length * length;
  return end <= window_.end - length / 2 ? end : kNoMoment;
}

void IntervalCollector::collect(bool service) {
  // All are asked before the first is waited for, so that their intervals end together.
  for (ConsumerRecord* receiver : receivers_) {
    receiver->response.request();
    if (service && open_loop_) receiver->service.request();
  }
  for (std::size_t i = 0; i < receivers_.size(); ++i) {
    const Histogram* response = answer(receivers_[i]->response);
    const Histogram* of_service = service && open_loop_ ? answer(receivers_[i]->service) : nullptr;
    add(i, response, of_service);
  }
}

void IntervalCollector::add(std::size_t receiver, const Histogram* response,
                            const Histogram* service) {
  if (response != nullptr && !own_response_.empty()) own_response_[receiver].merge(*response);
  if (receiver < first_final_) return;
  if (response != nullptr) interval_response_.merge(*response);
  if (response != nullptr && sections_wanted_ > 0) section_response_.merge(*response);
  if (service != nullptr) interval_service_.merge(*service);
}

ByteCount IntervalCollector::kept() const noexcept {
  std::uint64_t bytes = intervals_.capacity() * sizeof(IntervalResult);
  for (const IntervalResult& interval : intervals_) {
    for (const DecodedHistogram* one : {&interval.response, &interval.service}) {
      bytes += one->buckets().capacity() * sizeof(DecodedHistogram::Bucket);
    }
  }
  bytes += sections_.capacity() * sizeof(SectionResult);
  for (const SectionResult& section : sections_) {
    bytes += section.response.buckets().capacity() * sizeof(DecodedHistogram::Bucket);
  }
  return {bytes};
}

std::vector<ReceiverLatency> IntervalCollector::latencies() const {
  constexpr std::array<Percentile, 3> kWanted{{{500'000}, {950'000}, {990'000}}};
  std::vector<ReceiverLatency> latencies;
  for (const Histogram& own : own_response_) {
    std::array<std::uint64_t, kWanted.size()> values{};
    own.values_at(kWanted, values);
    for (std::uint64_t& value : values) value = std::min(value, own.max());
    latencies.push_back({own.total(), as_nanoseconds(values[0]), as_nanoseconds(values[1]),
                         as_nanoseconds(values[2]), as_nanoseconds(own.max())});
  }
  return latencies;
}

void IntervalCollector::finish(bool cut_short) {
  std::int64_t end = cut_short ? interval_start_ : std::int64_t{window_.end};
  for (std::size_t i = 0; i < receivers_.size(); ++i) {
    Histogram response;
    Histogram service;
    receivers_[i]->response.collect_rest(response);
    if (open_loop_) receivers_[i]->service.collect_rest(service);
    add(i, &response, open_loop_ ? &service : nullptr);
    if (i >= first_final_) end = std::max(end, receivers_[i]->last_received);
  }
  if (sections_wanted_ > 0) close_section(std::max(end, section_start_));
  close_interval(end, true);
}

void IntervalCollector::close_section(std::int64_t end) {
  SectionResult section{.start = clock_.duration(section_start_ - window_.measure), .length = {}};
  section.length = clock_.duration(end - window_.measure) - section.start;
  section.response.assign(section_response_);
  section_response_.reset();
  section_start_ = end;
  // What a stop has left of the last one.
  if (section.length.count() == 0 && section.response.total() == 0) return;
  sections_.push_back(std::move(section));
}

void IntervalCollector::close_interval(std::int64_t end, bool last) {
  IntervalResult& result = current_;
  result.last = last;
  result.start = clock_.duration(interval_start_ - window_.measure);
  result.length = clock_.duration(end - window_.measure) - result.start;
  result.response.assign(interval_response_);
  result.service.assign(open_loop_ ? interval_service_ : interval_response_);
  if (observer_) observer_(result);
  if (!forgets_intervals_) intervals_.push_back(std::move(result));
  response_.merge(interval_response_);
  service_.merge(interval_service_);
  interval_response_.reset();
  interval_service_.reset();
  interval_start_ = end;
}

}  // namespace busmark
