// SPDX-License-Identifier: Apache-2.0
#include "verb/profile/perf_script.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

namespace busmark {
namespace {

struct ReadScript {
  std::vector<PerfSample> samples;
  std::uint64_t lost = 0;
  std::uint64_t malformed = 0;
};

template <typename Lines>
ReadScript read_lines(Lines&& next_line) {
  ReadScript result;
  PerfScriptReader reader(
      [&](PerfSample&& sample) { result.samples.push_back(std::move(sample)); });
  for (std::string line; next_line(line);) reader.line(line);
  reader.finish();
  CHECK(reader.samples() == result.samples.size());
  result.lost = reader.lost();
  result.malformed = reader.malformed_lines();
  return result;
}

ReadScript read_recorded(const std::string& name) {
  std::ifstream file(BUSMARK_TEST_DATA "/profile/" + name);
  REQUIRE(file);
  return read_lines([&](std::string& line) { return !std::getline(file, line).fail(); });
}

ReadScript read_text(const std::vector<std::string>& lines) {
  std::size_t at = 0;
  return read_lines([&](std::string& line) {
    if (at == lines.size()) return false;
    line = lines[at++];
    return true;
  });
}

TEST_CASE("recorded stacks are read whole, in order of time") {
  const ReadScript script = read_recorded("stacks.txt");
  CHECK(script.malformed == 0);
  CHECK(script.lost == 0);
  REQUIRE(script.samples.size() == 38);
  std::size_t producers = 0;
  Nanoseconds before{};
  for (const PerfSample& sample : script.samples) {
    CHECK(sample.process == 11917);
    CHECK(sample.time > before);
    before = sample.time;
    CHECK(!sample.stack.empty());
    if (sample.name == "producer-0") {
      ++producers;
      CHECK(sample.thread != sample.process);
    }
    for (const PerfFrame& frame : sample.stack) {
      CHECK(!frame.symbol.empty());
      CHECK(frame.object.find('(') == std::string::npos);
    }
  }
  CHECK(producers == 18);
  CHECK(script.samples.front().time == Nanoseconds(67'691'536'732'159));
  CHECK(script.samples.front().name == "busmark");
  CHECK(script.samples.front().stack.front() ==
        PerfFrame{"mem_cgroup_from_task", "[kernel.kallsyms]"});
  // The copy of the stack ended there, and no function.
  CHECK(script.samples.front().stack.back() ==
        PerfFrame{"busmark::(anonymous namespace)::run_scenario", "/usr/bin/busmark"});
}

TEST_CASE("inlined functions are frames of their own") {
  const ReadScript script = read_recorded("inlined.txt");
  CHECK(script.malformed == 0);
  REQUIRE(script.samples.size() == 7);
  const bool any = std::any_of(script.samples.begin(), script.samples.end(), [](const auto& one) {
    return one.stack.size() > 2 &&
           one.stack[0] == PerfFrame{"std::__atomic_base<unsigned long>::load", "inlined"} &&
           one.stack[1] == PerfFrame{"toy::Ring<long>::try_pop", "inlined"} &&
           one.stack[2] == PerfFrame{"toy::consume<toy::Ring<long> >", "/usr/bin/toy"};
  });
  CHECK(any);
}

TEST_CASE("without stacks the one frame stands on the line of the sample") {
  const ReadScript script = read_recorded("flat.txt");
  CHECK(script.malformed == 0);
  REQUIRE(script.samples.size() == 5);
  for (const PerfSample& sample : script.samples) {
    CHECK(sample.name == "toy");
    CHECK(sample.thread == 13054);
    REQUIRE(sample.stack.size() == 1);
    CHECK(sample.stack[0] == PerfFrame{"toy::produce<toy::Ring<long> >", "/usr/bin/toy"});
  }
}

TEST_CASE("lost samples are summed, and are no samples") {
  const ReadScript script = read_recorded("lost.txt");
  CHECK(script.lost == 7);
  CHECK(script.samples.empty());
  CHECK(script.malformed == 0);
}

TEST_CASE("a thread may have any name") {
  for (const std::string name : {"a b", "1/2 3.000000000:", "", "(x) y", "\xff\x01", "a\tb"}) {
    CAPTURE(name);
    const ReadScript script =
        read_text({name + " 12/34 5.000000006: ", "\t  40 main (/bin/x)", ""});
    CHECK(script.malformed == 0);
    REQUIRE(script.samples.size() == 1);
    CHECK(script.samples[0].name == name);
    CHECK(script.samples[0].process == 12);
    CHECK(script.samples[0].thread == 34);
    CHECK(script.samples[0].time == Nanoseconds(5'000'000'006));
  }
}

TEST_CASE("symbols and objects may hold brackets and spaces") {
  const ReadScript script =
      read_text({"x 1/2 3.000000000: ", "\t10 (anonymous namespace)::f (/bin/x (deleted))",
                 "\t11 a::operator()(int) (.cold) (/my bin/x)", "\t12 [unknown] ([unknown])",
                 "\t13 main.(*T).f (/bin/go)"});
  CHECK(script.malformed == 0);
  REQUIRE(script.samples.size() == 1);
  CHECK(script.samples[0].stack ==
        std::vector<PerfFrame>{{"(anonymous namespace)::f", "/bin/x (deleted)"},
                               {"a::operator()(int) (.cold)", "/my bin/x"},
                               {"[unknown]", ""},
                               {"main.(*T).f", "/bin/go"}});
}

TEST_CASE("what is no sample is counted, and spoils only the sample in which it stands") {
  const std::string head = "x 1/2 3.000000000: ";
  const std::string frame = "\t10 f (/bin/x)";
  for (const std::string bad : {"\t", "\tzz f (/bin/x)", "\t10 f /bin/x)", "\t10 f", "\t10",
                                "\t10 ) (", "\t10000000000000000000 f (/bin/x)"}) {
    CAPTURE(bad);
    const ReadScript script = read_text({head, frame, bad, "", head, frame, ""});
    const bool blank = bad == "\t";
    CHECK(script.malformed == (blank ? 0 : 1));
    CHECK(script.samples.size() == (blank ? 2 : 1));
  }
  for (const std::string bad :
       {"x", "x 1/2", "1/2 3.0:", "x 1 3.000000000:", "x 1/2 3.000000000", "x 1/2 3.00000000:",
        "x a/2 3.000000000:", "x 1/99999999999 3.000000000:", "x 1/2 -3.000000000:",
        "x 1/2 99999999999.000000000:", "x 1/2 3.000000000: rubbish", "Warning: 3 events lost"}) {
    CAPTURE(bad);
    const ReadScript script = read_text({head, frame, "", bad, "", head, frame});
    CHECK(script.malformed == 1);
    CHECK(script.samples.size() == 2);
  }
}

TEST_CASE("a frame without its sample is malformed, and an empty stack is a sample") {
  CHECK(read_text({"\t10 f (/bin/x)"}).malformed == 1);
  const ReadScript script = read_text({"x 1/2 3.000000000: ", "", ""});
  CHECK(script.malformed == 0);
  REQUIRE(script.samples.size() == 1);
  CHECK(script.samples[0].stack.empty());
}

TEST_CASE("a text that is cut anywhere is read without harm") {
  std::ifstream file(BUSMARK_TEST_DATA "/profile/inlined.txt");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (std::size_t length = 0; length < text.size(); length += 7) {
    std::istringstream cut(text.substr(0, length));
    const ReadScript script =
        read_lines([&](std::string& line) { return !std::getline(cut, line).fail(); });
    CHECK(script.malformed <= 1);
    CHECK(script.samples.size() <= 7);
  }
}

}  // namespace
}  // namespace busmark
