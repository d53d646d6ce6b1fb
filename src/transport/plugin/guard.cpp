// SPDX-License-Identifier: Apache-2.0
#include "transport/plugin/guard.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <exception>
#include <memory>
#include <string_view>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"

namespace busmark {
namespace {

constexpr char kFinding = 'f';
constexpr char kNote = 'n';
constexpr char kThrown = 't';
constexpr char kEnd = 'e';

/// In the child: nothing of it is to be seen or left behind.
[[noreturn]] void work_and_end(const std::function<void(const GuardSteps&)>& work, int pipe,
                               char* step, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it ended before that was heard
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
    std::signal(signal, SIG_DFL);
  }
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, file);
  const auto send = [&](char kind, const std::string& text) {
    const std::string line = kind + text + '\n';
    return ::write(pipe, line.data(), line.size());
  };
  try {
    work(GuardSteps(pipe, step));
    static_cast<void>(send(kEnd, ""));
  } catch (const std::exception& exception) {
    static_cast<void>(send(kThrown, in_quotes(exception.what(), 200)));
  } catch (...) {
    static_cast<void>(send(kThrown, "what is no std::exception"));
  }
  _exit(0);  // without destructors of what is the parent's
}

/// What the pipe brings until it is closed by the other end; false when the time is over first.
bool read_until(int pipe, std::chrono::steady_clock::time_point deadline, std::string& text) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() < 0) return false;
    pollfd ready{.fd = pipe, .events = POLLIN, .revents = 0};
    const int events = ::poll(&ready, 1, static_cast<int>(left.count()) + 1);
    if (events < 0 && errno != EINTR) return true;
    if (events <= 0) continue;
    std::array<char, 4096> part{};
    const ssize_t got = ::read(pipe, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) {
    const char* name = sigabbrev_np(WTERMSIG(status));
    return fmt::format("crashes (SIG{})", name != nullptr ? name : "NAL");
  }
  return fmt::format("ends the process (exit code {})", WEXITSTATUS(status));
}

}  // namespace

void GuardSteps::begin(std::string_view step) const noexcept {
  const std::size_t length = std::min(step.size(), kLongestStep);
  std::memcpy(step_, step.data(), length);
  step_[length] = '\0';
}

void GuardSteps::say(const std::string& finding) const noexcept { send(kFinding, finding); }
void GuardSteps::note(const std::string& text) const noexcept { send(kNote, text); }

void GuardSteps::send(char kind, const std::string& text) const noexcept {
  const std::string line = kind + text + '\n';
  static_cast<void>(::write(pipe_, line.data(), line.size()));
}

GuardResult run_guarded(const std::function<void(const GuardSteps&)>& work, Nanoseconds at_most) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    throw SetupError(fmt::format("no pipe could be made: {}", std::strerror(errno)));
  }
  const FileDescriptor reading(ends[0]);
  FileDescriptor writing(ends[1]);
  struct Unmap {
    void operator()(char* page) const noexcept { munmap(page, GuardSteps::kLongestStep + 1); }
  };
  void* const page = mmap(nullptr, GuardSteps::kLongestStep + 1, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) throw SetupError("no memory could be shared with a process");
  const std::unique_ptr<char, Unmap> step(static_cast<char*>(page));
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) {
    throw SetupError(fmt::format("no process could be started: {}", std::strerror(errno)));
  }
  if (child == 0) work_and_end(work, writing.get(), step.get(), parent);
  writing.reset();

  std::string text;
  const bool in_time = read_until(reading.get(), std::chrono::steady_clock::now() + at_most, text);
  // Also where it has ended: nothing that it has started is to stay.
  int status = 0;
  if (in_time) {
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
  }
  kill(-child, SIGKILL);
  if (!in_time) {
    kill(child, SIGKILL);  // before it has a group of its own
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
  }

  GuardResult result;
  result.step = step.get();
  bool ended = false;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string line(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.empty()) continue;
    const std::string words = line.substr(1);
    if (line.front() == kFinding) result.findings.push_back(words);
    if (line.front() == kNote) result.notes.push_back(words);
    if (line.front() == kThrown) result.fault = "throws " + words;
    if (line.front() == kEnd) ended = true;
  }
  if (!in_time) {
    result.fault = "blocks for longer than " + format_duration(at_most);
  } else if (!ended && result.fault.empty()) {
    result.fault = how_it_ended(status);
  }
  return result;
}

}  // namespace busmark
