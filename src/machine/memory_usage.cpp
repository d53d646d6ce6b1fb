// SPDX-License-Identifier: Apache-2.0
#include "machine/memory_usage.hpp"

#include <dirent.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <memory>
#include <string_view>

#include "machine/kernel_snapshot.hpp"

// Defined by mimalloc where the program is linked with it, else null.
extern "C" [[gnu::weak]] void mi_process_info(std::size_t* elapsed_ms, std::size_t* user_ms,
                                              std::size_t* system_ms, std::size_t* current_rss,
                                              std::size_t* peak_rss, std::size_t* current_commit,
                                              std::size_t* peak_commit, std::size_t* page_faults);

namespace busmark {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestFile = 65'536;

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { closedir(directory); }
};

/// `Rss:    1234 kB` in bytes.
std::optional<ByteCount> kibibytes(std::string_view text, std::string_view key) {
  const auto value = value_of(text, key);
  const auto number = value ? leading_number(*value) : std::nullopt;
  if (!number || *number < 0) return std::nullopt;
  return ByteCount{static_cast<std::uint64_t>(*number) * 1024};
}

/// Field `index` of statm, which counts pages.
std::optional<ByteCount> pages(std::string_view text, std::size_t index) {
  const auto words = words_of(text);
  if (index >= words.size()) return std::nullopt;
  std::uint64_t count = 0;
  const std::string_view word = words[index];
  if (std::from_chars(word.data(), word.data() + word.size(), count).ec != std::errc()) {
    return std::nullopt;
  }
  return ByteCount{count * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE))};
}

/// Entries of the folder, but for the one that reading it takes.
std::optional<std::uint64_t> count_open_files(const fs::path& folder) {
  const std::unique_ptr<DIR, CloseDirectory> directory(opendir(folder.c_str()));
  if (directory == nullptr) return std::nullopt;
  std::uint64_t entries = 0;
  while (const dirent* entry = readdir(directory.get())) entries += entry->d_name[0] != '.' ? 1 : 0;
  return entries - std::min<std::uint64_t>(entries, 1);
}

std::optional<ByteCount> rss_of(const KernelFile& rollup, const KernelFile& statm) {
  const auto rss = kibibytes(rollup.text, "Rss");
  return rss ? rss : pages(statm.text, 1);
}

ByteCount committed_bytes() {
  if (mi_process_info != nullptr) {
    std::array<std::size_t, 8> figures{};
    mi_process_info(&figures[0], &figures[1], &figures[2], &figures[3], &figures[4], &figures[5],
                    &figures[6], &figures[7]);
    return {figures[5]};
  }
  const struct mallinfo2 info = mallinfo2();
  return {info.arena + info.hblkhd};
}

}  // namespace

MemoryUsage read_memory_usage(const fs::path& root) {
  const fs::path self = root / "proc/self";
  const KernelFile rollup = read_kernel_file(self / "smaps_rollup", kLongestFile);
  const KernelFile statm = read_kernel_file(self / "statm", kLongestFile);
  const KernelFile status = read_kernel_file(self / "status", kLongestFile);
  MemoryUsage usage;
  usage.rss = rss_of(rollup, statm);
  usage.pss = kibibytes(rollup.text, "Pss");
  usage.vms = pages(statm.text, 0);
  usage.committed = committed_bytes();
  usage.open_files = count_open_files(self / "fd");
  if (const auto threads = value_of(status.text, "Threads")) {
    const auto number = leading_number(*threads);
    if (number && *number >= 0) usage.threads = static_cast<std::uint64_t>(*number);
  }
  return usage;
}

std::optional<ByteCount> read_rss(const fs::path& root) {
  const fs::path self = root / "proc/self";
  return rss_of(read_kernel_file(self / "smaps_rollup", kLongestFile),
                read_kernel_file(self / "statm", kLongestFile));
}

bool forget_peak_rss(const fs::path& root) {
  const fs::path path = root / "proc/self/clear_refs";
  std::error_code error;
  if (!fs::exists(path, error)) return false;
  std::ofstream file(path);
  file << "5\n";
  return file.flush().good();
}

std::optional<ByteCount> read_peak_rss(const fs::path& root) {
  return kibibytes(read_kernel_file(root / "proc/self/status", kLongestFile).text, "VmHWM");
}

}  // namespace busmark
