// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <exception>
#include <new>
#include <string_view>
#include <system_error>

#ifdef BUSMARK_MIMALLOC
#include <mimalloc.h>
#endif

#include "busmark/base/error.hpp"

#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "program.hpp"

namespace {

using namespace busmark;

/// Takes no memory, of which there is none.
[[noreturn]] void on_out_of_memory() {
  constexpr std::string_view kSentence =
      "busmark: out of memory; use a smaller capacity, payload or number of threads, or allow more "
      "address space (ulimit -v)\n";
  const ssize_t written = write(STDERR_FILENO, kSentence.data(), kSentence.size());
  static_cast<void>(written);
  _exit(static_cast<int>(ExitCode::usage));
}

/// Before all other constructors, of which the first may find no memory.
/// mimalloc as Debian builds it (in C) knows no new-handler: its operator new reports and aborts.
constexpr int kFirstOfAll = 101;
[[gnu::constructor(kFirstOfAll)]] void catch_out_of_memory() {
  std::set_new_handler(on_out_of_memory);
#ifdef BUSMARK_MIMALLOC
  mi_register_error(
      [](int error, void*) {
        if (error == ENOMEM || error == EOVERFLOW) on_out_of_memory();
      },
      nullptr);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  // A closed pipe and a file that may grow no further are errors of write, not the end of a run.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    require_standard_files();
    return static_cast<int>(run_program(argc, argv));
  } catch (const ConfigError& error) {
    for (const Diagnostic& diagnostic : error.diagnostics()) print_error(diagnostic.text());
  } catch (const std::system_error& error) {
    const bool no_thread = error.code() == std::errc::resource_unavailable_try_again;
    print_error(no_thread ? "no thread could be started: allow this user more of them (ulimit -u), "
                            "the cgroup (pids.max), or more address space for their stacks "
                            "(ulimit -v)"
                          : error.what());
  } catch (const std::bad_alloc&) {
    on_out_of_memory();
  } catch (const std::exception& error) {
    print_error(error.what());
  }
  return static_cast<int>(ExitCode::usage);
}
