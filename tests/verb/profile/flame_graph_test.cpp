// SPDX-License-Identifier: Apache-2.0
#include "verb/profile/flame_graph.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "support/text.hpp"

namespace busmark {
namespace {

using testing::contains;

StackTree small_tree() {
  StackTree tree;
  for (int i = 0; i < 3; ++i) {
    tree.add({{"producer", ""}, {"void busmark::f<A<B> >(int)", "/bin/x"}, {"hot", "/bin/x"}});
  }
  tree.add({{"producer", ""}, {"void busmark::f<A<B> >(int)", "/bin/x"}});
  return tree;
}

std::size_t boxes_in(const std::string& svg) {
  std::size_t boxes = 0;
  for (std::size_t at = 0; (at = svg.find("<g class=\"f\"", at)) != std::string::npos; ++at)
    ++boxes;
  return boxes;
}

/// True as well where there is no xmllint.
bool well_formed(const std::string& svg) {
  if (std::system("command -v xmllint >/dev/null 2>&1") != 0) return true;
  std::FILE* const lint = popen("xmllint --noout --nonet - >/dev/null 2>&1", "w");
  if (lint == nullptr) return false;
  const bool written = std::fwrite(svg.data(), 1, svg.size(), lint) == svg.size();
  return pclose(lint) == 0 && written;
}

TEST_CASE("each function is a box as wide as its share, with its whole name as tooltip") {
  const std::string svg = write_flame_graph(small_tree(), {"ring", "how"});
  CAPTURE(svg);
  CHECK(well_formed(svg));
  CHECK(boxes_in(svg) == 4);
  CHECK(contains(svg, "<title>all: 4 samples, 100.00 %</title>"));
  CHECK(contains(svg,
                 "<title>void busmark::f&lt;A&lt;B&gt; &gt;(int) (/bin/x): 4 samples, "
                 "100.00 %</title>"));
  CHECK(contains(svg, "<title>hot (/bin/x): 3 samples, 75.00 %</title>"));
  CHECK(contains(svg, "width=\"885.00\""));  // three quarters of 1180
  CHECK(contains(svg, ">busmark::f</text>"));
  CHECK(contains(svg, ">ring</text>"));
}

TEST_CASE("the graph needs nothing from elsewhere") {
  const std::string svg = write_flame_graph(small_tree(), {"ring", "how"});
  for (const char* outside : {"href", "src=", "@import", "url("})
    CHECK_FALSE(contains(svg, outside));
  // The name of the format is no address that is looked up.
  const std::size_t first = svg.find("http");
  CHECK(svg.compare(first, 26, "http://www.w3.org/2000/svg") == 0);
  CHECK(svg.find("http", first + 1) == std::string::npos);
}

TEST_CASE("names and titles of any origin stay text") {
  StackTree tree;
  tree.add({{"</title><script>alert(1)</script>", "\"'&<>"}, {"]]>", "\x01\xff\x1b"}});
  const std::string svg = write_flame_graph(tree, {"<svg onload=x>", "a & \"b\""});
  CHECK(well_formed(svg));
  CHECK_FALSE(contains(svg, "<script>alert"));
  CHECK_FALSE(contains(svg, "<svg onload"));
  CHECK(contains(svg, "&lt;svg onload=x&gt;"));
}

TEST_CASE("a box too narrow to be seen is left out, and said") {
  StackTree tree;
  for (int i = 0; i < 20'000; ++i) tree.add({{"wide", ""}});
  tree.add({{"narrow", ""}});
  const std::string svg = write_flame_graph(tree, {"ring", "how"});
  CHECK(boxes_in(svg) == 2);
  CHECK(contains(svg, "how; 1 too narrow to be drawn"));
}

TEST_CASE("no samples and very deep stacks make a graph, too") {
  CHECK(well_formed(write_flame_graph({}, {"", ""})));
  StackTree tree;
  tree.add(std::vector<PerfFrame>(StackTree::kDeepest, PerfFrame{"f", "x"}));
  const std::string svg = write_flame_graph(tree, {"deep", ""});
  CHECK(well_formed(svg));
  CHECK(boxes_in(svg) == StackTree::kDeepest + 1);
}

TEST_CASE("a long name gives way to its last part, and to nothing where there is no room") {
  StackTree tree;
  for (int i = 0; i < 9; ++i) tree.add({{"wide", ""}});
  tree.add({{"busmark::a_rather_long_namespace::poll", ""}});
  CHECK(contains(write_flame_graph(tree, {"", ""}), ">poll</text>"));
  for (int i = 0; i < 400; ++i) tree.add({{"wide", ""}});
  CHECK_FALSE(contains(write_flame_graph(tree, {"", ""}), ">poll</text>"));
}

}  // namespace
}  // namespace busmark
