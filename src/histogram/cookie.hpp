// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace busmark {

/// What the first word of an encoded histogram of integers says
/// (https://github.com/HdrHistogram/HdrHistogram, AbstractHistogram).
struct HistogramCookie {
  int version = 2;         ///< 0 of 2014, 1 of 2015 (YCSB still writes it), 2 since.
  bool compressed = true;  ///< A length and a zlib stream follow; else header and counts.
  std::size_t word = 0;    ///< Bytes of a count; of no meaning in version 2.

  /// Bytes in front of the counts.
  [[nodiscard]] std::size_t header_bytes() const noexcept { return version == 0 ? 32 : 40; }
};

inline constexpr std::uint32_t kV2Cookie = 0x1c849313;
inline constexpr std::uint32_t kCompressedV2Cookie = 0x1c849314;

/// Empty for a word that no histogram of integers begins with.
[[nodiscard]] std::optional<HistogramCookie> read_cookie(std::uint32_t word) noexcept;
/// Whether a DoubleHistogram begins so.
[[nodiscard]] bool is_double_cookie(std::uint32_t word) noexcept;

/// Whether `base64` begins like a histogram that claims more than is there: the rest stands in the
/// next line.
[[nodiscard]] bool histogram_goes_on(std::string_view base64);

}  // namespace busmark
