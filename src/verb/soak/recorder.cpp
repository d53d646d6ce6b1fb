// SPDX-License-Identifier: Apache-2.0
#include "verb/soak/recorder.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"
#include "live/page.hpp"
#include "record/store/histogram_log.hpp"

namespace busmark {
namespace {

using std::chrono::milliseconds;

}  // namespace

SoakRecorder::SoakRecorder(std::function<std::filesystem::path()> log_path,
                           std::size_t most_intervals)
    : log_path_(std::move(log_path)), most_(most_intervals) {}

void SoakRecorder::begin(const std::string& scenario) {
  scenario_ = scenario;
  samples_.assign(most_, {});
  used_ = 0;
}

std::vector<SoakSample> SoakRecorder::take() {
  samples_.resize(used_);
  used_ = 0;
  return std::exchange(samples_, {});
}

void SoakRecorder::add(const IntervalResult& interval) {
  if (used_ == samples_.size()) samples_.emplace_back();
  SoakSample& sample = samples_[used_++];
  sample.start = interval.start;
  sample.length = interval.length;
  sample.last = interval.last;
  // Whose threads, stacks and queues are gone has nothing to tell.
  if (!interval.last) sample.memory = read_memory_usage();
  const LiveInterval figures = summarise_interval(interval.response);
  sample.received = figures.count;
  sample.p50 = figures.p50;
  sample.p95 = figures.p95;
  sample.p99 = figures.p99;
  if (used_ == 1) {
    const auto passed = std::chrono::duration_cast<std::chrono::system_clock::duration>(
        interval.start + interval.length);
    measured_since_ = std::chrono::system_clock::now() - passed;
  }
  if (problem_.empty()) log(interval);
}

void SoakRecorder::log(const IntervalResult& interval) {
  const LogTime start = std::chrono::floor<milliseconds>(measured_since_);
  const auto since = std::chrono::floor<milliseconds>(interval.start);
  const auto until = std::chrono::floor<milliseconds>(interval.start + interval.length);
  const auto write = [&](const char* kind, const DecodedHistogram& histogram) {
    writer_->write(log_tag(scenario_, kind), start + since, until - since, histogram);
  };
  try {
    if (!writer_) open_log(start);
    write("response", interval.response);
    write("service", interval.service);
    errno = 0;
    if (file_.flush()) return;
    problem_ = fmt::format("{} is cut off: {}", in_quotes(shown_path_, 200),
                           std::strerror(errno != 0 ? errno : EIO));
  } catch (const std::exception& error) {
    problem_ = error.what();
  }
}

void SoakRecorder::open_log(LogTime start) {
  const std::filesystem::path path = log_path_();
  shown_path_ = path.string();
  errno = 0;
  file_.open(path, std::ios::binary | std::ios::trunc);
  if (!file_) {
    throw SetupError(
        fmt::format("{} cannot be written: {}", in_quotes(shown_path_, 200), std::strerror(errno)));
  }
  HistogramLogOptions options;
  options.start = start;
  options.comment = "busmark soak: nanoseconds, tags scenario:response and scenario:service";
  writer_.emplace(file_, options);
  writer_->reserve(Histogram::shape());
}

}  // namespace busmark
