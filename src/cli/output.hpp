// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace busmark {

/// Writes `bytes` to a temporary file beside `path`, flushes it to the disk and renames it, so that
/// `path` is never half-written. A device or a pipe (`/dev/stdout`) is written as it is, a symbolic
/// link is followed. Throws SetupError, which names `flag` as the cure; nothing stays behind then.
void write_file(const std::filesystem::path& path, std::string_view bytes, std::string_view flag);

/// Throws what write_file() would throw now, and leaves nothing behind.
void check_writable(const std::filesystem::path& path, std::string_view flag);

/// A file that is to be written, and the flag that names it; an empty path is none.
struct NamedFile {
  std::string_view flag;
  std::filesystem::path path;
};
/// Throws ConfigError where two of them are the same file, of which the later would replace the
/// earlier. Devices and pipes may be named twice.
void require_apart(const std::vector<NamedFile>& files);

/// The folder of one run, `<out>/<name>-<UTC time>`. It is made only when there is something to put
/// in, so a run that ends without having measured anything, even by SIGKILL, leaves no folder.
class RunFolder {
 public:
  /// Takes the time, and checks that the folder could be made: throws SetupError before minutes are
  /// spent on measuring.
  RunFolder(std::filesystem::path out, std::string_view name);
  /// One that an earlier part of the run has made.
  explicit RunFolder(std::filesystem::path made);
  /// Removes again what create() made where nothing was put into it.
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  /// Makes the folder, the first time; a number is appended to its name where that exists. Throws
  /// SetupError.
  const std::filesystem::path& create();

 private:
  std::filesystem::path out_;
  std::string name_;
  std::filesystem::path made_;  ///< Empty until create().
  bool made_out_ = false;
  bool adopted_ = false;
};

}  // namespace busmark
