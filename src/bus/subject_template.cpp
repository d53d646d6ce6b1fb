// SPDX-License-Identifier: Apache-2.0
#include "busmark/bus/subject_template.hpp"

#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "busmark/bus/subject.hpp"
#include "busmark/bus/subject_tree.hpp"

#include "base/quote.hpp"

namespace busmark {
namespace {

std::optional<std::uint64_t> whole_number(std::string_view text) noexcept {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || (text.size() > 1 && text.front() == '0') || error != std::errc() ||
      end != text.data() + text.size())
    return {};
  return number;
}

/// The first and last number of `{0..999}`, given without its braces.
std::pair<std::uint64_t, std::uint64_t> bounds(std::string_view range) {
  const std::size_t dots = range.find("..");
  if (dots != std::string_view::npos) {
    const auto first = whole_number(range.substr(0, dots));
    const auto last = whole_number(range.substr(dots + 2));
    if (first && last && *first <= *last) return {*first, *last};
  }
  throw std::invalid_argument(
      fmt::format("{} must be two whole numbers, the smaller one first, as in {{0..999}}",
                  in_quotes(fmt::format("{{{}}}", range))));
}

}  // namespace

SubjectTemplate::SubjectTemplate(std::string_view text) : text_(text) {
  std::string_view rest = text;
  for (std::size_t open = rest.find('{'); open != std::string_view::npos; open = rest.find('{')) {
    const std::size_t close = rest.find('}', open);
    if (close == std::string_view::npos) {
      throw std::invalid_argument(
          fmt::format("{} opens a brace and does not close it; write "
                      "braces as in {{0..999}}",
                      in_quotes(text)));
    }
    const auto [first, last] = bounds(rest.substr(open + 1, close - open - 1));
    if (last - first >= kMostMembers || count_ * (last - first + 1) > kMostMembers) {
      throw std::invalid_argument(
          fmt::format("{} makes more than {} subjects", in_quotes(text), kMostMembers));
    }
    ranges_.push_back({std::string(rest.substr(0, open)), first, last - first + 1});
    count_ *= last - first + 1;
    rest.remove_prefix(close + 1);
  }
  tail_ = rest;
  if (std::string why = why_invalid_pattern(at(0)); !why.empty()) throw std::invalid_argument(why);
  if (at(count_ - 1).size() > kMaxSubject) {
    throw std::invalid_argument(fmt::format("{} is longer than the {} bytes a subject may have",
                                            in_quotes(text.substr(0, 60)), kMaxSubject));
  }
}

std::string SubjectTemplate::at(std::uint64_t index) const {
  std::uint64_t members = count_;
  std::string name;
  for (const Range& range : ranges_) {
    members /= range.count;
    name += range.before;
    name += std::to_string(range.first + index / members);
    index %= members;
  }
  return name + tail_;
}

bool SubjectTemplate::literal() const noexcept { return valid_subject(at(0)); }

std::string SubjectTemplate::wildcard() const {
  if (ranges_.empty()) return text_;
  std::string pattern;
  bool generated = false;
  bool first = true;
  // The points between braces are no separators, so tokens are told from the parts, not the text.
  std::string token;
  const auto end_token = [&] {
    if (!std::exchange(first, false)) pattern += '.';
    pattern += std::exchange(generated, false) ? "*" : token;
    token.clear();
  };
  const auto add = [&](std::string_view part) {
    for (const char c : part) {
      if (c == '.') {
        end_token();
      } else {
        token += c;
      }
    }
  };
  for (const Range& range : ranges_) {
    add(range.before);
    generated = true;
  }
  add(tail_);
  end_token();
  return pattern;
}

}  // namespace busmark
