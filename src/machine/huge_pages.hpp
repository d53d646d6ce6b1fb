// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"

#include "machine/process_tuning.hpp"
#include "record/machine.hpp"

namespace busmark {

/// Private memory without a file behind it, by /proc/self/smaps.
struct AnonymousMapping {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  ByteCount resident{};
  ByteCount huge{};  ///< Of that in huge pages, mapped as such.
};
/// Of a text in the format of /proc/self/smaps, those that may hold a whole huge page. Source:
/// proc(5).
[[nodiscard]] std::vector<AnonymousMapping> parse_mappings(std::string_view smaps, ByteCount page);

/// Keeps huge pages in or out of the process while it lives, and nothing of it outlasts it: no
/// setting of the system is touched, no flag stays on a mapping.
class HugePageScope {
 public:
  /// `off`: no page becomes huge any more (prctl PR_SET_THP_DISABLE), and those that are so are
  /// mapped in small ones.
  explicit HugePageScope(HugePages wanted);
  ~HugePageScope();
  HugePageScope(const HugePageScope&) = delete;
  HugePageScope& operator=(const HugePageScope&) = delete;

  /// `on`: all memory that has been touched goes into huge pages now (MADV_COLLAPSE, Linux 6.1,
  /// whatever `enabled` says), at some milliseconds for each 10 MiB, as it is copied. Else without
  /// effect. To be called when all that is hot is there and nothing that matters runs.
  void collapse();

  /// What was reached; without a meaning for `system`.
  [[nodiscard]] const TuningStep& step() const noexcept { return step_; }

 private:
  HugePages wanted_;
  int disabled_before_;  ///< PR_GET_THP_DISABLE; negative where unknown.
  bool collapsed_ = false;
  TuningStep step_{.name = "huge_pages", .done = false, .detail = "not asked for"};
};

/// The word of transparent_hugepage/enabled: `always`, `madvise`, `never`; empty where unknown.
[[nodiscard]] std::string huge_pages_of_system(const std::filesystem::path& root = "/");

}  // namespace busmark
