// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace busmark {

/// Each `{{name}}` of the page by its part, in one pass: what is put in is not looked at again.
[[nodiscard]] inline std::string fill_page(std::string_view page,
                                           const std::map<std::string_view, std::string>& parts) {
  std::string text;
  for (;;) {
    const std::size_t open = page.find("{{");
    text += page.substr(0, open);
    if (open == std::string_view::npos) return text;
    const std::size_t close = page.find("}}", open);
    text += parts.at(page.substr(open + 2, close - open - 2));
    page.remove_prefix(close + 2);
  }
}

}  // namespace busmark
