// SPDX-License-Identifier: Apache-2.0
#include "verb/doctor/check.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>

#include <fmt/core.h>

#include "base/cpu_ranges.hpp"

namespace busmark {

std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-.,:+/").find(c) != std::string_view::npos;
  });
  if (plain) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

Cure write_file(const Examination& machine, const std::string& path, std::string_view value) {
  Cure cure{{fmt::format("echo {} > /{}", value, shell_word(path))}};
  if (const auto now = machine.first.line(path)) {
    cure.undo.push_back(
        fmt::format("echo {} > /{}", shell_word(chosen_word(*now)), shell_word(path)));
  }
  return cure;
}

namespace {

std::string write_for(const CpuList& cpus, std::string_view file, const std::string& value) {
  if (cpus.size() == 1) return fmt::format("echo {} > /{}", value, cpu_file(cpus.front(), file));
  std::string numbers;
  constexpr std::size_t kMany = 65;
  for_each_stretch(cpus, kMany, [&](int first, int last) {
    numbers +=
        first == last ? fmt::format(" {}", first) : fmt::format(" $(seq {} {})", first, last);
  });
  return fmt::format("for c in{}; do echo {} > /sys/devices/system/cpu/cpu$c/{}; done", numbers,
                     value, file);
}

}  // namespace

Cure write_cpu_files(const Examination& machine, const CpuList& cpus, std::string_view file,
                     std::string_view value) {
  Cure cure{{write_for(cpus, file, std::string(value))}};
  std::map<std::string, CpuList> before;
  for (const CpuId cpu : cpus) {
    if (const auto now = machine.first.line(cpu_file(cpu, file))) before[*now].push_back(cpu);
  }
  for (const auto& [old, those] : before) {
    cure.undo.push_back(write_for(those, file, shell_word(old)));
  }
  return cure;
}

Cure write_sysctl(const Examination& machine, const std::string& path, std::string_view value) {
  constexpr std::string_view kRoot = "proc/sys/";
  std::string name = path.substr(kRoot.size());
  std::replace(name.begin(), name.end(), '/', '.');
  Cure cure{{fmt::format("sysctl -w {}={}", name, value)}};
  if (const auto now = machine.first.line(path)) {
    cure.undo.push_back(fmt::format("sysctl -w {}={}", name, shell_word(*now)));
  }
  return cure;
}

Cure operator+(Cure a, const Cure& b) {
  a.fix.insert(a.fix.end(), b.fix.begin(), b.fix.end());
  a.undo.insert(a.undo.end(), b.undo.begin(), b.undo.end());
  return a;
}

std::string cpus_text(const CpuList& cpus) {
  return fmt::format("cpu{} {}", cpus.size() == 1 ? "" : "s", format_cpu_list(cpus));
}

std::string hex_mask(const CpuList& cpus) {
  if (cpus.empty()) return "0";
  const auto highest = static_cast<std::size_t>(index(cpus.back()));
  std::vector<std::uint32_t> words(highest / 32 + 1);
  for (const CpuId cpu : cpus) {
    const auto bit = static_cast<std::size_t>(index(cpu));
    words[bit / 32] |= std::uint32_t{1} << (bit % 32);
  }
  std::string text = fmt::format("{:x}", words.back());
  for (auto word = words.rbegin() + 1; word != words.rend(); ++word) {
    text += fmt::format(",{:08x}", *word);
  }
  return text;
}

std::optional<CpuList> parse_hex_mask(std::string_view text) {
  constexpr std::size_t kMostWords = 2048;
  std::vector<std::uint32_t> words;
  while (true) {
    const std::string_view part = text.substr(0, text.find(','));
    std::uint32_t word = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), word, 16);
    if (error != std::errc{} || end != part.data() + part.size() || words.size() == kMostWords) {
      return std::nullopt;
    }
    words.push_back(word);
    if (part.size() == text.size()) break;
    text.remove_prefix(part.size() + 1);
  }
  std::reverse(words.begin(), words.end());
  CpuList cpus;
  for (std::size_t bit = 0; bit < words.size() * 32; ++bit) {
    if ((words[bit / 32] >> (bit % 32) & 1) != 0) cpus.push_back(CpuId{static_cast<int>(bit)});
  }
  return cpus;
}

bool contains(const CpuList& sorted, CpuId cpu) {
  return std::binary_search(sorted.begin(), sorted.end(), cpu);
}

CpuList without(const CpuList& cpus, const CpuList& others) {
  CpuList rest;
  std::set_difference(cpus.begin(), cpus.end(), others.begin(), others.end(),
                      std::back_inserter(rest));
  return rest;
}

CpuList common(const CpuList& cpus, const CpuList& others) {
  CpuList both;
  std::set_intersection(cpus.begin(), cpus.end(), others.begin(), others.end(),
                        std::back_inserter(both));
  return both;
}

std::string cpu_file(CpuId cpu, std::string_view name) {
  return fmt::format("sys/devices/system/cpu/cpu{}/{}", index(cpu), name);
}

CpuId cpu_in(const std::string& path) {
  constexpr std::string_view kFolder = "/cpu/cpu";
  const auto at = path.find(kFolder);
  int number = -1;
  if (at != std::string::npos) {
    const char* first = path.data() + at + kFolder.size();
    std::from_chars(first, path.data() + path.size(), number);
  }
  return CpuId{number};
}

std::optional<Settings> settings_by_cpu(const Examination& machine, const CpuList& cpus,
                                        std::string_view file,
                                        std::span<const std::string_view> wanted) {
  std::vector<std::pair<std::string, CpuList>> values;
  Settings settings;
  for (const CpuId cpu : cpus) {
    const auto value = machine.first.line(cpu_file(cpu, file));
    if (!value) continue;
    auto same = std::find_if(values.begin(), values.end(),
                             [&](const auto& each) { return each.first == *value; });
    if (same == values.end()) same = values.insert(values.end(), {*value, {}});
    same->second.push_back(cpu);
    if (std::find(wanted.begin(), wanted.end(), *value) == wanted.end()) {
      settings.others.push_back(cpu);
    }
  }
  if (values.empty()) return std::nullopt;
  for (const auto& [value, those] : values) {
    settings.text +=
        fmt::format("{}{} on {}", settings.text.empty() ? "" : ", ", value, cpus_text(those));
  }
  return settings;
}

std::optional<std::int64_t> rise(const Examination& machine, const std::string& path) {
  if (!machine.later) return std::nullopt;
  const auto before = machine.first.number(path);
  const auto after = machine.later->number(path);
  if (!before || !after) return std::nullopt;
  return *after > *before ? *after - *before : 0;
}

std::string no_later(const Examination& machine) {
  return machine.not_measured.empty() ? "the counters were read once only"
                                      : "the counters were read once only: " + machine.not_measured;
}

double seconds_between(const Examination& machine) {
  return std::chrono::duration<double>(machine.between).count();
}

}  // namespace busmark
