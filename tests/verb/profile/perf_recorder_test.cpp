// SPDX-License-Identifier: Apache-2.0
#include <elf.h>

#include <array>
#include <cstring>
#include <fstream>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "verb/profile/recorder.hpp"

namespace busmark {
namespace {

/// A file of ELF with one section of this name beside that of the names, which is its end.
std::string program_with(std::string_view section) {
  const std::string names = std::string(1, '\0') + std::string(section) + '\0';
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_shoff = sizeof header;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 2;
  header.e_shstrndx = 1;
  std::array<Elf64_Shdr, 2> sections{};
  sections[0].sh_name = 1;
  sections[1].sh_offset = sizeof header + sizeof sections;
  sections[1].sh_size = names.size();
  std::string text(reinterpret_cast<const char*>(&header), sizeof header);
  text.append(reinterpret_cast<const char*>(sections.data()), sizeof sections);
  return text + names;
}

TEST_CASE("ways to find stacks are checked before perf sees them") {
  for (const char* good : {"dwarf", "dwarf,8", "dwarf,65528", "fp", "lbr", "none"}) {
    CAPTURE(good);
    CHECK_NOTHROW(check_stacks(good, "--stacks"));
  }
  for (const char* bad : {"", "Dwarf", "dwarf,", "dwarf,0", "dwarf,12", "dwarf,65536", "dwarf,8 ",
                          "dwarf,-8", "dwarf,8,8", "fp,8", "--x", "dwarf,99999999999"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(check_stacks(bad, "--stacks"), ConfigError);
  }
}

TEST_CASE("what perf says is told in words that help") {
  const auto tells = [](const char* log, std::optional<int> paranoid, const char* words) {
    const std::string problem = perf_problem(log, paranoid);
    CAPTURE(problem);
    CHECK(problem.find(words) != std::string::npos);
    CHECK(problem.find('\n') == std::string::npos);
  };
  tells("WARNING: perf not found for kernel 5.15.0-91\n\n  You may need ...", 2, "linux-tools-");
  tells(
      "Error:\nAccess to performance monitoring and observability operations is limited.\n"
      "Consider adjusting /proc/sys/kernel/perf_event_paranoid setting",
      4, "perf_event_paranoid is 4; sysctl -w kernel.perf_event_paranoid=1");
  tells("Permission error mapping pages.\nConsider increasing kernel.perf_event_mlock_kb", 1,
        "perf_event_mlock_kb");
  tells("  Error: unknown option `control=fifo:a'\n\n Usage: perf record", 1, "perf 5.10");
  tells("\n\nsomething \x1b[31mnew\nmore", 1, "perf says \"something \\x1b[31mnew\"");
  tells("", std::nullopt, "it said nothing");
}

TEST_CASE("only a program with debug information has it") {
  CHECK_FALSE(has_debug_information("/no/such/file"));
  CHECK_FALSE(has_debug_information("/"));
  CHECK_FALSE(has_debug_information("/dev/null"));
  CHECK_FALSE(has_debug_information(BUSMARK_TEST_DATA "/profile/README.md"));
  const PrivateFolder folder("busmark-test");
  const std::filesystem::path path = folder.path() / "program";
  const auto write = [&](std::string_view bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  };
  const std::string with = program_with(".debug_info");
  write(with);
  CHECK(has_debug_information(path));
  write(program_with(".symtab"));
  CHECK_FALSE(has_debug_information(path));
  for (std::size_t length = 0; length < with.size(); ++length) {
    CAPTURE(length);
    write(std::string_view(with).substr(0, length));
    CHECK_FALSE(has_debug_information(path));
  }
}

}  // namespace
}  // namespace busmark
