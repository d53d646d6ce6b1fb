// SPDX-License-Identifier: Apache-2.0
#include "base/escape.hpp"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "base/meant/loose.hpp"
#include "base/quote.hpp"

namespace busmark {
namespace {

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

/// Bytes at the front of `text` that are one character which XML 1.0 allows; 0 for none.
std::size_t xml_length(std::string_view text) noexcept {
  const char c = text.front();
  if (is_control(c) && c != '\t' && c != '\n' && c != '\r' && c != 0x7f) return 0;
  const bool noncharacter =
      text.starts_with("\xef\xbf\xbe") || text.starts_with("\xef\xbf\xbf");  // U+FFFE, U+FFFF
  return noncharacter ? 0 : utf8_length(text);
}

/// Replaces single characters by texts.
template <typename Replace>
std::string replaced(std::string_view text, Replace replace) {
  std::string safe;
  for (const char c : text) {
    const std::string_view instead = replace(c);
    if (instead.empty()) {
      safe += c;
    } else {
      safe += instead;
    }
  }
  return safe;
}

constexpr std::size_t kLongestFilePart = 150;

bool stays_in_names(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._-+=").find(c) != std::string_view::npos;
}

/// FNV-1a of 32 bits (http://www.isthe.com/chongo/tech/comp/fnv).
std::uint32_t hash_of_name(std::string_view text) {
  std::uint32_t hash = 0x811c9dc5;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193;
  return hash;
}

}  // namespace

std::string plain_text(std::string_view text) {
  std::string safe;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool c1 = text[i] == '\xc2' && i + 1 < text.size() &&
                    static_cast<unsigned char>(text[i + 1]) >= 0x80 &&
                    static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (c1) ++i;
    safe += c1 || is_control(text[i]) ? '?' : text[i];
  }
  return safe;
}

std::string markdown_text(std::string_view text) {
  constexpr std::string_view kMarkup = "\\`*_{}[]()#|~!";
  std::string safe;
  for (const char c : text) {
    if (c == '&') {
      safe += "&amp;";
    } else if (c == '<') {
      safe += "&lt;";
    } else if (c == '>') {
      safe += "&gt;";
    } else if (c == '@') {
      safe += "&#64;";  // would notify somebody
    } else if (is_control(c)) {
      safe += ' ';
    } else {
      if (kMarkup.find(c) != std::string_view::npos) safe += '\\';
      safe += c;
    }
  }
  return safe;
}

std::string markdown_table(const std::vector<std::string>& titles,
                           const std::vector<std::vector<std::string>>& rows) {
  std::string text = fmt::format("| {} |\n|---|", fmt::join(titles, " | "));
  for (std::size_t i = 1; i < titles.size(); ++i) text += i + 1 < titles.size() ? "--:|" : "---|";
  text += '\n';
  for (const auto& row : rows) text += fmt::format("| {} |\n", fmt::join(row, " | "));
  return text;
}

std::string xml_text(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const std::size_t length = xml_length(text);
    const char c = text.front();
    if (length == 0) {
      safe += kReplacement;
    } else if (c == '&') {
      safe += "&amp;";
    } else if (c == '<') {
      safe += "&lt;";
    } else if (c == '>') {
      safe += "&gt;";
    } else if (c == '"') {
      safe += "&quot;";
    } else if (c == '\n' || c == '\r' || c == '\t') {
      safe += fmt::format("&#{};", static_cast<int>(c));  // an attribute would lose it
    } else {
      safe += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return safe;
}

std::string csv_cell(std::string_view text) {
  std::string cell = plain_text(text);
  if (!cell.empty() && std::string_view("=+-@").find(cell.front()) != std::string_view::npos) {
    cell.insert(0, 1, '\'');
  }
  if (cell.find_first_of(",\"") == std::string::npos) return cell;
  return '"' + replaced(cell, [](char c) { return std::string_view(c == '"' ? "\"\"" : ""); }) +
         '"';
}

std::string label_value(std::string_view text) {
  return replaced(text, [](char c) -> std::string_view {
    if (c == '\\') return "\\\\";
    if (c == '"') return "\\\"";
    if (c == '\n') return "\\n";
    return is_control(c) ? "?" : "";
  });
}

std::string shell_command(const std::vector<std::string>& words) {
  static constexpr std::string_view kHarmless = "_-+=.,:/@%";
  const auto harmless = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kHarmless.find(c) != std::string_view::npos;
  };
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    if (!word.empty() && std::all_of(word.begin(), word.end(), harmless)) {
      text += word;
    } else {
      text += '\'' +
              replaced(word, [](char c) -> std::string_view { return c == '\'' ? "'\\''" : ""; }) +
              '\'';
    }
  }
  return text;
}

std::string workflow_message(std::string_view text) {
  return replaced(text, [](char c) -> std::string_view {
    if (c == '%') return "%25";
    if (c == '\r') return "%0D";
    return c == '\n' ? "%0A" : "";
  });
}

std::string workflow_property(std::string_view text) {
  return replaced(workflow_message(text), [](char c) -> std::string_view {
    if (c == ':') return "%3A";
    return c == ',' ? "%2C" : "";
  });
}

std::string annotation(std::string_view level, std::string_view title, std::string_view message) {
  return fmt::format("::{} title={}::{}\n", level, workflow_property(plain_text(title)),
                     workflow_message(plain_text(message)));
}

std::string file_part(std::string_view name) {
  std::string text;
  for (std::string_view rest = name; !rest.empty();) {
    text += stays_in_names(rest.front()) ? rest.front() : '~';
    const std::size_t length = utf8_length(rest);
    rest.remove_prefix(length == 0 ? 1 : length);
  }
  if (text.size() <= kLongestFilePart) return text;
  const std::string hash = fmt::format("~{:08x}", hash_of_name(name));
  return text.substr(0, kLongestFilePart - hash.size()) + hash;
}

std::string file_part_without_case(std::string_view name) { return in_small(file_part(name)); }

}  // namespace busmark
