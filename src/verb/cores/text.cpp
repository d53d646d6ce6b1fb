// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "base/table.hpp"
#include "verb/cores/tell.hpp"

namespace busmark {
namespace {

using Cell = std::pair<std::string, std::optional<Distance>>;

std::string painted(const std::string& text, Distance distance, bool color) {
  if (!color) return text;
  const char* code = "31";  // far: red
  if (distance == Distance::close) code = "32";
  if (distance == Distance::near) code = "33";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

/// A square of cells with the cores' numbers at two sides, as many columns at a time as fit.
template <typename CellOf>
std::string square(const std::vector<CpuId>& cores, std::string_view corner, bool color,
                   CellOf cell_of) {
  constexpr std::size_t kColumnsInPart = 14;
  constexpr int kWidth = 5;
  std::string text;
  for (std::size_t first = 0; first < cores.size(); first += kColumnsInPart) {
    const std::size_t end = std::min(cores.size(), first + kColumnsInPart);
    if (first > 0) text += "\n";
    text += fmt::format("{:<8}", corner);
    for (std::size_t c = first; c < end; ++c) {
      text += fmt::format("{:>{}}", index(cores[c]), kWidth);
    }
    text += "\n";
    for (const CpuId row : cores) {
      text += fmt::format("{:>8}", index(row));
      for (std::size_t c = first; c < end; ++c) {
        const auto [cell, distance] = cell_of(row, cores[c]);
        const std::string padded = fmt::format("{:>{}}", cell, kWidth);
        text += distance ? painted(padded, *distance, color) : padded;
      }
      text += "\n";
    }
  }
  return text;
}

std::string matrix_text(const CoresReport& report, bool color) {
  return square(report.matrix.cores, "ns", color, [&](CpuId row, CpuId column) -> Cell {
    if (row == column) return {".", std::nullopt};
    const CorePair* const pair = report.matrix.find(row, column);
    if (pair == nullptr) return {"?", std::nullopt};
    return {fmt::format("{:.0f}", pair->median_ns), pair->distance()};
  });
}

std::string pair_name(CpuId a, CpuId b) { return fmt::format("{}-{}", index(a), index(b)); }

Relation relation_of(const CoresReport& report, CpuId a, CpuId b) {
  const Cpu* const one = report.topology.find(a);
  const Cpu* const other = report.topology.find(b);
  return one == nullptr || other == nullptr ? Relation::unknown : relation(*one, *other);
}

/// Every pair where these are few; else the farthest ones.
std::string spread_text(const CoresReport& report, bool color) {
  constexpr std::size_t kMost = 28;
  std::vector<CorePair> pairs = report.matrix.pairs;
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const CorePair& a, const CorePair& b) { return a.median_ns > b.median_ns; });
  const bool cut = pairs.size() > kMost;
  if (cut) pairs.resize(kMost);
  TextTable table({{"cpus"},
                   {"min"},
                   {"median"},
                   {"p10"},
                   {"p90"},
                   {"clock offset"},
                   {"kernel says", Align::left},
                   {"class", Align::left}});
  for (const CorePair& pair : pairs) {
    const std::string name(to_string(pair.distance()));
    const std::string paint = painted(name, pair.distance(), color);
    const auto at = paint.find(name);
    table.add({pair_name(pair.from, pair.to), fmt::format("{:.1f}", pair.min_ns),
               fmt::format("{:.1f}", pair.median_ns), fmt::format("{:.1f}", pair.p10_ns),
               fmt::format("{:.1f}", pair.p90_ns),
               fmt::format("{:+.0f} +-{:.0f}", pair.clock_offset_ns, pair.clock_bound_ns),
               std::string(to_string(relation_of(report, pair.from, pair.to))), name},
              {paint.substr(0, at), paint.substr(at + name.size())});
  }
  std::string text = table.text();
  if (cut) {
    text += fmt::format("... the {} farthest of {} pairs; --csv has all\n", kMost,
                        report.matrix.pairs.size());
  }
  return text;
}

/// Microseconds: a wake-up takes more than a cache line's way.
std::string wake_text(const CoresReport& report, const WakeMatrix& wake, bool color) {
  std::string text;
  for (const WakeMethod method : kWakeMethods) {
    const auto find = [&](CpuId waker, CpuId sleeper) {
      return std::find_if(wake.pairs.begin(), wake.pairs.end(), [&](const WakePair& pair) {
        return pair.method == method && pair.waker == waker && pair.sleeper == sleeper;
      });
    };
    text += fmt::format("\n{} wake-up, one way: median in us, waker down, sleeper across\n",
                        to_string(method));
    text += square(report.matrix.cores, "us", color, [&](CpuId row, CpuId column) -> Cell {
      if (row == column) return {".", std::nullopt};
      const auto pair = find(row, column);
      if (pair == wake.pairs.end()) return {"?", std::nullopt};
      return {fmt::format("{:.1f}", static_cast<double>(pair->p50.count()) / 1e3), std::nullopt};
    });
    Nanoseconds worst{};
    Nanoseconds p95{};
    Nanoseconds call{};
    for (const WakePair& pair : wake.pairs) {
      if (pair.method != method) continue;
      worst = std::max(worst, pair.max);
      p95 = std::max(p95, pair.p95);
      call = std::max(call, pair.call_p50);
    }
    text += fmt::format("at worst p95 {}, max {}; the waker's own call {}\n", format_duration(p95),
                        format_duration(worst), format_duration(call));
  }
  TextTable table({{"cpu"}, {"counter"}, {"ordered"}, {"clock_gettime"}, {"thread cpu time"}});
  for (const ClockCosts& costs : wake.clocks) {
    table.add({fmt::format("{}", index(costs.cpu)), fmt::format("{:.1f}", costs.counter),
               fmt::format("{:.1f}", costs.ordered), fmt::format("{:.1f}", costs.monotonic),
               fmt::format("{:.0f}", costs.thread_cpu)});
  }
  return text + "\nWhat one reading of each clock costs, ns\n" + table.text();
}

std::string advice_text(const CoreAdvice& advice) {
  std::string list;
  for (const CpuId cpu : advice.cores) {
    list += fmt::format("{}{}", list.empty() ? "" : ", ", index(cpu));
  }
  std::string text = fmt::format("\nsuggested, below [run] of a config: cores = [{}]\n", list);
  for (const std::string& reason : advice.reasons) text += "  " + reason + "\n";
  return text;
}

}  // namespace

