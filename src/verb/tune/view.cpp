// SPDX-License-Identifier: Apache-2.0
#include "verb/tune/view.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/escape.hpp"
#include "base/table.hpp"
#include "verb/tune/tell.hpp"

namespace busmark {
namespace {

constexpr std::array<Percentile, 4> kShown{{{500'000}, {950'000}, {990'000}, {999'000}}};
constexpr std::string_view kLevels = "_.:-=+*#";
constexpr std::size_t kFewestMarks = 3;  // lines that marks keep, however many cores there are

std::string seconds_text(Nanoseconds time) {
  const auto whole = std::chrono::round<std::chrono::seconds>(time).count();
  return whole < 60 ? fmt::format("{} s", whole) : fmt::format("{}:{:02}", whole / 60, whole % 60);
}

/// At most so many bytes, whole characters: none takes more columns than bytes.
std::string cut(const std::string& text, std::size_t width) {
  if (text.size() <= width) return text;
  while (width > 0 && (static_cast<unsigned char>(text[width]) & 0xC0) == 0x80) --width;
  return text.substr(0, width);
}

/// One line, cut to the width; a colour does not count.
struct ViewLine {
  std::string text;
  const char* color = "";
};

class Picture {
 public:
  Picture(std::size_t width, std::size_t height, bool color)
      : width_(width), height_(height), color_(color) {}

