// SPDX-License-Identifier: Apache-2.0
#include "machine/memory_usage.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include <doctest/doctest.h>

#include "support/recorded_tree.hpp"

namespace busmark {
namespace {

using testing::RecordedTree;

TEST_CASE("memory figures are read from the kernel's files in their own units") {
  const RecordedTree tree;
  tree.write("proc/self/smaps_rollup",
             "55d0-7ffc ---p 00000000 00:00 0    [rollup]\n"
             "Rss:               2048 kB\nPss:               1500 kB\nPss_Anon: 7 kB");
  tree.write("proc/self/statm", "1000 500 30 1 0 9 0");
  tree.write("proc/self/status", "Name:\tx\nThreads:\t5");
  tree.write("proc/self/fd/0", "");
  tree.write("proc/self/fd/1", "");
  tree.write("proc/self/fd/2", "");
  const MemoryUsage usage = read_memory_usage(tree.root());
  CHECK(usage.rss.value().bytes == 2048 * 1024);
  CHECK(usage.pss.value().bytes == 1500 * 1024);
  CHECK(usage.vms.value().bytes == 1000 * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
  CHECK(usage.threads.value() == 5);
  CHECK(usage.open_files.value() == 2);  // without the one that reading the folder takes
}

TEST_CASE("without smaps_rollup the resident pages of statm do, and what is not there is unknown") {
  const RecordedTree tree;
  tree.write("proc/self/statm", "1000 500 30 1 0 9 0");
  const MemoryUsage usage = read_memory_usage(tree.root());
  CHECK(usage.rss.value().bytes == 500 * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
  CHECK_FALSE(usage.pss);
  CHECK_FALSE(usage.threads);
  CHECK_FALSE(usage.open_files);
  tree.write("proc/self/statm", "some pages");
  const MemoryUsage broken = read_memory_usage(tree.root());
  CHECK_FALSE(broken.rss);
  CHECK_FALSE(broken.vms);
}

TEST_CASE("touched memory, an open file and a thread show in the figures of this process") {
  constexpr std::size_t kBytes = std::size_t{64} << 20;
  const MemoryUsage before = read_memory_usage();
  REQUIRE(before.rss);
  void* const block =
      mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(block != MAP_FAILED);
  const MemoryUsage mapped = read_memory_usage();
  CHECK(mapped.vms->bytes >= before.vms->bytes + kBytes);
  std::memset(block, 1, kBytes);
  const int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
  MemoryUsage inside;
  std::thread([&] { inside = read_memory_usage(); }).join();
  close(file);
  munmap(block, kBytes);
  CHECK(inside.rss->bytes >= mapped.rss->bytes + kBytes / 2);  // the rest may be swapped out
  CHECK(inside.open_files.value() == before.open_files.value() + 1);
  CHECK(inside.threads.value() > before.threads.value());
  CHECK(inside.committed.value().bytes > 0);
}

TEST_CASE("the peak of memory outlives what made it, until it is to be forgotten") {
  constexpr std::size_t kBytes = std::size_t{64} << 20;
  if (!forget_peak_rss()) {
    MESSAGE("this kernel forgets no peak");
    return;
  }
  const std::uint64_t before = read_rss().value().bytes;
  void* const block =
      mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(block != MAP_FAILED);
  std::memset(block, 1, kBytes);
  munmap(block, kBytes);
  CHECK(read_peak_rss().value().bytes >= before + kBytes / 2);
  CHECK(read_rss().value().bytes < before + kBytes / 2);
  CHECK(forget_peak_rss());
  CHECK(read_peak_rss().value().bytes < before + kBytes / 2);
}

TEST_CASE("a kernel that does not tell the peak of memory is told from one that does") {
  const RecordedTree tree;
  CHECK_FALSE(forget_peak_rss(tree.root()));
  CHECK_FALSE(read_peak_rss(tree.root()));
  CHECK_FALSE(read_rss(tree.root()));
  tree.write("proc/self/clear_refs", "");
  tree.write("proc/self/status", "Name:\tx\nVmHWM:\t  2048 kB\nThreads:\t5");
  tree.write("proc/self/smaps_rollup", "Rss:               1024 kB");
  CHECK(forget_peak_rss(tree.root()));
  CHECK(read_peak_rss(tree.root()).value().bytes == 2048 * 1024);
  CHECK(read_rss(tree.root()).value().bytes == 1024 * 1024);
}

}  // namespace
}  // namespace busmark
