// SPDX-License-Identifier: Apache-2.0
#include "base/file_descriptor.hpp"

#include <fcntl.h>

#include <doctest/doctest.h>

namespace busmark {
namespace {

bool is_open(int number) { return fcntl(number, F_GETFD) != -1; }

TEST_CASE("a file is closed by its last owner, once, and errno stays") {
  int number = -1;
  {
    FileDescriptor first(open("/dev/null", O_RDONLY | O_CLOEXEC));
    REQUIRE(first.is_open());
    number = first.get();
    FileDescriptor second(std::move(first));
    CHECK(is_open(number));
    errno = EDOM;
    first = FileDescriptor(open("/dev/null", O_RDONLY | O_CLOEXEC));
    CHECK(first.get() != number);
    second.reset();
    CHECK(errno == EDOM);
    CHECK_FALSE(second.is_open());
    CHECK_FALSE(is_open(number));
    number = first.get();
  }
  CHECK_FALSE(is_open(number));
}

}  // namespace
}  // namespace busmark
