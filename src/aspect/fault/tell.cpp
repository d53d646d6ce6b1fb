// SPDX-License-Identifier: Apache-2.0
#include "aspect/fault/tell.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/table.hpp"

namespace busmark {
namespace {

/// `3 (17-24)`: how many, and between which numbers.
std::string range_cell(std::uint64_t count, const std::optional<SequenceRange>& range) {
  if (!range) return fmt::format("{}", count);
  return fmt::format("{} ({}-{})", count, range->first, range->last);
}

std::optional<SequenceRange> hull(const std::vector<SequenceRange>& ranges) {
  if (ranges.empty()) return std::nullopt;
  SequenceRange hull = ranges.front();
  for (const SequenceRange& range : ranges) {
    hull.first = std::min(hull.first, range.first);
    hull.last = std::max(hull.last, range.last);
  }
  return hull;
}

}  // namespace

std::vector<std::string> fault_titles() {
  return {"silent", "first message", "p95 before", "p95 back", "lost", "duplicated", "reordered"};
}

std::vector<std::string> fault_cells(const FaultResult& fault, const MessageCounts& counts) {
  return {duration_cell(fault.outage) + (fault.lasting ? " to the end" : ""),
          duration_cell(fault.first_message),
          duration_cell(fault.p95_before),
          duration_cell(fault.recovery),
          range_cell(counts.lost, hull(fault.lost)),
          range_cell(counts.duplicated, fault.duplicated),
          range_cell(counts.reordered, fault.reordered)};
}

std::string lost_ranges_text(const FaultResult& fault, std::size_t most) {
  std::string text;
  const std::size_t shown = std::min(most, fault.lost.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const SequenceRange& range = fault.lost[i];
    if (i == 0 || range.producer != fault.lost[i - 1].producer) {
      text += fmt::format("{}producer {}: ", i == 0 ? "" : "; ", range.producer);
    } else {
      text += ", ";
    }
    text += range.first == range.last ? fmt::format("{}", range.first)
                                      : fmt::format("{}-{}", range.first, range.last);
  }
  if (fault.lost_ranges > shown) {
    const std::uint64_t more = fault.lost_ranges - shown;
    text += fmt::format(" and {} range{} more", more, more == 1 ? "" : "s");
  }
  return text;
}

std::vector<std::string> fault_words(const NatsReport& report) {
  std::vector<std::string> words;
  const auto add = [&](std::string sentence) {
    if (std::find(words.begin(), words.end(), sentence) == words.end()) {
      words.push_back(std::move(sentence));
    }
  };
  for (const NatsEndpointReport& endpoint : report.endpoints) {
    for (const std::string& end : endpoint.earlier_ends) {
      add(fmt::format("{}: it {}", endpoint.role, end));
    }
    if (!endpoint.end.empty()) add(fmt::format("{}: it {}", endpoint.role, endpoint.end));
    if (endpoint.ended) add(endpoint.role + " has not come back");
    if (endpoint.lame_duck) add(endpoint.role + " was told that the server will leave");
    if (endpoint.unanswered != 0) {
      add(fmt::format("{}: nobody for {} requests", endpoint.role, endpoint.unanswered));
    }
  }
  if (report.library) {
    for (const NatsLibraryConnection& connection : report.library->connections) {
      if (connection.disconnects == 0) continue;
      add(fmt::format("{}: {} disconnects, {} reconnects{}", connection.role,
                      connection.disconnects, connection.reconnects,
                      connection.error.empty() ? "" : ", " + connection.error));
    }
  }
  for (const std::string& line : report.log) add("log: " + line);
  return words;
}

std::string faults_text(const StoredRun& run) {
  std::vector<TextTable::Column> columns{{"scenario", Align::left}, {"fault", Align::left}};
  for (std::string& title : fault_titles()) columns.push_back({std::move(title)});
  TextTable table(std::move(columns));
  std::string lines;
  bool any = false;
  for (const StoredScenario& scenario : run.scenarios) {
    std::set<std::string> words;
    for (const StoredRepetition& repetition : scenario.repetitions) {
      if (!repetition.used || !repetition.fault) continue;
      any = true;
      const std::string& name = scenario.name;
      std::vector<std::string> cells{name, repetition.fault->fault};
      for (std::string& cell : fault_cells(*repetition.fault, repetition.counts)) {
        cells.push_back(std::move(cell));
      }
      table.add(std::move(cells));
      if (const std::string lost = lost_ranges_text(*repetition.fault); !lost.empty()) {
        lines += fmt::format("{:<14}{}: {}\n", "lost", name, lost);
      }
      if (const auto& corrupt = repetition.fault->corrupt) {
        lines +=
            fmt::format("{:<14}{}: {} payloads broken on purpose, {} found by their checksum\n",
                        "corrupt", name, corrupt->planted, corrupt->found);
      }
      if (!repetition.nats) continue;
      for (const std::string& word : fault_words(*repetition.nats)) {
        if (words.insert(word).second) lines += fmt::format("{:<14}{}: {}\n", "said", name, word);
      }
    }
  }
  return any ? table.text() + (lines.empty() ? "" : "\n" + lines) : "";
}

}  // namespace busmark
