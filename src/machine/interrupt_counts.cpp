// SPDX-License-Identifier: Apache-2.0
#include "machine/interrupt_counts.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

namespace busmark {
namespace {

template <typename Number>
std::optional<Number> to_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// `CPU0 CPU2 ...`: offline cores are missing, so the place is not the number.
std::optional<std::vector<CpuId>> parse_header(const std::string& line) {
  std::istringstream words(line);
  std::vector<CpuId> cores;
  for (std::string word; words >> word;) {
    const auto number =
        word.starts_with("CPU") ? to_number<int>(std::string_view(word).substr(3)) : std::nullopt;
    if (!number) return std::nullopt;
    cores.push_back(CpuId{*number});
  }
  if (cores.empty()) return std::nullopt;
  return cores;
}

/// Where the chip's part of a device's description ends: `1-edge`, `9-fasteoi` (x86), `Level`.
bool is_trigger(std::string word) {
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array<std::string_view, 3> kTriggers{"edge", "level", "fasteoi"};
  return std::any_of(kTriggers.begin(), kTriggers.end(),
                     [&](std::string_view trigger) { return word.ends_with(trigger); });
}

/// The drivers of `PCI-MSI 1-edge nvme0q1`; the line's number where none has asked for it.
std::string device_name(std::string_view label, const std::vector<std::string>& description) {
  const auto trigger = std::find_if(description.begin(), description.end(), is_trigger);
  std::string name;
  if (trigger != description.end()) {
    for (auto word = trigger + 1; word != description.end(); ++word) {
      name += (name.empty() ? "" : " ") + *word;
    }
  }
  return name.empty() ? "irq " + std::string(label) : name;
}

/// x86; ARM calls all of them IPI0, IPI1 ... and its words for them are short.
const std::map<std::string_view, const char*> kCrossCalls{
    {"RES", "reschedule"}, {"CAL", "function call"}, {"TLB", "TLB shootdown"}};

void describe(InterruptRow& row, const std::vector<std::string>& description, bool soft) {
  std::string text;
  for (const std::string& word : description) text += (text.empty() ? "" : " ") + word;
  row.name = text.empty() ? row.label : text;
  const auto says = [&](std::string_view what) { return text.find(what) != std::string::npos; };
  if (soft) {
    row.kind = InterruptKind::soft;
  } else if (row.label == "LOC" || says("arch_timer")) {
    row.kind = InterruptKind::tick;
    row.name = "tick";
  } else if (const auto call = kCrossCalls.find(row.label); call != kCrossCalls.end()) {
    row.kind = InterruptKind::cross_call;
    row.name = call->second;
  } else if (row.label.starts_with("IPI")) {
    row.kind = InterruptKind::cross_call;
  } else if (std::isdigit(static_cast<unsigned char>(row.label.front())) != 0) {
    row.kind = InterruptKind::device;
    row.name = device_name(row.label, description);
  }
}

std::optional<InterruptRow> parse_row(const std::string& line, std::size_t cores, bool soft) {
  const auto colon = line.find(':');
  if (colon == std::string::npos) return std::nullopt;
  InterruptRow row;
  const auto start = line.find_first_not_of(' ');
  if (start >= colon) return std::nullopt;
  row.label = line.substr(start, colon - start);
  // These two count for the whole machine, which on one core looks like any other row.
  if (row.label == "ERR" || row.label == "MIS") return std::nullopt;
  std::istringstream words(line.substr(colon + 1));
  std::vector<std::string> description;
  for (std::string word; words >> word;) {
    const auto count =
        row.counts.size() < cores ? to_number<std::uint64_t>(word) : std::optional<std::uint64_t>{};
    if (count) {
      row.counts.push_back(static_cast<std::uint32_t>(*count));
    } else if (row.counts.size() < cores) {
      return std::nullopt;
    } else {
      description.push_back(word);
    }
  }
  if (row.counts.size() != cores) return std::nullopt;
  describe(row, description, soft);
  return row;
}

InterruptTable read_table(const std::filesystem::path& path, bool soft) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return parse_interrupts(text, soft);
}

/// Labels alone would do, were not two devices to swap a number while one is plugged in.
const InterruptRow* find(const InterruptTable& table, const InterruptRow& wanted) {
  const auto row = std::find_if(table.rows.begin(), table.rows.end(), [&](const auto& each) {
    return each.label == wanted.label && each.name == wanted.name;
  });
  return row == table.rows.end() ? nullptr : &*row;
}

std::optional<std::size_t> column(const InterruptTable& table, CpuId cpu) {
  const auto place = std::find(table.cores.begin(), table.cores.end(), cpu);
  if (place == table.cores.end()) return std::nullopt;
  return static_cast<std::size_t>(place - table.cores.begin());
}

}  // namespace

std::string_view to_string(InterruptKind kind) noexcept {
  switch (kind) {
    case InterruptKind::tick: return "tick";
    case InterruptKind::device: return "device";
    case InterruptKind::cross_call: return "cross-call";
    case InterruptKind::other: return "other";
    case InterruptKind::soft: return "softirq";
  }
  return "unknown";
}

InterruptTable parse_interrupts(std::string_view text, bool soft) {
  InterruptTable table;
  std::istringstream lines{std::string(text)};
  std::string line;
  if (!std::getline(lines, line)) return table;
  const auto cores = parse_header(line);
  if (!cores) return table;
  table.cores = *cores;
  while (std::getline(lines, line)) {
    if (auto row = parse_row(line, cores->size(), soft)) table.rows.push_back(*std::move(row));
  }
  return table;
}

InterruptTable read_interrupts(const std::filesystem::path& root) {
  return read_table(root / "proc/interrupts", false);
}

InterruptTable read_softirqs(const std::filesystem::path& root) {
  return read_table(root / "proc/softirqs", true);
}

std::vector<InterruptCount> interrupts_between(const InterruptTable& before,
                                               const InterruptTable& after, CpuId cpu) {
  std::vector<InterruptCount> counted;
  const auto first = column(before, cpu);
  const auto last = column(after, cpu);
  if (!first || !last) return counted;
  for (const InterruptRow& row : after.rows) {
    const InterruptRow* const old = find(before, row);
    const std::uint32_t now = row.counts[*last];
    std::uint32_t count = now - (old == nullptr ? 0 : old->counts[*first]);
    constexpr std::uint32_t kHalfRange = std::uint32_t{1} << 31;
    if (count >= kHalfRange) count = now;
    if (count == 0) continue;
    counted.push_back({.kind = row.kind, .label = row.label, .name = row.name, .count = count});
  }
  std::stable_sort(counted.begin(), counted.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  return counted;
}

}  // namespace busmark
