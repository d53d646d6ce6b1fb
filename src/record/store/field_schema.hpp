// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include "busmark/base/units.hpp"

#include "record/fields/field.hpp"

namespace busmark {

// For sources that have the JSON library anyway: it takes seconds to parse.

/// Writes the JSON Schema (draft 7) of a list of fields (record/fields/field.hpp): what the reader
/// would take. It walks an example, whose values do not matter: of lists the first element, or one
/// made without arguments. A type that has no list has a function `schema_of(value)`.
class FieldSchema {
 public:
  using Json = nlohmann::ordered_json;

  template <typename T>
  void operator()(const std::string& key, const T& value, const Note& note = {}) {
    add(key, noted(schema(value), note, true), true);
  }
  template <typename T>
  void any_sign(const std::string& key, const T& value, const Note& note = {}) {
    add(key, noted(schema(value), note, false), true);
  }
  template <typename T>
  void derived(const std::string& key, const T& value, const Note& note = {}) {
    (*this)(key, value, note);
  }
  void known(const std::string& key, std::string_view text, const Note& note = {}) {
    (*this)(key, std::optional(text), note);
  }
  template <typename T>
  void later(const std::string& key, const std::optional<T>& value, const Note& note = {}) {
    add(key, noted(schema(value ? *value : T{}), note, true), false);
  }
  void flag(const std::string& key, bool truth, const Note& note = {}) {
    add(key, noted(schema(truth), note, false), false);
  }
  template <typename Part>
  void object(const std::string& key, Part part, const Note& note = {}) {
    add(key, noted(walked(part), note, true), true);
  }
  template <typename List, typename Part>
  void list(const std::string& key, const List& elements, Part part, const Note& note = {}) {
    Json items = of_first(elements, [&](const auto& element) {
      return walked([&](auto& io) { part(io, element); });
    });
    add(key, noted({{"type", "array"}, {"items", std::move(items)}}, note, true), true);
  }
  void type(const char* name, const char* what = "") {
    name_ = name;
    what_ = what;
  }

  /// The schema of a document, indented, with a final newline.
  template <typename T>
  static std::string document(std::string_view schema, const char* what, const T& example) {
    Json definitions = Json::object();
    FieldSchema root(definitions);
    root.add("schema", {{"const", schema}}, true);
    fields(root, example);
    Json json{{"$schema", "http://json-schema.org/draft-07/schema#"},
              {"title", schema},
              {"description", what}};
    json.update(root.take());
    if (!definitions.empty()) json["definitions"] = std::move(definitions);
    return json.dump(2) + "\n";
  }

 private:
  explicit FieldSchema(Json& definitions) : definitions_(definitions) {}

  template <typename T>
  Json schema(const T& value) {
    if constexpr (requires { schema_of(value); }) {
      return named(schema_of(value));
    } else if constexpr (std::is_same_v<T, bool>) {
      return {{"type", "boolean"}};
    } else if constexpr (std::is_floating_point_v<T>) {
      return {{"type", "number"}};
    } else if constexpr (std::is_integral_v<T> || std::is_same_v<T, CpuId> ||
                         std::is_same_v<T, Nanoseconds> || std::is_same_v<T, ByteCount>) {
      return {{"type", "integer"}};
    } else if constexpr (std::is_enum_v<T>) {
      static_assert(!kAll<T>.empty(), "say which values it has: kAll, beside the fields");
      Json names = Json::array();
      for (const T each : kAll<T>) names.push_back(to_string(each));
      return {{"enum", std::move(names)}};
    } else if constexpr (std::is_convertible_v<T, std::string_view>) {
      return {{"type", "string"}};
    } else if constexpr (requires { value.has_value(); }) {
      return or_null(schema(value ? *value : typename T::value_type{}));
    } else if constexpr (requires(FieldSchema & io) { fields(io, value); }) {
      return walked([&](auto& io) { fields(io, value); });
    } else {
      Json items =
          of_first(value, [&](const auto& element) { return noted(schema(element), {}, true); });
      return {{"type", "array"}, {"items", std::move(items)}};
    }
  }

  template <typename List, typename Use>
  static Json of_first(const List& list, Use use) {
    using Element = std::remove_cvref_t<decltype(*std::begin(list))>;
    if (std::begin(list) != std::end(list)) return use(*std::begin(list));
    if constexpr (std::is_default_constructible_v<Element>) return use(Element{});
    return Json::object();
  }

  template <typename Part>
  Json walked(Part part) {
    FieldSchema inner(definitions_);
    part(inner);
    Json json = inner.take();
    return named({inner.name_, std::move(json)});
  }

  /// Stands among the definitions where it has a name.
  Json named(std::pair<std::string, Json> type) {
    if (type.first.empty()) return std::move(type.second);
    definitions_[type.first] = std::move(type.second);
    return {{"$ref", "#/definitions/" + type.first}};
  }

  static Json or_null(Json json) {
    if (!json.contains("type")) return {{"anyOf", {std::move(json), {{"type", "null"}}}}};
    json["type"] = {json["type"], "null"};
    return json;
  }

  static Json number(double value) {
    const auto whole = static_cast<std::int64_t>(value);
    return static_cast<double>(whole) == value ? Json(whole) : Json(value);
  }

  static Json noted(Json json, const Note& note, bool not_negative) {
    const Json type = json.value("type", Json());
    const auto is = [&](const char* name) {
      return type == name || (type.is_array() && type[0] == name);
    };
    if (not_negative && (is("integer") || is("number"))) {
      json["minimum"] = number(note.least);
    }
    if (note.most) json["maximum"] = number(*note.most);
    if (*note.pattern != '\0') json["pattern"] = note.pattern;
    if (*note.one_of != '\0') {
      json.erase("type");
      json["enum"] = Json::array();
      std::istringstream words(note.one_of);
      for (std::string word; std::getline(words, word, '|');) json["enum"].push_back(word);
      if (is("string") && type.is_array()) json["enum"].push_back(nullptr);
    }
    if (*note.what != '\0') json["description"] = note.what;
    return json;
  }

  void add(const std::string& key, Json json, bool required) {
    if (required) required_.push_back(key);
    properties_[key] = std::move(json);
  }

  Json take() {
    Json json;
    if (!what_.empty()) json["description"] = what_;
    json["type"] = "object";
    if (!required_.empty()) json["required"] = std::move(required_);
    json["properties"] = std::move(properties_);
    return json;
  }

  Json& definitions_;
  std::string name_;
  std::string what_;
  Json required_ = Json::array();
  Json properties_ = Json::object();
};

}  // namespace busmark
