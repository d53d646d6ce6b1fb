// SPDX-License-Identifier: Apache-2.0
#include "record/subjects.hpp"

#include <algorithm>
#include <deque>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "busmark/bus/subject.hpp"
#include "busmark/bus/subject_list.hpp"
#include "busmark/bus/subject_template.hpp"
#include "busmark/bus/subject_tree.hpp"

#include "base/quote.hpp"

namespace busmark {
namespace {

/// Whether there is a subject that both patterns match.
bool meet(std::string_view one, std::string_view other) {
  while (!one.empty() && !other.empty()) {
    const std::string_view a = next_token(one);
    const std::string_view b = next_token(other);
    if (a == ">" || b == ">") return true;
    if (a != b && a != "*" && b != "*") return false;
  }
  return one.empty() && other.empty();
}

/// The subscriptions as a tree that says which of them match. Families that can match none of
/// `subjects` stay out: to insert a hundred thousand idle patterns takes a fifth of a second.
class Interest {
 public:
  Interest(const std::vector<std::string>& subscriptions,
           const std::vector<std::string>& subjects) {
    for (const std::string& text : subscriptions) {
      const SubjectTemplate family(text);
      const auto met = [&](const std::string& one) { return meet(family.wildcard(), one); };
      if (std::none_of(subjects.begin(), subjects.end(), met)) continue;
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

/// The subjects that answers or stages use: a message that came back to the first subscription from
/// there would go round for ever.
std::vector<std::string> internal_subjects(const Scenario& scenario) {
  std::vector<std::string> subjects;
  if (scenario.pattern == Pattern::request_reply) {
    for (std::uint32_t p = 0; p < scenario.producers; ++p) {
      subjects.push_back(fmt::format("_INBOX.{}", p));
    }
  } else if (scenario.pattern == Pattern::pipeline) {
    for (std::uint32_t stage = 1; stage < scenario.consumers; ++stage) {
      subjects.push_back(fmt::format("_STAGE.{}", stage));
    }
  }
  return subjects;
}

}  // namespace

std::string numbered_subjects(std::uint64_t count) {
  return count == 1 ? "busmark.0" : fmt::format("busmark.{{0..{}}}", count - 1);
}

std::string show_subjects(const std::string& subjects) {
  const std::uint64_t count = SubjectTemplate(subjects).count();
  return subjects == numbered_subjects(count) ? std::to_string(count) : subjects;
}

bool names_subjects(const Scenario& scenario) noexcept {
  return std::any_of(scenario.mix.begin(), scenario.mix.end(),
                     [](const MessageClass& one) { return one.subjects.has_value(); });
}

std::vector<std::string> subject_templates(const Scenario& scenario) {
  if (!names_subjects(scenario)) return {scenario.subjects};
  std::vector<std::string> templates;
  for (const MessageClass& one : scenario.mix) {
    const std::string& text = one.subjects.value_or(scenario.subjects);
    if (std::find(templates.begin(), templates.end(), text) == templates.end()) {
      templates.push_back(text);
    }
  }
  return templates;
}

std::vector<SubjectTurn> subject_turns(const Scenario& scenario) {
  std::vector<SubjectTurn> turns;
  if (!names_subjects(scenario)) return turns;
  for (const MessageClass& one : scenario.mix) {
    const std::string& wanted = one.subjects.value_or(scenario.subjects);
    SubjectTurn turn;
    for (const std::string& text : subject_templates(scenario)) {
      turn.count = SubjectTemplate(text).count();
      if (text == wanted) break;
      turn.first += turn.count;
    }
    turn.share = turn.count / scenario.producers;
    turns.push_back(turn);
  }
  return turns;
}

std::optional<std::string> check_subjects(const Scenario& scenario) {
  const SubjectList subjects(subject_templates(scenario));
  const std::vector<std::string> internal = internal_subjects(scenario);
  const bool by_default = scenario.subscriptions.empty();
  const std::vector<std::string> wildcards = subjects.wildcards();
  const std::vector<std::string> patterns = by_default ? wildcards : scenario.subscriptions;
  std::vector<std::string> asked = internal;
  asked.insert(asked.end(), wildcards.begin(), wildcards.end());
  Interest interest(patterns, asked);
  const bool sure = by_default && patterns.size() == 1;  // made to match them all
  for (std::uint64_t i = 0; i < subjects.count() && !sure; ++i) {
    const std::string subject = subjects.at(i);
    const std::size_t matches = interest.matches(subject);
    if (matches == 1) continue;
    if (matches == 0) {
      return fmt::format("none matches the subject {}; subscribe to {} as well, or leave it out",
                         in_quotes(subject), in_quotes(subjects.wildcard_of(i)));
    }
    return fmt::format("both {} and {} match the subject {}, so its messages would come twice; {}",
                       interest.pattern(0), interest.pattern(1), in_quotes(subject),
                       by_default
                           ? "write subscriptions of which one matches each subject of the classes"
                           : "let one pattern match each subject");
  }
  for (const std::string& subject : internal) {
    if (interest.matches(subject) == 0) continue;
    return fmt::format(
        "{} also matches {}, which pattern = \"{}\" needs for itself; begin the {} "
        "with a token of their own, as in chat.{{0..9}}",
        interest.pattern(0), in_quotes(subject), to_string(scenario.pattern),
        by_default ? "subjects" : "subscriptions");
  }
  return std::nullopt;
}

}  // namespace busmark
