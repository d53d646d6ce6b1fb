// SPDX-License-Identifier: Apache-2.0
#include "busmark/histogram/codec.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <limits>
#include <new>

#include <fmt/format.h>
#include <zlib.h>

#include "histogram/base64.hpp"
#include "histogram/cookie.hpp"

namespace busmark {
namespace {

constexpr std::size_t kHeaderBytes = 40;
/// Cookie and length before the zlib stream.
constexpr std::size_t kOuterBytes = 8;
constexpr std::size_t kLongestNumber = 9;

template <typename Integer>
void put(std::vector<std::uint8_t>& bytes, Integer value) {
  for (int shift = std::numeric_limits<Integer>::digits - 8; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<std::uint8_t>(value >> shift & 0xffu));
  }
}

/// Writes over what is there.
void set(std::vector<std::uint8_t>& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < sizeof value; ++i) {
    bytes[at + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i) & 0xffu);
  }
}

template <typename Integer>
Integer get(std::span<const std::uint8_t> bytes, std::size_t at) {
  Integer value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    value = static_cast<Integer>(value << 8 | bytes[at + i]);
  }
  return value;
}

/// ZigZag, then LEB128 of at most 9 bytes, the ninth carrying 8 bits.
void put_number(std::vector<std::uint8_t>& bytes, std::int64_t number) {
  auto rest = static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63);
  for (std::size_t i = 0; i + 1 < kLongestNumber && rest >= 0x80; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(rest | 0x80));
    rest >>= 7;
  }
  bytes.push_back(static_cast<std::uint8_t>(rest));
}

std::int64_t get_number(std::span<const std::uint8_t> bytes, std::size_t& at) {
  std::uint64_t rest = 0;
  for (std::size_t i = 0; i < kLongestNumber; ++i) {
    if (at == bytes.size()) {
      throw HistogramFormatError("the counts of the histogram end in the middle of a number");
    }
    const std::uint64_t byte = bytes[at++];
    const bool is_ninth = i + 1 == kLongestNumber;
    rest |= (is_ninth ? byte : byte & 0x7f) << (7 * i);
    if (byte < 0x80) break;
  }
  return std::bit_cast<std::int64_t>(rest >> 1 ^ (0 - (rest & 1)));
}

/// DecodedHistogram::append() for counts that came from outside.
void append(DecodedHistogram& histogram, std::size_t index, std::uint64_t count) {
  if (count > std::uint64_t{std::numeric_limits<std::int64_t>::max()} - histogram.total()) {
    throw HistogramFormatError("the counts of the histogram add up to more than 2^63 - 1");
  }
  histogram.append(index, count);
}

/// Header and counts behind what is there.
void put_histogram(std::vector<std::uint8_t>& bytes, const DecodedHistogram& histogram) {
  const auto& shape = histogram.shape();
  put(bytes, kV2Cookie);
  const std::size_t length_at = bytes.size();
  put(bytes, std::uint32_t{0});  // The length of the counts, when it is known.
  put(bytes, std::uint32_t{0});  // Normalizing index offset: of use to DoubleHistogram only.
  put(bytes, static_cast<std::uint32_t>(shape.digits()));
  put(bytes, shape.lowest());
  put(bytes, shape.highest());
  put(bytes, std::bit_cast<std::uint64_t>(1.0));  // Integer to double ratio: likewise.
  const std::size_t start = bytes.size();
  std::size_t next = 0;
  histogram.for_each_bucket([&](std::size_t index, std::uint64_t count) {
    const auto zeros = static_cast<std::int64_t>(index - next);
    // Java writes a run of one zero as the count 0.
    if (zeros != 0) put_number(bytes, zeros == 1 ? 0 : -zeros);
    put_number(bytes, static_cast<std::int64_t>(count));
    next = index + 1;
  });
  if (bytes.size() == start) put_number(bytes, 0);
  set(bytes, length_at, static_cast<std::uint32_t>(bytes.size() - start));
}

struct Header {
  HistogramShape shape;
  HistogramCookie cookie;
  /// Of the counts; in version 0, which does not say, the most that there can be.
  std::size_t payload_bytes;
};

