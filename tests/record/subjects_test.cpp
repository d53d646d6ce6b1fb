// SPDX-License-Identifier: Apache-2.0
#include "record/subjects.hpp"

#include <doctest/doctest.h>

namespace busmark {
namespace {

Scenario with(const std::string& subjects, const std::vector<std::string>& subscriptions,
              Pattern pattern = Pattern::one_way) {
  Scenario scenario;
  scenario.subjects = subjects;
  scenario.subscriptions = subscriptions;
  scenario.pattern = pattern;
  return scenario;
}

TEST_CASE("a count of subjects is a template and is shown as the count again") {
  CHECK(numbered_subjects(1) == "busmark.0");
  CHECK(numbered_subjects(1000) == "busmark.{0..999}");
  CHECK(show_subjects(numbered_subjects(1)) == "1");
  CHECK(show_subjects(numbered_subjects(1000)) == "1000");
  CHECK(show_subjects("chat.{0..9}") == "chat.{0..9}");
}

TEST_CASE("subscriptions fit when exactly one pattern matches each subject") {
  CHECK_FALSE(check_subjects(with("a.{0..9}", {})));
  CHECK_FALSE(check_subjects(with("a.{0..9}", {"a.*"})));
  CHECK_FALSE(check_subjects(with("a.{0..9}", {"a.{0..4}", "a.{5..9}", "noise.{0..99}.>"})));
}

TEST_CASE("a subject that nobody or two patterns match is named") {
  CHECK(check_subjects(with("a.{0..9}", {"a.{0..8}"})).value() ==
        "none matches the subject \"a.9\"; subscribe to \"a.*\" as well, or leave it out");
  CHECK(check_subjects(with("a.{0..9}", {"a.*", "a.7"})).value() ==
        "both \"a.*\" and \"a.7\" match the subject \"a.7\", so its messages would come twice; let "
        "one pattern match each subject");
}

TEST_CASE("the subjects of all classes must be matched, those of the scenario where one has none") {
  Scenario scenario = with("a.{0..1}", {"b.*"});
  scenario.mix = {{.name = "one", .subjects = "b.{0..3}"}, {.name = "two", .subjects = "b.4"}};
  CHECK(names_subjects(scenario));
  CHECK_FALSE(check_subjects(scenario));  // nobody sends to the scenario's
  scenario.mix[1].subjects.reset();
  CHECK(check_subjects(scenario).value() ==
        "none matches the subject \"a.0\"; subscribe to \"a.*\" as well, or leave it out");
  scenario.subscriptions.clear();
  CHECK_FALSE(check_subjects(scenario));
  scenario.mix[1].subjects = "b.2";
  CHECK(check_subjects(scenario).value() ==
        "both \"b.*\" and \"b.2\" match the subject \"b.2\", so its messages would come twice; "
        "write subscriptions of which one matches each subject of the classes");
}

TEST_CASE("each class takes its own subjects in turn, and the same family is there once") {
  Scenario scenario = with("a.{0..1}", {});
  CHECK(subject_turns(scenario).empty());
  scenario.producers = 2;
  scenario.mix = {{.name = "one", .subjects = "b.{0..3}"},
                  {.name = "two"},
                  {.name = "three", .subjects = "c"},
                  {.name = "four", .subjects = "b.{0..3}"}};
  CHECK(subject_templates(scenario) == std::vector<std::string>{"b.{0..3}", "a.{0..1}", "c"});
  const std::vector<SubjectTurn> turns = subject_turns(scenario);
  REQUIRE(turns.size() == 4);
  CHECK(turns[0].of(0, 6) == 2);
  CHECK(turns[0].of(1, 6) == 0);  // half of the subjects further
  CHECK(turns[1].of(0, 7) == 4 + 1);
  CHECK(turns[2].of(1, 9) == 6);
  CHECK(turns[3].of(0, 3) == 3);
}

TEST_CASE("the subjects that answers and stages use are not to be matched") {
  CHECK_FALSE(check_subjects(with("a.b", {">"})));
  CHECK(check_subjects(with("a.b", {">"}, Pattern::request_reply))->find("_INBOX.0") !=
        std::string::npos);
  CHECK_FALSE(check_subjects(with("a.b", {">"}, Pattern::pipeline)));  // one stage, no subject
  Scenario stages = with("a.{0..2}", {"a.*", "*.2"}, Pattern::pipeline);
  stages.subjects = "a.{0..1}";
  CHECK_FALSE(check_subjects(stages));
  stages.consumers = 3;
  CHECK(check_subjects(stages)->find("_STAGE.2") != std::string::npos);
}

TEST_CASE("the pattern that is made of the subjects is checked like any other") {
  CHECK_FALSE(check_subjects(with("room{0..9}.{0..9}", {})));
  CHECK(check_subjects(with("room{0..9}.{0..9}", {}, Pattern::request_reply))->find("_INBOX.0") !=
        std::string::npos);
  Scenario two = with("chat.1", {"*.1"}, Pattern::request_reply);
  CHECK_FALSE(check_subjects(two));
  two.producers = 2;
  CHECK(check_subjects(two)->find("_INBOX.1") != std::string::npos);
}

}  // namespace
}  // namespace busmark
