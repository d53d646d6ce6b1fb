// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace busmark {

/// Writes `bytes` to a temporary file beside `path`, flushes it to the disk and renames it, so that
/// `path` is never half-written. Throws SetupError; nothing is left behind then.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// The folder of one run. Made before the run, so that an output that cannot be written is known
/// before minutes are spent; removed again when nothing was put into it.
class RunFolder {
 public:
  /// Makes `<out>/<name>-<UTC time>`; a number is appended where that exists. Throws SetupError.
  RunFolder(const std::filesystem::path& out, std::string_view name);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// Throws SetupError when no file can be made in the folder of `path`.
void check_writable(const std::filesystem::path& path);

/// Now in UTC: `2026-01-31T09:15:00Z`.
[[nodiscard]] std::string utc_now();

}  // namespace busmark
