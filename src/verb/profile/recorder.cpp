// SPDX-License-Identifier: Apache-2.0
#include "verb/profile/recorder.hpp"

#include <elf.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/file_descriptor.hpp"
#include "base/quote.hpp"
#include "machine/kernel_snapshot.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t kLongestLog = std::size_t{1} << 16;

/// The first line that says something.
std::string first_words(std::string_view log) {
  std::istringstream lines{std::string(log)};
  for (std::string line; std::getline(lines, line);) {
    if (line.find_first_not_of(" \t") != std::string::npos) return line;
  }
  return {};
}

std::optional<int> paranoid_level() {
  const KernelFile file = read_kernel_file("/proc/sys/kernel/perf_event_paranoid", kLongestLog);
  const auto level = leading_number(file.text);
  return level ? std::optional(static_cast<int>(*level)) : std::nullopt;
}

FileDescriptor make_pipe(const fs::path& path) {
  fs::remove(path);
  // For reading too: then neither end waits for the other to be there.
  if (mkfifo(path.c_str(), 0600) != 0) {
    throw SetupError(fmt::format("cannot make {}: {}", path.string(), std::strerror(errno)));
  }
  FileDescriptor pipe(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!pipe.is_open()) {
    throw SetupError(fmt::format("cannot open {}: {}", path.string(), std::strerror(errno)));
  }
  return pipe;
}

std::string install_hint() {
  return "install linux-perf (Debian), linux-tools-$(uname -r) (Ubuntu) or perf (Fedora, Arch)";
}

}  // namespace

void check_stacks(const std::string& stacks, const std::string& flag) {
  for (const std::string_view known : {"dwarf", "fp", "lbr", "none"}) {
    if (stacks == known) return;
  }
  constexpr std::string_view kSized = "dwarf,";
  if (stacks.starts_with(kSized)) {
    unsigned size = 0;
    const char* const end = stacks.data() + stacks.size();
    const auto [stop, error] = std::from_chars(stacks.data() + kSized.size(), end, size);
    constexpr unsigned kLargest = 65'528;  // a sample is no longer than 64 KiB
    if (error == std::errc{} && stop == end && size >= 8 && size <= kLargest && size % 8 == 0) {
      return;
    }
  }
  throw ConfigError({{flag, "",
                      fmt::format("{} is no way to find stacks; write dwarf, dwarf,8192 (bytes, a "
                                  "multiple of 8), fp, lbr or none",
                                  in_quotes(stacks))}});
}

std::string perf_problem(std::string_view log, std::optional<int> paranoid) {
  const auto says = [&](std::string_view words) { return log.find(words) != std::string::npos; };
  if (says("perf not found for kernel")) {
    return "the perf that is installed is not for this kernel; " + install_hint();
  }
  if (says("Permission error mapping pages")) {
    return "perf may lock no memory for its buffers; raise kernel.perf_event_mlock_kb or ulimit -l";
  }
  if (says("perf_event_paranoid") || says("perf_event_open") || says("ermission")) {
    return fmt::format(
        "perf may not record here{}; sysctl -w kernel.perf_event_paranoid=1, in a "
        "container also --cap-add PERFMON",
        paranoid ? fmt::format(": kernel.perf_event_paranoid is {}", *paranoid) : std::string());
  }
  if (says("unknown option")) {
    return "this perf is too old: --control came with perf 5.10; " + install_hint();
  }
  const std::string words = first_words(log);
  return words.empty() ? "it said nothing" : "perf says " + in_quotes(words, 200);
}

Perf::Perf() : program_(find_program("perf")) {
  if (program_.empty()) throw SetupError("there is no perf in $PATH; " + install_hint());
  const fs::path text = folder_.path() / "version";
  ChildProcess child({.program = program_, .arguments = {"--version"}, .cpus = {}, .log = text});
  if (!child.wait_for_end(deadline_in(10s)) || !child.succeeded()) {
    throw SetupError(perf_problem(read_kernel_file(text, kLongestLog).text, paranoid_level()));
  }
  version_ = first_words(read_kernel_file(text, kLongestLog).text);
}

std::string Perf::log() const { return read_kernel_file(folder_.path() / "log", kLongestLog).text; }

