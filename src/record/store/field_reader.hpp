// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "busmark/base/units.hpp"
#include "busmark/histogram/codec.hpp"

#include "base/build_info.hpp"
#include "base/quote.hpp"
#include "record/fields/field.hpp"
#include "record/store/result_place.hpp"

namespace busmark {

// For sources that have the JSON library anyway: it takes seconds to parse.

/// Reads JSON by a list of fields (record/fields/field.hpp) and believes none of it: throws Mistake
/// with the place of what is missing, of another type or beyond its range. Keys that it does not
/// know are passed over. A type that has no list has a function `read_json(json, place, value)`;
/// what one value says of another is checked by `check_json(place, value)`.
class FieldReader {
 public:
  using Json = nlohmann::ordered_json;

  FieldReader(const Json& object, const ResultPlace& place) : object_(object), place_(place) {
    if (!object.is_object()) wrong(place, "an object", object);
  }

  template <typename T>
  void operator()(const char* key, T& value, const Note& /*note*/ = {}) const {
    read(member(key), {.parent = &place_, .key = key}, value);
  }
  template <typename T>
  void any_sign(const char* key, T& value, const Note& /*note*/ = {}) const {
    read(member(key), {.parent = &place_, .key = key}, value, Sign::any);
  }
  template <typename T>
  void derived(const char* key, const T& /*value*/, const Note& /*note*/ = {}) const {
    T ignored{};
    (*this)(key, ignored);
  }
  void known(const char* key, std::string& text, const Note& /*note*/ = {}) const {
    text.clear();
    if (!member(key).is_null()) (*this)(key, text);
  }
  template <typename T>
  void later(const char* key, std::optional<T>& value, const Note& /*note*/ = {}) const {
    value.reset();
    if (object_.contains(key)) (*this)(key, value.emplace());
  }
  void flag(const char* key, bool& truth, const Note& /*note*/ = {}) const {
    truth = false;
    if (object_.contains(key)) (*this)(key, truth);
  }
  template <typename Part>
  void object(const char* key, Part part, const Note& /*note*/ = {}) const {
    const ResultPlace place{.parent = &place_, .key = key};
    FieldReader reader(member(key), place);
    part(reader);
  }
  void type(const char* /*name*/, const char* /*what*/ = "") const {}

  [[nodiscard]] const Json& member(const char* key) const {
    const auto found = object_.find(key);
    if (found == object_.end()) ResultPlace{.parent = &place_, .key = key}.wrong("is missing");
    return *found;
  }

  [[noreturn]] static void wrong(const ResultPlace& place, const char* expected,
                                 const Json& value) {
    const auto shown = [&]() -> std::string {
      if (value.is_object()) return "an object";
      if (value.is_array()) return "a list";
      if (value.is_string()) return in_quotes(value.get_ref<const std::string&>());
      return value.dump();
    };
    place.wrong(fmt::format("must be {}, not {}", expected, shown()));
  }

  enum class Sign : std::uint8_t { not_negative, any };

  template <typename T>
  static void read(const Json& json, const ResultPlace& place, T& value,
                   Sign sign = Sign::not_negative) {
    if constexpr (requires { read_json(json, place, value); }) {
      read_json(json, place, value);
    } else if constexpr (std::is_same_v<T, bool>) {
      if (!json.is_boolean()) wrong(place, "true or false", json);
      value = json.get<bool>();
    } else if constexpr (std::is_floating_point_v<T>) {
      if (!json.is_number()) wrong(place, "a number", json);
      value = json.get<T>();
      if (sign == Sign::not_negative && value < 0) wrong(place, "a number of at least 0", json);
    } else if constexpr (std::is_integral_v<T>) {
      read_whole(json, place, value, sign);
    } else if constexpr (std::is_same_v<T, Nanoseconds>) {
      std::int64_t count = 0;
      read_whole(json, place, count, sign);
      value = Nanoseconds(count);
    } else if constexpr (std::is_same_v<T, CpuId>) {
      int number = 0;
      read_whole(json, place, number, sign);
      value = CpuId{number};
    } else if constexpr (std::is_enum_v<T>) {
      read_name(json, place, value);
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (!json.is_string()) wrong(place, "a string", json);
      value = json.get_ref<const std::string&>();
    } else if constexpr (std::is_same_v<T, DecodedHistogram>) {
      read_histogram(json, place, value);
    } else if constexpr (requires { value.has_value(); }) {
      value.reset();
      if (!json.is_null()) read(json, place, value.emplace(), sign);
    } else if constexpr (requires(FieldReader & io) { fields(io, value); }) {
      FieldReader reader(json, place);
      fields(reader, value);
      if constexpr (requires { check_json(place, value); }) check_json(place, value);
    } else {
      if (!json.is_array()) wrong(place, "a list", json);
      value.clear();
      value.reserve(json.size());
      for (std::size_t i = 0; i < json.size(); ++i) {
        read(json[i], {.parent = &place, .key = {}, .index = i}, value.emplace_back());
      }
    }
  }

 private:
  template <typename Integer>
  static void read_whole(const Json& json, const ResultPlace& place, Integer& number, Sign sign) {
    if (!json.is_number_integer()) wrong(place, "a whole number", json);
    const bool negative = !json.is_number_unsigned() && json.get<std::int64_t>() < 0;
    if (negative && sign == Sign::not_negative) wrong(place, "at least 0", json);
    const bool fits = negative ? std::in_range<Integer>(json.get<std::int64_t>())
                               : std::in_range<Integer>(json.get<std::uint64_t>());
    if (!fits) {
      place.wrong(fmt::format("is {}, beyond every figure that can be measured", json.dump()));
    }
    number = json.get<Integer>();
  }

  template <typename Enum>
  static void read_name(const Json& json, const ResultPlace& place, Enum& value) {
    std::string names;
    for (const Enum one : kAll<Enum>) {
      if (json.is_string() && json.get_ref<const std::string&>() == to_string(one)) {
        value = one;
        return;
      }
      names += fmt::format("{}{}", names.empty() ? "" : ", ", to_string(one));
    }
    wrong(place, ("one of " + names).c_str(), json);
  }

  static void read_histogram(const Json& json, const ResultPlace& place,
                             DecodedHistogram& histogram) {
    std::string text;
    read(json, place, text);
    try {
      histogram = decode_histogram(text);
    } catch (const HistogramFormatError& error) {
      place.wrong(fmt::format("is no histogram: {}", error.what()));
    }
  }

  const Json& object_;
  const ResultPlace& place_;
};

inline void read_json(const nlohmann::ordered_json& json, const ResultPlace& place,
                      std::vector<LibraryVersion>& libraries) {
  if (!json.is_object()) FieldReader::wrong(place, "an object", json);
  libraries.clear();
  for (const auto& [key, value] : json.items()) {
    FieldReader::read(value, {.parent = &place, .key = key}, libraries.emplace_back().version);
    libraries.back().name = key;
  }
}

}  // namespace busmark
