// SPDX-License-Identifier: Apache-2.0
// How often the 95 % interval of a percentile holds the truth, where the truth is known: processes
// of theory, and recorded repetitions, of which all together are the truth. With a fixed number of
// repetitions, and with one that the stopping rule chose by looking at the data. Seeds are fixed.
// Exit code 1 when an interval that is said to be known holds the truth in under 92 % of a cell.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "busmark/histogram/statistics.hpp"

#include "known_cases.hpp"
#include "recorded_repetitions.hpp"
#include "stat/percentile_interval.hpp"
#include "stat/stopping.hpp"

using namespace busmark;

namespace {

constexpr std::array<Percentile, 3> kPercentiles{{{500'000}, {950'000}, {990'000}}};
constexpr std::array<std::uint32_t, 4> kPlanned{1, 3, 5, 10};
constexpr std::uint32_t kMost = 12;  ///< Repetitions of a trial.
constexpr std::size_t kSections = 20;
constexpr double kPrecision = 0.05;    ///< Half-width that is asked for.
constexpr double kLeastCoverage = 92;  ///< %.
/// Values of a bucket are told as its end.
constexpr double kResolution = 0.001;

struct Options {
  std::uint64_t trials = 200;
  std::size_t messages = 100'000;
  std::string only;
  std::vector<std::string> recorded;
};

/// What was seen in one cell of a table.
class Cell {
 public:
  void add(const PercentileInterval& interval, double truth, std::uint32_t repetitions) {
    repetitions_ += repetitions;
    ++trials_;
    if (!interval.known) return;
    ++known_;
    constexpr double kEndless = std::numeric_limits<double>::infinity();
    const auto low = static_cast<double>(interval.low.count());
    const auto high =
        interval.high == kNever ? kEndless : static_cast<double>(interval.high.count());
    if (low * (1 - kResolution) <= truth && truth <= high * (1 + kResolution)) ++holds_;
    widths_.push_back((high - low) / truth);
    sizes_.push_back(interval.effective_count);
  }

  [[nodiscard]] double coverage() const {
    return known_ == 0 ? 100 : 100.0 * static_cast<double>(holds_) / static_cast<double>(known_);
  }
  [[nodiscard]] std::uint64_t unknown() const { return trials_ - known_; }
  [[nodiscard]] double repetitions() const {
    return static_cast<double>(repetitions_) / static_cast<double>(trials_);
  }
  /// % of the truth, median.
  [[nodiscard]] double width() const { return 100 * middle(widths_); }
  [[nodiscard]] double size() const { return middle(sizes_); }

 private:
  static double middle(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  }

  std::uint64_t trials_ = 0;
  std::uint64_t known_ = 0;
  std::uint64_t holds_ = 0;
  std::uint64_t repetitions_ = 0;
  std::vector<double> widths_;
  std::vector<double> sizes_;
};

/// Repetitions of one trial; intervals of the first so many of them, each made once.
class Trial {
 public:
  explicit Trial(std::vector<RepetitionLatency> repetitions)
      : repetitions_(std::move(repetitions)) {}

  const PercentileIntervals& first(std::uint32_t count) {
    const auto found = made_.find(count);
    if (found != made_.end()) return found->second;
    return made_.try_emplace(count, std::vector(repetitions_.begin(), repetitions_.begin() + count))
        .first->second;
  }
  /// How many repetitions there are when the rule stops.
  std::uint32_t stop(const StoppingRule& rule) {
    std::uint32_t done = rule.planned;
    while (const std::uint32_t next = look(rule, first(done), done).next) done = next;
    return done;
  }

 private:
  std::vector<RepetitionLatency> repetitions_;
  std::map<std::uint32_t, PercentileIntervals> made_;
};

/// Coverage of one process: a row for each percentile, a cell for each number of repetitions.
struct Table {
  using Row = std::array<Cell, kPlanned.size()>;
  std::array<Row, kPercentiles.size()> fixed;
  std::array<Row, kPercentiles.size()> precise;  ///< Repeated until it is narrow enough.
  std::array<Row, kPercentiles.size()> decided;  ///< Until a limit at the truth is decided.
};

void book(Trial& trial, const std::array<double, kPercentiles.size()>& truths, Table& table) {
  for (std::size_t p = 0; p < kPercentiles.size(); ++p) {
    for (std::size_t k = 0; k < kPlanned.size(); ++k) {
      const auto add = [&](Cell& cell, std::uint32_t repetitions) {
        cell.add(trial.first(repetitions).of(kPercentiles[p]), truths[p], repetitions);
      };
      add(table.fixed[p][k], kPlanned[k]);
      StoppingRule rule{.planned = kPlanned[k], .most = kMost};
      rule.goals = {{kPercentiles[p], kPrecision}};
      add(table.precise[p][k], trial.stop(rule));
      rule.goals.clear();
      rule.limits = {{kPercentiles[p], Nanoseconds(std::llround(truths[p]))}};
      add(table.decided[p][k], trial.stop(rule));
    }
  }
}

/// Whether each cell covers as often as it should.
bool print(std::string_view name, const Table& table) {
  bool good = true;
  for (std::size_t p = 0; p < kPercentiles.size(); ++p) {
    const auto row = [&](std::string_view title, const Table::Row& cells, bool stopping) {
      fmt::print("{:<14} {:<4} {:<9}", name, format_percentile(kPercentiles[p]), title);
      for (const Cell& cell : cells) {
        const bool low = std::round(cell.coverage()) < kLeastCoverage;
        good = good && !low;
        fmt::print(" |{:>4.0f}{} {:>6.1f} ", cell.coverage(), low ? '!' : ' ', cell.width());
        fmt::print("{:>4}", cell.unknown() == 0 ? "" : fmt::format("?{}", cell.unknown()));
        fmt::print(" {:>7}", stopping ? fmt::format("n {:.1f}", cell.repetitions())
                                      : fmt::format("{:.0f}", cell.size()));
      }
      fmt::print("\n");
    };
    row("fixed", table.fixed[p], false);
    row("until 5%", table.precise[p], true);
    row("decided", table.decided[p], true);
  }
  std::fflush(stdout);
  return good;
}

bool try_case(const KnownCase& known, const Options& options) {
  std::array<double, kPercentiles.size()> truths{};
  for (std::size_t p = 0; p < kPercentiles.size(); ++p) {
    truths[p] = known.make(1)->percentile(kPercentiles[p].parts_per_million / 1e6);
  }
  Table table;
  for (std::uint64_t i = 0; i < options.trials; ++i) {
    std::vector<DrawnRepetition> drawn;
    std::vector<RepetitionLatency> repetitions;
    for (std::uint64_t r = 0; r < kMost; ++r) {
      const auto process = known.make(i * kMost + r + 1);
      drawn.emplace_back(*process, options.messages, kSections);
    }
    for (const DrawnRepetition& one : drawn) repetitions.push_back(one.latency());
    Trial trial(std::move(repetitions));
    book(trial, truths, table);
  }
  return print(known.name, table);
}

/// Repetitions are drawn by chance, one not twice in a trial.
bool try_recorded(const std::string& path, const Options& options) {
  std::vector<RecordedRepetition> all = recorded_repetitions(path);
  if (all.size() < 2 * kMost) {
    throw std::runtime_error(
        fmt::format("{} has {} repetitions; {} or more are needed, 200 are a good number", path,
                    all.size(), 2 * kMost));
  }
  DecodedHistogram together = all.front().whole;
  for (std::size_t i = 1; i < all.size(); ++i) together.merge(all[i].whole);
  std::array<double, kPercentiles.size()> truths{};
  for (std::size_t p = 0; p < kPercentiles.size(); ++p) {
    truths[p] = static_cast<double>(together.value_at(kPercentiles[p]));
  }
  fmt::print("{}: {} repetitions of {} sections, p50 {:.0f} ns, p95 {:.0f} ns, p99 {:.0f} ns\n",
             path, all.size(), all.front().sections.size(), truths[0], truths[1], truths[2]);
  KnownRandom random(1);
  Table table;
  for (std::uint64_t i = 0; i < options.trials; ++i) {
    std::vector<RepetitionLatency> repetitions;
    for (std::size_t r = 0; r < kMost; ++r) {
      const auto ahead =
          static_cast<std::size_t>(random.uniform() * static_cast<double>(all.size() - r));
      std::swap(all[r], all[r + ahead]);
    }
    for (std::size_t r = 0; r < kMost; ++r) repetitions.push_back(all[r].latency());
    Trial trial(std::move(repetitions));
    book(trial, truths, table);
  }
  return print("recorded", table);
}

constexpr std::string_view kUsage =
    "usage: coverage_bench [--trials N] [--messages N] [--only NAME] [--recorded FILE...]\n"
    "  --trials N       simulated sessions of each process (200)\n"
    "  --messages N     of a repetition (100000)\n"
    "  --only NAME      processes whose name contains NAME\n"
    "  --recorded FILE  result.hlog of a run with many repetitions and 'interval': these instead\n";

std::optional<Options> parse(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view name = arguments[i];
    if (i + 1 == count) return std::nullopt;
    if (name == "--trials") {
      options.trials = std::strtoull(arguments[++i], nullptr, 10);
    } else if (name == "--messages") {
      options.messages = std::strtoull(arguments[++i], nullptr, 10);
    } else if (name == "--only") {
      options.only = arguments[++i];
    } else if (name == "--recorded") {
      while (i + 1 < count) options.recorded.emplace_back(arguments[++i]);
    } else {
      return std::nullopt;
    }
  }
  if (options.trials == 0 || options.messages < kSections) return std::nullopt;
  return options;
}

}  // namespace

int main(int count, char** arguments) try {
  const std::optional<Options> options = parse(count, arguments);
  if (!options) {
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  fmt::print(
      "{} trials; a cell: % that hold the truth (! below {}), width in % of the truth (median),\n"
      "?N unknown, then the effective size or n, the mean of repetitions; planned 1, 3, 5, 10\n",
      options->trials, kLeastCoverage);
  bool good = true;
  for (const std::string& path : options->recorded) good = try_recorded(path, *options) && good;
  if (!options->recorded.empty()) return good ? 0 : 1;
  for (const KnownCase& known : known_cases()) {
    if (known.name.find(options->only) == std::string_view::npos) continue;
    good = try_case(known, *options) && good;
  }
  return good ? 0 : 1;
} catch (const std::exception& error) {
  fmt::print(stderr, "coverage_bench: {}\n", error.what());
  return 2;
}
