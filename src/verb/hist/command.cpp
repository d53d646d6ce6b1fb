// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"
#include "cli/console.hpp"
#include "config/selection.hpp"
#include "tell/percentile_distribution.hpp"
#include "verb/hist/input.hpp"
#include "verb/hist/table.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

struct HistArguments {
  std::vector<std::string> files;
  std::vector<std::string> tags;
  std::string percentiles;
  std::string unit;         ///< Empty: nanoseconds.
  double scale = 0;         ///< 0: to microseconds.
  std::uint32_t ticks = 0;  ///< 0: the default of the distribution.
  bool list_tags = false;
  bool merge = false;
  bool intervals = false;
  bool hgrm = false;
  bool csv = false;
  bool raw = false;

  [[nodiscard]] bool distribution() const { return hgrm || csv; }
};

const std::map<std::string, ValueUnit> kUnits{{"ns", ValueUnit::nanoseconds},
                                              {"us", ValueUnit::microseconds},
                                              {"ms", ValueUnit::milliseconds},
                                              {"s", ValueUnit::seconds}};

ValueUnit value_unit(const HistArguments& arguments) {
  if (arguments.raw) return ValueUnit::raw;
  return arguments.unit.empty() ? ValueUnit::nanoseconds : kUnits.at(arguments.unit);
}

/// `50,p99.9`; the p may be left out.
std::vector<Percentile> parse_percentiles(std::string_view list) {
  std::vector<Percentile> percentiles;
  while (true) {
    const auto comma = list.find(',');
    std::string one(list.substr(0, comma));
    if (!one.starts_with('p')) one.insert(0, 1, 'p');
    try {
      percentiles.push_back(parse_percentile(one));
    } catch (const std::invalid_argument& error) {
      throw ConfigError({{"--percentiles", "", error.what()}});
    }
    if (comma == std::string_view::npos) return percentiles;
    list.remove_prefix(comma + 1);
  }
}

