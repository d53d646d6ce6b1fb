// SPDX-License-Identifier: Apache-2.0
#include "base/cpu_ranges.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <fmt/format.h>

namespace busmark {

std::string cpu_ranges(const std::vector<CpuId>& cpus) {
  constexpr std::size_t kStretch = 4;
  std::string text;
  for_each_stretch(cpus, kStretch, [&](int first, int last) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", first);
    if (last != first) text += fmt::format("-{}", last);
  });
  return text;
}

std::vector<CpuId> parse_cpu_list(std::string_view text) {
  const auto fail = [&] {
    throw std::invalid_argument(fmt::format("\"{}\" is not a list of CPUs such as 0-3,8", text));
  };
  constexpr int kMost = 1 << 16;
  // Marks instead of a growing list: `0-65535` may stand in a text any number of times.
  std::vector<bool> named;
  const char* at = text.data();
  const char* const end = text.data() + text.size() - (text.ends_with('\n') ? 1 : 0);
  const auto number = [&] {
    int value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc{} || value < 0 || value >= kMost) fail();
    at = next;
    return value;
  };
  while (at != end) {
    const int first = number();
    int last = first;
    if (at != end && *at == '-') {
      ++at;
      last = number();
    }
    if (last < first) fail();
    if (static_cast<std::size_t>(last) >= named.size()) {
      named.resize(static_cast<std::size_t>(last) + 1);
    }
    std::fill(named.begin() + first, named.begin() + last + 1, true);
    if (at == end) break;
    if (*at != ',') fail();
    if (++at == end) fail();
  }
  std::vector<CpuId> cpus;
  for (std::size_t cpu = 0; cpu < named.size(); ++cpu) {
    if (named[cpu]) cpus.push_back(CpuId{static_cast<int>(cpu)});
  }
  return cpus;
}

std::string format_cpu_list(const std::vector<CpuId>& cpus) {
  constexpr std::size_t kStretch = 2;
  std::string text;
  for_each_stretch(cpus, kStretch, [&](int first, int last) {
    text += fmt::format("{}{}", text.empty() ? "" : ",", first);
    if (last != first) text += fmt::format("-{}", last);
  });
  return text;
}

}  // namespace busmark