Header read_header(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < sizeof(std::uint32_t)) {
    throw HistogramFormatError("the histogram is shorter than its 40-byte header");
  }
  const auto word = get<std::uint32_t>(bytes, 0);
  const auto cookie = read_cookie(word);
  if (!cookie || cookie->compressed) {
    throw HistogramFormatError(
        fmt::format("the compressed data is no V2 histogram: its first word is {:08x}, not {:08x}",
                    word, kV2Cookie));
  }
  const std::size_t header_bytes = cookie->header_bytes();
  if (bytes.size() < header_bytes) {
    throw HistogramFormatError(
        fmt::format("the histogram is shorter than its {}-byte header", header_bytes));
  }
  const std::size_t digits_at = cookie->version == 0 ? 4 : 12;
  const auto digits = get<std::uint32_t>(bytes, digits_at);
  const auto lowest = get<std::uint64_t>(bytes, digits_at + 4);
  const auto highest = get<std::uint64_t>(bytes, digits_at + 12);
  if (digits > static_cast<std::uint32_t>(HistogramShape::kMaxDigits) ||
      !HistogramShape::valid(lowest, highest, static_cast<int>(digits))) {
    throw HistogramFormatError(
        fmt::format("no histogram has {} digits, lowest value {} and highest value {}", digits,
                    std::bit_cast<std::int64_t>(lowest), std::bit_cast<std::int64_t>(highest)));
  }
  const HistogramShape shape(lowest, highest, static_cast<int>(digits));
  if (cookie->version == 2) {
    const std::size_t payload_bytes = get<std::uint32_t>(bytes, 4);
    if (payload_bytes > shape.length() * kLongestNumber) {
      throw HistogramFormatError(
          fmt::format("the histogram claims {} bytes of counts, more than its {} counts can take",
                      payload_bytes, shape.length()));
    }
    return {shape, *cookie, payload_bytes};
  }
  if (cookie->word != 2 && cookie->word != 4 && cookie->word != 8) {
    throw HistogramFormatError(
        fmt::format("the histogram has counts of {} bytes; 2, 4 or 8 are wanted", cookie->word));
  }
  const std::size_t most = shape.length() * cookie->word;
  const std::size_t payload_bytes = cookie->version == 0 ? most : get<std::uint32_t>(bytes, 4);
  if (payload_bytes > most || payload_bytes % cookie->word != 0) {
    throw HistogramFormatError(
        fmt::format("the histogram claims {} bytes of counts of {}, and has room for {}",
                    payload_bytes, cookie->word, shape.length()));
  }
  return {shape, *cookie, payload_bytes};
}

/// One zlib stream that hands out its output in the pieces asked for.
class Inflater {
 public:
  explicit Inflater(std::span<const std::uint8_t> input) {
    // zlib reads only, but takes a pointer to mutable bytes.
    stream_.next_in = const_cast<Bytef*>(input.data());
    stream_.avail_in = static_cast<uInt>(input.size());
    if (inflateInit(&stream_) != Z_OK) throw std::bad_alloc();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  /// Appends up to `count` bytes to `output`; fewer only at the end of the stream.
  void append(std::vector<std::uint8_t>& output, std::size_t count) {
    const std::size_t start = output.size();
    output.resize(start + count);
    stream_.next_out = output.data() + start;
    stream_.avail_out = static_cast<uInt>(count);
    while (!ended_ && stream_.avail_out > 0) {
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (status == Z_STREAM_END) {
        ended_ = true;
      } else if (status != Z_OK) {
        throw HistogramFormatError("the zlib data of the histogram is damaged or cut short");
      }
    }
    output.erase(output.end() - static_cast<std::ptrdiff_t>(stream_.avail_out), output.end());
  }

  /// Whether the stream ends here, with a right checksum.
  bool at_end() {
    std::vector<std::uint8_t> beyond;
    if (!ended_) append(beyond, 1);
    return beyond.empty();
  }

 private:
  z_stream stream_{};
  bool ended_ = false;
};

/// Says what the text is instead of a histogram.
[[noreturn]] void refuse_outer(std::uint32_t cookie) {
  if (is_double_cookie(cookie)) {
    throw HistogramFormatError("this is a DoubleHistogram; a histogram of integers is wanted");
  }
  throw HistogramFormatError(fmt::format(
      "this is no HdrHistogram: it starts with {:08x}, not {:08x}", cookie, kCompressedV2Cookie));
}

/// The counts of versions 0 and 1: one word for each bucket, from the first.
DecodedHistogram read_words(const Header& header, std::span<const std::uint8_t> counts) {
  const std::size_t word = header.cookie.word;
  if (counts.size() % word != 0) {
    throw HistogramFormatError("the counts of the histogram end in the middle of a number");
  }
  DecodedHistogram histogram(header.shape);
  for (std::size_t at = 0; at < counts.size(); at += word) {
    const std::uint64_t count = word == 2   ? get<std::uint16_t>(counts, at)
                                : word == 4 ? get<std::uint32_t>(counts, at)
                                            : get<std::uint64_t>(counts, at);
    append(histogram, at / word, count);
  }
  return histogram;
}

}  // namespace

