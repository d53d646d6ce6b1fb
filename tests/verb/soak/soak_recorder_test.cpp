// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <fstream>

#include <doctest/doctest.h>

#include "verb/soak/recorder.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// A log file that goes with the test.
class LogFile {
 public:
  LogFile() : path_(fs::temp_directory_path() / ("busmark-soak-" + std::to_string(getpid()))) {}
  ~LogFile() { fs::remove(path_); }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  [[nodiscard]] const fs::path& path() const { return path_; }
  [[nodiscard]] std::vector<HistogramLogInterval> intervals() const {
    std::ifstream file(path_, std::ios::binary);
    HistogramLogReader reader(file);
    std::vector<HistogramLogInterval> found;
    while (auto interval = reader.next()) found.push_back(std::move(*interval));
    return found;
  }

 private:
  fs::path path_;
};

IntervalResult interval(Nanoseconds start, Nanoseconds length, std::uint64_t samples) {
  Histogram histogram;
  histogram.record_n(1000, samples);
  IntervalResult result;
  result.start = start;
  result.length = length;
  result.response = DecodedHistogram(histogram);
  result.service = DecodedHistogram(histogram);
  return result;
}

TEST_CASE("each interval is a sample and, at once, two lines of the log") {
  const LogFile log;
  SoakRecorder recorder([&] { return log.path(); }, 2);
  recorder.begin("one");
  CHECK_FALSE(fs::exists(log.path()));
  recorder.add(interval(0s, 10s, 1000));
  REQUIRE(log.intervals().size() == 2);
  CHECK(log.intervals()[0].tag == "one:response");
  CHECK(log.intervals()[1].tag == "one:service");
  recorder.add(interval(10s, 10s, 50));
  IntervalResult rest = interval(20s, 3s, 1);
  rest.last = true;
  recorder.add(rest);  // one more than was reckoned with
  const auto lines = log.intervals();
  REQUIRE(lines.size() == 6);
  CHECK(lines[2].start - lines[0].start == 10s);
  CHECK(lines[4].length == 3s);
  CHECK(lines[4].histogram.total() == 1);

  const std::vector<SoakSample> samples = recorder.take();
  REQUIRE(samples.size() == 3);
  CHECK(samples[0].received == 1000);
  CHECK(samples[0].rate() == 100);
  CHECK(samples[0].p95.has_value());
  CHECK_FALSE(samples[1].p95.has_value());  // 50 samples carry none
  CHECK(samples[1].memory.rss.value().bytes > 0);
  CHECK_FALSE(samples[2].memory.rss.has_value());
  CHECK(samples[2].last);
  CHECK(recorder.problem().empty());

  recorder.begin("two");
  recorder.add(interval(0s, 10s, 7));
  CHECK(recorder.take().size() == 1);
  CHECK(log.intervals().back().tag == "two:service");
}

TEST_CASE("a log that cannot be written is told and costs no sample") {
  SoakRecorder recorder([] { return fs::path("/nowhere/at/all.hlog"); }, 3);
  recorder.begin("one");
  recorder.add(interval(0s, 10s, 1000));
  recorder.add(interval(10s, 10s, 1000));
  CHECK(recorder.problem().find("/nowhere/at/all.hlog") != std::string::npos);
  CHECK(recorder.take().size() == 2);

  SoakRecorder full([] { return fs::path("/dev/full"); }, 3);
  full.begin("one");
  full.add(interval(0s, 10s, 1000));
  CHECK(full.problem().find("is cut off") != std::string::npos);
  CHECK(full.take().size() == 1);
}

}  // namespace
}  // namespace busmark
