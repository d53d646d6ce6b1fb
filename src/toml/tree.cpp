// SPDX-License-Identifier: Apache-2.0
#include "toml/tree.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

#include <fmt/format.h>
// Where headers alone are not the whole library, the rest of it is compiled here, its only place.
#define TOML_IMPLEMENTATION
#include <toml++/toml.h>

#include "base/quote.hpp"

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

/// Bytes of the string that `text` begins with, closed or not; 0 when it begins with none.
std::size_t string_length(std::string_view text) {
  const char quote = text.front();
  if (quote != '"' && quote != '\'') return 0;
  const bool many_lines = text.starts_with(std::string(3, quote));
  const std::string closing(many_lines ? 3U : 1U, quote);
  std::size_t end = closing.size();
  while (end < text.size() && !text.substr(end).starts_with(closing)) {
    if (!many_lines && text[end] == '\n') return end;
    end += quote == '"' && text[end] == '\\' ? 2U : 1U;
  }
  end = std::min(end + closing.size(), text.size());
  // `"""a"""""` ends in two quotes of its own.
  while (many_lines && end < text.size() && text[end] == quote) ++end;
  return end;
}

/// The library bounds the nesting of brackets but not of dotted keys, and recurses into each part:
/// half a megabyte of `a.a.a` would end in a stack overflow. No sane text comes near the limit.
bool too_many_dots(std::string_view text) {
  constexpr std::ptrdiff_t kMostDots = 1000;
  std::ptrdiff_t dots = 0;
  while (!text.empty() && dots <= kMostDots) {
    std::size_t length = std::max<std::size_t>(1, string_length(text));
    if (text.front() == '#') length = std::min(text.find('\n'), text.size());
    if (text.front() == '.') ++dots;
    text.remove_prefix(length);
  }
  return dots > kMostDots;
}

void set_place(Value& value, const Place& at) {
  value.at = at;
  if (auto* list = std::get_if<Value::List>(&value.data)) {
    for (auto& element : *list) set_place(element, at);
  } else if (auto* table = std::get_if<Value::Table>(&value.data)) {
    for (auto& entry : *table) {
      entry.at = at;
      set_place(entry.value, at);
    }
  }
}

/// Empty when `text` is no TOML value, so a bare string as in 100k/s; dates count as such too.
std::optional<Value> parse_toml_value(std::string_view text, const Place& at) {
  if (too_many_dots(text)) return std::nullopt;
  try {
    const toml::table parsed = toml::parse(fmt::format("value = {}", text));
    if (parsed.size() != 1 || !parsed.contains("value")) return std::nullopt;
    Value value = convert(*parsed.get("value"), at.source);
    set_place(value, at);
    if (std::holds_alternative<Value::Date>(value.data)) return std::nullopt;
    return value;
  } catch (const toml::parse_error&) {
    return std::nullopt;
  }
}

}  // namespace

std::string Value::shown() const {
  struct Show {
    std::string operator()(const std::string& text) const { return in_quotes(text); }
    std::string operator()(std::int64_t number) const { return fmt::format("{}", number); }
    std::string operator()(double number) const {
      const std::string text = fmt::format("{}", number);
      return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
    }
    std::string operator()(bool truth) const { return truth ? "true" : "false"; }
    std::string operator()(const Date&) const { return "a date or time"; }
    std::string operator()(const List& list) const {
      return list.empty() ? "an empty list" : "a list";
    }
    std::string operator()(const Table&) const { return "a table"; }
  };
  return std::visit(Show{}, data);
}

void Problems::add(const Place& at, std::string_view key, std::string message) {
  const std::string where =
      at.line == 0 ? at.source : fmt::format("{}:{}:{}", at.source, at.line, at.column);
  Diagnostic diagnostic{where, std::string(key), std::move(message)};
  // A value of [defaults] is met once in every scenario.
  if (known_.insert(diagnostic.text()).second) found_.push_back({at, std::move(diagnostic)});
}

void Problems::raise() {
  constexpr std::size_t kMostShown = 100;
  std::stable_sort(found_.begin(), found_.end(), [](const auto& left, const auto& right) {
    return std::tie(left.first.line, left.first.column) <
           std::tie(right.first.line, right.first.column);
  });
  std::vector<Diagnostic> diagnostics;
  for (auto& [place, diagnostic] : found_) {
    if (diagnostics.size() == kMostShown) {
      diagnostics.push_back(
          {place.source, "", fmt::format("{} more mistakes", found_.size() - kMostShown)});
      break;
    }
    diagnostics.push_back(std::move(diagnostic));
  }
  throw ConfigError(std::move(diagnostics));
}

Value::Table parse_tree(std::string_view text, const std::string& file_name) {
  require_utf8(text, file_name);
  if (too_many_dots(text)) {
    throw ConfigError({{file_name, "", "has far too many dots in its keys, so it is no config"}});
  }
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
  if (auto value = parse_toml_value(text, at)) return *std::move(value);
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
    list.push_back(parse_toml_value(element, at).value_or(Value{std::string(element), at}));
    if (comma == text.size()) break;
    text.remove_prefix(comma + 1);
  }
  return {std::move(list), at};
}

}  // namespace busmark
