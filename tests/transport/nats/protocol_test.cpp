// SPDX-License-Identifier: Apache-2.0
#include "transport/nats/protocol.hpp"

#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/nats_stream.hpp"

namespace busmark {
namespace {

using State = NatsParser::State;
using Texts = std::vector<std::string>;

constexpr std::string_view kStream =
    "INFO {\"server_id\":\"A\",\"max_payload\":1048576}\r\n"
    "+OK\r\n"
    "PING\r\n"
    "MSG a.b 1 5\r\nhello\r\n"
    "MSG a.b 18446744073709551615 reply.to 2\r\n\r\n\r\n"
    "msg\t a.b \t 7  0\r\n\r\n"
    "HMSG a.b 3 22 27\r\nNATS/1.0\r\nKey: text\r\n\r\nhello"  // header size is filled in below
    "\r\nPONG\r\n"
    "-ERR 'Slow Consumer'\r\n";

NatsFault fault_of(std::string_view stream, const NatsLimits& limits = {}) {
  return read_in_pieces(stream, {}, limits).fault;
}

std::string stream() {
  std::string text(kStream);
  const std::string header = "NATS/1.0\r\nKey: text\r\n\r\n";
  const std::string sizes = std::to_string(header.size()) + " " + std::to_string(header.size() + 5);
  return text.replace(text.find("22 27"), 5, sizes);
}

TEST_CASE("every operation of a server is taken apart into its fields") {
  const NatsReading reading = read_in_pieces(stream(), {});
  CHECK(reading.fault == NatsFault::none);
  CHECK(reading.used == stream().size());
  CHECK(reading.frames ==
        Texts{"0|0||||{\"server_id\":\"A\",\"max_payload\":1048576}", "4|0||||", "2|0||||",
              "1|1|a.b|||hello", "1|18446744073709551615|a.b|reply.to||\r\n", "1|7|a.b|||",
              "1|3|a.b||NATS/1.0\r\nKey: text\r\n\r\n|hello", "3|0||||", "5|0||||Slow Consumer"});
}

TEST_CASE("a stream gives the same messages wherever it is cut") {
  const std::string whole = stream();
  const NatsReading expected = read_in_pieces(whole, {});
  std::vector<std::size_t> everywhere;
  for (std::size_t first = 0; first <= whole.size(); ++first) {
    everywhere.push_back(first);
    for (std::size_t second = first; second <= whole.size(); ++second) {
      const NatsReading reading = read_in_pieces(whole, {first, second});
      if (reading == expected) continue;
      CAPTURE(first);
      CAPTURE(second);
      CHECK(reading == expected);
    }
  }
  CHECK(read_in_pieces(whole, everywhere) == expected);
}

TEST_CASE("every malformed input is named for what it is") {
  struct Example {
    std::string_view stream;
    NatsFault fault;
  };
  const std::array examples{
      Example{"HTTP/1.1 400 Bad Request\r\n", NatsFault::unknown_operation},
      Example{"\r\n", NatsFault::unknown_operation},
      Example{"\x16\x03\x01", NatsFault::unknown_operation},
      Example{"PUB a 1\r\n", NatsFault::unknown_operation},
      Example{"MSGX a 1 0\r\n", NatsFault::unknown_operation},
      Example{"PING\n", NatsFault::bad_line_end},
      Example{"MSG a 1 0\n\n", NatsFault::bad_line_end},
      Example{"PING 1\r\n", NatsFault::bad_arguments},
      Example{"PONG\r\r\n", NatsFault::unknown_operation},
      Example{"+OK yes\r\n", NatsFault::bad_arguments},
      Example{"INFO\r\n", NatsFault::bad_arguments},
      Example{"INFO []\r\n", NatsFault::bad_arguments},
      Example{"-ERR\r\n", NatsFault::bad_arguments},
      Example{"-ERR ''\r\n", NatsFault::bad_arguments},
      Example{"MSG\r\n", NatsFault::bad_arguments},
      Example{"MSG a 1\r\n", NatsFault::bad_arguments},
      Example{"MSG a 1 b 2 3\r\n", NatsFault::bad_arguments},
      Example{"MSG a 1 b 2 3 4 5 6\r\n", NatsFault::bad_arguments},
      Example{"HMSG a 1 2\r\n", NatsFault::bad_arguments},
      Example{"MSG a\x01z 1 0\r\n", NatsFault::bad_subject},
      Example{"MSG a 1 b\x7f 0\r\n", NatsFault::bad_subject},
      Example{"MSG a 0 0\r\n", NatsFault::bad_subscription},
      Example{"MSG a -1 0\r\n", NatsFault::bad_subscription},
      Example{"MSG a x 0\r\n", NatsFault::bad_subscription},
      Example{"MSG a 18446744073709551616 0\r\n", NatsFault::bad_subscription},
      Example{"MSG a 1 -1\r\n", NatsFault::bad_size},
      Example{"MSG a 1 +1\r\n", NatsFault::bad_size},
      Example{"MSG a 1 1k\r\n", NatsFault::bad_size},
      Example{"MSG a 1 4294967296\r\n", NatsFault::bad_size},
      Example{"MSG a 1 99999999999999999999999\r\n", NatsFault::bad_size},
      Example{"MSG a 1 1073741824\r\n", NatsFault::payload_too_long},
      Example{"HMSG a 1 1073741824 1073741824\r\n", NatsFault::header_too_long},
      Example{"HMSG a 1 13 12\r\n", NatsFault::header_exceeds_message},
      Example{"HMSG a 1 0 1\r\n", NatsFault::bad_header},
      Example{"HMSG a 1 12 12\r\nHTTP/1.0\r\n\r\n\r\n", NatsFault::bad_header},
      Example{"HMSG a 1 10 12\r\nNATS/1.0\r\n\r\n\r\n", NatsFault::bad_header},
      Example{"HMSG a 1 19 19\r\nNATS/1.0\r\n\r\nA:1\r\n\r\n\r\n", NatsFault::bad_header},
      Example{"HMSG a 1 13 13\r\nNATS/1.05\r\n\r\n\r\n", NatsFault::bad_header},
      Example{"MSG a 1 2\r\nabc\r\n", NatsFault::bad_message_end},
      Example{"MSG a 1 2\r\nab\r\r", NatsFault::bad_message_end},
      Example{"MSG a 1 2\r\nabPING\r\n", NatsFault::bad_message_end},
  };
  for (const Example& example : examples) {
    const std::string text(example.stream);
    CAPTURE(text);
    CHECK(to_string(fault_of(text)) == to_string(example.fault));
    CHECK(to_string(fault_of("+OK\r\n" + text)) == to_string(example.fault));
  }
}

TEST_CASE("what is too long is refused before it is waited for") {
  const NatsLimits limits{
      .control_line = 40, .info_line = 60, .subject = 10, .header = 20, .payload = 100};
  CHECK(fault_of("MSG " + std::string(36, 'a'), limits) == NatsFault::none);
  CHECK(fault_of("MSG " + std::string(38, 'a'), limits) == NatsFault::line_too_long);
  CHECK(fault_of("INFO {" + std::string(53, ' ') + "}\r\n", limits) == NatsFault::none);
  CHECK(fault_of("INFO {" + std::string(60, ' '), limits) == NatsFault::line_too_long);
  CHECK(fault_of("MSG abcdefghij 1 0\r\n", limits) == NatsFault::none);
  CHECK(fault_of("MSG abcdefghijk 1 0\r\n", limits) == NatsFault::subject_too_long);
  CHECK(fault_of("MSG a 1 abcdefghijk 0\r\n", limits) == NatsFault::subject_too_long);
  CHECK(fault_of("MSG a 1 100\r\n", limits) == NatsFault::none);
  CHECK(fault_of("MSG a 1 101\r\n", limits) == NatsFault::payload_too_long);
  CHECK(fault_of("HMSG a 1 20 100\r\n", limits) == NatsFault::none);
  CHECK(fault_of("HMSG a 1 21 100\r\n", limits) == NatsFault::header_too_long);
}

TEST_CASE("a fault is final, and the parser says how much a message begun still needs") {
  NatsParser parser;
  CHECK(parser.next("MSG a 1 5") == State::more);
  CHECK(parser.needed() == 0);
  CHECK(parser.next("MSG a 1 5\r\nhe") == State::more);
  CHECK(parser.needed() == 18);
  CHECK(parser.next("MSG a 1 5\r\nhello\r\nPING\r\n") == State::frame);
  CHECK(parser.used() == 18);
  CHECK(parser.frame().body == "hello");
  CHECK(parser.next("PANG\r\n") == State::fault);
  CHECK(parser.next("PING\r\n") == State::fault);
  CHECK(parser.fault() == NatsFault::unknown_operation);
}

TEST_CASE("a header ends at its first empty line") {
  CHECK(is_header_block("NATS/1.0\r\n\r\n"));
  CHECK(is_header_block("NATS/1.0 503\r\n\r\n"));
  CHECK(is_header_block("NATS/1.0\r\nA: b\r\nC:\r\n\r\n"));
  CHECK_FALSE(is_header_block(""));
  CHECK_FALSE(is_header_block("NATS/1.0"));
  CHECK_FALSE(is_header_block("NATS/1.0\r\n"));
  CHECK_FALSE(is_header_block("NATS/1.0\r\nA: b\r\n"));
  CHECK_FALSE(is_header_block("NATS/1.1\r\n\r\n"));
  CHECK_FALSE(is_header_block("NATS/1.0\r\n\r\n\r\n"));
}

}  // namespace
}  // namespace busmark