  void add(const std::string& text, const char* color = "") {
    lines_.push_back({cut(plain_text(text), width_), color});
  }
  /// Lines of a block of text.
  void add_text(const std::string& text) {
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      add(text.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  [[nodiscard]] std::size_t room() const {
    return height_ > lines_.size() ? height_ - lines_.size() : 0;
  }
  [[nodiscard]] std::size_t width() const { return width_; }

  [[nodiscard]] std::string text() const {
    std::string all;
    for (std::size_t i = 0; i < std::min(lines_.size(), height_); ++i) {
      const ViewLine& line = lines_[i];
      const bool colored = color_ && *line.color != '\0';
      all += (colored ? line.color : "") + line.text + (colored ? "\x1b[0m" : "") + "\n";
    }
    return all;
  }

 private:
  std::size_t width_;
  std::size_t height_;
  bool color_;
  std::vector<ViewLine> lines_;
};

std::optional<Nanoseconds> shown(const LatencySummary& latency, Percentile percentile) {
  const PercentileEstimate* found = latency.find(percentile);
  if (found == nullptr || !found->supported) return std::nullopt;
  return found->value;
}

/// Response time of the last seconds, and beside it what the machine does by itself.
std::string latency_table(const ScenarioSummary& now) {
  TextTable table({{"", Align::left}, {"p50"}, {"p95"}, {"p99"}, {"p99.9"}, {"max"}});
  std::vector<std::string> response{"response"};
  std::vector<std::string> floor{"machine floor"};
  for (const Percentile percentile : kShown) {
    response.push_back(duration_cell(shown(now.response, percentile)));
    const FloorPercentile* machine = now.floor ? now.floor->find(percentile) : nullptr;
    floor.push_back(machine != nullptr ? format_duration(machine->value) : "-");
  }
  response.push_back(now.response.count > 0 ? format_duration(now.response.max) : "-");
  floor.push_back(now.floor ? format_duration(now.floor->max) : "-");
  table.add(std::move(response));
  table.add(std::move(floor));
  return table.text();
}

/// The last blocks as a row of characters, the lowest first step and the highest the last.
std::string course_text(const TuneView& view, std::size_t width) {
  const std::string head = fmt::format("{:<14} ", view.measure + ", blocks");
  constexpr std::size_t kLimits = 30;  // room for both ends of the scale
  constexpr std::size_t kFewest = 8;
  const std::size_t room = std::max(width, head.size() + kLimits + kFewest) - head.size() - kLimits;
  const std::size_t first = view.course.size() > room ? view.course.size() - room : 0;
  std::optional<double> low;
  std::optional<double> high;
  for (std::size_t i = first; i < view.course.size(); ++i) {
    if (!view.course[i]) continue;
    low = std::min(low.value_or(*view.course[i]), *view.course[i]);
    high = std::max(high.value_or(*view.course[i]), *view.course[i]);
  }
  if (!low || !high) return head + "-";
  std::string row;
  for (std::size_t i = first; i < view.course.size(); ++i) {
    if (!view.course[i]) {
      row += '?';
      continue;
    }
    // In logarithms: a tail moves by factors.
    const double span = std::log(*high / *low);
    const double at = span > 0 ? std::log(*view.course[i] / *low) / span : 0;
    const auto last = static_cast<double>(kLevels.size() - 1);
    row += kLevels[static_cast<std::size_t>(std::lround(at * last))];
  }
  const auto value = [&](double number) {
    return view.measure == "rate" ? format_rate({number})
                                  : format_duration(Nanoseconds(std::llround(number)));
  };
  return fmt::format("{}|{}| {} .. {}", head, row, value(*low), value(*high));
}

std::string interrupts_text(const TuneViewCore& core) {
  std::string text;
  for (const auto& [name, per_second] : core.interrupts) {
    text += fmt::format("{}{} {:.0f}/s", text.empty() ? "" : ", ", name, per_second);
  }
  return text.empty() ? "-" : text;
}

std::string core_table(const TuneView& view, std::size_t most) {
  TextTable table({{"core"}, {"lost"}, {"gaps/s"}, {"longest"}, {"interrupts", Align::left}});
  for (std::size_t i = 0; i < std::min(most, view.cores.size()); ++i) {
    const TuneViewCore& core = view.cores[i];
    table.add({std::to_string(index(core.cpu)),
               core.probed ? fmt::format("{:.2f} %", core.lost_share * 100) : "-",
               core.probed ? fmt::format("{:.0f}", core.gaps_per_second) : "-",
               core.probed ? format_duration(core.longest) : "-", interrupts_text(core)});
  }
  return table.text();
}

const char* color_of(const TuneLine& line) {
  switch (line.change) {
    case Change::improved: return "\x1b[32m";
    case Change::regressed: return "\x1b[31m";
    case Change::inconclusive: return "\x1b[33m";
    case Change::none: return "";
  }
  return "";
}

std::string counts_text(const TuneView& view) {
  const MessageCounts& counts = view.counts;
  std::string text = fmt::format("{} blocks, {} invalid; {} messages, {} lost", view.blocks,
                                 view.invalid, counts.published, counts.lost);
  for (const auto& [count, what] : {std::pair{counts.dropped, "dropped"},
                                    {counts.refused, "refused"},
                                    {counts.duplicated, "duplicated"},
                                    {counts.reordered, "reordered"},
                                    {counts.corrupt, "corrupt"}}) {
    if (count > 0) text += fmt::format(", {} {}", count, what);
  }
  return text;
}

std::string prompt(const TuneView& view) {
  if (view.label) return "name of the mark (Enter): " + *view.label + "_";
  std::string text = "m marks a change, q ends";
  if (view.awaited) text += fmt::format("; verdict in {} blocks", *view.awaited);
  return text;
}

/// A name that is being typed is seen at its end, however long it gets.
std::string prompt_line(const TuneView& view, std::size_t width) {
  const std::string text = plain_text(prompt(view));
  if (!view.label || text.size() <= width) return cut(text, width);
  std::size_t first = text.size() - width;
  while (first < text.size() && (static_cast<unsigned char>(text[first]) & 0xC0) == 0x80) ++first;
  return text.substr(first);
}

/// The newest at the bottom; what does not fit is the oldest.
void add_marks(Picture& picture, const TuneView& view, std::size_t most) {
  if (view.lines.empty()) {
    if (most > 0) picture.add("no mark yet: change something elsewhere, then press m");
    return;
  }
  const std::size_t first = view.lines.size() > most ? view.lines.size() - most : 0;
  for (std::size_t i = first; i < view.lines.size(); ++i) {
    picture.add(tune_line_text(view.lines[i]), color_of(view.lines[i]));
  }
}

}  // namespace

std::string write_tune_view(const TuneView& view, std::size_t width, std::size_t height,
                            bool color) {
  constexpr const char* kBold = "\x1b[1m";
  Picture picture(width, height > 0 ? height - 1 : 0, color);
  picture.add(fmt::format("busmark tune  {}  {}", view.scenario, seconds_text(view.elapsed)),
              kBold);
  picture.add(view.settings);
  picture.add(counts_text(view));
  picture.add("");
  if (view.now) {
    picture.add(fmt::format("last {}, {} received", seconds_text(view.window),
                            format_rate({view.now->received_rate})));
    picture.add_text(latency_table(*view.now));
  } else {
    picture.add("the first block is running");
  }
  picture.add(course_text(view, width));
  if (!view.trouble.empty()) picture.add("! " + view.trouble, "\x1b[33m");
  picture.add("");
  const std::size_t kept = kFewestMarks + 2;  // with their header and what tells of more cores
  const std::size_t for_cores = picture.room() > kept + 2 ? picture.room() - kept - 2 : 0;
  const std::size_t cores = std::min(for_cores, view.cores.size());
  if (cores > 0) picture.add_text(core_table(view, cores));
  if (cores < view.cores.size()) {
    picture.add(fmt::format("and {} more cores", view.cores.size() - cores));
  }
  if (picture.room() > kFewestMarks) picture.add("");
  add_marks(picture, view, picture.room());
  return picture.text() + prompt_line(view, width) + (height > 0 ? "\n" : "");
}

std::string write_tune_status(const TuneView& view) {
  std::string text = fmt::format("{:>6}", seconds_text(view.elapsed));
  if (view.now) {
    for (const Percentile percentile : kShown) {
      text += fmt::format("  {} {}", format_percentile(percentile),
                          duration_cell(shown(view.now->response, percentile)));
    }
    text += fmt::format("  max {}  {}", format_duration(view.now->response.max),
                        format_rate({view.now->received_rate}));
    const FloorPercentile* floor = view.now->floor ? view.now->floor->find({950'000}) : nullptr;
    if (floor != nullptr) text += "  floor p95 " + format_duration(floor->value);
  }
  for (const TuneViewCore& core : view.cores) {
    if (!core.probed) continue;
    text += fmt::format("  cpu{} {:.2f} % lost", index(core.cpu), core.lost_share * 100);
  }
  if (!view.trouble.empty()) text += "  ! " + plain_text(view.trouble);
  return text + "\n";
}

}  // namespace busmark
