// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "busmark/analysis/compare.hpp"

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

void tell_load(std::vector<std::string>& differences, const char* which,
               const Environment& machine) {
  if (!machine.load_average || *machine.load_average <= machine.online_cpus * 0.5) return;
  differences.push_back(
      fmt::format("load of the {} machine: {:.2f} on {} cpus before its run, so other work ran "
                  "beside it",
                  which, *machine.load_average, machine.online_cpus));
}

}  // namespace

EnvironmentDifferences find_differences(const StoredEnvironment& old_one,
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
  tell_load(program, "old", a);
  tell_load(program, "new", b);
  return found;
}

}  // namespace busmark
