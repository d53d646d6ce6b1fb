// SPDX-License-Identifier: Apache-2.0
#include "verb/hist/input.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <istream>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "busmark/base/error.hpp"
#include "busmark/histogram/codec.hpp"
#include "busmark/histogram/log.hpp"

#include "histogram/base64.hpp"
#include "histogram/cookie.hpp"
#include "histogram/log_line.hpp"
#include "verb/hist/source.hpp"

namespace busmark {
namespace {

/// Yields the histograms of one stream, and knows the line each stands on.
class HistogramInput {
 public:
  HistogramInput(std::istream& in, std::string name, std::string_view head)
      : in_(in), name_(std::move(name)), log_(in), is_base64_(begins_with_base64(head)) {}

  std::optional<HistogramEntry> next() { return is_base64_ ? next_base64() : next_logged(); }

  [[nodiscard]] std::size_t line() const { return is_base64_ ? line_ : log_.line_number(); }

 private:
  /// Every histogram begins so, no line of a log does.
  static bool is_begin(std::string_view text) {
    return text.starts_with("HIST") || text.starts_with("DHIST");
  }

  static bool begins_with_base64(std::string_view head) {
    const std::string_view text = bare_line(head);
    return is_begin(text.substr(std::min(text.find_first_not_of("\"'b"), text.size())));
  }

  std::optional<HistogramEntry> next_base64() {
    while (take_line()) {
      std::string text(unquoted(bare_line(held_)));
      if (text.empty()) continue;
      line_ = read_;
      // A mail or an editor has broken it.
      while (histogram_goes_on(text) && take_line()) {
        const std::string_view more = bare_line(held_);
        if (!is_base64(more) || is_begin(more)) {
          is_held_ = true;
          break;
        }
        text += more;
      }
      return HistogramEntry{.source = name_,
                            .tag = {},
                            .line = line_,
                            .when = std::nullopt,
                            .histogram = decode_histogram(text)};
    }
    return std::nullopt;
  }

  bool take_line() {
    if (std::exchange(is_held_, false)) return true;
    if (!std::getline(in_, held_)) return false;
    ++read_;
    return true;
  }

  std::optional<HistogramEntry> next_logged() {
    auto interval = log_.next();
    if (!interval) return std::nullopt;
    HistogramEntry entry{.source = name_,
                         .tag = std::move(interval->tag),
                         .when = std::nullopt,
                         .histogram = std::move(interval->histogram)};
    if (interval->dated) entry.when = LogSpan{interval->start, interval->length};
    return entry;
  }

  std::istream& in_;
  std::string name_;
  HistogramLogReader log_;
  std::string held_;  ///< The last line of a text of base64.
  bool is_held_ = false;
  std::size_t read_ = 0;  ///< Lines of it.
  std::size_t line_ = 0;  ///< Where the histogram at hand begins.
  bool is_base64_;
};

void read_stream(std::istream& raw, const std::string& name,
                 const std::function<void(HistogramEntry)>& visit) {
  TextSource source(raw);
  const auto refuse = [&](std::size_t line, const std::string& why) {
    throw ConfigError({{fmt::format("{}:{}", name, std::max<std::size_t>(line, 1)), "", why}});
  };
  if (const std::string other = other_file(source.head()); !other.empty()) refuse(1, other);
  std::istream in(&source);
  HistogramInput input(in, name, source.head());
  bool any = false;
  try {
    while (auto entry = input.next()) {
      any = true;
      visit(std::move(*entry));
    }
  } catch (const HistogramFormatError& error) {
    std::string why = source.trouble().empty() ? error.what() : source.trouble();
    if (why.starts_with("line ")) why.erase(0, why.find(": ") + 2);
    refuse(input.line(), why);
  } catch (const std::overflow_error&) {
    refuse(input.line(), "the counts add up to more than 2^63 - 1 here");
  }
  if (!source.trouble().empty()) refuse(input.line(), source.trouble());
  if (raw.bad()) throw SetupError(fmt::format("{} cannot be read to its end", name));
  if (!any) {
    throw SetupError(fmt::format(
        "{} holds no histogram; a .hlog is wanted, or one base64 histogram per line", name));
  }
}

}  // namespace

void read_histograms(const std::string& file, const std::function<void(HistogramEntry)>& visit) {
  if (file == "-") return read_stream(std::cin, "<stdin>", visit);
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) {
    throw SetupError(fmt::format("{} is a folder; name the .hlog file in it", file));
  }
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) throw SetupError(fmt::format("{} cannot be opened: {}", file, std::strerror(errno)));
  read_stream(in, file, visit);
}

}  // namespace busmark
