// SPDX-License-Identifier: Apache-2.0
#include "busmark/bus/subject.hpp"

#include <cstddef>

#include <fmt/core.h>

#include "base/quote.hpp"

namespace busmark {
namespace {

enum class Fault { none, empty_text, empty_token, white_space, nul, wildcard, early_rest };

struct Finding {
  Fault fault = Fault::none;
  std::string_view token;
  std::size_t place = 0;  ///< Number of the token, from 1.
};

// Includes the NUL that ends the literal.
constexpr std::string_view kForbidden(" \t\n\f\r\0", 6);

Fault fault_of(std::string_view token, bool last, bool wildcards) noexcept {
  if (token.empty()) return Fault::empty_token;
  if (token == "*") return wildcards ? Fault::none : Fault::wildcard;
  if (token == ">") {
    if (!wildcards) return Fault::wildcard;
    return last ? Fault::none : Fault::early_rest;
  }
  const std::size_t at = token.find_first_of(kForbidden);
  if (at == std::string_view::npos) return Fault::none;
  return token[at] == '\0' ? Fault::nul : Fault::white_space;
}

Finding check(std::string_view text, bool wildcards) noexcept {
  if (text.empty()) return {Fault::empty_text, text, 1};
  // A trailing dot leaves an empty token behind, which next_token does not hand out.
  const bool trailing_dot = text.back() == '.';
  std::size_t place = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view token = next_token(rest);
    ++place;
    const Fault fault = fault_of(token, rest.empty() && !trailing_dot, wildcards);
    if (fault != Fault::none) return {fault, token, place};
  }
  if (trailing_dot) return {Fault::empty_token, {}, place + 1};
  return {};
}

std::string explain(std::string_view text, bool wildcards) {
  const Finding finding = check(text, wildcards);
  const auto about = [&](std::string_view reason) {
    return fmt::format("token {} {} of {} {}", finding.place, in_quotes(finding.token),
                       in_quotes(text), reason);
  };
  switch (finding.fault) {
    case Fault::none: return {};
    case Fault::empty_text:
      return fmt::format("a {} must not be empty", wildcards ? "pattern" : "subject");
    case Fault::empty_token: return about("is empty: a dot stands between two tokens");
    case Fault::white_space: return about("holds white space");
    case Fault::nul: return about("holds a NUL character");
    case Fault::wildcard: return about("is a wildcard: only a subscription may use one");
    case Fault::early_rest: return about("must be the last token");
  }
  return {};
}

}  // namespace

bool valid_subject(std::string_view subject) noexcept {
  return check(subject, false).fault == Fault::none;
}

bool valid_pattern(std::string_view pattern) noexcept {
  return check(pattern, true).fault == Fault::none;
}

bool matches(std::string_view pattern, std::string_view subject) noexcept {
  if (!valid_pattern(pattern) || !valid_subject(subject)) return false;
  while (!pattern.empty() && !subject.empty()) {
    const std::string_view wanted = next_token(pattern);
    if (wanted == ">") return true;
    const std::string_view token = next_token(subject);
    if (wanted != "*" && wanted != token) return false;
  }
  return pattern.empty() && subject.empty();
}

std::string why_invalid_subject(std::string_view subject) { return explain(subject, false); }
std::string why_invalid_pattern(std::string_view pattern) { return explain(pattern, true); }

}  // namespace busmark
