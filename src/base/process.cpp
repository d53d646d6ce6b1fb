// SPDX-License-Identifier: Apache-2.0
#include "base/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/file_descriptor.hpp"

namespace busmark {
namespace {

/// Everything the child needs between its start and its program, made before it exists.
struct Launch {
  const char* program = nullptr;
  char* const* arguments = nullptr;
  const cpu_set_t* cpus = nullptr;  ///< May be null.
  std::size_t cpus_size = 0;
  int input = -1;
  int output = -1;
  int errors = -1;
  pid_t parent = -1;
  int report = -1;  ///< Gets the reason when the program cannot be started; else exec closes it.
};

/// ThreadSanitizer does not know children that share memory.
#if defined(__SANITIZE_THREAD__)
constexpr int kSharing = 0;
#elif defined(__has_feature)
constexpr int kSharing = __has_feature(thread_sanitizer) ? 0 : CLONE_VM | CLONE_VFORK;
#else
constexpr int kSharing = CLONE_VM | CLONE_VFORK;
#endif

/// Runs in our memory while the calling thread waits (as after vfork), so it makes system calls
/// only. A true fork would mark every page of ours copy-on-write, and the measured threads would
/// pay the faults.
int start_program(void* data) noexcept {
  const auto& launch = *static_cast<const Launch*>(data);
  // Signals are blocked until here; no handler of ours may run in the child.
  for (int number = 1; number < NSIG; ++number) std::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  const bool ready =
      prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == launch.parent && setpgid(0, 0) == 0 &&
      (launch.cpus == nullptr || sched_setaffinity(0, launch.cpus_size, launch.cpus) == 0) &&
      dup2(launch.input, STDIN_FILENO) >= 0 && dup2(launch.output, STDOUT_FILENO) >= 0 &&
      dup2(launch.errors, STDERR_FILENO) >= 0 && sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
  if (ready) execv(launch.program, launch.arguments);
  const int error = errno != 0 ? errno : ESRCH;
  _exit(write(launch.report, &error, sizeof error) > 0 ? 127 : 126);
}

/// Both ends of a pipe, closed by exec.
struct Pipe {
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
      throw SetupError(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
    }
    from = FileDescriptor(ends[0]);
    to = FileDescriptor(ends[1]);
  }
  FileDescriptor from;
  FileDescriptor to;
};

using CpuSet = std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)>;
void free_cpu_set(cpu_set_t* set) noexcept { CPU_FREE(set); }

CpuSet make_cpu_set(const std::vector<CpuId>& cpus, std::size_t& bytes) {
  int highest = 0;
  for (const CpuId cpu : cpus) highest = std::max(highest, index(cpu));
  const auto count = static_cast<std::size_t>(highest) + 1;
  bytes = CPU_ALLOC_SIZE(count);
  CpuSet set(CPU_ALLOC(count), &free_cpu_set);
  CPU_ZERO_S(bytes, set.get());
  for (const CpuId cpu : cpus) CPU_SET_S(static_cast<std::size_t>(index(cpu)), bytes, set.get());
  return set;
}

