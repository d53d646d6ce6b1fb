// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"

#include "base/words.hpp"

namespace busmark {

/// A kernel file as it was read: its text, or why there is none.
struct KernelFile {
  std::string text;
  std::string problem;  ///< Empty when the file was read: `needs root to be read`, ...

  [[nodiscard]] bool readable() const noexcept { return problem.empty(); }
};

/// Reads a file whole, at most `limit` bytes; never blocks on a pipe, never throws for what the
/// file is or holds.
[[nodiscard]] KernelFile read_kernel_file(const std::filesystem::path& path, std::size_t limit);

/// Files of /proc, /sys and /dev as they were at one moment. A value: what judges it needs no disk,
/// and a recorded tree of another machine makes the same one. Paths are relative to the root, as in
/// `sys/devices/system/cpu/online`.
class KernelSnapshot {
 public:
  /// More than any file that is looked at holds on the largest machines.
  static constexpr std::size_t kLargestFile = std::size_t{4} << 20;
  /// Files that one pattern may name; a machine with more threads than this is read in part.
  static constexpr std::size_t kMostMatches = 20'000;

  KernelSnapshot() = default;
  /// Reads what the patterns name below `root`. `*` stands for any characters within one part of a
  /// path, `#` for digits only.
  KernelSnapshot(const std::filesystem::path& root, std::span<const std::string> patterns);

  /// For tests: as if the file had been read.
  void put(const std::string& path, std::string text) { files_[path] = {std::move(text), {}}; }

  /// Takes over every file that `newer` holds.
  void update(const KernelSnapshot& newer);

  /// A path that was not read is `not present here`.
  [[nodiscard]] const KernelFile& file(const std::string& path) const;
  [[nodiscard]] bool has(const std::string& path) const { return file(path).readable(); }
  /// Whether the path was asked for at all, present or not.
  [[nodiscard]] bool asked(const std::string& path) const;

  /// First line without spaces around it; empty when the file cannot be read or the line is empty.
  [[nodiscard]] std::optional<std::string> line(const std::string& path) const;
  /// The number that the first line begins with.
  [[nodiscard]] std::optional<std::int64_t> number(const std::string& path) const;
  /// A CPU list; an empty file is an empty list. Empty when the file is no list.
  [[nodiscard]] std::optional<std::vector<CpuId>> cpus(const std::string& path) const;
  /// Why nothing of use is known from the file: `path: needs root to be read`, `path: is empty`.
  [[nodiscard]] std::string why_not(const std::string& path) const;

  /// Readable files that match, numbers in paths in their order.
  [[nodiscard]] std::vector<std::string> matching(std::string_view pattern) const;

 private:
  void read(const std::filesystem::path& root, const std::string& done, std::string_view rest,
            std::size_t& left);

  std::map<std::string, KernelFile, std::less<>> files_;
  std::vector<std::string> patterns_;
};

/// Whether `name` matches `pattern` as in KernelSnapshot.
[[nodiscard]] bool matches_pattern(std::string_view name, std::string_view pattern) noexcept;

/// Value behind `key:` or `key\t:` of a text of such lines, as in /proc/self/status.
[[nodiscard]] std::optional<std::string> value_of(std::string_view text, std::string_view key);

/// The number that a text begins with, spaces before it aside; empty where letters follow it.
[[nodiscard]] std::optional<std::int64_t> leading_number(std::string_view text);

/// The chosen word of `always [madvise] never`; the text itself where none is chosen.
[[nodiscard]] std::string chosen_word(const std::string& text);

}  // namespace busmark
