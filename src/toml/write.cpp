// SPDX-License-Identifier: Apache-2.0
#include "toml/write.hpp"

#include <cstdint>
#include <variant>

#include <fmt/format.h>

#include "record/limits.hpp"
#include "record/subjects.hpp"

namespace busmark {

std::string to_toml(std::string_view text) {
  std::string toml = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') toml += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      toml += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      toml += c;
    }
  }
  return toml + '"';
}

std::string to_toml(const std::vector<std::string>& texts) {
  std::string toml = "[";
  for (const std::string& text : texts) toml += (toml.size() > 1 ? ", " : "") + to_toml(text);
  return toml + "]";
}

std::string to_toml(Nanoseconds duration) {
  std::string text = format_duration(duration);
  if (parse_duration(text) != duration) text = fmt::format("{}ns", duration.count());
  return to_toml(text);
}

std::string to_toml(const Load& load) {
  if (!load.rate) return to_toml("max");
  std::string text = format_rate(*load.rate);
  if (parse_rate(text) != *load.rate) text = fmt::format("{}/s", load.rate->per_second);
  return to_toml(text);
}

std::string to_toml(bool value) { return value ? "true" : "false"; }

std::string to_toml(const CoreChoice& choice) {
  if (choice.sweep) return to_toml("sweep");
  if (choice.automatic()) return to_toml("auto");
  std::string toml = "[";
  for (const CpuId cpu : choice.cores) {
    toml += fmt::format("{}{}", toml.size() > 1 ? ", " : "", index(cpu));
  }
  return toml + "]";
}

std::string subjects_to_toml(const std::string& subjects) {
  const std::string shown = show_subjects(subjects);
  const bool count = shown.find_first_not_of("0123456789") == std::string::npos;
  return count ? shown : to_toml(shown);
}

std::string to_toml(const std::vector<Budget>& budgets) {
  std::vector<std::string> texts;
  for (const Budget& budget : budgets) texts.push_back(budget.text);
  return to_toml(texts);
}

std::string to_toml(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value.data)) return to_toml(*text);
  if (const auto* whole = std::get_if<std::int64_t>(&value.data)) return std::to_string(*whole);
  // The shortest that reads back to the same, with a point so that it stays a number of this kind.
  if (const auto* real = std::get_if<double>(&value.data)) {
    std::string text = fmt::format("{}", *real);
    return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
  }
  if (const auto* truth = std::get_if<bool>(&value.data)) return to_toml(*truth);
  std::string toml = "[";
  if (const auto* list = std::get_if<Value::List>(&value.data)) {
    for (const Value& one : *list) toml += (toml.size() > 1 ? ", " : "") + to_toml(one);
  }
  return toml + "]";
}

std::string duration_range(Nanoseconds least) {
  const std::string most = format_duration(kLongest);
  if (least == Nanoseconds(1)) return "above 0, to " + most;
  return fmt::format("{} to {}", least.count() == 0 ? "0" : format_duration(least), most);
}

}  // namespace busmark
