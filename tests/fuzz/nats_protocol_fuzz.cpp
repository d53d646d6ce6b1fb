// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "support/nats_stream.hpp"
#include "transport/nats/protocol.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

/// What is written must be one line and its payload, whatever it was made of.
void exercise_writer(std::string_view subject, std::string_view payload) {
  std::array<char, 200> buffer{};
  busmark::NatsWriter writer(buffer.data(), buffer.size());
  if (writer.publish(subject, payload) != busmark::NatsFault::none) {
    require(writer.text().empty());
    return;
  }
  const std::string_view text = writer.text();
  const std::size_t line = text.find("\r\n");
  require(text.substr(4, subject.size()) == subject);
  require(text.size() == line + 2 + payload.size() + 2);
  require(text.substr(line + 2, payload.size()) == payload);
}

}  // namespace

/// First byte: how the rest is cut into pieces. The rest comes from a server.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const busmark::NatsLimits limits{
      .control_line = 256, .info_line = 512, .subject = 64, .header = 128, .payload = 1024};

  const busmark::NatsReading whole = busmark::read_in_pieces(stream, {}, limits);
  std::vector<std::size_t> cuts;
  const std::size_t step = std::size_t{data[0]} % 64 + 1;
  for (std::size_t at = 0; at < stream.size(); at += step) cuts.push_back(at);
  const busmark::NatsReading pieces = busmark::read_in_pieces(stream, cuts, limits);
  // The same frames; a fault may be seen earlier, as one of several, but not where there is none.
  require(pieces.frames == whole.frames);
  require(pieces.used == whole.used);
  require((pieces.fault == busmark::NatsFault::none) == (whole.fault == busmark::NatsFault::none));

  exercise_writer(stream.substr(0, stream.size() / 4), stream.substr(stream.size() / 4));
  return 0;
}
