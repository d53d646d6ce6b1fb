// SPDX-License-Identifier: Apache-2.0
#include "config_tree.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "busmark/core/quote.hpp"

namespace busmark {
namespace {

Place place_of(const toml::source_region& region, const std::string& source) {
  return {source, region.begin.line, region.begin.column};
}

Value convert(const toml::node& node, const std::string& source) {
  Value value{Value::Date{}, place_of(node.source(), source)};
  if (const auto* text = node.as_string()) {
    value.data = text->get();
  } else if (const auto* integer = node.as_integer()) {
    value.data = integer->get();
  } else if (const auto* real = node.as_floating_point()) {
    value.data = real->get();
  } else if (const auto* boolean = node.as_boolean()) {
    value.data = boolean->get();
  } else if (const auto* array = node.as_array()) {
    Value::List list;
    for (const auto& element : *array) list.push_back(convert(element, source));
    value.data = std::move(list);
  } else if (const auto* members = node.as_table()) {
    Value::Table table;
    for (const auto& [key, member] : *members) {
      table.push_back(
          {std::string(key.str()), place_of(key.source(), source), convert(member, source)});
    }
    std::stable_sort(table.begin(), table.end(), [](const auto& left, const auto& right) {
      return std::tie(left.at.line, left.at.column) < std::tie(right.at.line, right.at.column);
    });
    value.data = std::move(table);
  }
  return value;
}

[[noreturn]] void refuse(const std::string& file, std::size_t line, std::size_t column,
                         std::string message) {
  throw ConfigError({{fmt::format("{}:{}:{}", file, line, column), "", std::move(message)}});
}

void require_utf8(std::string_view text, const std::string& file) {
  std::size_t line = 1;
  std::size_t column = 1;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      refuse(file, line, column,
             fmt::format("byte 0x{:02x} is not UTF-8 text; save the file as UTF-8",
                         static_cast<unsigned char>(text.front())));
    }
    column = text.front() == '\n' ? 1 : column + 1;
    if (text.front() == '\n') ++line;
    text.remove_prefix(length);
  }
}

void set_place(Value& value, const Place& at) {
  value.at = at;
  if (auto* list = std::get_if<Value::List>(&value.data)) {
    for (auto& element : *list) set_place(element, at);
  }
}

}  // namespace

std::string Value::shown() const {
  struct Show {
    std::string operator()(const std::string& text) const { return in_quotes(text); }
    std::string operator()(std::int64_t number) const { return fmt::format("{}", number); }
    std::string operator()(double) const { return "a number with a point"; }
    std::string operator()(bool truth) const { return truth ? "true" : "false"; }
    std::string operator()(const Date&) const { return "a date or time"; }
    std::string operator()(const List&) const { return "a list"; }
    std::string operator()(const Table&) const { return "a table"; }
  };
  return std::visit(Show{}, data);
}

void Problems::add(const Place& at, std::string_view key, std::string message) {
  const std::string where =
      at.line == 0 ? at.source : fmt::format("{}:{}:{}", at.source, at.line, at.column);
  for (const auto& [place, known] : found_) {
    // A value of [defaults] is met once in every scenario.
    if (known.where == where && known.key == key && known.message == message) return;
  }
  found_.push_back({at, {where, std::string(key), std::move(message)}});
}

void Problems::raise() {
  std::stable_sort(found_.begin(), found_.end(), [](const auto& left, const auto& right) {
    return std::tie(left.first.line, left.first.column) <
           std::tie(right.first.line, right.first.column);
  });
  std::vector<Diagnostic> diagnostics;
  for (auto& [place, diagnostic] : found_) diagnostics.push_back(std::move(diagnostic));
  throw ConfigError(std::move(diagnostics));
}

Value::Table parse_tree(std::string_view text, const std::string& file_name) {
  require_utf8(text, file_name);
  try {
    Value root = convert(toml::parse(text), file_name);
    return std::get<Value::Table>(std::move(root.data));
  } catch (const toml::parse_error& error) {
    std::string reason = in_quotes(error.description(), 160);
    reason = reason.substr(1, reason.size() - 2);
    refuse(file_name, error.source().begin.line, error.source().begin.column,
           "not valid TOML: " + reason);
  }
}

Value parse_flag_value(std::string_view text, const Place& at) {
  try {
    const toml::table parsed = toml::parse(fmt::format("value = {}", text));
    if (parsed.size() == 1 && parsed.contains("value")) {
      Value value = convert(*parsed.get("value"), at.source);
      set_place(value, at);
      if (!std::holds_alternative<Value::Date>(value.data)) return value;
    }
  } catch (const toml::parse_error&) {
    // No TOML: a bare string, as in 100k/s, or a list of them.
  }
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') {
    return {std::string(text), at};
  }
  Value::List list;
  text = text.substr(1, text.size() - 2);
  while (true) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view element = text.substr(0, comma);
    while (element.starts_with(' ')) element.remove_prefix(1);
    while (element.ends_with(' ')) element.remove_suffix(1);
    list.push_back(parse_flag_value(element, at));
    if (comma == text.size()) break;
    text.remove_prefix(comma + 1);
  }
  return {std::move(list), at};
}

}  // namespace busmark
