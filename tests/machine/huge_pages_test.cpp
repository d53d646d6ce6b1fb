// SPDX-License-Identifier: Apache-2.0
#include "machine/huge_pages.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>

#include <cstdint>
#include <cstring>

#include <doctest/doctest.h>

#include "base/build_info.hpp"
#include "machine/kernel_snapshot.hpp"
#include "support/recorded_tree.hpp"
#include "support/text.hpp"

namespace busmark {
namespace {

constexpr ByteCount kPage{2 << 20};
constexpr std::size_t kPages = 4;

/// Some megabytes of touched memory with a value of its own in each small page.
class Touched {
 public:
  Touched()
      : memory_(static_cast<char*>(
            mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    for (std::size_t i = 0; i < kSize; i += kSmall) memory_[i] = value(i);
  }
  ~Touched() { munmap(memory_, kSize); }
  Touched(const Touched&) = delete;
  Touched& operator=(const Touched&) = delete;

  [[nodiscard]] bool intact() const {
    for (std::size_t i = 0; i < kSize; i += kSmall) {
      if (memory_[i] != value(i)) return false;
    }
    return true;
  }
  [[nodiscard]] std::uint64_t huge_bytes() const {
    std::uint64_t bytes = 0;
    const auto at = reinterpret_cast<std::uintptr_t>(memory_);
    const KernelFile smaps = read_kernel_file("/proc/self/smaps", std::size_t{64} << 20);
    for (const AnonymousMapping& one : parse_mappings(smaps.text, kPage)) {
      // Neighbours of the same kind are one mapping.
      if (one.begin < at + kSize && one.end > at) bytes += one.huge.bytes;
    }
    return bytes;
  }

 private:
  static constexpr std::size_t kSmall = 4096;
  static constexpr std::size_t kSize = (kPages + 1) * (std::size_t{2} << 20);
  static char value(std::size_t i) { return static_cast<char>(1 + i / kSmall % 100); }
  char* memory_;
};

TEST_CASE("memory of the process without a file is found, with what of it is huge") {
  const auto mappings = parse_mappings(
      "555500000000-555500400000 rw-p 00000000 00:00 0                          [heap]\n"
      "Size:               4096 kB\nRss:                2052 kB\nAnonHugePages:      2048 kB\n"
      "VmFlags: rd wr mr mw me ac sd\n"
      "7f0000000000-7f0000400000 r--p 00000000 08:01 1234                       /usr/lib/a.so\n"
      "Rss:                 100 kB\n"
      "7f0000400000-7f0000800000 rw-p 00000000 00:00 0 \nRss:                   4 kB\n"
      "7f0000800000-7f0000801000 rw-p 00000000 00:00 0 \nRss:                   4 kB\n"
      "7ffc00000000-7ffc00800000 rw-p 00000000 00:00 0                          [stack]\n"
      "Rss:                  40 kB\n",
      kPage);
  REQUIRE(mappings.size() == 2);
  CHECK(mappings[0].begin == 0x555500000000);
  CHECK(mappings[0].end == 0x555500400000);
  CHECK(mappings[0].resident.bytes == 2052 * 1024);
  CHECK(mappings[0].huge.bytes == 2048 * 1024);
  CHECK(mappings[1].resident.bytes == 4096);
  CHECK(mappings[1].huge.bytes == 0);
}

TEST_CASE("a text that is no list of mappings has none") {
  for (const char* text : {"", "\n\n", "Rss: 4 kB\n", "zz-yy rw-p 0 0 0\n", "10-5 rw-p 0 00:00 0\n",
                           "7f0000000000-\n", "7f0000000000-7f0000400000 rw-p\nRss: 1 kB"}) {
    CHECK(parse_mappings(text, kPage).empty());
  }
}

TEST_CASE("touched memory goes into huge pages, keeps what it holds and is small again after") {
  const Touched memory;
  {
    HugePageScope scope(HugePages::on);
    CHECK_FALSE(scope.step().done);
    scope.collapse();
    CHECK(memory.intact());
    const TuningStep& step = scope.step();
    CAPTURE(step.detail);
    CHECK(step.name == "huge_pages");
    CHECK_FALSE(step.detail.empty());
    CHECK(step.done == (memory.huge_bytes() >= kPage.bytes));
    if (step.done) CHECK(step.detail.find("KiB") != std::string::npos);
  }
  CHECK(memory.intact());
  if (huge_pages_of_system() != "always") CHECK(memory.huge_bytes() == 0);
}

TEST_CASE("without huge pages there is none, and the process is as before after it") {
  const Touched memory;
  if (huge_pages_of_system() != "always") {
    HugePageScope before(HugePages::on);
    before.collapse();
  }
  const int disabled = prctl(PR_GET_THP_DISABLE, 0UL, 0UL, 0UL, 0UL);
  {
    const HugePageScope scope(HugePages::off);
    CHECK(scope.step().done);
    CHECK(prctl(PR_GET_THP_DISABLE, 0UL, 0UL, 0UL, 0UL) == 1);
    CHECK(memory.huge_bytes() == 0);
    CHECK(memory.intact());
  }
  CHECK(prctl(PR_GET_THP_DISABLE, 0UL, 0UL, 0UL, 0UL) == disabled);
}

TEST_CASE("who was started without huge pages is told so and stays without") {
  const int before = prctl(PR_GET_THP_DISABLE, 0UL, 0UL, 0UL, 0UL);
  REQUIRE(prctl(PR_SET_THP_DISABLE, 1UL, 0UL, 0UL, 0UL) == 0);
  {
    HugePageScope scope(HugePages::on);
    scope.collapse();
    CHECK_FALSE(scope.step().done);
    const bool sanitized = build_info().sanitized;
    CHECK(testing::contains(scope.step().detail, sanitized ? "sanitized" : "PR_SET_THP_DISABLE"));
  }
  { const HugePageScope off(HugePages::off); }
  CHECK(prctl(PR_GET_THP_DISABLE, 0UL, 0UL, 0UL, 0UL) == 1);
  prctl(PR_SET_THP_DISABLE, static_cast<unsigned long>(before), 0UL, 0UL, 0UL);
}

TEST_CASE("the system's setting is the word in brackets") {
  const testing::RecordedTree tree;
  CHECK(huge_pages_of_system(tree.root()).empty());
  tree.write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never");
  CHECK(huge_pages_of_system(tree.root()) == "madvise");
}

}  // namespace
}  // namespace busmark
