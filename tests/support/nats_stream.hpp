// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "transport/nats/protocol.hpp"

namespace busmark {

/// What a parser made of a stream.
struct NatsReading {
  std::vector<std::string> frames;  ///< Every field of each, as text.
  NatsFault fault = NatsFault::none;
  std::size_t used = 0;  ///< Bytes of whole frames.

  bool operator==(const NatsReading&) const = default;
};

inline std::string text_of(const NatsFrame& frame) {
  std::string text = std::to_string(static_cast<int>(frame.kind)) + "|";
  text += std::to_string(frame.subscription) + "|";
  text += std::string(frame.subject) + "|" + std::string(frame.reply) + "|";
  return text + std::string(frame.header) + "|" + std::string(frame.body);
}

/// Feeds `stream` as it comes from a socket: piece by piece, each time with what is not used yet,
/// and at another address, so that a view that was kept too long is found by a sanitizer.
inline NatsReading read_in_pieces(std::string_view stream, const std::vector<std::size_t>& cuts,
                                  const NatsLimits& limits = {}) {
  NatsReading reading;
  NatsParser parser(limits);
  std::vector<std::size_t> ends = cuts;
  ends.push_back(stream.size());
  for (const std::size_t end : ends) {
    while (true) {
      const std::vector<char> bytes(stream.begin() + static_cast<std::ptrdiff_t>(reading.used),
                                    stream.begin() + static_cast<std::ptrdiff_t>(end));
      const auto state = parser.next({bytes.data(), bytes.size()});
      reading.fault = parser.fault();
      if (state == NatsParser::State::fault) return reading;
      if (state == NatsParser::State::more) break;
      reading.frames.push_back(text_of(parser.frame()));
      reading.used += parser.used();
    }
  }
  return reading;
}

}  // namespace busmark
