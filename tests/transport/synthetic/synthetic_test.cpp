// SPDX-License-Identifier: Apache-2.0
#include "transport/synthetic/synthetic.hpp"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "support/plans.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::test_clock;
using Shape = DelayProgram::Shape;

std::vector<std::int64_t> draws(const DelayProgram& program, std::uint64_t count) {
  std::vector<std::int64_t> values;
  for (std::uint64_t i = 0; i < count; ++i) values.push_back(program.at(i).count());
  return values;
}

/// A transport that holds `messages` messages, its log and its endpoints.
struct Bench {
  explicit Bench(SyntheticProgram wanted, std::size_t capacity = 256)
      : program(prepare(std::move(wanted), log)),
        transport(TransportOptions{.capacity = capacity, .payload = 16, .synthetic = &program}),
        publisher(transport.publisher(0)),
        subscription(transport.subscription(0)) {}

  static SyntheticProgram prepare(SyntheticProgram program, SyntheticLog& log) {
    log.deliveries.resize(1024);
    program.clock = test_clock();
    program.log = &log;
    return program;
  }

  bool publish(std::uint64_t sequence) {
    Message message;
    message.sequence = sequence;
    message.size = payload.size();
    message.checksum = payload.checksum(sequence);
    message.due = test_clock().now();
    message.sent = message.due;
    return publisher.try_publish(message, payload);
  }

  /// Polls until `count` messages have come.
  std::vector<Message> receive(std::size_t count) {
    std::vector<Message> messages;
    Message message;
    while (messages.size() < count) {
      if (subscription.poll(&message, 1) == 1) messages.push_back(message);
    }
    CHECK(subscription.poll(&message, 1) == 0);
    return messages;
  }

  std::vector<std::uint64_t> sequences(std::size_t count) {
    std::vector<std::uint64_t> numbers;
    for (const Message& message : receive(count)) numbers.push_back(message.sequence);
    return numbers;
  }

  SyntheticLog log;
  SyntheticProgram program;
  SyntheticTransport transport;
  PayloadPattern payload{16, 1};
  SyntheticTransport::Publisher publisher;
  SyntheticTransport::Subscription subscription;
};

using Sequences = std::vector<std::uint64_t>;

