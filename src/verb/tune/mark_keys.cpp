// SPDX-License-Identifier: Apache-2.0
#include "verb/tune/mark_keys.hpp"

namespace busmark {
namespace {

constexpr std::size_t kLongestLabel = 60;

void keep_short(std::string& label) {
  if (label.size() <= kLongestLabel) return;
  std::size_t end = kLongestLabel;
  while (end > 0 && (static_cast<unsigned char>(label[end]) & 0xC0) == 0x80) --end;
  label.resize(end);
}

}  // namespace

MarkOrders MarkKeys::take(std::string_view keys) {
  constexpr char kEscape = 0x1b;
  constexpr char kBackspace = 0x08;
  constexpr char kDelete = 0x7f;
  MarkOrders orders;
  for (const char key : keys) {
    if (!typing_) {
      if (key == 'q' || key == 'Q') orders.quit = true;
      if (key == 'm' || key == 'M') {
        orders.mark = true;
        typing_.emplace();
      }
    } else if (key == '\n' || key == '\r') {
      if (!typing_->empty()) orders.name = *typing_;
      typing_.reset();
    } else if (key == kEscape) {
      typing_.reset();
    } else if (key == kBackspace || key == kDelete) {
      while (!typing_->empty()) {
        const auto last = static_cast<unsigned char>(typing_->back());
        typing_->pop_back();
        if ((last & 0xC0) != 0x80) break;  // the first byte of a character
      }
    } else if (static_cast<unsigned char>(key) >= 0x20) {
      *typing_ += key;
      keep_short(*typing_);
    }
  }
  return orders;
}

MarkOrders MarkLines::take(std::string_view text) {
  MarkOrders orders;
  for (const char c : text) {
    if (c != '\n') {
      if (c != '\r') line_ += c;
      keep_short(line_);
      continue;
    }
    if (line_ == "q") orders.quit = true;
    if (line_ == "m" || line_.starts_with("m ")) {
      orders.mark = true;
      orders.name = line_.size() > 2 ? std::optional(line_.substr(2)) : std::nullopt;
    }
    line_.clear();
  }
  return orders;
}

}  // namespace busmark
