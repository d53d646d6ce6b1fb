// SPDX-License-Identifier: Apache-2.0
// The verdicts are those of nats-server's own tests (server/sublist_test.go: valid literal
// subjects, valid subjects, match literals), written down as data, and our additions.
#include "busmark/bus/subject.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace busmark {
namespace {

using namespace std::string_view_literals;

struct Validity {
  std::string_view text;
  bool subject;
  bool pattern;
};

constexpr Validity kValidity[] = {
    {"foo", true, true},
    {"a.b.c.d.e.f", true, true},
    {".", false, false},
    {".foo", false, false},
    {"foo.", false, false},
    {"foo..bar", false, false},
    {"foo.bar..baz", false, false},
    {"a.b..d", false, false},
    {">.bar", false, false},
    {"foo.>.bar", false, false},
    {"a.>.b", false, false},
    {"foo.bar.*", false, true},
    {"foo.bar.>", false, true},
    {"a.b.*.d.e.>", false, true},
    {"*", false, true},
    {">", false, true},
    // Not wildcards, as they are no tokens by themselves.
    {"foo*", true, true},
    {"foo**", true, true},
    {"foo.**", true, true},
    {"foo*bar", true, true},
    {"foo.*bar", true, true},
    {"foo*.bar", true, true},
    {"*bar", true, true},
    {"foo>", true, true},
    {"foo>>", true, true},
    {"foo.>>", true, true},
    {"foo>bar", true, true},
    {"foo.>bar", true, true},
    {"foo>.bar", true, true},
    {">bar", true, true},
    {"foo.*-", true, true},
    {"foo.>-", true, true},
    {"", false, false},
    {"..", false, false},
    {">.", false, false},
    {">.>", false, false},
    {"*.", false, false},
    {"*.*.>", false, true},
    {" ", false, false},
    {"foo bar", false, false},
    {"foo.\t", false, false},
    {"foo\n", false, false},
    {"foo\r.bar", false, false},
    {"foo\f", false, false},
    // The server's list of white space does not hold the vertical tab.
    {"foo\v", true, true},
    {"foo\0bar"sv, false, false},
    {"\0"sv, false, false},
    {"gr\xc3\xbc\xc3\x9f"
     "e.*x",
     true, true},
};

TEST_CASE("subjects and patterns are valid exactly when nats-server says so") {
  for (const Validity& expected : kValidity) {
    CAPTURE(expected.text);
    CHECK(valid_subject(expected.text) == expected.subject);
    CHECK(valid_pattern(expected.text) == expected.pattern);
    CHECK(why_invalid_subject(expected.text).empty() == expected.subject);
    CHECK(why_invalid_pattern(expected.text).empty() == expected.pattern);
  }
}

struct Matching {
  std::string_view pattern;
  std::string_view subject;
  bool match;
};

constexpr Matching kMatching[] = {
    {"foo", "foo", true},
    {"bar", "foo", false},
    {"*", "foo", true},
    {">", "foo", true},
    {">", "foo.bar", true},
    {"foo.>", "foo.bar", true},
    {"bar.>", "foo.bar", false},
    {"stats.>", "stats.test.22", true},
    {"stats.*.*", "stats.test.22", true},
    {"foo", "foo.bar", false},
    {"stats.test.foos", "stats.test.foos", true},
    {"stats.test.foo", "stats.test.foos", false},
    {"stats.test.*", "stats.test", false},
    {"stats.*", "stats.test.foos", false},
    {"stats.*.*.foos", "stats.test.foos", false},
    {"*bar", "*bar", true},
    {"foo*", "foo*", true},
    {"foo*bar", "foo*bar", true},
    {"foo.***.bar", "foo.***.bar", true},
    {">bar", ">bar", true},
    {"foo>", "foo>", true},
    {"foo>bar", "foo>bar", true},
    {"foo.>>>.bar", "foo.>>>.bar", true},
    {"a.*.c", "a.b.c", true},
    {"a.b.*", "a.b.c", true},
    {"a.>", "a.b.c", true},
    {"a.b.c", "a.b.c.d", false},
    {"a.b.*.d", "a.b.c.d", true},
    {"a.b.>", "a.b.c.d", true},
    {"foo.*-", "foo.bar", false},
    {"foo.>-", "foo.bar", false},
    {"foo.*-", "foo.*-", true},
    {"foo.>-", "foo.>-", true},
    {"cloud.*.*.router.*", "cloud.continuum.component.router.x", true},
    {"cloud.*.*.router.*", "cloud.continuum.component.router", false},
    {"*.*.*.*.*.*.*.*.*.*", "foo.foo.foo.foo.foo.foo.foo.foo.foo.foo", true},
    {"foo.foo.foo.*.*.*.*.*.*.*", "foo.foo.foo.foo.foo.foo.foo.foo.foo.foo", true},
    // `>` needs at least one token.
    {"foo.>", "foo", false},
    {"*.>", "foo", false},
    {"*.>", "foo.bar.baz", true},
    {"foo", "fo", false},
    {"foo.bar", "foo", false},
    {"*", "foo.bar", false},
    // What is invalid matches nothing.
    {">", "", false},
    {"", "", false},
    {"", "foo", false},
    {"*", ".", false},
    {"foo.*", "foo.", false},
    {"foo..bar", "foo..bar", false},
    {"foo.>.bar", "foo.x.bar", false},
    {"foo.*", "foo.*", false},
    {">", "foo bar", false},
};

TEST_CASE("a pattern matches a subject exactly when nats-server says so") {
  for (const Matching& expected : kMatching) {
    CAPTURE(expected.pattern);
    CAPTURE(expected.subject);
    CHECK(matches(expected.pattern, expected.subject) == expected.match);
  }
}

TEST_CASE("the reason names the offending token and its place") {
  CHECK(why_invalid_subject("foo.bar.*") ==
        R"(token 3 "*" of "foo.bar.*" is a wildcard: only a subscription may use one)");
  CHECK(why_invalid_pattern("foo.>.bar") == R"(token 2 ">" of "foo.>.bar" must be the last token)");
  CHECK(why_invalid_pattern("foo.") ==
        R"(token 2 "" of "foo." is empty: a dot stands between two tokens)");
  CHECK(why_invalid_pattern("a.b c") == R"(token 2 "b c" of "a.b c" holds white space)");
  CHECK(why_invalid_pattern("a\0"sv) == R"(token 1 "a\x00" of "a\x00" holds a NUL character)");
  CHECK(why_invalid_subject("") == "a subject must not be empty");
  CHECK(why_invalid_pattern("") == "a pattern must not be empty");
}

}  // namespace
}  // namespace busmark
