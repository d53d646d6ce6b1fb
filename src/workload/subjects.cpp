// SPDX-License-Identifier: Apache-2.0
#include "busmark/workload/subjects.hpp"

#include <deque>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "busmark/bus/subject_template.hpp"
#include "busmark/bus/subject_tree.hpp"
#include "busmark/core/quote.hpp"

namespace busmark {
namespace {

/// The subscriptions as a tree that says which of them match.
class Interest {
 public:
  explicit Interest(const std::vector<std::string>& subscriptions) {
    for (const std::string& text : subscriptions) {
      const SubjectTemplate family(text);
      for (std::uint64_t i = 0; i < family.count(); ++i) {
        patterns_.push_back(family.at(i));
        tree_.insert(patterns_.back(), subscribers_.emplace_back(subscribers_.size()));
      }
    }
  }

  [[nodiscard]] std::size_t matches(const std::string& subject) {
    result_.clear();
    tree_.match(subject, result_);
    return result_.plain.size();
  }
  /// Of the last subject asked.
  [[nodiscard]] std::string pattern(std::size_t match) const {
    return in_quotes(patterns_[result_.plain[match]->id]);
  }

 private:
  std::deque<Subscriber> subscribers_;  ///< The tree points to them.
  std::deque<std::string> patterns_;    ///< By the id of their subscriber.
  SubjectTree tree_;
  MatchResult result_;
};

/// A subject that answers or stages use, and so no subscription may match.
std::optional<std::string> internal_subject(Pattern pattern) {
  if (pattern == Pattern::request_reply) return "_INBOX.0";
  if (pattern == Pattern::pipeline) return "_STAGE.1";
  return std::nullopt;
}

}  // namespace

std::string numbered_subjects(std::uint64_t count) {
  return count == 1 ? "busmark.0" : fmt::format("busmark.{{0..{}}}", count - 1);
}

std::string show_subjects(const std::string& subjects) {
  const std::uint64_t count = SubjectTemplate(subjects).count();
  return subjects == numbered_subjects(count) ? std::to_string(count) : subjects;
}

std::optional<std::string> check_subjects(const Scenario& scenario) {
  const SubjectTemplate subjects(scenario.subjects);
  if (scenario.subscriptions.empty()) return std::nullopt;
  Interest interest(scenario.subscriptions);
  for (std::uint64_t i = 0; i < subjects.count(); ++i) {
    const std::string subject = subjects.at(i);
    const std::size_t matches = interest.matches(subject);
    if (matches == 1) continue;
    if (matches == 0) {
      return fmt::format("none matches the subject {}; subscribe to {} as well, or leave it out",
                         in_quotes(subject), in_quotes(subjects.wildcard()));
    }
    return fmt::format(
        "both {} and {} match the subject {}, so its messages would come twice; let "
        "one pattern match each subject",
        interest.pattern(0), interest.pattern(1), in_quotes(subject));
  }
  if (const auto internal = internal_subject(scenario.pattern)) {
    if (interest.matches(*internal) != 0) {
      return fmt::format("{} also matches {}, which pattern = \"{}\" needs for itself",
                         interest.pattern(0), in_quotes(*internal), to_string(scenario.pattern));
    }
  }
  return std::nullopt;
}

}  // namespace busmark
