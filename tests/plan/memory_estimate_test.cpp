// SPDX-License-Identifier: Apache-2.0
#include "plan/memory_estimate.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "busmark/histogram/histogram.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

TEST_CASE("an ordinary scenario fits into a small machine") {
  CHECK_FALSE(check_memory(Scenario(), ByteCount{256ULL << 20}).has_value());
}

TEST_CASE("what does not fit is named with what to reduce") {
  const ByteCount available{1ULL << 30};
  Scenario audit;
  audit.load.rate = MessageRate{1e9};
  audit.duration = 24h;
  CHECK(check_memory(audit, available)->find("reduce load, warmup or duration") !=
        std::string::npos);
  Scenario queue;
  queue.capacity = 1U << 20;
  queue.payload = ByteCount{64ULL << 10};
  CHECK(check_memory(queue, available)->find("reduce capacity, payload") != std::string::npos);
  Scenario subjects;
  subjects.subjects = "a.{0..9999999}";
  CHECK(check_memory(subjects, available)->find("reduce subjects") != std::string::npos);
  Scenario consumers;
  consumers.consumers = 1024;
  consumers.load.rate = MessageRate{1};
  consumers.capacity = 1;
  CHECK(check_memory(consumers, available)->find("reduce consumers") != std::string::npos);
}

TEST_CASE("an absurd scenario has a large estimate, not a wrapped one") {
  Scenario scenario;
  scenario.load.rate = MessageRate{1e9};
  scenario.duration = 24h;
  scenario.capacity = 1U << 26;
  scenario.payload = ByteCount{64ULL << 20};
  scenario.producers = 1024;
  scenario.consumers = 1024;
  CHECK(estimate_memory(scenario).bytes > 1ULL << 60);
}

TEST_CASE("the estimate grows with every message that the audit must remember") {
  Scenario scenario;
  scenario.load.rate = MessageRate{1e6};
  scenario.duration = 100s;
  const std::uint64_t once = estimate_memory(scenario).bytes;
  scenario.duration = 200s;
  CHECK(estimate_memory(scenario).bytes - once == doctest::Approx(100e6 / 8).epsilon(0.01));
}

TEST_CASE("what the sections of a repetition keep is counted") {
  Scenario scenario;
  scenario.load.rate = MessageRate{1e6};  // more messages in each than there are buckets
  const std::uint64_t with_sections = estimate_memory(scenario).bytes;
  scenario.duration = 10ms;
  const std::uint64_t with_one = estimate_memory(scenario).bytes;
  CHECK(with_sections > with_one + 19 * Histogram::shape().length() * 16);
}

TEST_CASE("available memory is read from the kernel's words, or unknown") {
  const std::filesystem::path root =
      std::filesystem::temp_directory_path() / ("busmark-meminfo-" + std::to_string(getpid()));
  std::filesystem::create_directories(root / "proc");
  const auto read = [&](const char* text) {
    std::ofstream(root / "proc/meminfo") << text;
    return available_memory(root);
  };
  CHECK(read("MemTotal:  100 kB\nMemAvailable:   64 kB\n").value().bytes == 65'536);
  CHECK_FALSE(read("MemTotal:  100 kB\n").has_value());
  CHECK_FALSE(read("MemAvailable: much\n").has_value());
  std::filesystem::remove_all(root);
  CHECK_FALSE(available_memory(root).has_value());
  CHECK_FALSE(check_memory(Scenario(), std::nullopt).has_value());
}

}  // namespace
}  // namespace busmark
