// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <exception>
#include <new>
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

[[noreturn]] void on_out_of_memory() {
  print_error("out of memory; use a smaller capacity, payload or number of threads");
  _exit(static_cast<int>(ExitCode::usage));
}

/// mimalloc as Debian builds it (in C) knows no new-handler: its operator new reports and aborts.
void catch_out_of_memory() {
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
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of write, not the end of a run
  catch_out_of_memory();
  try {
    require_standard_files();
    return static_cast<int>(run_program(argc, argv));
  } catch (const ConfigError& error) {
    for (const Diagnostic& diagnostic : error.diagnostics()) print_error(diagnostic.text());
  } catch (const std::system_error& error) {
    const bool no_thread = error.code() == std::errc::resource_unavailable_try_again;
    print_error(no_thread ? "no thread could be started: allow this user more of them (ulimit -u), "
                            "or the cgroup (pids.max)"
                          : error.what());
  } catch (const std::exception& error) {
    print_error(error.what());
  }
  return static_cast<int>(ExitCode::usage);
}
