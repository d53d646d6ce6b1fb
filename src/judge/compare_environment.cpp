// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "judge/compare.hpp"

namespace busmark {
namespace {

std::string text(const std::string& value) { return value.empty() ? "unknown" : value; }
std::string text(int value) { return fmt::format("{}", value); }
std::string text(bool value) { return value ? "yes" : "no"; }
template <typename T>
std::string text(const std::optional<T>& value) {
  return value ? fmt::format("{}", *value) : "unknown";
}

template <typename T>
void tell(std::vector<std::string>& differences, const char* what, const T& before,
          const T& after) {
  if (before == after) return;
  differences.push_back(fmt::format("{}: {} before, {} now", what, text(before), text(after)));
}

void tell_load(std::vector<std::string>& differences, const std::string& which,
               const Environment& machine) {
  if (!machine.load_average || *machine.load_average <= machine.online_cpus * 0.5) return;
  differences.push_back(
      fmt::format("load of the {} machine: {:.2f} on {} cpus before its run, so other work ran "
                  "beside it",
                  which, *machine.load_average, machine.online_cpus));
}

EnvironmentDifferences without_load(const StoredEnvironment& old_one,
                                    const StoredEnvironment& new_one) {
  const Environment& a = old_one.machine;
  const Environment& b = new_one.machine;
  EnvironmentDifferences found;
  auto& machine = found.machine;
  tell(machine, "host", a.host, b.host);
  tell(machine, "CPU", a.cpu_model, b.cpu_model);
  tell(machine, "online cpus", a.online_cpus, b.online_cpus);
  tell(machine, "architecture", a.architecture, b.architecture);
  tell(machine, "kernel", a.kernel, b.kernel);
  tell(machine, "kernel build", a.kernel_build, b.kernel_build);
  tell(machine, "virtual machine", a.virtual_machine, b.virtual_machine);
  tell(machine, "governor", a.governor, b.governor);
  tell(machine, "SMT", a.smt, b.smt);
  tell(machine, "isolated cpus", a.isolated_cpus, b.isolated_cpus);
  tell(machine, "transparent huge pages", a.transparent_huge_pages, b.transparent_huge_pages);
  tell(machine, "clock of the kernel", a.clocksource, b.clocksource);
  tell(machine, "clock of the run", old_one.clock_source, new_one.clock_source);
  auto& program = found.program;
  tell(program, "allocator", a.build.allocator, b.build.allocator);
  tell(program, "flags", a.build.flags, b.build.flags);
  tell(program, "compiler", a.build.compiler, b.build.compiler);
  tell(program, "busmark", a.build.version, b.build.version);
  tell(program, "optimised", a.build.optimised, b.build.optimised);
  tell(program, "sanitized", a.build.sanitized, b.build.sanitized);
  return found;
}

/// Adds what is not there yet.
void add(std::vector<std::string>& to, const std::vector<std::string>& from,
         const std::string& before) {
  for (const std::string& one : from) {
    if (std::find(to.begin(), to.end(), before + one) == to.end()) to.push_back(before + one);
  }
}

}  // namespace

EnvironmentDifferences find_differences(const StoredEnvironment& old_one,
                                        const StoredEnvironment& new_one) {
  EnvironmentDifferences found = without_load(old_one, new_one);
  tell_load(found.program, "old", old_one.machine);
  tell_load(found.program, "new", new_one.machine);
  return found;
}

EnvironmentDifferences find_differences(std::span<const StoredRun> old_runs,
                                        std::span<const StoredRun> new_runs) {
  EnvironmentDifferences found =
      without_load(old_runs.front().environment, new_runs.front().environment);
  for (const auto& [which, runs] : {std::pair{"old", old_runs}, std::pair{"new", new_runs}}) {
    const std::string among = fmt::format("among the {} runs, ", which);
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const auto more = without_load(runs.front().environment, runs[i].environment);
      add(found.machine, more.machine, among);
      add(found.program, more.program, among);
      tell_load(found.program, runs.size() == 1 ? which : fmt::format("{} run {}'s", which, i + 1),
                runs[i].environment.machine);
    }
  }
  return found;
}

}  // namespace busmark
