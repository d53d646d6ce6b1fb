// SPDX-License-Identifier: Apache-2.0
#include "record/store/journal.hpp"

#include <cstdint>
#include <optional>

#include <fmt/format.h>
#include <zlib.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"
#include "record/store/measured.hpp"
#include "record/store/measured_fields.hpp"

namespace busmark {
namespace {

constexpr std::size_t kDigits = 8;
constexpr std::size_t kAround = kDigits + 2;  // the checksum, a blank, the line's end

std::uint32_t checksum(std::string_view text) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

/// What the first line of `text` holds; nothing where that is not whole.
std::optional<std::string_view> whole_line(std::string_view text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos || end < kAround - 1 || text[kDigits] != ' ') return {};
  const std::string_view body = text.substr(kDigits + 1, end - kDigits - 1);
  if (text.substr(0, kDigits) != fmt::format("{:08x}", checksum(body))) return {};
  return body;
}

}  // namespace

std::string journal_line(std::string_view text) {
  return fmt::format("{:08x} {}\n", checksum(text), text);
}

std::string write_journal_head(const JournalHead& head, const RunResult& begun) {
  return journal_line(write_line(head)) + journal_line(write_begun(begun));
}

std::string write_journal_entry(const JournalEntry& entry) {
  return journal_line(write_line(entry));
}

Journal read_journal(std::string_view text, std::string_view file) {
  const std::string what(file);
  Journal journal;
  std::size_t line = 0;
  while (const std::optional<std::string_view> body = whole_line(text.substr(journal.whole))) {
    switch (line++) {
      case 0:
        read_line(*body, what, journal.head);
        if (journal.head.schema != JournalHead{}.schema) {
          throw SetupError(fmt::format("{} is a journal of another version, {}", file,
                                       in_quotes(journal.head.schema)));
        }
        break;
      case 1: read_begun(*body, what, journal.begun); break;
      default: read_line(*body, what, journal.entries.emplace_back()); break;
    }
    journal.whole += body->size() + kAround;
  }
  if (line < 2) {
    throw SetupError(fmt::format("{} is not the journal of a run, or was cut in its head", file));
  }
  journal.damaged = text.size() - journal.whole;
  return journal;
}

}  // namespace busmark
