// SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <sys/prctl.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "machine/affinity.hpp"
#include "verb/tune/command.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;

/// Everything of this process that a session may change for its time.
struct ProcessState {
  std::vector<CpuId> cpus = allowed_cpus();
  int policy = sched_getscheduler(0);
  int priority = [] {
    sched_param parameters{};
    sched_getparam(0, &parameters);
    return parameters.sched_priority;
  }();
  int timer_slack = prctl(PR_GET_TIMERSLACK);
  int without_huge_pages = prctl(PR_GET_THP_DISABLE, 0UL, 0UL, 0UL, 0UL);
  std::string locked = [] {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("VmLck:")) return line;
    }
    return std::string();
  }();
  bool holds_dma_latency = [] {
    for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
      std::error_code error;
      if (fs::read_symlink(entry.path(), error) == "/dev/cpu_dma_latency") return true;
    }
    return false;
  }();
  bool operator==(const ProcessState&) const = default;
};

bool any_ledger(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (entry.path().filename() == "tune.json") return true;
  }
  return false;
}

TEST_CASE("what a session sets in its process is put back, at its end and at an interrupt") {
  const fs::path folder = fs::temp_directory_path() / "busmark-tune-restore-test";
  fs::remove_all(folder);
  fs::create_directories(folder);
  // Threads that sleep, so that /dev/cpu_dma_latency is held where that is permitted.
  std::ofstream(folder / "one.toml") << "[[scenario]]\nname = \"one\"\nload = \"5k/s\"\n"
                                        "wait = \"park\"\n";
  TuneArguments arguments;
  arguments.automatic = true;
  arguments.config.config = folder / "one.toml";
  arguments.block = "10ms";
  arguments.rounds = 6;
  arguments.duration = "2s";
  arguments.out = folder / "whole";
  const ProcessState before;
  CHECK_FALSE(before.holds_dma_latency);
  static_cast<void>(tune_automatically(arguments));
  CHECK(ProcessState() == before);
  CHECK(any_ledger(folder / "whole"));

  arguments.duration = "1h";
  arguments.out = folder / "cut";
  // As soon as something has been found out; more than once would leave at once.
  std::thread interrupter([&] {
    while (!any_ledger(folder / "cut")) std::this_thread::yield();
    raise(SIGINT);
  });
  CHECK(tune_automatically(arguments) == ExitCode::interrupted);
  interrupter.join();
  CHECK(ProcessState() == before);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace busmark
