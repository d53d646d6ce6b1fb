// SPDX-License-Identifier: Apache-2.0
#include "machine/process_pauses.hpp"

#include <csignal>

#include <doctest/doctest.h>

namespace busmark {
namespace {

TEST_CASE("each time that the process is continued counts, while a counter lives") {
  const std::uint64_t before = process_pauses();
  raise(SIGCONT);
  CHECK(process_pauses() == before);
  {
    const PauseCounter counter;
    raise(SIGCONT);
    raise(SIGCONT);
    CHECK(process_pauses() == before + 2);
  }
  raise(SIGCONT);
  CHECK(process_pauses() == before + 2);
}

TEST_CASE("who handles SIGCONT already keeps it") {
  static volatile std::sig_atomic_t seen = 0;
  struct sigaction own {};
  struct sigaction old {};
  own.sa_handler = [](int) { seen = seen + 1; };
  sigaction(SIGCONT, &own, &old);
  {
    const PauseCounter counter;
    raise(SIGCONT);
  }
  raise(SIGCONT);
  sigaction(SIGCONT, &old, nullptr);
  CHECK(seen == 2);
}

}  // namespace
}  // namespace busmark
