// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "verb/history/tell.hpp"

namespace busmark {
namespace {

HistoryEntry entry(int day, double p95) {
  HistoryEntry made;
  made.started_at = "2026-02-" + std::to_string(10 + day) + "T09:15:00Z";
  made.run = "nightly";
  made.label = day == 5 ? "v2 \x1b[31m" : "";
  made.note = "a \"note\"\nof two lines";
  made.machine = "host, CPU";
  made.version = "0.1.0";
  made.scenarios.push_back({"one", "PASS", {{"p95", p95}, {"rate", 1000}}});
  return made;
}

TEST_CASE("a history line is one line, and is read as it was written") {
  const HistoryEntry written = entry(5, 162);
  const std::string line = write_history_line(written);
  CHECK(line.find('\n') == line.size() - 1);
  const HistoryFile file = read_history(line + line);
  CHECK(file.problems.empty());
  REQUIRE(file.entries.size() == 2);
  const HistoryEntry& read = file.entries[1];
  CHECK(read.started_at == written.started_at);
  CHECK(read.label == written.label);
  CHECK(read.note == written.note);
  CHECK(read.machine == written.machine);
  REQUIRE(read.scenarios.size() == 1);
  CHECK(read.scenarios[0].figures == written.scenarios[0].figures);
}

TEST_CASE("lines that are cut off, foreign or hostile are named and left out") {
  const std::string good = write_history_line(entry(1, 100));
  const HistoryFile file =
      read_history(good + "{\"schema\": \"busmark.hist\n" + "\n[]\n{}\n" +
                   "{\"schema\": \"busmark.history/1\", \"scenarios\": 5}\n" +
                   "{\"schema\": \"busmark.history/1\", \"scenarios\": [1, {\"name\": 3, "
                   "\"figures\": {\"p95\": -1, \"p50\": null, \"rate\": \"x\"}}]}\n" +
                   good);
  CHECK(file.entries.size() == 3);
  REQUIRE(file.problems.size() == 4);
  CHECK(file.problems[0] == "line 2 is no JSON object, perhaps cut off; it is left out");
  CHECK(file.problems[2] == "line 5 is not of busmark.history/1; it is left out");
  CHECK(file.problems[3] == "line 6 has no scenarios; it is left out");
  CHECK(file.entries[1].scenarios.at(0).figures.empty());
  CHECK(read_history("").entries.empty());
}

TEST_CASE("the course is drawn, and each change point is told with its run") {
  std::vector<HistoryEntry> history;
  for (int day = 0; day < 12; ++day) history.push_back(entry(day, (day < 5 ? 100 : 130) + day % 2));
  const auto series = history_series(history, "p95", 100, 0.05);
  const std::string text = write_history_text(history, series, "p95", false);
  CAPTURE(text);
  CHECK(text.find("_____#######") != std::string::npos);
  CHECK(text.find("change points\none: p95 from 100ns to 131ns (+31.0 %) with the run of "
                  "2026-02-15T09:15:00Z, v2") != std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(write_history_text(history, series, "p95", true).find("▁") != std::string::npos);
}

}  // namespace
}  // namespace busmark