std::string write_cores_text(const CoresReport& report, bool color) {
  std::string text =
      "One way between two cores: half the round trip of a cache line, median in ns\n";
  text += matrix_text(report, color) + "\n" + spread_text(report, color);
  text += fmt::format(
      "\nClasses: close below {:.0f} ns, near below {:.0f} ns, far above. Virtual cores move:\n"
      "cores --watch shows it.\n",
      kCloseBelowNs, kNearBelowNs);
  if (report.wake) text += wake_text(report, *report.wake, color);
  if (report.advice) text += advice_text(*report.advice);
  if (report.matrix.interrupted || (report.wake && report.wake->interrupted)) {
    text += "\ninterrupted: ? was not measured\n";
  }
  return text;
}

std::string write_drift_event(const DriftEvent& event, bool color) {
  const auto place = [&](double one_way_ns) {
    const Distance distance = distance_at(one_way_ns);
    return painted(fmt::format("{} {:.0f} ns", to_string(distance), one_way_ns), distance, color);
  };
  return fmt::format(
      "{:8.1f} s  cpu {:<7}  {} -> {}\n", std::chrono::duration<double>(event.at).count(),
      pair_name(event.from, event.to), place(event.before_ns), place(event.after_ns));
}

std::string write_drift_text(const std::vector<PairDrift>& pairs) {
  TextTable table({{"cpus"},
                   {"looks"},
                   {"moves"},
                   {"close"},
                   {"near"},
                   {"far"},
                   {"min ns"},
                   {"median"},
                   {"max"}});
  for (const PairDrift& pair : pairs) {
    const auto share = [&](Distance distance) {
      const auto count = static_cast<double>(pair.by_class[static_cast<std::size_t>(distance)]);
      return fmt::format("{:.1f} %", 100 * count / static_cast<double>(pair.looks));
    };
    table.add({pair_name(pair.from, pair.to), fmt::format("{}", pair.looks),
               fmt::format("{}", pair.moves), share(Distance::close), share(Distance::near),
               share(Distance::far), fmt::format("{:.1f}", pair.min_ns),
               fmt::format("{:.1f}", pair.median_ns), fmt::format("{:.1f}", pair.max_ns)});
  }
  return table.text();
}

}  // namespace busmark
