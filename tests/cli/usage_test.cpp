// SPDX-License-Identifier: Apache-2.0
#include "cli/usage.hpp"

#include <set>
#include <string>

#include <doctest/doctest.h>

#include "verb/verb.hpp"

namespace busmark {
namespace {

const Verb kMove{.name = "move",
                 .about = "Move it",
                 .arguments = {{"-h,--help", Answer::help, "", ""},
                               {"--speed", static_cast<double*>(nullptr), "N", ""},
                               {"FROM", static_cast<std::string*>(nullptr), "", ""},
                               {"TO", static_cast<std::string*>(nullptr), "", ""}}};
const Verb kStay{.name = "stay", .about = "Leave it"};
const Verb kProgram{.name = "busmark", .about = "", .verbs = {kMove, kStay}};

Refusal refusal(std::vector<const Verb*> path, std::vector<std::string> strays) {
  return {
      .path = std::move(path), .strays = std::move(strays), .missing = {}, .said = "--speed: ?"};
}

/// Calls `use` for the program, each verb and each part of one.
template <typename Use>
void each_verb(const Verb& verb, Use use) {
  use(verb);
  for (const Verb& part : verb.verbs) each_verb(part, use);
}

}  // namespace

TEST_CASE("a command line that lacks operands is told all of them") {
  Refusal lacking = refusal({&kProgram, &kMove}, {});
  lacking.incomplete = true;
  lacking.missing = {"FROM", "TO"};
  CHECK(usage_mistake(lacking) == "move needs FROM and TO; busmark move --help explains it");
}

TEST_CASE("a command line without a verb is told which there are") {
  Refusal lacking = refusal({&kProgram}, {});
  lacking.incomplete = true;
  CHECK(usage_mistake(lacking) ==
        "a subcommand is missing: move or stay; busmark --help explains them");
}

TEST_CASE("a part that is missing behind a verb is told with those that there are") {
  const Verb group{.name = "keep", .about = "", .verbs = {kMove, kStay}};
  Refusal lacking = refusal({&kProgram, &group}, {});
  lacking.incomplete = true;
  CHECK(usage_mistake(lacking) == "keep needs move or stay; busmark keep --help explains them");
  lacking.path.push_back(&kMove);
  lacking.missing = {"FROM"};
  CHECK(usage_mistake(lacking) == "keep move needs FROM; busmark keep move --help explains it");
}

TEST_CASE("a word that belongs nowhere is told with what stands near it") {
  CHECK(usage_mistake(refusal({&kProgram, &kMove}, {"--sped=3"})) ==
        "move has no option \"--sped=3\"; did you mean \"--speed\"?");
  CHECK(usage_mistake(refusal({&kProgram}, {"mvoe"})) ==
        "unknown subcommand \"mvoe\"; did you mean \"move\"?");
  CHECK(usage_mistake(refusal({&kProgram, &kStay}, {"here"})) ==
        "stay takes no argument; leave \"here\" out");
  CHECK(usage_mistake(refusal({&kProgram, &kMove}, {"here"})) ==
        "move takes one FROM, so \"here\" is one too many");
}

TEST_CASE("what the parser says of a value is passed on with the help that explains it") {
  CHECK(usage_mistake(refusal({&kProgram, &kMove}, {})) ==
        "--speed: ?; busmark move --help explains it");
  CHECK(usage_mistake(refusal({&kProgram}, {})) == "--speed: ?; busmark --help explains it");
}

TEST_CASE("an argument knows its long and its short name, and what stands for its value") {
  const Argument help{"-h,--help", Answer::help, "", ""};
  CHECK(help.long_name() == "help");
  CHECK(help.short_name() == "h");
  CHECK(help.placeholder().empty());
  const Argument option{"--at-most", static_cast<std::string*>(nullptr), "TIME", ""};
  CHECK(option.long_name() == "at-most");
  CHECK(option.short_name().empty());
  CHECK(option.placeholder() == "TIME");
  const Argument operand{"CONFIG", static_cast<std::string*>(nullptr), "", ""};
  CHECK(operand.is_operand());
  CHECK(operand.long_name().empty());
  CHECK(operand.short_name().empty());
  CHECK(operand.placeholder() == "CONFIG");
}

TEST_CASE("each verb names every argument once, and the value of each that takes one") {
  each_verb(whole_program(), [](const Verb& verb) {
    CAPTURE(verb.name);
    std::set<std::string> names;
    for (const Argument& argument : verb.arguments) {
      CAPTURE(argument.name);
      CHECK(names.insert(argument.name).second);
      CHECK_FALSE(argument.help.empty());
      const bool takes_value = !std::holds_alternative<bool*>(argument.target) &&
                               !std::holds_alternative<Answer>(argument.target);
      CHECK(takes_value == !argument.placeholder().empty());
    }
    for (const Argument& argument : verb.arguments) {
      if (!argument.rules.excludes.empty()) CHECK(names.contains(argument.rules.excludes));
    }
  });
}

TEST_CASE("each verb can be run or has parts, and never both") {
  each_verb(whole_program(), [](const Verb& verb) {
    CAPTURE(verb.name);
    CHECK(static_cast<bool>(verb.run) == verb.verbs.empty());
    CHECK_FALSE(verb.about.empty());
  });
}

}  // namespace busmark
