// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "verb/profile/stacks.hpp"

namespace busmark {

struct FlameGraphTitle {
  std::string head;   ///< What was measured.
  std::string below;  ///< How; smaller.
};

/// The samples as one SVG that needs nothing else: a box for each function, as wide as its share,
/// above the one that called it, with its whole name and share as tooltip. A click widens a box to
/// the whole width, one below it takes that back; without scripts, as in an <img>, the rest works.
/// Boxes of less than a tenth of a pixel are left out, and their number is said. Pure.
/// Source of the form: Gregg, The Flame Graph, CACM 59 (2016).
[[nodiscard]] std::string write_flame_graph(const StackTree& tree, const FlameGraphTitle& title);

}  // namespace busmark
