// SPDX-License-Identifier: Apache-2.0
#include "machine/huge_pages.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include <fmt/core.h>

#include "base/build_info.hpp"
#include "machine/kernel_snapshot.hpp"

namespace busmark {
namespace {

#ifdef MADV_COLLAPSE
constexpr int kCollapse = MADV_COLLAPSE;
#else
constexpr int kCollapse = 25;  // linux/mman.h since 6.1
#endif
constexpr std::string_view kFolder = "sys/kernel/mm/transparent_hugepage";
constexpr std::size_t kLargestSmaps = std::size_t{64} << 20;
/// What reserves more than this reserves addresses, as a sanitizer does.
constexpr std::uint64_t kLargestMapping = std::uint64_t{64} << 30;

ByteCount huge_page_size() {
  const auto file = std::filesystem::path("/") / kFolder / "hpage_pmd_size";
  const auto size = leading_number(read_kernel_file(file, 100).text);
  return {size && *size > 0 ? static_cast<std::uint64_t>(*size) : std::uint64_t{2} << 20};
}

std::vector<AnonymousMapping> own_mappings(ByteCount page) {
  return parse_mappings(read_kernel_file("/proc/self/smaps", kLargestSmaps).text, page);
}

std::uint64_t huge_kib(const std::vector<AnonymousMapping>& mappings) {
  std::uint64_t bytes = 0;
  for (const AnonymousMapping& one : mappings) bytes += one.huge.bytes;
  return bytes / 1024;
}

std::uint64_t resident_kib(const std::vector<AnonymousMapping>& mappings) {
  std::uint64_t bytes = 0;
  for (const AnonymousMapping& one : mappings) bytes += one.resident.bytes;
  return bytes / 1024;
}

/// The whole huge pages of a mapping.
template <typename Visit>
void for_each_page(const AnonymousMapping& mapping, ByteCount page, Visit visit) {
  const std::uintptr_t first = (mapping.begin + page.bytes - 1) / page.bytes * page.bytes;
  for (std::uintptr_t at = first; at + page.bytes <= mapping.end; at += page.bytes) {
    visit(reinterpret_cast<char*>(at));
  }
}

/// Maps small pages where huge ones are. A mapping that is cut within a huge page has to; the flag
/// by which it is cut here concerns core dumps alone and is taken back at once.
void map_small() {
  const ByteCount page = huge_page_size();
  const auto small = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  for (const AnonymousMapping& mapping : own_mappings(page)) {
    if (mapping.huge.bytes == 0) continue;
    for_each_page(mapping, page, [&](char* at) {
      if (madvise(at + small, small, MADV_DONTDUMP) == 0) madvise(at + small, small, MADV_DODUMP);
    });
  }
}

/// `7f5c00000000-7f5c00800000 rw-p 00000000 00:00 0   [heap]`: empty for what is no memory of ours
/// to arrange.
std::optional<AnonymousMapping> parse_head(std::string_view line) {
  AnonymousMapping mapping;
  const char* const end = line.data() + line.size();
  const auto first = std::from_chars(line.data(), end, mapping.begin, 16);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-') return std::nullopt;
  const auto last = std::from_chars(first.ptr + 1, end, mapping.end, 16);
  if (last.ec != std::errc() || mapping.end < mapping.begin) return std::nullopt;
  const std::vector<std::string_view> words = words_of(line);
  if (words.size() < 5 || words[1] != "rw-p" || words[4] != "0") return std::nullopt;
  const std::string_view name = words.size() > 5 ? words[5] : "";
  if (!name.empty() && name != "[heap]" && !name.starts_with("[anon")) return std::nullopt;
  return mapping;
}

/// `Rss:    1234 kB`
void parse_amount(std::string_view line, AnonymousMapping& mapping) {
  for (const auto& [key, target] :
       {std::pair{"Rss:", &mapping.resident}, std::pair{"AnonHugePages:", &mapping.huge}}) {
    if (!line.starts_with(key)) continue;
    const auto kib = leading_number(line.substr(std::strlen(key)));
    if (kib && *kib >= 0) target->bytes = static_cast<std::uint64_t>(*kib) * 1024;
  }
}

}  // namespace

std::vector<AnonymousMapping> parse_mappings(std::string_view smaps, ByteCount page) {
  std::vector<AnonymousMapping> mappings;
  bool within = false;
  while (!smaps.empty()) {
    const std::string_view line = smaps.substr(0, smaps.find('\n'));
    smaps.remove_prefix(std::min(line.size() + 1, smaps.size()));
    // Keys begin with a capital letter, addresses never do.
    if (!line.empty() && line.front() >= 'A' && line.front() <= 'Z') {
      if (within) parse_amount(line, mappings.back());
      continue;
    }
    const std::optional<AnonymousMapping> head = parse_head(line);
    within =
        head && head->end - head->begin >= page.bytes && head->end - head->begin <= kLargestMapping;
    if (within) mappings.push_back(*head);
  }
  return mappings;
}

HugePageScope::HugePageScope(HugePages wanted)
    : wanted_(wanted), disabled_before_(prctl(PR_GET_THP_DISABLE, 0UL, 0UL, 0UL, 0UL)) {
  if (wanted_ != HugePages::off) return;
  const std::uint64_t before = huge_kib(own_mappings(huge_page_size()));
  step_.done = prctl(PR_SET_THP_DISABLE, 1UL, 0UL, 0UL, 0UL) == 0;
  if (!step_.done) {
    step_.detail = std::strerror(errno);
    return;
  }
  if (before != 0) map_small();
  step_.detail = fmt::format("none; {} KiB were in huge ones", before);
}

HugePageScope::~HugePageScope() {
  if (wanted_ == HugePages::off && step_.done && disabled_before_ == 0) {
    prctl(PR_SET_THP_DISABLE, 0UL, 0UL, 0UL, 0UL);
  }
  if (collapsed_ && huge_pages_of_system() != "always") map_small();
}

void HugePageScope::collapse() {
  if (wanted_ != HugePages::on) return;
  if (build_info().sanitized) {
    step_.detail = "not in a sanitized build";
    return;
  }
  if (disabled_before_ > 0) {
    step_.detail = "the process was started without (prctl PR_SET_THP_DISABLE)";
    return;
  }
  const ByteCount page = huge_page_size();
  int error = 0;
  for (const AnonymousMapping& mapping : own_mappings(page)) {
    if (mapping.resident.bytes == 0) continue;
    for_each_page(mapping, page, [&](char* at) {
      // EINVAL: also where none of its pages has been touched yet.
      if (madvise(at, page.bytes, kCollapse) != 0 && (error == 0 || errno != EINVAL)) error = errno;
    });
  }
  collapsed_ = true;
  const std::vector<AnonymousMapping> after = own_mappings(page);
  const std::uint64_t reached = huge_kib(after);
  step_.done = reached > 0;
  if (step_.done) {
    step_.detail =
        fmt::format("{} of {} KiB in mappings that can hold one", reached, resident_kib(after));
  } else if (error == EINVAL) {
    step_.detail =
        "the kernel refused; it takes Linux 6.1 (MADV_COLLAPSE) with huge pages built in";
  } else {
    step_.detail = error == 0 ? "no memory is large enough" : std::strerror(error);
  }
}

std::string huge_pages_of_system(const std::filesystem::path& root) {
  std::string text = read_kernel_file(root / kFolder / "enabled", 100).text;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return chosen_word(text);
}

}  // namespace busmark
