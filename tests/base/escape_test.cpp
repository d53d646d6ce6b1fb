// SPDX-License-Identifier: Apache-2.0
#include "base/escape.hpp"

#include <doctest/doctest.h>

namespace busmark {
namespace {

TEST_CASE("a terminal gets no control character, not even one of Unicode") {
  CHECK(plain_text("a\x1b[31mb\nc\xc2\x9b"
                   "d") == "a?[31mb?c?d");
  CHECK(plain_text("caf\xc3\xa9") == "caf\xc3\xa9");
}

TEST_CASE("XML gets only characters that it can hold") {
  CHECK(xml_text("a<b>&\"c\"") == "a&lt;b&gt;&amp;&quot;c&quot;");
  CHECK(xml_text(std::string("a\0b", 3)) ==
        "a\xef\xbf\xbd"
        "b");
  CHECK(xml_text("\xff") == "\xef\xbf\xbd");
  CHECK(xml_text("\xef\xbf\xbf") == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(xml_text("a\nb") == "a&#10;b");
}

TEST_CASE("a cell of CSV is quoted where it must be, and never a formula") {
  CHECK(csv_cell("plain") == "plain");
  CHECK(csv_cell("a,b") == "\"a,b\"");
  CHECK(csv_cell("a\"b") == "\"a\"\"b\"");
  CHECK(csv_cell("=1+1") == "'=1+1");
  CHECK(csv_cell("") == "");
  CHECK(csv_cell("a\nb\x1b") == "a?b?");
}

TEST_CASE("a label of Prometheus ends only at its end") {
  CHECK(label_value("a\"b\\c\nd\x1b") == "a\\\"b\\\\c\\nd?");
}

TEST_CASE("a shell reads the words of a command back as they were") {
  CHECK(shell_command({"busmark", "run", "a.toml"}) == "busmark run a.toml");
  CHECK(shell_command({"a b", "", "it's", "$(x)"}) == "'a b' '' 'it'\\''s' '$(x)'");
}

TEST_CASE("a workflow command stays on its line and keeps its parts apart") {
  CHECK(workflow_message("50%\nx") == "50%25%0Ax");
  CHECK(workflow_property("a:b,c") == "a%3Ab%2Cc");
}

TEST_CASE("Markdown shows markup instead of obeying it") {
  CHECK(markdown_text("a|b*c_<i>") == "a\\|b\\*c\\_&lt;i&gt;");
  CHECK(markdown_table({"a", "b", "c"}, {{"1", "2", "3"}}) ==
        "| a | b | c |\n|---|--:|---|\n| 1 | 2 | 3 |\n");
}

TEST_CASE("a name becomes a part of a file's name, one letter for each of its own") {
  CHECK(file_part("pingpong/load=10k") == "pingpong~load=10k");
  CHECK(file_part("a.b_c-d+e=f") == "a.b_c-d+e=f");
  CHECK(file_part("gr\xc3\xb6\xc3\x9f"
                  "e x\n") == "gr~~e~x~");
  CHECK(file_part("\xff\xfe") == "~~");
}

TEST_CASE("long names are cut to one length and stay apart") {
  const std::string long_name(150, 'x');
  CHECK(file_part(long_name) == long_name);
  const std::string one = file_part(long_name + "/load=10k");
  const std::string other = file_part(long_name + "/load=20k");
  CHECK(one.size() == 150);
  CHECK(other.size() == 150);
  CHECK(one != other);
  CHECK(one.starts_with(std::string(141, 'x') + "~"));
  // 149 letters and one of two bytes: nothing is cut, and no half of it is left.
  CHECK(file_part(std::string(149, 'x') + "\xc3\xa4") == std::string(149, 'x') + "~");
}

TEST_CASE("names that differ by case alone are one where case does not matter") {
  CHECK(file_part_without_case("Echo/Load=1k") == file_part_without_case("echo/load=1K"));
  CHECK(file_part("Echo") != file_part("echo"));
}

}  // namespace
}  // namespace busmark
