// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "busmark/base/units.hpp"

#include "base/deadline.hpp"
#include "base/file_descriptor.hpp"

namespace busmark {

/// A program that ends with us: by its own process id when this object goes, and by a signal of the
/// kernel when the thread that started it ends in whatever way, SIGKILL included. So start it on a
/// thread that stays.
class ChildProcess {
 public:
  struct Command {
    std::filesystem::path program;       ///< Full path.
    std::vector<std::string> arguments;  ///< Without the program's name.
    std::vector<CpuId> cpus;             ///< Cores it may use; empty: those of this thread.
    std::filesystem::path log;           ///< Gets its standard output and error.
    std::filesystem::path errors{};      ///< Gets its standard error, where that is to be apart.
  };

  /// The program does not belong to our process group: an interrupt typed at the terminal reaches
  /// us alone. Throws SetupError when it cannot be started.
  explicit ChildProcess(const Command& command);
  /// SIGTERM, and SIGKILL when that has not helped after two seconds.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  /// Waits until it has ended or the deadline comes; true when it has ended.
  bool wait_for_end(Deadline deadline) noexcept;
  /// Whether it has ended by itself with exit code 0; known once wait_for_end() was true.
  [[nodiscard]] bool succeeded() const noexcept { return succeeded_; }
  /// Processor time of all its threads so far (/proc/PID/stat); 0 when it cannot be read.
  [[nodiscard]] Nanoseconds cpu_time() const;

 private:
  pid_t pid_ = -1;
  FileDescriptor handle_;  ///< pidfd: readable when the process has ended.
  bool ended_ = false;
  bool succeeded_ = false;
};

/// A folder of our own, for us alone to read, which goes with this object, and when we are killed
/// too: a helper process waits for our end and deletes it.
class PrivateFolder {
 public:
  /// Below $TMPDIR, else /tmp. Throws SetupError.
  explicit PrivateFolder(const std::string& prefix);
  ~PrivateFolder();
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
  FileDescriptor alive_;  ///< A pipe whose other end the helper reads: closed by our end.
  pid_t helper_ = -1;
};

/// Full path of a program of this name in $PATH, /usr/sbin or /usr/local/sbin; empty when there is
/// none.
[[nodiscard]] std::filesystem::path find_program(const std::string& name);

}  // namespace busmark
