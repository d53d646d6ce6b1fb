// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/scenario.hpp"

namespace busmark {

/// Which scenarios of a config are to run.
struct Selection {
  /// Those whose full name matches: `*` is any text, `/` included, `?` one byte.
  std::optional<std::string> only;
  std::vector<std::string> tags;     ///< Those with any of these; empty: all.
  std::vector<std::string> with;     ///< Tags that `run.without` is not to leave out.
  std::vector<std::string> without;  ///< Left out, as those of `run.without` are.

  /// Whether `scenario` is chosen, where the config leaves out the tags `off`. Naming a tag in
  /// `tags` is asking for it.
  [[nodiscard]] bool chooses(const Scenario& scenario, const std::vector<std::string>& off) const;
};

/// Why nothing is chosen: the flag that would change it, and a sentence with what comes nearest and
/// what there is.
struct NothingChosen {
  std::string flag;
  std::string sentence;
};

/// `scenarios` are all of the config.
[[nodiscard]] NothingChosen why_nothing_chosen(const Selection& selection,
                                               const std::vector<std::string>& off,
                                               const std::vector<const Scenario*>& scenarios);

/// Whether all of `text` matches `pattern`, as Selection::only says.
[[nodiscard]] bool matches_glob(std::string_view pattern, std::string_view text) noexcept;

}  // namespace busmark