std::vector<std::uint8_t> encode_histogram_bytes(const DecodedHistogram& histogram) {
  std::vector<std::uint8_t> bytes;
  put_histogram(bytes, histogram);
  return bytes;
}

void HistogramEncoder::reserve(const HistogramShape& shape) {
  constexpr std::size_t kBytesPerBucket = 5;
  const std::size_t most = kHeaderBytes + kBytesPerBucket * shape.length();
  bytes_.assign(most, 0);
  compressed_.assign(kOuterBytes + compressBound(static_cast<uLong>(most)), 0);
  text_.assign((compressed_.size() + 2) / 3 * 4, 'A');
}

std::string_view HistogramEncoder::encode(const DecodedHistogram& histogram) {
  bytes_.clear();
  put_histogram(bytes_, histogram);
  uLongf compressed_size = compressBound(static_cast<uLong>(bytes_.size()));
  compressed_.clear();
  put(compressed_, kCompressedV2Cookie);
  compressed_.resize(kOuterBytes + compressed_size);
  if (compress(compressed_.data() + kOuterBytes, &compressed_size, bytes_.data(),
               static_cast<uLong>(bytes_.size())) != Z_OK) {
    throw std::bad_alloc();  // With a buffer of compressBound bytes nothing else can go wrong.
  }
  set(compressed_, sizeof kCompressedV2Cookie, static_cast<std::uint32_t>(compressed_size));
  compressed_.resize(kOuterBytes + compressed_size);
  to_base64(compressed_, text_);
  return text_;
}

std::string encode_histogram(const DecodedHistogram& histogram) {
  return std::string(HistogramEncoder().encode(histogram));
}

std::vector<std::uint8_t> inflate_histogram(std::string_view base64) {
  auto outer = from_base64(base64);
  if (outer.size() < kOuterBytes) {
    throw HistogramFormatError("the text is too short to be a histogram");
  }
  const auto word = get<std::uint32_t>(outer, 0);
  const auto cookie = read_cookie(word);
  if (!cookie) refuse_outer(word);
  if (!cookie->compressed) return outer;
  const std::size_t length = get<std::uint32_t>(outer, 4);
  if (length > outer.size() - kOuterBytes) {
    throw HistogramFormatError(fmt::format("the histogram claims {} compressed bytes, but has {}",
                                           length, outer.size() - kOuterBytes));
  }

  Inflater inflater(std::span<const std::uint8_t>{outer}.subspan(kOuterBytes, length));
  std::vector<std::uint8_t> bytes;
  inflater.append(bytes, cookie->header_bytes());
  const Header header = read_header(bytes);
  const std::size_t wanted = header.cookie.header_bytes() + header.payload_bytes;
  // In growing steps, so that a large claim costs memory only as the data keeps coming.
  for (std::size_t step = 4096; bytes.size() < wanted; step *= 2) {
    const std::size_t before = bytes.size();
    inflater.append(bytes, std::min(step, wanted - before));
    if (bytes.size() != before) continue;
    if (header.cookie.version == 0) break;
    throw HistogramFormatError("the histogram holds fewer bytes of counts than its header says");
  }
  if (!inflater.at_end()) {
    throw HistogramFormatError("the histogram holds more bytes of counts than its header says");
  }
  return bytes;
}

DecodedHistogram decode_histogram_bytes(std::span<const std::uint8_t> bytes) {
  const Header header = read_header(bytes);
  const auto& shape = header.shape;
  const auto counts = bytes.subspan(header.cookie.header_bytes());
  const bool right_size = header.cookie.version == 0 ? counts.size() <= header.payload_bytes
                                                     : counts.size() == header.payload_bytes;
  if (!right_size) {
    throw HistogramFormatError("the size of the histogram is not what its header says");
  }
  if (header.cookie.version != 2) return read_words(header, counts);
  DecodedHistogram histogram(shape);
  std::size_t index = 0;
  for (std::size_t at = 0; at < counts.size();) {
    const std::int64_t number = get_number(counts, at);
    // In unsigned arithmetic, where the smallest negative number has a magnitude too.
    const std::uint64_t magnitude =
        number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
    const std::uint64_t slots = number < 0 ? magnitude : 1;
    if (slots > shape.length() - index) {
      throw HistogramFormatError("the histogram holds counts beyond the end of its range");
    }
    if (number > 0) append(histogram, index, magnitude);
    index += static_cast<std::size_t>(slots);
  }
  return histogram;
}

DecodedHistogram decode_histogram(std::string_view base64) {
  return decode_histogram_bytes(inflate_histogram(base64));
}

}  // namespace busmark
