// SPDX-License-Identifier: Apache-2.0
//
// How far a message's stamp `sent` lies from the moment at which its transport has it: the engine's
// producer loop drives a publisher that looks at the clock before it does anything else. Half of
// each of the two looks is in the figure. Warm: all messages are due at once; 100k/s and 1k/s: the
// loop waits 10 us and 1 ms between two messages. Decision 3 has what came out.
//
// usage: stamp_bench [SECONDS for each row, default 1]

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include <fmt/core.h>

#include "engine/schedule.hpp"
#include "engine/workers.hpp"

namespace busmark {
namespace {

/// Keeps how long ago each message was stamped.
struct LookingPublisher {
  Clock clock;
  std::vector<std::int64_t> ages;
  std::size_t messages = 0;

  bool try_publish(Message& message, const PayloadPattern& /*payload*/) noexcept {
    const std::int64_t now = clock.now();
    ages[messages++ % ages.size()] = now - message.sent;
    return true;
  }
  std::size_t try_publish_bulk(Message* messages_in, std::size_t count,
                               const PayloadPattern& payload) noexcept {
    for (std::size_t i = 0; i < count; ++i) try_publish(messages_in[i], payload);
    return count;
  }
  void abandon(Message* /*messages*/, std::size_t /*count*/) noexcept {}
  [[nodiscard]] std::uint64_t dropped() const noexcept { return 0; }
};

/// `rate` 0: all due at once.
void row(const Clock& clock, Arrivals arrivals, bool checksum, double rate, double seconds) {
  const StopFlag stop{false};
  const PayloadPattern payload(Message::kInlinePayload, 1);
  std::array<Message, 1> buffer;
  ProducerRecord record;
  Progress progress;
  LookingPublisher publisher{.clock = clock, .ages = std::vector<std::int64_t>(1 << 16)};
  const double period = rate == 0 ? 1 : clock.ticks_per_second() / rate;
  WorkerTask task;
  task.clock = clock;
  task.checksum = checksum;
  task.sequence_limit = 1'000'000'000;
  const std::int64_t length =
      rate == 0 ? 1 << 16 : static_cast<std::int64_t>(clock.ticks_per_second() * seconds);
  task.window.start = rate == 0 ? clock.now() - length : clock.now() + 1000;
  task.window.measure = task.window.start;
  task.window.end = task.window.start + length;
  task.window.give_up = task.window.end + clock.to_ticks(std::chrono::seconds(60));
  const ScheduleShare share{.period_ticks = period};
  produce_open_loop(RateSchedule(task.window.start, share, arrivals, 1),
                    Sender(publisher, payload, task, stop, buffer, record), task, stop, progress,
                    record);
  publisher.ages.resize(std::min(publisher.messages, publisher.ages.size()));
  std::sort(publisher.ages.begin(), publisher.ages.end());
  const auto at = [&](double share_of_all) {
    const auto rank =
        static_cast<std::size_t>(share_of_all * static_cast<double>(publisher.ages.size()));
    return static_cast<double>(publisher.ages[std::min(rank, publisher.ages.size() - 1)]) * 1e9 /
           clock.ticks_per_second();
  };
  fmt::print("{:<14}{:<10}{:<10}{:<8}{:>8}{:>8.0f}{:>8.0f}{:>8.0f}\n",
             to_string(clock.info().source), arrivals == Arrivals::poisson ? "poisson" : "constant",
             checksum ? "checksum" : "-",
             rate == 0 ? "warm" : fmt::format("{:.0f}k/s", rate / 1000), publisher.messages,
             at(0.05), at(0.5), at(0.95));
}

}  // namespace
}  // namespace busmark

int main(int argc, char** argv) {
  using namespace busmark;
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1;
  fmt::print("{:<14}{:<10}{:<10}{:<8}{:>8}{:>8}{:>8}{:>8}\n", "clock", "arrivals", "payload",
             "rate", "messages", "p5 ns", "p50 ns", "p95 ns");
  for (const auto preference : {Clock::Preference::automatic, Clock::Preference::system}) {
    const Clock clock = Clock::calibrate(preference);
    for (const Arrivals arrivals : {Arrivals::constant, Arrivals::poisson}) {
      for (const bool checksum : {false, true}) {
        for (const double rate : {0.0, 100'000.0, 1'000.0}) {
          row(clock, arrivals, checksum, rate, seconds);
        }
      }
    }
  }
}
