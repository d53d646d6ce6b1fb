// SPDX-License-Identifier: Apache-2.0
#include "machine/interrupt_counts.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "support/recorded_tree.hpp"

namespace busmark {
namespace {

std::string recorded(const std::string& name) {
  std::ifstream file(std::filesystem::path(BUSMARK_TEST_DATA) / "noise" / (name + ".txt"));
  if (!file) throw std::runtime_error("no recorded " + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

InterruptTable table_of(const std::string& name, bool soft = false) {
  return parse_interrupts(recorded(name), soft);
}

const InterruptRow& row(const InterruptTable& table, const std::string& label) {
  const auto found = std::find_if(table.rows.begin(), table.rows.end(),
                                  [&](const auto& each) { return each.label == label; });
  REQUIRE(found != table.rows.end());
  return *found;
}

TEST_CASE("columns belong to the cpus that the header names, offline ones left out") {
  const InterruptTable table = table_of("server_interrupts");
  CHECK(table.cores == std::vector{CpuId{0}, CpuId{2}, CpuId{3}});
  CHECK(row(table, "NMI").counts == std::vector<std::uint32_t>{3, 4, 5});
}

TEST_CASE("interrupts are named for what they are") {
  const InterruptTable table = table_of("server_interrupts");
  CHECK(row(table, "LOC").kind == InterruptKind::tick);
  CHECK(row(table, "LOC").name == "tick");
  CHECK(row(table, "125").kind == InterruptKind::device);
  CHECK(row(table, "125").name == "nvme0q1");
  CHECK(row(table, "16").name == "ehci_hcd:usb1, snd_hda_intel:card0");
  CHECK(row(table, "40").name == "irq 40");
  CHECK(row(table, "TLB").kind == InterruptKind::cross_call);
  CHECK(row(table, "TLB").name == "TLB shootdown");
  CHECK(row(table, "MCP").kind == InterruptKind::other);
  CHECK(row(table, "MCP").name == "Machine check polls");
}

TEST_CASE("rows that count for the whole machine belong to no core") {
  const InterruptTable table = table_of("server_interrupts");
  for (const InterruptRow& each : table.rows) {
    CHECK(each.label != "ERR");
    CHECK(each.label != "MIS");
  }
  // On one core such a row has as many numbers as any other.
  const InterruptTable one = parse_interrupts("  CPU0\nLOC: 5 Local timer\nERR: 7\n", false);
  REQUIRE(one.rows.size() == 1);
  CHECK(one.rows[0].label == "LOC");
}

TEST_CASE("an ARM machine's timer and calls are recognised") {
  const InterruptTable table = table_of("arm_interrupts");
  CHECK(row(table, "11").kind == InterruptKind::tick);
  CHECK(row(table, "14").kind == InterruptKind::device);
  CHECK(row(table, "45").name == "nvme0q0");
  CHECK(row(table, "IPI0").kind == InterruptKind::cross_call);
  CHECK(row(table, "IPI0").name == "Rescheduling interrupts");
}

TEST_CASE("two readings of a real machine give what each core counted meanwhile") {
  const auto counted = interrupts_between(table_of("vm_interrupts_before"),
                                          table_of("vm_interrupts_after"), CpuId{0});
  REQUIRE_FALSE(counted.empty());
  CHECK(counted.front().name == "tick");
  CHECK(std::is_sorted(counted.begin(), counted.end(),
                       [](const auto& a, const auto& b) { return a.count > b.count; }));
  const auto soft = interrupts_between(table_of("vm_softirqs_before", true),
                                       table_of("vm_softirqs_after", true), CpuId{1});
  REQUIRE_FALSE(soft.empty());
  CHECK(soft.front().kind == InterruptKind::soft);
  CHECK(std::any_of(soft.begin(), soft.end(), [](const auto& each) { return each.name == "RCU"; }));
}

TEST_CASE("a counter that wraps at 2^32 goes on, one that began anew counts from 0") {
  const auto table = [](const std::string& count) {
    return parse_interrupts("  CPU0\n125: " + count + " PCI-MSI 1-edge nvme0q1\n", false);
  };
  const auto between = [&](const std::string& before, const std::string& after) {
    const auto counted = interrupts_between(table(before), table(after), CpuId{0});
    return counted.empty() ? 0 : counted.front().count;
  };
  CHECK(between("4294967290", "4") == 10);
  CHECK(between("1000", "7") == 7);
  CHECK(between("1000", "1001") == 1);
  CHECK(between("1000", "1000") == 0);
}

TEST_CASE("a device that appeared between two readings counts from 0, an unknown cpu nothing") {
  const InterruptTable before = parse_interrupts("  CPU0\nLOC: 5 Local timer\n", false);
  const InterruptTable after =
      parse_interrupts("  CPU0\nLOC: 5 Local timer\n 7: 3 PCI-MSI 1-edge eth0\n", false);
  const auto counted = interrupts_between(before, after, CpuId{0});
  REQUIRE(counted.size() == 1);
  CHECK(counted[0].name == "eth0");
  CHECK(counted[0].count == 3);
  CHECK(interrupts_between(before, after, CpuId{9}).empty());
  // What was not readable before would else seem to have happened meanwhile.
  CHECK(interrupts_between({}, after, CpuId{0}).empty());
}

TEST_CASE("what is no table gives no rows and harms nobody") {
  for (const char* text : {"", "\n", "CPU", "CPUx CPU1\nLOC: 1 2\n", "LOC: 1 2\n", ":\n:\n"}) {
    CAPTURE(text);
    CHECK(parse_interrupts(text, false).rows.empty());
  }
  const auto broken =
      parse_interrupts("  CPU0 CPU1\nLOC: 1\nRES 1 2\n: 3 4\nTLB: x 2\nNMI: 1 2\n", false);
  REQUIRE(broken.rows.size() == 1);
  CHECK(broken.rows[0].label == "NMI");
}

TEST_CASE("the files are read below a root, and one that is absent has no rows") {
  const testing::RecordedTree tree;
  CHECK(read_interrupts(tree.root()).rows.empty());
  tree.write("proc/interrupts", recorded("server_interrupts"));
  tree.write("proc/softirqs", recorded("vm_softirqs_after"));
  CHECK(read_interrupts(tree.root()).rows.size() == table_of("server_interrupts").rows.size());
  CHECK(read_softirqs(tree.root()).rows.front().kind == InterruptKind::soft);
  CHECK(to_string(read_softirqs(tree.root()).rows.front().kind) == "softirq");
}

}  // namespace
}  // namespace busmark
