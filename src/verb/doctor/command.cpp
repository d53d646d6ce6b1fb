// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"
#include "cli/console.hpp"
#include "verb/doctor/tell.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

struct DoctorArguments {
  std::string cores;
  std::vector<std::string> budgets;
  std::string probe = "1s";
  std::string root;
  bool sleeps = false;
  bool realtime = false;
  bool all = false;
  bool json = false;
};

[[noreturn]] void refuse(const char* flag, const std::string& message) {
  throw ConfigError({Diagnostic{.where = flag, .key = {}, .message = message}});
}

ExaminationOptions examination_options(const DoctorArguments& arguments) {
  ExaminationOptions options;
  options.sleeps = arguments.sleeps;
  options.realtime = arguments.realtime;
  if (!arguments.cores.empty()) {
    try {
      options.cores = parse_cpu_list(arguments.cores);
    } catch (const std::invalid_argument&) {
      refuse("--cores", in_quotes(arguments.cores) + " is not a list of CPUs such as 2,3 or 2-5");
    }
  }
  try {
    options.probe = parse_duration(arguments.probe);
  } catch (const std::invalid_argument& error) {
    refuse("--probe", error.what());
  }
  if (options.probe > std::chrono::minutes(1)) {
    refuse("--probe", in_quotes(arguments.probe) + " keeps the cores busy too long; at most 1m");
  }
  if (!arguments.root.empty()) {
    const std::filesystem::path root = arguments.root;
    std::error_code error;
    if (!std::filesystem::is_directory(root, error)) {
      refuse("--root", in_quotes(arguments.root, 100) +
                           " is no folder; name one with the proc and sys of a machine in it");
    }
    const bool tree = std::filesystem::is_directory(root / "proc", error) ||
                      std::filesystem::is_directory(root / "sys", error);
    if (!tree) {
      refuse("--root", in_quotes(arguments.root, 100) + " holds neither proc nor sys");
    }
    options.root = root;
  }
  return options;
}

std::vector<Budget> budgets_of(const DoctorArguments& arguments) {
  if (arguments.budgets.empty()) return {parse_budget("p95 < 5ms")};
  std::vector<Budget> budgets;
  for (const std::string& text : arguments.budgets) {
    try {
      budgets.push_back(parse_budget(text));
    } catch (const std::invalid_argument& error) {
      refuse("--budget", error.what());
    }
    if (!is_latency(budgets.back().metric)) {
      refuse("--budget", in_quotes(text) +
                             " limits no latency, which is all that a machine can be judged for; "
                             "write it as in \"p95 < 50us\"");
    }
  }
  return budgets;
}

ExitCode doctor_command(const DoctorArguments& arguments) {
  const std::vector<Budget> budgets = budgets_of(arguments);
  const Examination machine = examine(examination_options(arguments));
  const Diagnosis diagnosis = diagnose(machine, budgets);
  print(arguments.json ? write_doctor_json(machine, diagnosis)
                       : write_doctor_text(machine, diagnosis,
                                           {.color = color_wanted(), .all = arguments.all}));
  return diagnosis.fit() ? ExitCode::ok : ExitCode::invalid;
}

}  // namespace

Verb doctor_verb() {
  const auto arguments = std::make_shared<DoctorArguments>();
  return {
      .name = "doctor",
      .about = "Say what on this machine costs latency, and the cure",
      .arguments = {{"--cores",
                     &arguments->cores,
                     "LIST",
                     "Cores to look at, such as 2,3 (default: those of one\nproducer and consumer)",
                     {.may_be_empty = true}},
                    {"--budget",
                     &arguments->budgets,
                     "BUDGET",
                     "What the machine is to serve (repeatable;\ndefault: p95 < 5ms)",
                     {.may_be_empty = true}},
                    {"--sleeps", &arguments->sleeps, "", "Threads will wait in the kernel (park)"},
                    {"--realtime", &arguments->realtime, "", "Threads will be SCHED_FIFO"},
                    {"--probe",
                     &arguments->probe,
                     "TIME",
                     "How long to spin on the cores (default: 1s; 0s: read\nfiles only)",
                     {.may_be_empty = true}},
                    {"--root",
                     &arguments->root,
                     "DIR",
                     "A recorded tree of proc and sys instead of /",
                     {.may_be_empty = true}},
                    {"--all", &arguments->all, "", "Every check with what was found"},
                    {"--json", &arguments->json, "", "For programs: busmark.doctor/1"}},
      .run = [arguments] { return doctor_command(*arguments); }};
}

}  // namespace busmark
