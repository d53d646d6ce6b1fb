// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace busmark {

// What a person meant who wrote a value as another tool takes it (k6, wrk, fio, a shell, a
// spreadsheet). Each answers with the text that our own parser takes, never with a guess between
// two readings: where two are near, `shown` holds both.

/// A reading of what was written.
struct Meant {
  std::string text;   ///< What to write, as the parser takes it: `0.1/s`. The likelier of two.
  std::string shown;  ///< In quotes, as a message shows it: `"4KiB" or "4kB"`.
};

/// `5 ms`, `5µs`, `1m30s`, `PT5S`, `00:30`, `1,5s`, `5 seconds`; a bare number is ms or s.
[[nodiscard]] std::optional<Meant> meant_duration(std::string_view text);
/// `6/m`, `1/10s`, `10 kHz`, `100 msgs/sec`, `1000`, `100rps`, `1 every 10ms`, `10k/s,20k/s`.
[[nodiscard]] std::optional<Meant> meant_rate(std::string_view text);
/// `1 KiB`, `4k`, `64 bytes`, `1KB`.
[[nodiscard]] std::optional<Meant> meant_size(std::string_view text);
/// `0.95`, `95 %`, `99,9%`, `95 percent`.
[[nodiscard]] std::optional<Meant> meant_share(std::string_view text);
/// `p(95)`, `P95`, `95th`, `95%`, `p999`.
[[nodiscard]] std::optional<Meant> meant_percentile(std::string_view text);
/// `1,000`, `1_000`, `2k`, `4.0`: digits.
[[nodiscard]] std::optional<Meant> meant_count(std::string_view text);

}  // namespace busmark
