// SPDX-License-Identifier: Apache-2.0
#include "cli/console.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/file_descriptor.hpp"

namespace busmark {

void print(std::string_view text) {
  const int error = write_all(STDOUT_FILENO, text);
  if (error != 0 && error != EPIPE) {
    throw SetupError(fmt::format("standard output cannot be written: {}", std::strerror(error)));
  }
}

void print_error(std::string_view sentence) {
  static_cast<void>(write_all(STDERR_FILENO, fmt::format("busmark: {}\n", sentence)));
}

bool can_rewrite_lines(int file) {
  const char* terminal = std::getenv("TERM");
  return isatty(file) == 1 && terminal != nullptr && std::strcmp(terminal, "dumb") != 0;
}

bool color_wanted() {
  const char* no_color = std::getenv("NO_COLOR");
  return can_rewrite_lines(STDOUT_FILENO) && (no_color == nullptr || *no_color == '\0');
}

void require_standard_files() {
  const bool closed = fcntl(STDOUT_FILENO, F_GETFD) < 0;
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // The lowest free number is given out, so /dev/null takes exactly this place.
    if (fcntl(file, F_GETFD) < 0) open("/dev/null", O_RDWR);
  }
  if (closed) throw SetupError("standard output is closed; redirect it to a file or to /dev/null");
}

}  // namespace busmark