TEST_CASE("delays have the programmed shape, and the same seed draws the same again") {
  const DelayProgram uniform{.shape = Shape::uniform, .low = 100ns, .high = 300ns};
  auto values = draws(uniform, 20'000);
  CHECK(values == draws(uniform, 20'000));
  std::sort(values.begin(), values.end());
  CHECK(values.front() >= 100);
  CHECK(values.back() <= 300);
  CHECK(values[10'000] == doctest::Approx(200).epsilon(0.02));

  auto normal =
      draws({.shape = Shape::log_normal, .low = 40us, .high = 400us, .spread = 0.7}, 20'000);
  std::sort(normal.begin(), normal.end());
  CHECK(normal[10'000] == doctest::Approx(40'000).epsilon(0.03));
  CHECK(normal[16'827] ==
        doctest::Approx(40'000 * std::exp(0.7)).epsilon(0.03));  // one sigma: 84.13 %
  CHECK(normal.back() == 400'000);

  const auto modes =
      draws({.shape = Shape::bimodal, .low = 20us, .high = 200us, .spread = 0.1}, 20'000);
  const auto rare = std::count(modes.begin(), modes.end(), 200'000);
  CHECK(rare == doctest::Approx(2000).epsilon(0.1));
  CHECK(std::count(modes.begin(), modes.end(), 20'000) == 20'000 - rare);
  CHECK(draws({.low = 5us}, 3) == std::vector<std::int64_t>{5000, 5000, 5000});
}

TEST_CASE("how often something recurs is known without counting") {
  for (const std::uint64_t period : {0U, 1U, 2U, 7U, 100U}) {
    const Recurrence recurrence{period};
    std::uint64_t counted = 0;
    for (std::uint64_t messages = 0; messages < 500; ++messages) {
      CAPTURE(period);
      CAPTURE(messages);
      CHECK(recurrence.among(messages) == counted);
      counted += recurrence.hits(messages) ? 1U : 0U;
    }
  }
}

TEST_CASE("no message is handed out before its time, and the log says when it was") {
  Bench bench({.delay = {.shape = Shape::uniform, .low = 20us, .high = 60us}});
  for (std::uint64_t i = 0; i < 50; ++i) {
    REQUIRE(bench.publish(i));
    const std::vector<Message> got = bench.receive(1);
    const std::int64_t now = test_clock().now_after_loads();
    REQUIRE(bench.log.delivered == i + 1);
    const SyntheticDelivery& truth = bench.log.deliveries[i];
    CHECK(truth.sequence == i);
    CHECK(truth.sent == got[0].sent);
    CHECK(truth.accepted >= truth.sent);
    CHECK(truth.released - truth.sent >= test_clock().to_ticks(bench.program.delay.at(i)));
    CHECK(now >= truth.released);
  }
}

TEST_CASE("a server works on one message after the other and a factor stretches only the latency") {
  for (const double factor : {1.0, 2.0}) {
    SyntheticProgram server = server_program(
        {.service = 200us, .shape = ServiceShape::exponential, .latency_factor = factor},
        test_clock(), 7);
    Bench bench(server);
    for (std::uint64_t i = 0; i < 60; ++i) REQUIRE(bench.publish(i));
    CHECK(bench.receive(60).size() == 60);
    std::int64_t departed = 0;
    std::int64_t released = 0;
    for (std::uint64_t i = 0; i < 60; ++i) {
      const SyntheticDelivery& truth = bench.log.deliveries[i];
      departed = std::max(departed, truth.sent) + test_clock().to_ticks(server.delay.at(i));
      const auto in_system = static_cast<double>(departed - truth.sent);
      released = std::max(released, truth.sent + static_cast<std::int64_t>(in_system * factor));
      CAPTURE(i);
      CHECK(truth.released >= released);
    }
    const Nanoseconds all =
        test_clock().duration(bench.log.deliveries[59].released - bench.log.deliveries[0].sent);
    CHECK(all >= 60 * 200us * 0.5 * factor);  // the work of all of them, not of one
  }
}

TEST_CASE("service times have the mean that is asked for, whatever their shape") {
  for (const ServiceShape shape :
       {ServiceShape::constant, ServiceShape::exponential, ServiceShape::log_normal}) {
    const SyntheticProgram program =
        server_program({.service = 50us, .shape = shape, .sigma = 0.8}, test_clock(), 3);
    double sum = 0;
    for (const std::int64_t value : draws(program.delay, 100'000)) {
      sum += static_cast<double>(value);
    }
    CAPTURE(to_string(shape));
    CHECK(sum / 100'000 == doctest::Approx(50'000).epsilon(0.02));
  }
  CHECK(server_program({}, test_clock(), 1).delay.seed !=
        server_program({}, test_clock(), 2).delay.seed);
  CHECK(describe(SyntheticOptions{}) == "one server, log-normal service of 5us, sigma 0.5");
  CHECK(describe(SyntheticOptions{.service = 20us,
                                  .shape = ServiceShape::exponential,
                                  .latency_factor = 1.1,
                                  .leak_per_hour = {64 << 20}}) ==
        "one server, exponential service of 20us, latency x 1.1, leaking 64MiB per hour");
}

TEST_CASE("messages are lost, doubled, swapped and corrupted exactly where it is programmed") {
  SUBCASE("lost") {
    Bench bench({.lose = {4}});
    for (std::uint64_t i = 0; i < 8; ++i) REQUIRE(bench.publish(i));
    CHECK(bench.sequences(6) == Sequences{0, 1, 3, 4, 5, 7});
    CHECK(bench.log.forwarded == 6);
  }
  SUBCASE("doubled") {
    Bench bench({.duplicate = {4}});
    for (std::uint64_t i = 0; i < 4; ++i) REQUIRE(bench.publish(i));
    CHECK(bench.sequences(5) == Sequences{0, 1, 2, 2, 3});
    CHECK(bench.log.forwarded == 5);
  }
  SUBCASE("swapped") {
    Bench bench({.swap = {4}});
    for (std::uint64_t i = 0; i < 8; ++i) REQUIRE(bench.publish(i));
    CHECK(bench.sequences(8) == Sequences{0, 1, 3, 2, 4, 5, 7, 6});
  }
  SUBCASE("corrupt") {
    Bench bench({.corrupt = {4}});
    for (std::uint64_t i = 0; i < 8; ++i) REQUIRE(bench.publish(i));
    for (const Message& message : bench.receive(8)) {
      const bool intact = payload_checksum(bench.subscription.payload(message)) == message.checksum;
      CHECK(intact == (message.sequence % 4 != 2));
    }
  }
}

TEST_CASE("a stall lasts as long as programmed, inside one publish or in front of the consumer") {
  SUBCASE("publish") {
    Bench bench({.stall = 2ms, .stall_at = 1});
    REQUIRE(bench.publish(0));
    const std::int64_t start = test_clock().now();
    REQUIRE(bench.publish(1));
    CHECK(test_clock().duration(test_clock().now() - start) >= 2ms - 1us);
  }
  SUBCASE("delivery") {
    Bench bench({.held_up = 2ms, .held_up_at = 1});
    for (std::uint64_t i = 0; i < 3; ++i) REQUIRE(bench.publish(i));
    CHECK(bench.sequences(3) == Sequences{0, 1, 2});
    const auto& log = bench.log.deliveries;
    CHECK(test_clock().duration(log[1].released - log[1].sent) >= 2ms - 1us);
    CHECK(log[2].released >= log[1].released);
  }
}

TEST_CASE("a stepped clock shows in the messages' stamps and not in the log") {
  Bench bench({.clock_step = 10ms, .clock_step_at = 1});
  for (std::uint64_t i = 0; i < 2; ++i) REQUIRE(bench.publish(i));
  const std::vector<Message> got = bench.receive(2);
  CHECK(got[0].sent == bench.log.deliveries[0].sent);
  CHECK(got[1].sent == bench.log.deliveries[1].sent + test_clock().to_ticks(10ms));
  CHECK(got[1].due == bench.log.deliveries[1].due + test_clock().to_ticks(10ms));
}

TEST_CASE("a full synthetic transport refuses, and owes nothing to a later publish") {
  Bench bench({.duplicate = {4}}, 4);
  REQUIRE(bench.publish(0));
  REQUIRE(bench.publish(1));
  REQUIRE(bench.publish(2));  // and its copy
  CHECK_FALSE(bench.publish(3));
  CHECK(bench.sequences(4) == Sequences{0, 1, 2, 2});
  CHECK(bench.publish(3));
  CHECK(bench.sequences(1) == Sequences{3});
}

TEST_CASE("where a duplicate does not fit, its original waits as well") {
  Bench bench({.duplicate = {4}}, 4);
  for (std::uint64_t i : {0U, 1U, 3U}) REQUIRE(bench.publish(i));
  CHECK_FALSE(bench.publish(2));
  CHECK(bench.sequences(3) == Sequences{0, 1, 3});
  CHECK(bench.publish(2));
  CHECK(bench.sequences(2) == Sequences{2, 2});
}

TEST_CASE("the synthetic transport refuses to run without a program or with payloads in slots") {
  CHECK_THROWS_AS(SyntheticTransport(TransportOptions{}), SetupError);
  SyntheticProgram program{.clock = test_clock()};
  const TransportOptions options{.payload = 17, .synthetic = &program};
  CHECK_THROWS_AS(SyntheticTransport{options}, SetupError);
}

}  // namespace
}  // namespace busmark
