// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace busmark {

/// A cell of a table of the page, safe already.
struct HtmlCell {
  std::string text;
  std::string kind = {};   ///< CSS class.
  std::string title = {};  ///< Shown when pointed at.
};

/// `attributes` go into its opening tag as they are. Without titles it has no head.
[[nodiscard]] std::string html_table(const std::vector<HtmlCell>& titles,
                                     const std::vector<std::vector<HtmlCell>>& rows,
                                     std::string_view attributes = "");

/// Of a name from anywhere: a long one breaks after its slashes.
[[nodiscard]] HtmlCell html_name(std::string_view name);

}  // namespace busmark
