// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "busmark/base/units.hpp"
#include "busmark/histogram/codec.hpp"

#include "base/build_info.hpp"
#include "record/fields/field.hpp"

namespace busmark {

// For sources that have the JSON library anyway: it takes seconds to parse.

[[nodiscard]] inline nlohmann::ordered_json json_of(const DecodedHistogram& histogram) {
  return encode_histogram(histogram);
}

[[nodiscard]] inline nlohmann::ordered_json json_of(const std::vector<LibraryVersion>& libraries) {
  auto json = nlohmann::ordered_json::object();
  for (const LibraryVersion& library : libraries) json[library.name] = library.version;
  return json;
}

/// Writes JSON from a list of fields (record/fields/field.hpp). A type that has no list has a
/// function `json_of(value)`.
class FieldWriter {
 public:
  // Keys keep the order in which they are written: people read these files too.
  using Json = nlohmann::ordered_json;

  template <typename T>
  void operator()(const std::string& key, const T& value, const Note& /*note*/ = {}) {
    json_[key] = write(value);
  }
  template <typename T>
  void any_sign(const std::string& key, const T& value, const Note& /*note*/ = {}) {
    json_[key] = write(value);
  }
  template <typename T>
  void derived(const std::string& key, const T& value, const Note& /*note*/ = {}) {
    json_[key] = write(value);
  }
  void known(const std::string& key, std::string_view text, const Note& /*note*/ = {}) {
    json_[key] = text.empty() ? Json(nullptr) : Json(text);
  }
  template <typename T>
  void later(const std::string& key, const std::optional<T>& value, const Note& /*note*/ = {}) {
    if (value) json_[key] = write(*value);
  }
  void flag(const std::string& key, bool truth, const Note& /*note*/ = {}) {
    if (truth) json_[key] = true;
  }
  template <typename Part>
  void object(const std::string& key, Part part, const Note& /*note*/ = {}) {
    json_[key] = written(part);
  }
  /// `part(io, element)` for each element of the list.
  template <typename List, typename Part>
  void list(const std::string& key, const List& elements, Part part, const Note& /*note*/ = {}) {
    Json json = Json::array();
    for (const auto& element : elements) {
      json.push_back(written([&](auto& io) { part(io, element); }));
    }
    json_[key] = std::move(json);
  }
  void type(const char* /*name*/, const char* /*what*/ = "") {}

  /// A value as it stands in a document; null for a number that JSON has no word for.
  template <typename T>
  static Json write(const T& value) {
    if constexpr (requires { json_of(value); }) {
      return json_of(value);
    } else if constexpr (std::is_floating_point_v<T>) {
      return std::isfinite(value) ? Json(value) : Json(nullptr);
    } else if constexpr (std::is_arithmetic_v<T>) {
      return value;
    } else if constexpr (std::is_same_v<T, CpuId>) {
      return index(value);
    } else if constexpr (std::is_same_v<T, Nanoseconds>) {
      return value.count();
    } else if constexpr (std::is_same_v<T, ByteCount>) {
      return value.bytes;
    } else if constexpr (std::is_enum_v<T>) {
      return to_string(value);
    } else if constexpr (std::is_convertible_v<T, std::string_view>) {
      return std::string_view(value);
    } else if constexpr (requires { value.has_value(); }) {
      return value ? write(*value) : Json(nullptr);
    } else if constexpr (requires(FieldWriter & io) { fields(io, value); }) {
      return written([&](auto& io) { fields(io, value); });
    } else {
      Json json = Json::array();
      for (const auto& element : value) json.push_back(write(element));
      return json;
    }
  }

  /// A whole document with a final newline, by default indented; -1: on one line. Names come from
  /// the user's files: bytes that are not UTF-8 must not make it unreadable.
  template <typename T>
  static std::string document(std::string_view schema, const T& value, int indent = 2) {
    FieldWriter writer;
    writer("schema", schema);
    fields(writer, value);
    return writer.json_.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
  }

 private:
  template <typename Part>
  static Json written(Part part) {
    FieldWriter writer;
    part(writer);
    return std::move(writer.json_);
  }

  Json json_ = Json::object();
};

}  // namespace busmark
