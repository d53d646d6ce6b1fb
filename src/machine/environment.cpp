// SPDX-License-Identifier: Apache-2.0
#include "machine/environment.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>

namespace busmark {
namespace {

/// First line of a small kernel file; empty when it cannot be read.
std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

template <typename Number>
std::optional<Number> to_number(const std::string& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  return number;
}

/// The chosen word of `always [madvise] never`.
std::string bracketed(const std::string& text) {
  const auto open = text.find('[');
  const auto close = text.find(']', open);
  if (open == std::string::npos || close == std::string::npos) return text;
  return text.substr(open + 1, close - open - 1);
}

/// CPU model and hypervisor flag as /proc/cpuinfo tells them for the first processor.
void read_cpuinfo(const std::filesystem::path& path, Environment& environment) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line) && !line.empty()) {
    const auto colon = line.find(": ");
    if (colon == std::string::npos) continue;
    const std::string_view key = std::string_view(line).substr(0, line.find_first_of("\t:"));
    const std::string value = line.substr(colon + 2);
    if (key == "model name") environment.cpu_model = value;
    if (key == "flags") {
      environment.virtual_machine = (" " + value + " ").find(" hypervisor ") != std::string::npos;
    }
  }
}

}  // namespace

Environment read_environment(const std::filesystem::path& root) {
  Environment environment;
  environment.build = build_info();

  utsname names{};
  if (uname(&names) == 0) {
    environment.host = names.nodename;
    environment.kernel = std::string(names.sysname) + " " + names.release;
    environment.kernel_build = names.version;
    environment.architecture = names.machine;
  }
  environment.online_cpus = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));

  const auto proc = root / "proc";
  const auto sys = root / "sys";
  const auto cpus = sys / "devices/system/cpu";
  read_cpuinfo(proc / "cpuinfo", environment);
  environment.clocksource =
      first_line(sys / "devices/system/clocksource/clocksource0/current_clocksource");
  environment.governor = first_line(cpus / "cpu0/cpufreq/scaling_governor");
  environment.smt = first_line(cpus / "smt/control");
  environment.isolated_cpus = first_line(cpus / "isolated");
  environment.transparent_huge_pages =
      bracketed(first_line(sys / "kernel/mm/transparent_hugepage/enabled"));
  environment.realtime_budget_us =
      to_number<long>(first_line(proc / "sys/kernel/sched_rt_runtime_us"));
  environment.load_average = to_number<double>(first_line(proc / "loadavg"));
  return environment;
}

}  // namespace busmark
