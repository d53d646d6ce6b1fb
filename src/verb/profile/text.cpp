// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "base/escape.hpp"
#include "base/table.hpp"
#include "verb/profile/symbol_name.hpp"
#include "verb/profile/tell.hpp"

namespace busmark {
namespace {

constexpr std::size_t kProfileColumns = 80;

/// Two digits that say something at least, in seven columns at most.
std::string figure_cell(double value) {
  if (value == 0) return "0";
  if (value >= 1e9) return fmt::format("{:.4g}G", value / 1e9);
  if (value >= 1e6) return fmt::format("{:.4g}M", value / 1e6);
  if (value >= 1e5) return fmt::format("{:.4g}k", value / 1e3);
  if (value >= 100) return fmt::format("{:.0f}", value);
  if (value >= 1) return fmt::format("{:.2f}", value);
  return fmt::format("{:.2g}", value);
}

/// At most as wide as the page, broken at spaces; lines after the first are indented.
std::string paragraph(const std::string& text, std::size_t indent) {
  std::string result;
  std::size_t column = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    begin = end + 1;
    if (column > indent && column + 1 + word.size() > kProfileColumns) {
      result += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > 0) {
      result += ' ';
      ++column;
    }
    result += word;
    column += word.size();
  }
  return result + "\n";
}

/// With its range, where there is one.
void add_figure(std::vector<std::string>& cells, const std::optional<CounterFigure>& figure,
                bool ranges, double scale = 1) {
  cells.push_back(figure ? figure_cell(figure->median * scale) : "-");
  if (!ranges) return;
  if (!figure) {
    cells.emplace_back("-");
    return;
  }
  cells.push_back(fmt::format("{} .. {}", figure_cell(figure->least * scale),
                              figure_cell(figure->most * scale)));
}

std::string counter_table(const CounterSummary& counters) {
  const bool ranges = counters.repetitions > 1;
  std::vector<TextTable::Column> columns{{"per message", Align::left}};
  for (const RoleCounters& role : counters.roles) {
    columns.push_back({role.role});
    if (ranges) columns.push_back({"least .. most"});
  }
  TextTable table(std::move(columns));
  for (std::size_t event = 0; event < kPerfEvents; ++event) {
    std::vector<std::string> cells{std::string(to_string(static_cast<PerfEvent>(event)))};
    if (static_cast<PerfEvent>(event) == PerfEvent::task_clock) cells[0] += ", ns";
    for (const RoleCounters& role : counters.roles)
      add_figure(cells, role.per_message[event], ranges);
    const bool any = std::ranges::any_of(
        counters.roles, [&](const auto& role) { return role.per_message[event].has_value(); });
    if (any) table.add(std::move(cells));
  }
  std::vector<std::string> per_cycle{"instructions/cycle"};
  std::vector<std::string> on_core{"on a core, %"};
  for (const RoleCounters& role : counters.roles) {
    add_figure(per_cycle, role.instructions_per_cycle, ranges);
    add_figure(on_core, role.on_core, ranges, 100);
  }
  const bool cycles = std::ranges::any_of(
      counters.roles, [](const auto& role) { return role.instructions_per_cycle.has_value(); });
  if (cycles) table.add(std::move(per_cycle));
  table.add(std::move(on_core));
  return table.text();
}

/// Events with the same reason in one sentence.
std::string missing_events(const CounterSummary& counters) {
  std::vector<std::pair<std::string, std::string>> by_reason;
  for (std::size_t event = 0; event < kPerfEvents; ++event) {
    const std::string& reason = counters.problems[event];
    if (reason.empty()) continue;
    const std::string name(to_string(static_cast<PerfEvent>(event)));
    const auto known =
        std::ranges::find(by_reason, reason, &decltype(by_reason)::value_type::first);
    if (known == by_reason.end()) {
      by_reason.emplace_back(reason, name);
    } else {
      known->second += ", " + name;
    }
  }
  std::string text;
  for (const auto& [reason, events] : by_reason) {
    text += paragraph(fmt::format("not counted: {}: {}", events, reason), 2);
  }
  return text;
}

std::string counters_text(const ProfileReport& report) {
  const CounterSummary& counters = report.counters;
  std::string text;
  if (counters.repetitions > 0) {
    std::string threads;
    for (const RoleCounters& role : counters.roles) {
      threads += fmt::format("{}{} {}{}", threads.empty() ? "" : " and ", role.threads, role.role,
                             role.threads == 1 ? "" : "s");
    }
    text +=
        "\n" + paragraph(fmt::format("Counted without a profiler: {} repetition{}, {} messages "
                                     "in {}, {}",
                                     counters.repetitions, counters.repetitions == 1 ? "" : "s",
                                     counters.messages, format_duration(counters.time), threads),
                         2);
    text += counter_table(counters);
  } else {
    text += "\nNothing was counted: no measured window had a message received in it.\n";
  }
  text += missing_events(counters);
  for (std::size_t event = 0; event < kPerfEvents; ++event) {
    if (counters.counted[event] >= 0.995) continue;
    text += paragraph(
        fmt::format("scaled: {} had a counter for {:.0f} % of the time, as events "
                    "take turns",
                    to_string(static_cast<PerfEvent>(event)), counters.counted[event] * 100),
        2);
  }
  if (counters.user_only) {
    text += paragraph(
        "user mode only: kernel.perf_event_paranoid hides what the kernel does for a thread; "
        "sysctl -w kernel.perf_event_paranoid=1",
        2);
  }
  if (report.scenario.load.open_loop() && report.scenario.wait != WaitStrategy::park) {
    text += paragraph(
        "Threads that do not sleep count their waiting, too: at this load perhaps most of it. What "
        "a message costs shows with --set 'scenario.load=\"max\"'.",
        2);
  }
  return text;
}

/// The end of a name tells functions apart, once its namespace is known.
std::string name_cell(const PerfFrame& frame, std::size_t width) {
  std::string name = plain_text(short_symbol(frame.symbol));
  if (frame.object.starts_with("[kernel")) name += " [kernel]";
  if (frame.object == "inlined") name += " (inlined)";
  if (frame.symbol == "[unknown]" && !frame.object.empty()) {
    name += " in " + plain_text(frame.object.substr(frame.object.rfind('/') + 1));
  }
  if (name.size() <= width) return name;
  const std::size_t cut = name.size() - width + 3;
  const std::size_t part = name.find("::", cut);
  return "..." + name.substr(part == std::string::npos ? cut : part);
}

std::string role_table(const RoleProfile& role, std::size_t top) {
  std::string text = fmt::format("\n{}: {} samples\n", role.role, role.samples);
  TextTable table({{"share"}, {"95 %"}, {"samples"}, {"function", Align::left}});
  constexpr std::size_t kNameColumns = 46;
  std::uint64_t shown = 0;
  for (std::size_t i = 0; i < std::min(top, role.rows.size()); ++i) {
    const RoleProfile::Row& row = role.rows[i];
    shown += row.samples;
    table.add({fmt::format("{:.1f} %", row.share * 100),
               fmt::format("{:.1f} .. {:.1f}", row.interval.low * 100, row.interval.high * 100),
               fmt::format("{}", row.samples), name_cell(row.frame, kNameColumns)});
  }
  text += table.text();
  if (role.rows.size() > top) {
    text += fmt::format("... {} more functions with {} samples; profile.json has all\n",
                        role.rows.size() - top, role.samples - shown);
  }
  return text;
}

std::string samples_text(const ProfileReport& report, std::size_t top) {
  if (!report.profile) {
    return report.no_profile.empty()
               ? ""
               : "\n" + paragraph("Not sampled: " + plain_text(report.no_profile), 2);
  }
  const StackProfile& profile = *report.profile;
  const ProfileRecording& recording = report.recording;
  std::string text =
      "\n" +
      paragraph(fmt::format("Sampled by {}: {}{}, {} a second of each thread on a core, stacks: {}",
                            plain_text(recording.perf), recording.event,
                            recording.user_only ? " in user mode only" : "", recording.frequency,
                            recording.stacks),
                2);
  text += paragraph(
      fmt::format(
          "{} samples in the measured windows; {} at other times are left out; {}", profile.samples,
          profile.outside,
          profile.lost == 0 ? std::string("none lost") : fmt::format("{} LOST", profile.lost)),
      2);
  if (profile.malformed_lines > 0) {
    text += fmt::format("{} lines of perf script were not understood\n", profile.malformed_lines);
  }
  for (const RoleProfile& role : profile.roles) text += role_table(role, top);
  if (profile.samples > 0 && report.optimised && !recording.inlined) {
    text += "\n" + paragraph(
                       "The compiler has put the hot loops into one function each. A build with "
                       "-Ddebug=true has "
                       "the same code and names what is inside.",
                       2);
  }
  return text;
}

std::string cost_text(const ProfileReport& report) {
  if (!report.without_perf || !report.under_perf) return {};
  TextTable table({{"", Align::left}, {"p50"}, {"p95"}, {"p99"}, {"rate"}});
  const auto add = [&](const char* name, const ScenarioSummary& summary) {
    std::vector<std::string> cells{name};
    for (const Percentile wanted :
         {Percentile{500'000}, Percentile{950'000}, Percentile{990'000}}) {
      const PercentileEstimate* found = summary.response.find(wanted);
      const bool known = found != nullptr && found->supported;
      cells.push_back(duration_cell(known ? std::optional(found->value) : std::nullopt));
    }
    cells.push_back(format_rate({summary.achieved_rate}));
    table.add(std::move(cells));
  };
  add("without perf", *report.without_perf);
  add("under perf", *report.under_perf);
  return "\nWhat perf cost; not to be compared with the latencies of any run:\n" + table.text();
}

}  // namespace

std::string write_profile_text(const ProfileReport& report, std::size_t top) {
  const Scenario& scenario = report.scenario;
  std::string text = paragraph(
      fmt::format("busmark profile of {}: {}, {}, load {}, wait {}", plain_text(scenario.name),
                  scenario.transport, to_string(scenario.pattern), to_string(scenario.load),
                  to_string(scenario.wait)),
      2);
  text += counters_text(report) + samples_text(report, top) + cost_text(report);
  if (!report.disturbance.empty()) {
    text += "\n" + paragraph("disturbed: " + plain_text(report.disturbance), 2);
  }
  if (!report.optimised) {
    text += "\n" +
            paragraph("this build is not optimised or is sanitized: its figures mean nothing", 2);
  }
  if (report.interrupted) text += "\ninterrupted: what was measured until then\n";
  return text;
}

}  // namespace busmark