std::vector<Percentile> wanted_percentiles(const HistArguments& arguments) {
  if (!arguments.percentiles.empty()) return parse_percentiles(arguments.percentiles);
  if (arguments.intervals) return {{500'000}, {950'000}, {990'000}};
  return {{500'000}, {750'000}, {900'000}, {950'000}, {990'000}, {999'000}, {999'900}};
}

/// Hands every histogram that the command line asks for to `visit`.
template <typename Visit>
void read_selected(const HistArguments& arguments, Visit visit) {
  std::vector<std::string> files = arguments.files;
  if (files.empty()) {
    if (isatty(STDIN_FILENO) == 1) {
      throw SetupError("hist needs a FILE or input in a pipe, for example: busmark hist run.hlog");
    }
    files.emplace_back("-");
  }
  bool any = false;
  for (const std::string& file : files) {
    read_histograms(file, [&](HistogramEntry entry) {
      const bool wanted =
          arguments.tags.empty() ||
          std::any_of(arguments.tags.begin(), arguments.tags.end(),
                      [&](const std::string& glob) { return matches_glob(glob, entry.tag); });
      if (!wanted) return;
      any = true;
      visit(std::move(entry));
    });
  }
  if (!any)
    throw SetupError("no histogram has a tag as --tag asks; --list-tags shows what there is");
}

/// One histogram per file and tag, or one of all with --merge; in the order of appearance.
std::vector<HistogramEntry> read_merged(const HistArguments& arguments) {
  std::vector<HistogramEntry> merged;
  std::map<std::tuple<std::string, std::string, std::size_t>, std::size_t> places;
  read_selected(arguments, [&](HistogramEntry entry) {
    if (arguments.merge) {
      entry.source.clear();
      entry.tag = "(merged)";
      entry.line = 0;
    }
    const auto [place, is_new] =
        places.try_emplace({entry.source, entry.tag, entry.line}, merged.size());
    if (is_new) {
      merged.push_back(std::move(entry));
    } else {
      merged[place->second].histogram.merge(entry.histogram);
    }
  });
  return merged;
}

std::string tag_list(const HistArguments& arguments) {
  std::string text;
  std::set<std::string> known;
  read_selected(arguments, [&](const HistogramEntry& entry) {
    if (known.insert(tag_text(entry)).second) text += tag_text(entry) + "\n";
  });
  return text;
}

std::string table(const HistArguments& arguments) {
  HistogramTable table({.by_source = arguments.files.size() > 1 && !arguments.merge,
                        .by_interval = arguments.intervals,
                        .percentiles = wanted_percentiles(arguments),
                        .unit = value_unit(arguments)});
  if (arguments.intervals) {
    read_selected(arguments, [&](const HistogramEntry& entry) { table.add(entry); });
  } else {
    for (const HistogramEntry& entry : read_merged(arguments)) table.add(entry);
  }
  return table.text();
}

std::string distribution(const HistArguments& arguments) {
  const ValueUnit unit = value_unit(arguments);
  PercentileDistributionOptions options;
  if (arguments.ticks != 0) options.ticks_per_half_distance = static_cast<int>(arguments.ticks);
  options.scaling_ratio = arguments.scale;
  if (arguments.scale == 0) {
    constexpr double kMicrosecond = 1e3;
    options.scaling_ratio = unit == ValueUnit::raw ? 1 : kMicrosecond / nanoseconds_in(unit);
  }
  const std::vector<HistogramEntry> merged = read_merged(arguments);
  if (merged.size() > 1) {
    throw SetupError(fmt::format(
        "one distribution can be printed, but there are {}, such as {} and {}; choose with --tag, "
        "or add --merge",
        merged.size(), tag_text(merged[0]), tag_text(merged[1])));
  }
  const DecodedHistogram& histogram = merged.front().histogram;
  return arguments.csv ? percentile_distribution_csv(histogram, options)
                       : percentile_distribution(histogram, options);
}

/// What would be ignored is refused.
void check(const HistArguments& arguments) {
  const int views = static_cast<int>(arguments.list_tags) + static_cast<int>(arguments.intervals) +
                    static_cast<int>(arguments.hgrm) + static_cast<int>(arguments.csv);
  if (views > 1) {
    throw SetupError(
        "--list-tags, --intervals, --hgrm and --csv print different things; choose one");
  }
  if (arguments.merge && (arguments.list_tags || arguments.intervals)) {
    throw SetupError("--merge leaves neither tags nor intervals; leave it out");
  }
  if (!arguments.distribution() && (arguments.scale != 0 || arguments.ticks != 0)) {
    throw SetupError("--scale and --ticks belong to --hgrm and --csv; add one of these");
  }
  if (!arguments.percentiles.empty() && (arguments.distribution() || arguments.list_tags)) {
    throw SetupError("--percentiles chooses columns of the table; leave it out");
  }
  if (arguments.raw && !arguments.unit.empty()) {
    throw SetupError("--raw converts nothing, so it needs no --unit; leave one out");
  }
}

ExitCode hist_command(const HistArguments& arguments) {
  check(arguments);
  if (arguments.list_tags) {
    print(tag_list(arguments));
  } else {
    print(arguments.distribution() ? distribution(arguments) : table(arguments));
  }
  return ExitCode::ok;
}

}  // namespace

Verb hist_verb() {
  const auto arguments = std::make_shared<HistArguments>();
  return {.name = "hist",
          .about = "Read .hlog files and base64 of any HdrHistogram tool",
          .arguments =
              {{"FILE",
                &arguments->files,
                "",
                "Files; - or none: standard input",
                {.may_be_empty = true}},
               {"--tag",
                &arguments->tags,
                "GLOB",
                "Only tags that match (repeatable; '': untagged)",
                {.may_be_empty = true}},
               {"--merge", &arguments->merge, "", "All histograms of all files and tags in one"},
               {"--intervals", &arguments->intervals, "", "A row for each interval, not each tag"},
               {"--list-tags", &arguments->list_tags, "", "Only the tags, one a line"},
               {"--hgrm", &arguments->hgrm, "",
                "The percentile distribution as HdrHistogram prints it"},
               {"--csv", &arguments->csv, "", "The same as comma-separated values"},
               {"--percentiles", &arguments->percentiles, "LIST", "Columns, such as 50,99,99.999"},
               {"--unit",
                &arguments->unit,
                "UNIT",
                "What the values in the file are (default: ns)",
                {.choices = {"ns", "us", "ms", "s"}}},
               {"--raw", &arguments->raw, "", "Numbers as in the file, for other programs"},
               {"--scale", &arguments->scale, "NUMBER",
                "Divides the values of --hgrm and --csv (default: to us; with --raw: 1)",
                within(std::numeric_limits<double>::denorm_min(),
                       std::numeric_limits<double>::max(), "is not a positive number")},
               {"--ticks", &arguments->ticks, "NUMBER",
                "Rows of --hgrm and --csv per half of the distance to 100 % (default: 5)",
                within(1, 1'000, "is not a number from 1 to 1000")}},
          .run = [arguments] { return hist_command(*arguments); }};
}

}  // namespace busmark
