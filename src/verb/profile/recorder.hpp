// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/process.hpp"
#include "verb/profile/perf_script.hpp"

namespace busmark {

/// How perf is to sample this process.
struct PerfOptions {
  std::string event = "cpu-clock";
  std::uint32_t frequency = 1999;  ///< A second.
  std::string stacks = "dwarf";    ///< For --call-graph, with a size or without; or `none`.
};

/// `dwarf`, `dwarf,SIZE`, `fp`, `lbr` or `none`. Throws ConfigError that names `flag`.
void check_stacks(const std::string& stacks, const std::string& flag);

/// The program perf, and what it leaves on the disk while it is used: all of it goes with this
/// object, and when we are killed. Whatever goes wrong is a SetupError of one sentence.
class Perf {
 public:
  /// The first `perf` in $PATH, with its version.
  Perf();

  /// `perf version 6.1.187`.
  [[nodiscard]] const std::string& version() const noexcept { return version_; }
  /// What was recorded last.
  [[nodiscard]] std::filesystem::path data() const { return folder_.path() / "perf.data"; }

  /// Samples every thread of this process, those that begin later and its child processes included.
  /// Returns when it does. `perf` runs where the calling thread may.
  void start(const PerfOptions& options);
  /// Ends it, and waits until everything is written.
  void finish();
  /// Gives the samples to `reader`. Where `with_inlined`, inlined functions are frames.
  void read(PerfScriptReader& reader, bool with_inlined) const;

 private:
  [[nodiscard]] std::string log() const;
  void await_answer(int commands, int answers);

  std::filesystem::path program_;
  PrivateFolder folder_{"busmark-profile"};
  std::string version_;
  std::unique_ptr<ChildProcess> recording_;
};

/// What perf's own words mean, in one sentence with the cure where there is one that is known.
/// `paranoid`: kernel.perf_event_paranoid where readable.
[[nodiscard]] std::string perf_problem(std::string_view log, std::optional<int> paranoid);

/// Whether the program at `path` (ELF) says which inlined function each instruction is of: with it
/// perf names these. False for what is no such file.
[[nodiscard]] bool has_debug_information(const std::filesystem::path& path);

}  // namespace busmark