void Perf::start(const PerfOptions& options) {
  const fs::path commands = folder_.path() / "commands";
  const fs::path answers = folder_.path() / "answers";
  const FileDescriptor command_pipe = make_pipe(commands);
  const FileDescriptor answer_pipe = make_pipe(answers);
  fs::remove(folder_.path() / "log");
  fs::remove(data());
  std::vector<std::string> arguments{
      "record",    "-q",
      "-N",        "-B",  // leaves nothing in the user's ~/.debug
      "-k",        "CLOCK_MONOTONIC",
      "-e",        options.event,
      "-F",        std::to_string(options.frequency),
      "-D",        "-1",
      "--control", fmt::format("fifo:{},{}", commands.string(), answers.string()),
      "-o",        data().string(),
      "-p",        std::to_string(getpid())};
  // More than the default only where it costs no other program its share of locked memory.
  if (geteuid() == 0) arguments.insert(arguments.end(), {"-m", "4M"});
  if (options.stacks != "none") {
    const bool default_size = options.stacks == "dwarf";
    arguments.insert(arguments.end(),
                     {"--call-graph", default_size ? "dwarf,4096" : options.stacks});
  }
  recording_ =
      std::make_unique<ChildProcess>(ChildProcess::Command{.program = program_,
                                                           .arguments = std::move(arguments),
                                                           .cpus = {},
                                                           .log = folder_.path() / "log"});
  await_answer(command_pipe.get(), answer_pipe.get());
}

void Perf::await_answer(int commands, int answers) {
  constexpr std::string_view kEnable = "enable\n";
  if (write(commands, kEnable.data(), kEnable.size()) < 0) {
    throw SetupError(fmt::format("perf cannot be told to begin: {}", std::strerror(errno)));
  }
  const Deadline deadline = deadline_in(20s);
  while (std::chrono::steady_clock::now() < deadline) {
    pollfd wanted{.fd = answers, .events = POLLIN, .revents = 0};
    if (poll(&wanted, 1, 20) > 0) return;
    if (recording_->wait_for_end(deadline_in(0ns))) {
      recording_.reset();
      throw SetupError(perf_problem(log(), paranoid_level()));
    }
  }
  recording_.reset();
  throw SetupError("perf did not begin within 20 s; the machine may be too busy");
}

void Perf::finish() {
  const std::unique_ptr<ChildProcess> recording = std::move(recording_);
  if (recording == nullptr) return;
  if (recording->wait_for_end(deadline_in(0ns))) {
    throw SetupError("perf ended in the middle of the run: " +
                     perf_problem(log(), paranoid_level()));
  }
  kill(recording->pid(), SIGINT);  // upon which it writes what it has
  if (!recording->wait_for_end(deadline_in(60s))) {
    throw SetupError("perf did not end within 60 s of being told to");
  }
  std::error_code error;
  if (fs::file_size(data(), error) == 0 || error) {
    throw SetupError("perf has recorded nothing: " + perf_problem(log(), paranoid_level()));
  }
}

void Perf::read(PerfScriptReader& reader, bool with_inlined) const {
  const fs::path text = folder_.path() / "script";
  const fs::path errors = folder_.path() / "script-errors";
  fs::remove(text);
  fs::remove(errors);
  ChildProcess script({.program = program_,
                       .arguments = {"script", "-i", data().string(), "--ns",
                                     with_inlined ? "--inline" : "--no-inline",
                                     "--show-lost-events", "-F", "comm,pid,tid,time,ip,sym,dso"},
                       .cpus = {},
                       .log = text,
                       .errors = errors});
  // However long it takes: a second interrupt ends it, and us.
  while (!script.wait_for_end(deadline_in(1s))) {
  }
  if (!script.succeeded()) {
    throw SetupError("perf script failed: " +
                     perf_problem(read_kernel_file(errors, kLongestLog).text, paranoid_level()));
  }
  std::ifstream file(text, std::ios::binary);
  for (std::string line; std::getline(file, line);) reader.line(line);
  reader.finish();
}

bool has_debug_information(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  Elf64_Ehdr header{};
  file.read(reinterpret_cast<char*>(&header), sizeof header);
  const bool ours = file && std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
                    header.e_ident[EI_CLASS] == ELFCLASS64 &&
                    header.e_shentsize == sizeof(Elf64_Shdr) && header.e_shstrndx < header.e_shnum;
  if (!ours) return false;
  std::vector<Elf64_Shdr> sections(header.e_shnum);
  file.seekg(static_cast<std::streamoff>(header.e_shoff));
  file.read(reinterpret_cast<char*>(sections.data()),
            static_cast<std::streamsize>(sections.size() * sizeof(Elf64_Shdr)));
  if (!file) return false;
  const Elf64_Shdr& names = sections[header.e_shstrndx];
  constexpr std::uint64_t kMostNames = 1 << 20;
  std::string text(std::min<std::uint64_t>(names.sh_size, kMostNames), '\0');
  file.seekg(static_cast<std::streamoff>(names.sh_offset));
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  return file && std::ranges::any_of(sections, [&](const Elf64_Shdr& section) {
           return section.sh_name < text.size() &&
                  std::string_view(text.c_str() + section.sh_name) == ".debug_info";
         });
}

}  // namespace busmark
