// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"

namespace busmark {

/// A function on a stack.
struct PerfFrame {
  std::string symbol;  ///< Demangled; `[unknown]` where perf knows none.
  std::string object;  ///< Program, library or `[kernel.kallsyms]`; empty where unknown.
  bool operator==(const PerfFrame&) const = default;
};

/// One sample of `perf script`.
struct PerfSample {
  std::string name;  ///< Of the thread.
  pid_t process = 0;
  pid_t thread = 0;
  Nanoseconds time{};            ///< By the clock that `perf record -k` was told.
  std::vector<PerfFrame> stack;  ///< Innermost first; may be empty.
};

/// Reads what this prints, line by line:
/// `perf script --ns --show-lost-events -F comm,pid,tid,time,ip,sym,dso`.
/// What is no such line is counted and passed over, with the sample that it stands in: the text
/// comes from another program, and a line of it may be cut.
class PerfScriptReader {
 public:
  using OnSample = std::function<void(PerfSample&&)>;

  explicit PerfScriptReader(OnSample on_sample) : on_sample_(std::move(on_sample)) {}

  /// Without the newline.
  void line(std::string_view text);
  /// Hands over the last sample.
  void finish();

  [[nodiscard]] std::uint64_t samples() const noexcept { return samples_; }
  /// That perf took and could not keep.
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }
  [[nodiscard]] std::uint64_t malformed_lines() const noexcept { return malformed_; }

 private:
  OnSample on_sample_;
  PerfSample sample_;
  bool open_ = false;     ///< A sample has begun.
  bool spoiled_ = false;  ///< It cannot be used.
  std::uint64_t samples_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t malformed_ = 0;
};

}  // namespace busmark
