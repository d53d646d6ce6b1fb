// SPDX-License-Identifier: Apache-2.0
#include "verb/hist/input.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "busmark/base/error.hpp"
#include "busmark/histogram/codec.hpp"
#include "busmark/histogram/log.hpp"

namespace busmark {
namespace {

/// Yields the histograms of one stream, and knows the line each stands on.
class HistogramInput {
 public:
  HistogramInput(std::istream& in, std::string name)
      : in_(in), name_(std::move(name)), log_(in), is_base64_(starts_with_base64()) {}

  std::optional<HistogramEntry> next() { return is_base64_ ? next_base64() : next_logged(); }

  [[nodiscard]] std::size_t line() const { return is_base64_ ? line_ : log_.line_number() + line_; }

 private:
  /// Also skips blank lines. Every histogram begins with HIST or DHIST, no line of a log does.
  bool starts_with_base64() {
    while (in_.peek() == '\n' || in_.peek() == '\r') {
      if (in_.get() == '\n') ++line_;
    }
    return in_.peek() == 'H' || in_.peek() == 'D';
  }

  std::optional<HistogramEntry> next_base64() {
    std::string text;
    while (std::getline(in_, text)) {
      ++line_;
      const auto end = text.find_last_not_of(" \t\r");
      if (end == std::string::npos) continue;
      return HistogramEntry{
          .source = name_,
          .tag = {},
          .line = line_,
          .when = std::nullopt,
          .histogram = decode_histogram(std::string_view(text).substr(0, end + 1))};
    }
    return std::nullopt;
  }

  std::optional<HistogramEntry> next_logged() {
    auto interval = log_.next();
    if (!interval) return std::nullopt;
    return HistogramEntry{.source = name_,
                          .tag = std::move(interval->tag),
                          .when = LogSpan{interval->start, interval->length},
                          .histogram = std::move(interval->histogram)};
  }

  std::istream& in_;
  std::string name_;
  HistogramLogReader log_;
  std::size_t line_ = 0;  ///< Lines read here; the log's reader counts its own.
  bool is_base64_;
};

void read_stream(std::istream& in, const std::string& name,
                 const std::function<void(HistogramEntry)>& visit) {
  HistogramInput input(in, name);
  const auto refuse = [&](const std::string& why) {
    throw ConfigError({{fmt::format("{}:{}", name, input.line()), "", why}});
  };
  bool any = false;
  try {
    while (auto entry = input.next()) {
      any = true;
      visit(std::move(*entry));
    }
  } catch (const HistogramFormatError& error) {
    std::string_view why = error.what();
    if (why.starts_with("line ")) why.remove_prefix(why.find(": ") + 2);
    refuse(std::string(why));
  } catch (const std::overflow_error&) {
    refuse("the counts add up to more than 2^63 - 1 here");
  }
  if (in.bad()) throw SetupError(fmt::format("{} cannot be read to its end", name));
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
