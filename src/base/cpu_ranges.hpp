// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"

namespace busmark {

/// `0, 1, 8-2047`: in their order, with what follows on each other as a range where more than three
/// do. For sentences; `format_cpu_list` is what the kernel takes.
[[nodiscard]] std::string cpu_ranges(const std::vector<CpuId>& cpus);

/// Parses the kernel's list format, `0-3,8` (empty is no CPU), with or without the newline of its
/// files. Throws std::invalid_argument.
[[nodiscard]] std::vector<CpuId> parse_cpu_list(std::string_view text);

/// The same format, ranges where numbers follow each other: `0-3,8`. Sorted CPUs only.
[[nodiscard]] std::string format_cpu_list(const std::vector<CpuId>& cpus);

/// Calls `one(first, last)` for each stretch of ascending neighbours; `at_least` of them make one,
/// fewer come one by one.
template <typename One>
void for_each_stretch(const std::vector<CpuId>& cpus, std::size_t at_least, One one) {
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t last = i;
    while (last + 1 < cpus.size() && index(cpus[last + 1]) == index(cpus[last]) + 1) ++last;
    if (last - i + 1 < at_least) last = i;
    one(index(cpus[i]), index(cpus[last]));
    i = last + 1;
  }
}

}  // namespace busmark
