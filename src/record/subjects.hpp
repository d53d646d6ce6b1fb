// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "record/scenario.hpp"

namespace busmark {

/// The template that `subjects = N` stands for: `busmark.{0..N-1}`. N is at least 1.
[[nodiscard]] std::string numbered_subjects(std::uint64_t count);

/// How a result shows the subjects: the count where they are numbered, else the template.
[[nodiscard]] std::string show_subjects(const std::string& subjects);

/// The templates of all subjects that messages go to, in order and none twice; of a mix those of
/// its classes.
[[nodiscard]] std::vector<std::string> subject_templates(const Scenario& scenario);
/// Whether classes of a mix have subjects of their own, so that messages name theirs.
[[nodiscard]] bool names_subjects(const Scenario& scenario) noexcept;

/// The subjects of one class among those of subject_templates(), counted through. A producer takes
/// them in turn by the sequence number.
struct SubjectTurn {
  std::uint64_t first = 0;
  std::uint64_t count = 1;
  std::uint64_t share = 0;  ///< Producers begin so far apart.

  [[nodiscard]] std::uint32_t of(std::uint32_t producer, std::uint64_t sequence) const noexcept {
    return static_cast<std::uint32_t>(first + (sequence + producer * share) % count);
  }
};
/// As the mix; empty where nobody names subjects.
[[nodiscard]] std::vector<SubjectTurn> subject_turns(const Scenario& scenario);

/// Why the subscriptions do not fit the subjects, as one sentence with the cure; empty when every
/// subject is matched by exactly one pattern, so that each message reaches a consumer once. Takes
/// about a second for a million subjects.
[[nodiscard]] std::optional<std::string> check_subjects(const Scenario& scenario);

}  // namespace busmark
