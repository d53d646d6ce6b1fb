// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/histogram/decoded.hpp"

namespace busmark {

/// A histogram or a histogram log that cannot be what it claims; `what()` says why in a sentence.
class HistogramFormatError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The V2 encoding of HdrHistogram before compression: 40-byte header and counts, big-endian, byte
/// for byte what Java writes.
[[nodiscard]] std::vector<std::uint8_t> encode_histogram_bytes(const DecodedHistogram& histogram);

/// Encodes one histogram after the other in the same memory.
class HistogramEncoder {
 public:
  /// Takes and touches memory for histograms of this shape, of up to 5 bytes per bucket: all whose
  /// counts stay below 2^34.
  void reserve(const HistogramShape& shape);
  /// As encode_histogram(); valid until the next call.
  [[nodiscard]] std::string_view encode(const DecodedHistogram& histogram);

 private:
  std::vector<std::uint8_t> bytes_;
  std::vector<std::uint8_t> compressed_;
  std::string text_;
};

/// V2 encoding, zlib-compressed, as one line of base64 ("HISTF..."): the text that .hlog files
/// hold and every HdrHistogram tool reads.
[[nodiscard]] std::string encode_histogram(const DecodedHistogram& histogram);

/// Reads one histogram of integers of anyone's making: encoding V2, V1 or V0, compressed or not.
/// Throws HistogramFormatError for anything else. Safe for hostile input: it inflates no further
/// than the header's own length field, which must fit the header's shape, and takes memory only as
/// bytes arrive. Blanks are not skipped.
[[nodiscard]] DecodedHistogram decode_histogram(std::string_view base64);

/// The same after base64 and zlib; of V2 the exact inverse of `encode_histogram_bytes`.
[[nodiscard]] DecodedHistogram decode_histogram_bytes(std::span<const std::uint8_t> bytes);

/// Undoes base64, and zlib where there is any. Throws HistogramFormatError.
[[nodiscard]] std::vector<std::uint8_t> inflate_histogram(std::string_view base64);

}  // namespace busmark
