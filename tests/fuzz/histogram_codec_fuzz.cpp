// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "busmark/histogram/codec.hpp"

#include "tell/percentile_distribution.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

/// Whatever decodes must be whole: it encodes to itself, merges and prints.
void exercise(const busmark::DecodedHistogram& histogram) {
  const auto again = busmark::decode_histogram_bytes(encode_histogram_bytes(histogram));
  require(again.shape() == histogram.shape());
  require(again.buckets() == histogram.buckets());
  require(histogram.min() <= histogram.value_at(busmark::Percentile{500'000}));
  require(histogram.value_at(busmark::Percentile{500'000}) <= histogram.max());
  require(histogram.value_at_percentile(100) == histogram.max());
  require(!percentile_distribution(histogram).empty());
  require(histogram.stddev() >= 0);

  auto merged = histogram;
  busmark::DecodedHistogram other(busmark::HistogramShape(1, 60'000'000'000, 3));
  other.append(5, 1);
  try {
    merged.merge(other);
    require(merged.total() == histogram.total() + 1);
  } catch (const std::overflow_error&) {
    require(histogram.total() == INT64_MAX);
  }
}

}  // namespace

/// Text when it starts like one ("HIST...", "DHIST..."), else the bytes inside base64 and zlib,
/// which a fuzzer could hardly reach through both.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bool is_text = size > 0 && (data[0] == 'H' || data[0] == 'D');
  try {
    if (is_text) {
      const std::string text(data, data + size);
      exercise(busmark::decode_histogram(text));
    } else {
      exercise(busmark::decode_histogram_bytes({data, size}));
    }
  } catch (const busmark::HistogramFormatError&) {
  }
  return 0;
}
