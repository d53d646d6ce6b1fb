// SPDX-License-Identifier: Apache-2.0
#include "base/duration_option.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"

namespace busmark {

Nanoseconds parse_duration_option(const std::string& text, Nanoseconds least,
                                  const std::string& flag, Nanoseconds most) {
  Nanoseconds duration{};
  try {
    duration = parse_duration(text);
  } catch (const std::invalid_argument& error) {
    throw ConfigError({{flag, "", error.what()}});
  }
  if (duration < least || duration > most) {
    throw ConfigError({{flag, "",
                        fmt::format("{} is not from {} to {}", in_quotes(text),
                                    format_duration(least), format_duration(most))}});
  }
  return duration;
}

}  // namespace busmark
