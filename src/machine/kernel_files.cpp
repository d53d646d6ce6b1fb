// SPDX-License-Identifier: Apache-2.0
#include "machine/kernel_files.hpp"

#include <charconv>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "machine/kernel_snapshot.hpp"
#include "machine/topology.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;
using CpuList = std::vector<CpuId>;

/// More than any of these files holds; a recorded tree may hold anything.
constexpr std::size_t kLimit = std::size_t{1} << 16;

std::optional<CpuList> to_list(std::string_view text) {
  try {
    return parse_cpu_list(text);
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

/// A cgroup without the file has no cpuset of its own and lives in its parent's. The walk ends at
/// the mount root, which inside a container is often the container's own group.
std::optional<CpuList> nearest_cpuset(const fs::path& mount, fs::path group, const char* name) {
  while (true) {
    if (const auto list = read_list(mount / group / name); list && !list->empty()) return list;
    if (group.empty()) return std::nullopt;
    group = group.parent_path();
  }
}

}  // namespace

std::optional<std::string> read_line(const fs::path& path) {
  const KernelFile file = read_kernel_file(path, kLimit);
  if (!file.readable() || file.text.empty()) return std::nullopt;
  return file.text.substr(0, file.text.find('\n'));
}

std::optional<int> read_int(const fs::path& path) {
  const auto line = read_line(path);
  if (!line) return std::nullopt;
  int value = 0;
  const auto [end, error] = std::from_chars(line->data(), line->data() + line->size(), value);
  if (error != std::errc{} || end == line->data()) return std::nullopt;
  return value;
}

std::optional<CpuList> read_list(const fs::path& path) {
  const auto line = read_line(path);
  return line ? to_list(*line) : std::nullopt;
}

std::optional<CpuList> allowed_by_status(const fs::path& root) {
  std::istringstream file(read_kernel_file(root / "proc/self/status", kLimit).text);
  constexpr std::string_view kKey = "Cpus_allowed_list:";
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(kKey)) continue;
    const auto start = line.find_first_not_of(" \t", kKey.size());
    if (start == std::string::npos) return std::nullopt;
    return to_list(std::string_view(line).substr(start));
  }
  return std::nullopt;
}

std::optional<CpuList> allowed_by_cgroup(const fs::path& root) {
  const fs::path hierarchy = root / "sys/fs/cgroup";
  std::istringstream file(read_kernel_file(root / "proc/self/cgroup", kLimit).text);
  // Lines of cgroups(7), hierarchy-ID:controllers:/path; version 2 names no controllers.
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const auto controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const fs::path group = fs::path(line.substr(second + 1)).relative_path();
    // Outside the cgroup namespace's root: nothing that is mounted here is an ancestor.
    if (!group.empty() && *group.begin() == "..") continue;
    std::optional<CpuList> list;
    if (controllers == ",,") {
      list = nearest_cpuset(hierarchy, group, "cpuset.cpus.effective");
    } else if (controllers.find(",cpuset,") != std::string::npos) {
      list = nearest_cpuset(hierarchy / "cpuset", group, "cpuset.effective_cpus");
    }
    if (list) return list;
  }
  return std::nullopt;
}

}  // namespace busmark
