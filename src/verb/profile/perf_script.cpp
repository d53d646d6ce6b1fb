// SPDX-License-Identifier: Apache-2.0
#include "verb/profile/perf_script.hpp"

#include <charconv>
#include <optional>

#include "base/words.hpp"

namespace busmark {
namespace {

template <typename Value>
bool parse_whole(std::string_view text, Value& value, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

/// `1234/1240`.
bool parse_ids(std::string_view word, PerfSample& sample) {
  const std::size_t stroke = word.find('/');
  return stroke != std::string_view::npos && parse_whole(word.substr(0, stroke), sample.process) &&
         parse_whole(word.substr(stroke + 1), sample.thread);
}

/// `5123.123456789:`, seconds.
std::optional<Nanoseconds> parse_time(std::string_view word) {
  constexpr std::size_t kDigits = 9;
  if (!word.ends_with(':')) return std::nullopt;
  word.remove_suffix(1);
  const std::size_t dot = word.find('.');
  if (dot == std::string_view::npos || word.size() - dot - 1 != kDigits) return std::nullopt;
  std::uint32_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  if (!parse_whole(word.substr(0, dot), seconds) ||
      !parse_whole(word.substr(dot + 1), nanoseconds)) {
    return std::nullopt;
  }
  return std::chrono::seconds(seconds) + Nanoseconds(nanoseconds);
}

/// `producer-0  1234/1240  5123.123456789: ` and what follows it. The thread's name may hold
/// anything, so the last place that looks like ids and time counts.
std::optional<std::string_view> parse_head(std::string_view text, PerfSample& sample) {
  const std::vector<std::string_view> words = words_of(text);
  for (std::size_t i = words.size(); i-- > 1;) {
    const std::optional<Nanoseconds> time = parse_time(words[i]);
    if (!time || !parse_ids(words[i - 1], sample)) continue;
    sample.time = *time;
    sample.name =
        trimmed(text.substr(0, static_cast<std::size_t>(words[i - 1].data() - text.data())));
    return trimmed(
        text.substr(static_cast<std::size_t>(words[i].data() - text.data()) + words[i].size()));
  }
  return std::nullopt;
}

/// `55d0c0 foo(int) (/usr/bin/busmark)`. The object is the last group in parentheses, in which
/// there may be others, as in `(/usr/bin/busmark (deleted))`.
std::optional<PerfFrame> parse_frame(std::string_view text) {
  text = trimmed(text);
  const std::size_t space = text.find(' ');
  std::uint64_t address = 0;
  if (!parse_whole(text.substr(0, space), address, 16)) return std::nullopt;
  if (space == std::string_view::npos || !text.ends_with(')')) return std::nullopt;
  std::size_t open = text.size();
  int depth = 0;
  do {
    --open;
    depth += text[open] == ')' ? 1 : text[open] == '(' ? -1 : 0;
  } while (depth > 0 && open > space);
  if (depth != 0 || open <= space) return std::nullopt;
  PerfFrame frame;
  frame.symbol = trimmed(text.substr(space, open - space));
  frame.object = text.substr(open + 1, text.size() - open - 2);
  if (frame.symbol.empty()) frame.symbol = "[unknown]";
  if (frame.object == "[unknown]") frame.object.clear();
  return frame;
}

/// What perf puts where its copy of the stack ended before the stack did.
bool ends_stack(std::string_view text) { return trimmed(text).starts_with("ffffffffffffffff "); }

/// `PERF_RECORD_LOST lost 12`.
std::optional<std::uint64_t> parse_lost(std::string_view text) {
  if (!text.starts_with("PERF_RECORD_LOST")) return std::nullopt;
  std::uint64_t count = 0;
  return parse_whole(text.substr(text.find_last_of(' ') + 1), count) ? std::optional(count)
                                                                     : std::nullopt;
}

}  // namespace

void PerfScriptReader::line(std::string_view text) {
  if (trimmed(text).empty()) return finish();
  if (text.starts_with('\t')) {
    if (ends_stack(text)) return;
    const std::optional<PerfFrame> frame = parse_frame(text);
    if (!open_ || !frame) {
      ++malformed_;
      spoiled_ = true;
      return;
    }
    sample_.stack.push_back(*frame);
    return;
  }
  finish();
  const std::optional<std::string_view> rest = parse_head(text, sample_);
  if (!rest) {
    ++malformed_;
    return;
  }
  if (const auto lost = parse_lost(*rest)) {
    lost_ += *lost;
    return;
  }
  open_ = true;
  if (rest->empty()) return;
  // Recorded without stacks: the one frame stands on the same line.
  if (const auto frame = parse_frame(*rest)) {
    sample_.stack.push_back(*frame);
    return finish();
  }
  ++malformed_;
  spoiled_ = true;
}

void PerfScriptReader::finish() {
  if (open_ && !spoiled_) {
    ++samples_;
    on_sample_(std::move(sample_));
  }
  sample_ = {};
  open_ = false;
  spoiled_ = false;
}

}  // namespace busmark
