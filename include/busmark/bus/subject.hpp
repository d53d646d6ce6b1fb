// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace busmark {

// Subjects follow nats-server (server/sublist.go): tokens are split by `.`, none may be empty or
// hold white space (space, tab, line feed, form feed, carriage return) or NUL. In a pattern a
// token that is exactly `*` stands for one token, and one that is exactly `>`, which must be the
// last, for one or more. Inside a longer token (`foo*`, `>bar`) both are ordinary characters.

/// A literal subject: one that may be published to.
[[nodiscard]] bool valid_subject(std::string_view subject) noexcept;
/// A literal subject or one with wildcards: one that may be subscribed to.
[[nodiscard]] bool valid_pattern(std::string_view pattern) noexcept;
/// False too when the pattern or the subject is invalid.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view subject) noexcept;

/// The reason with the offending token and its place, without a full stop; empty when valid.
[[nodiscard]] std::string why_invalid_subject(std::string_view subject);
[[nodiscard]] std::string why_invalid_pattern(std::string_view pattern);

/// Takes the first token and its `.` off the front of `rest`. `rest` is empty after the last one.
[[nodiscard]] inline std::string_view next_token(std::string_view& rest) noexcept {
  const std::size_t dot = rest.find('.');
  const std::string_view token = rest.substr(0, dot);
  rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
  return token;
}

}  // namespace busmark