/// Starts the launch as a child; its process id, or -1 with errno.
pid_t spawn(Launch& launch) {
  constexpr std::size_t kStack = 64 * 1024;
  const auto stack = std::make_unique<std::byte[]>(kStack);
  Pipe report;
  launch.report = report.to.get();
  launch.parent = getpid();
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  errno = 0;
  const pid_t pid = clone(&start_program, stack.get() + kStack, kSharing | SIGCHLD, &launch);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  report.to.reset();
  if (pid > 0) {
    if (read(report.from.get(), &error, sizeof error) <= 0) return pid;
    waitpid(pid, nullptr, 0);
  }
  errno = error;
  return -1;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

FileDescriptor open_log(const std::filesystem::path& path) {
  FileDescriptor log(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!log.is_open()) {
    throw SetupError(fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
  }
  return log;
}

}  // namespace

ChildProcess::ChildProcess(const Command& command) {
  const FileDescriptor null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const FileDescriptor log = open_log(command.log);
  const FileDescriptor errors = open_log(command.errors.empty() ? command.log : command.errors);
  if (!null.is_open()) {
    throw SetupError(fmt::format("cannot read /dev/null: {}", std::strerror(errno)));
  }
  std::vector<std::string> words{command.program.string()};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  const std::vector<char*> arguments = pointers(words);
  Launch launch;
  launch.program = words.front().c_str();
  launch.arguments = arguments.data();
  launch.input = null.get();
  launch.output = log.get();
  launch.errors = errors.get();
  CpuSet set = make_cpu_set(command.cpus, launch.cpus_size);
  if (!command.cpus.empty()) launch.cpus = set.get();
  pid_ = spawn(launch);
  if (pid_ < 0) {
    throw SetupError(
        fmt::format("cannot start {}: {}", command.program.string(), std::strerror(errno)));
  }
  // Not pidfd_open(): the header of glibc 2.36 declares it without extern "C".
  handle_ = FileDescriptor(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
}

bool ChildProcess::wait_for_end(Deadline deadline) noexcept {
  if (ended_) return true;
  if (handle_.is_open() && !wait_until_ready(handle_.get(), POLLIN, deadline)) return false;
  do {
    int status = 0;
    const pid_t result = waitpid(pid_, &status, WNOHANG);
    ended_ = result == pid_ || (result < 0 && errno == ECHILD);
    succeeded_ = result == pid_ && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    // Only where the kernel gave no pidfd.
    if (!ended_) poll(nullptr, 0, 1);
  } while (!ended_ && std::chrono::steady_clock::now() < deadline);
  return ended_;
}

ChildProcess::~ChildProcess() {
  using namespace std::chrono_literals;
  if (wait_for_end(deadline_in(0ns))) return;
  kill(pid_, SIGTERM);
  if (wait_for_end(deadline_in(2s))) return;
  kill(pid_, SIGKILL);
  wait_for_end(deadline_in(10s));
}

Nanoseconds ChildProcess::cpu_time() const {
  std::ifstream file(fmt::format("/proc/{}/stat", pid_));
  std::string text(std::istreambuf_iterator<char>(file), {});
  // The name in parentheses may hold anything; fields 3 and up stand behind it (proc(5)).
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  std::int64_t user = 0;
  std::int64_t system = 0;
  if (!(fields >> user >> system)) return {};
  return Nanoseconds((user + system) * (1'000'000'000 / sysconf(_SC_CLK_TCK)));
}

PrivateFolder::PrivateFolder(const std::string& prefix) {
  const char* const place = std::getenv("TMPDIR");
  std::string path = std::filesystem::path(place != nullptr && *place != '\0' ? place : "/tmp") /
                     (prefix + "-XXXXXX");
  Pipe pipe;
  alive_ = std::move(pipe.to);
  if (mkdtemp(path.data()) == nullptr) {
    throw SetupError(fmt::format("cannot make the folder {}: {}", path, std::strerror(errno)));
  }
  path_ = path;

  // Its own process group, so that an interrupt typed at the terminal does not reach it.
  std::vector<std::string> words{
      "sh", "-c",
      "trap '' HUP INT TERM; read -r line; n=0; "
      "while [ -e \"$0\" ] && [ $n -lt 50 ]; do rm -rf -- \"$0\"; n=$((n + 1)); "
      "[ ! -e \"$0\" ] || sleep 0.1; done",
      path};
  const std::vector<char*> arguments = pointers(words);
  const FileDescriptor null(open("/dev/null", O_WRONLY | O_CLOEXEC));
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe.from.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, null.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, null.get(), STDERR_FILENO);
  const int error =
      posix_spawn(&helper_, "/bin/sh", &actions, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error == 0) return;
  std::filesystem::remove(path_);
  throw SetupError(fmt::format("cannot start /bin/sh: {}", std::strerror(error)));
}

PrivateFolder::~PrivateFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  alive_.reset();
  waitpid(helper_, nullptr, 0);  // at most five seconds, see its script
}

std::filesystem::path find_program(const std::string& name) {
  const char* const list = std::getenv("PATH");
  // Debian keeps servers in /usr/sbin, which is not in a user's PATH.
  std::istringstream folders(std::string(list != nullptr ? list : "") +
                             ":/usr/sbin:/usr/local/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (!folder.starts_with('/')) continue;
    const std::filesystem::path path = std::filesystem::path(folder) / name;
    std::error_code ignored;
    if (std::filesystem::is_regular_file(path, ignored) && access(path.c_str(), X_OK) == 0) {
      return path;
    }
  }
  return {};
}

}  // namespace busmark
