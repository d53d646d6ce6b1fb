// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "busmark/base/error.hpp"
#include "busmark/histogram/codec.hpp"
#include "busmark/histogram/histogram.hpp"

namespace busmark::agents {

// Include <nlohmann/json.hpp> before this header: it takes seconds to parse.
//
// Plain data as JSON and back, both from one list of fields: `fields(io, value)` of each type calls
// `io(key, member)`. The other side is a busmark of the same version, so there is no schema.

using Json = nlohmann::json;

/// The histogram whose V2 encoding, exact extremes and overflow are given.
[[nodiscard]] inline Histogram restore_histogram(const DecodedHistogram& decoded, std::uint64_t min,
                                                 std::uint64_t max, std::uint64_t overflow) {
  constexpr const HistogramShape& kShape = Histogram::kShape;
  Histogram histogram;
  if (decoded.buckets().empty()) return histogram;
  if (decoded.shape().length() != kShape.length() || min > max) {
    throw HistogramFormatError("a histogram of another shape");
  }
  const auto& buckets = decoded.buckets();
  for (auto bucket = buckets.rbegin(); bucket != buckets.rend(); ++bucket) {
    std::uint64_t left = bucket->count;
    // What was beyond the range stands at the top: in the last bucket the maximum itself.
    const std::uint64_t beyond = std::min(left, overflow);
    const std::uint64_t highest = kShape.highest();
    const std::uint64_t far = std::max(kShape.lowest_value(bucket->index), highest + 1);
    if (beyond != 0) histogram.record_n(bucket == buckets.rbegin() ? max : far, beyond);
    overflow -= beyond;
    left -= beyond;
    const auto inside = [&](std::uint64_t value) {
      return value <= highest && kShape.index_of(value) == bucket->index;
    };
    if (left != 0 && inside(max)) {
      histogram.record(max);
      --left;
    }
    if (left == 0) continue;
    histogram.record_n(std::max(min, kShape.lowest_value(bucket->index)), left);
  }
  return histogram;
}

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};

/// Writes.
class Packer {
 public:
  template <typename T>
  void operator()(const char* key, const T& value) {
    json[key] = pack(value);
  }

  template <typename T>
  static Json pack(const T& value) {
    if constexpr (std::is_same_v<T, Histogram>) {
      const DecodedHistogram decoded(value);
      if (decoded.total() == 0) return nullptr;
      return Json::array({encode_histogram(decoded), value.min(), value.max(), value.overflow()});
    } else if constexpr (std::is_same_v<T, DecodedHistogram>) {
      return encode_histogram(value);
    } else if constexpr (std::is_same_v<T, Nanoseconds>) {
      return value.count();
    } else if constexpr (std::is_enum_v<T>) {
      return static_cast<std::int64_t>(value);
    } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
      return value;
    } else if constexpr (IsOptional<T>::value) {
      return value ? pack(*value) : Json(nullptr);
    } else if constexpr (IsVector<T>::value) {
      Json list = Json::array();
      for (const auto& element : value) list.push_back(pack(element));
      return list;
    } else {
      Packer packer;
      fields(packer, const_cast<T&>(value));  // one list serves the reader, too
      return packer.json;
    }
  }

  Json json = Json::object();
};

/// Reads; throws nlohmann::json::exception or HistogramFormatError.
class Unpacker {
 public:
  explicit Unpacker(const Json& json) : json_(json) {}

  template <typename T>
  void operator()(const char* key, T& value) {
    unpack(json_.at(key), value);
  }

  template <typename T>
  static void unpack(const Json& json, T& value) {
    if constexpr (std::is_same_v<T, Histogram>) {
      if (json.is_null()) return;
      value.merge(restore_histogram(decode_histogram(json.at(0).get_ref<const std::string&>()),
                                    json.at(1).get<std::uint64_t>(),
                                    json.at(2).get<std::uint64_t>(),
                                    json.at(3).get<std::uint64_t>()));
    } else if constexpr (std::is_same_v<T, DecodedHistogram>) {
      value = decode_histogram(json.get_ref<const std::string&>());
    } else if constexpr (std::is_same_v<T, Nanoseconds>) {
      value = Nanoseconds(json.get<std::int64_t>());
    } else if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(json.get<std::int64_t>());
    } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
      value = json.get<T>();
    } else if constexpr (IsOptional<T>::value) {
      if (!json.is_null()) unpack(json, value.emplace());
    } else if constexpr (IsVector<T>::value) {
      for (const Json& element : json) unpack(element, value.emplace_back());
    } else {
      Unpacker unpacker(json);
      fields(unpacker, value);
    }
  }

 private:
  const Json& json_;
};

}  // namespace busmark::agents
