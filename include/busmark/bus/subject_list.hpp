// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "busmark/bus/subject_template.hpp"

namespace busmark {

/// The subjects of several families, counted through.
class SubjectList {
 public:
  /// At least one SubjectTemplate, each behind `prefix`. Throws as that does.
  explicit SubjectList(const std::vector<std::string>& templates, const std::string& prefix = "");

  /// At least 1.
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// Subject `index`, below count().
  [[nodiscard]] std::string at(std::uint64_t index) const;
  /// The pattern of the family of subject `index`.
  [[nodiscard]] std::string wildcard_of(std::uint64_t index) const;
  /// One pattern for each family, none twice.
  [[nodiscard]] std::vector<std::string> wildcards() const;

 private:
  /// The family of subject `index`, which becomes the number within it.
  [[nodiscard]] const SubjectTemplate& family_of(std::uint64_t& index) const;

  std::vector<SubjectTemplate> families_;
  std::uint64_t count_ = 0;
};

}  // namespace busmark
