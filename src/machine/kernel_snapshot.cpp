// SPDX-License-Identifier: Apache-2.0
#include "machine/kernel_snapshot.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>

#include <fmt/core.h>

#include "machine/topology.hpp"

namespace busmark {
namespace {

std::string problem_text(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR: return "not present here";
    case EACCES:
    case EPERM: return "needs root to be read";
    case EISDIR: return "is a folder";
    default: return std::strerror(error);
  }
}

/// So that cpu2 comes before cpu10.
bool numbers_in_order(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const auto digits = [](std::string_view text) {
        return std::min(text.find_first_not_of("0123456789"), text.size());
      };
      const std::size_t of_a = digits(a);
      const std::size_t of_b = digits(b);
      if (of_a != of_b) return of_a < of_b;
      if (const int order = a.substr(0, of_a).compare(b.substr(0, of_b)); order != 0) {
        return order < 0;
      }
      a.remove_prefix(of_a);
      b.remove_prefix(of_b);
    } else {
      if (a.front() != b.front()) return a.front() < b.front();
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.size() < b.size();
}

}  // namespace

KernelFile read_kernel_file(const std::filesystem::path& path, std::size_t limit) {
  // Without O_NONBLOCK opening a pipe without a writer would wait for one.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return {{}, problem_text(errno)};
  KernelFile result;
  std::string& text = result.text;
  char buffer[16'384];
  while (true) {
    const ssize_t got = ::read(file, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) result = {{}, problem_text(errno)};
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > limit) {
      result = {{}, fmt::format("holds more than {} bytes", limit)};
      break;
    }
  }
  close(file);
  return result;
}

KernelSnapshot::KernelSnapshot(const std::filesystem::path& root,
                               std::span<const std::string> patterns)
    : patterns_(patterns.begin(), patterns.end()) {
  for (const std::string& pattern : patterns) {
    std::size_t left = kMostMatches;
    read(root, "", pattern, left);
  }
}

void KernelSnapshot::read(const std::filesystem::path& root, const std::string& done,
                          std::string_view rest, std::size_t& left) {
  const auto slash = rest.find('/');
  const std::string_view part = rest.substr(0, slash);
  const std::string prefix = done.empty() ? "" : done + "/";
  const auto go_on = [&](const std::string& path) {
    if (slash != std::string_view::npos) return read(root, path, rest.substr(slash + 1), left);
    if (left == 0) return;
    --left;
    files_.insert_or_assign(path, read_kernel_file(root / path, kLargestFile));
  };
  if (part.find_first_of("*#") == std::string_view::npos) {
    return go_on(prefix + std::string(part));
  }
  std::error_code error;
  std::vector<std::string> names;
  for (auto entry = std::filesystem::directory_iterator(root / done, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (matches_pattern(name, part)) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end(), numbers_in_order);
  for (const std::string& name : names) {
    if (left > 0) go_on(prefix + name);
  }
}

void KernelSnapshot::update(const KernelSnapshot& newer) {
  for (const auto& [path, file] : newer.files_) files_.insert_or_assign(path, file);
}

const KernelFile& KernelSnapshot::file(const std::string& path) const {
  static const KernelFile absent{{}, "not present here"};
  const auto found = files_.find(path);
  return found == files_.end() ? absent : found->second;
}

bool KernelSnapshot::asked(const std::string& path) const {
  return files_.contains(path) ||
         std::any_of(patterns_.begin(), patterns_.end(),
                     [&](const std::string& each) { return matches_pattern(path, each); });
}

std::optional<std::string> KernelSnapshot::line(const std::string& path) const {
  const std::string_view text = file(path).text;
  const std::string_view first = trimmed(text.substr(0, text.find('\n')));
  if (first.empty()) return std::nullopt;
  return std::string(first);
}

std::optional<std::int64_t> KernelSnapshot::number(const std::string& path) const {
  const auto text = line(path);
  return text ? leading_number(*text) : std::nullopt;
}

std::optional<std::vector<CpuId>> KernelSnapshot::cpus(const std::string& path) const {
  if (!has(path)) return std::nullopt;
  try {
    return parse_cpu_list(line(path).value_or(""));
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

std::string KernelSnapshot::why_not(const std::string& path) const {
  const KernelFile& found = file(path);
  if (!found.readable()) return fmt::format("/{}: {}", path, found.problem);
  const auto first = line(path);
  return first ? fmt::format("/{}: \"{}\" is not understood", path, *first)
               : fmt::format("/{}: is empty", path);
}

std::vector<std::string> KernelSnapshot::matching(std::string_view pattern) const {
  // All matches begin with what stands before the first wildcard.
  const std::string_view fixed =
      pattern.substr(0, std::min(pattern.find_first_of("*#"), pattern.size()));
  std::vector<std::string> paths;
  for (auto entry = files_.lower_bound(fixed);
       entry != files_.end() && entry->first.starts_with(fixed); ++entry) {
    if (entry->second.readable() && matches_pattern(entry->first, pattern)) {
      paths.push_back(entry->first);
    }
  }
  std::sort(paths.begin(), paths.end(), numbers_in_order);
  return paths;
}

bool matches_pattern(std::string_view name, std::string_view pattern) noexcept {
  if (pattern.empty()) return name.empty();
  const std::string_view rest = pattern.substr(1);
  if (pattern.front() != '*' && pattern.front() != '#') {
    return !name.empty() && name.front() == pattern.front() &&
           matches_pattern(name.substr(1), rest);
  }
  const bool digits = pattern.front() == '#';
  if (!digits && matches_pattern(name, rest)) return true;
  for (std::size_t taken = 1; taken <= name.size(); ++taken) {
    const char letter = name[taken - 1];
    if (letter == '/' || (digits && !is_digit(letter))) return false;
    if (matches_pattern(name.substr(taken), rest)) return true;
  }
  return false;
}

std::optional<std::string> value_of(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(key)) {
      const std::string_view rest = trimmed(line.substr(key.size()));
      if (rest.starts_with(':')) return std::string(trimmed(rest.substr(1)));
    }
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return std::nullopt;
}

std::optional<std::int64_t> leading_number(std::string_view text) {
  const auto words = words_of(text);
  if (words.empty()) return std::nullopt;
  const std::string_view word = words.front();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

std::string chosen_word(const std::string& text) {
  const auto open = text.find('[');
  const auto close = text.find(']', open);
  if (open == std::string::npos || close == std::string::npos) return text;
  return text.substr(open + 1, close - open - 1);
}

}  // namespace busmark
