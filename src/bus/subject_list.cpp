// SPDX-License-Identifier: Apache-2.0
#include "busmark/bus/subject_list.hpp"

#include <algorithm>
#include <stdexcept>

namespace busmark {

SubjectList::SubjectList(const std::vector<std::string>& templates, const std::string& prefix) {
  for (const std::string& text : templates) {
    count_ += families_.emplace_back(prefix + text).count();
  }
  if (families_.empty()) throw std::invalid_argument("there are no subjects");
}

const SubjectTemplate& SubjectList::family_of(std::uint64_t& index) const {
  auto family = families_.begin();
  while (index >= family->count()) index -= (family++)->count();
  return *family;
}

std::string SubjectList::at(std::uint64_t index) const {
  const SubjectTemplate& family = family_of(index);
  return family.at(index);
}

std::string SubjectList::wildcard_of(std::uint64_t index) const {
  return family_of(index).wildcard();
}

std::vector<std::string> SubjectList::wildcards() const {
  std::vector<std::string> wildcards;
  for (const SubjectTemplate& family : families_) {
    const std::string one = family.wildcard();
    if (std::find(wildcards.begin(), wildcards.end(), one) == wildcards.end()) {
      wildcards.push_back(one);
    }
  }
  return wildcards;
}

}  // namespace busmark
