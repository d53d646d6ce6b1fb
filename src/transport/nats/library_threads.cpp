// SPDX-License-Identifier: Apache-2.0
#include "transport/nats/library_threads.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>

#include "busmark/base/error.hpp"

#include "machine/affinity.hpp"

namespace busmark {
namespace {

const std::filesystem::path kTasks = "/proc/self/task";

/// Threads of this process, ascending.
std::vector<pid_t> threads_now() {
  std::vector<pid_t> threads;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(kTasks, error)) {
    const std::string name = entry.path().filename().string();
    pid_t id = 0;
    std::from_chars(name.data(), name.data() + name.size(), id);
    if (id > 0) threads.push_back(id);
  }
  std::sort(threads.begin(), threads.end());
  return threads;
}

std::string text_of(pid_t thread, const char* file) {
  std::ifstream stream(kTasks / std::to_string(thread) / file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// proc(5), /proc/PID/stat: field 39, counted from 1; the name in field 2 may hold anything, so
/// counting begins behind its bracket.
std::optional<int> cpu_of(pid_t thread) {
  const std::string text = text_of(thread, "stat");
  const std::size_t bracket = text.rfind(')');
  if (bracket == std::string::npos) return std::nullopt;
  std::istringstream rest(text.substr(bracket + 1));
  std::string field;
  for (int number = 3; number <= 39; ++number) rest >> field;
  int cpu = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), cpu);
  return error == std::errc{} ? std::optional(cpu) : std::nullopt;
}

/// The first number of /proc/PID/schedstat: nanoseconds on a core.
Nanoseconds processor_time_of(pid_t thread) {
  const std::string text = text_of(thread, "schedstat");
  std::int64_t nanoseconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), nanoseconds);
  return Nanoseconds(nanoseconds);
}

std::vector<int> allowed_cpus_of(pid_t thread) {
  std::vector<int> cpus;
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(thread, sizeof mask, &mask) != 0) return cpus;
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &mask)) cpus.push_back(static_cast<int>(cpu));
  }
  return cpus;
}

void add_state(pid_t thread, NatsLibraryThread& found) {
  found.processor_time = processor_time_of(thread);
  const std::optional<int> cpu = cpu_of(thread);
  if (cpu && std::find(found.seen_on.begin(), found.seen_on.end(), *cpu) == found.seen_on.end()) {
    found.seen_on.push_back(*cpu);
    std::sort(found.seen_on.begin(), found.seen_on.end());
  }
}

}  // namespace

LibraryThreads::Watch::Watch(LibraryThreads& threads, std::string name)
    : threads_(threads),
      name_(std::move(name)),
      before_(threads_now()),
      cpus_before_(allowed_cpus()) {
  if (!threads_.cpus_.empty()) pin_this_thread(threads_.cpus_);
}

LibraryThreads::Watch::~Watch() {
  for (const pid_t id : threads_now()) {
    if (std::binary_search(before_.begin(), before_.end(), id)) continue;
    NatsLibraryThread& found = threads_.found_[id];
    found = {.name = name_, .allowed_cpus = allowed_cpus_of(id), .seen_on = {}};
    add_state(id, found);
    std::ofstream(kTasks / std::to_string(id) / "comm") << name_.substr(0, 15);
  }
  try {
    pin_this_thread(cpus_before_);
  } catch (const SetupError&) {
    // The cores were ours a moment ago; a worker that loses them is told when it pins itself.
  }
}

std::vector<NatsLibraryThread> LibraryThreads::report() const {
  std::vector<NatsLibraryThread> threads;
  const std::vector<pid_t> now = threads_now();
  for (auto [id, found] : found_) {
    if (!std::binary_search(now.begin(), now.end(), id)) continue;
    add_state(id, found);
    threads.push_back(std::move(found));
  }
  return threads;
}

}  // namespace busmark
