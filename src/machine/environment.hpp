// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/build_info.hpp"

namespace busmark {

/// Facts about the machine and the program that go with every result. What cannot be read is empty:
/// absent means unknown, never a default.
struct Environment {
  BuildInfo build;
  std::string host;
  std::string cpu_model;
  int online_cpus = 0;
  std::string kernel;        ///< `uname -sr`.
  std::string kernel_build;  ///< `uname -v`: tells the preemption model.
  std::string architecture;
  std::optional<bool> virtual_machine;
  std::string clocksource;  ///< The kernel's own.
  std::string governor;     ///< Of cpu 0.
  std::string smt;          ///< `on`, `off`, `notsupported` ...
  std::string isolated_cpus;
  std::string transparent_huge_pages;
  std::optional<long> realtime_budget_us;  ///< kernel.sched_rt_runtime_us; -1 is no limit.
  std::optional<double> load_average;      ///< One minute, before the run.
};

/// Reads /proc and /sys below `root`. Never throws for what is missing.
[[nodiscard]] Environment read_environment(const std::filesystem::path& root = "/");

}  // namespace busmark
