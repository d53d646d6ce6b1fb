// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "verb/doctor/judge.hpp"

namespace busmark {

using CpuList = std::vector<CpuId>;
using Lines = std::vector<std::string>;

/// Commands that cure, and those that put back what was found.
struct Cure {
  Lines fix;
  Lines undo = {};
};

/// What a check says about one machine.
struct Outcome {
  FindingLevel level = FindingLevel::unknown;
  std::string found;
  Cure cure = {};
  std::string reason = {};
  std::optional<Delay> delay = std::nullopt;
};

/// One check: what stands in every report, and the function that judges. Pure; an exception of it
/// is a bug.
struct Check {
  std::string_view id;
  FindingLevel severity;
  std::string_view wanted;
  std::string_view why;
  Outcome (*judge)(const Examination&);
};

[[nodiscard]] std::span<const Check> clock_checks() noexcept;
[[nodiscard]] std::span<const Check> power_checks() noexcept;
[[nodiscard]] std::span<const Check> idle_checks() noexcept;
[[nodiscard]] std::span<const Check> core_checks() noexcept;
[[nodiscard]] std::span<const Check> container_checks() noexcept;
[[nodiscard]] std::span<const Check> interrupt_checks() noexcept;
[[nodiscard]] std::span<const Check> kernel_checks() noexcept;
[[nodiscard]] std::span<const Check> scheduler_checks() noexcept;
[[nodiscard]] std::span<const Check> memory_checks() noexcept;
[[nodiscard]] std::span<const Check> machine_checks() noexcept;

[[nodiscard]] inline Outcome ok(std::string found) { return {FindingLevel::ok, std::move(found)}; }
[[nodiscard]] inline Outcome note(std::string found, Cure cure = {}) {
  return {FindingLevel::note, std::move(found), std::move(cure)};
}
[[nodiscard]] inline Outcome warn(std::string found, Cure cure) {
  return {FindingLevel::warn, std::move(found), std::move(cure)};
}
[[nodiscard]] inline Outcome fail(std::string found, Cure cure) {
  return {FindingLevel::fail, std::move(found), std::move(cure)};
}
[[nodiscard]] inline Outcome unknown(std::string reason) {
  return {FindingLevel::unknown, {}, {}, std::move(reason)};
}
/// The file says nothing of use.
[[nodiscard]] inline Outcome unknown(const Examination& machine, const std::string& path) {
  return unknown(machine.first.why_not(path));
}

/// Text from a file made safe to stand in a command: quoted unless it is of plain letters.
[[nodiscard]] std::string shell_word(const std::string& text);
/// Writes `value` into a file of the snapshot, and back what is there now.
[[nodiscard]] Cure write_file(const Examination& machine, const std::string& path,
                              std::string_view value);
/// The same for one file of several CPUs, one line for each value.
[[nodiscard]] Cure write_cpu_files(const Examination& machine, const CpuList& cpus,
                                   std::string_view file, std::string_view value);
/// The same for a path below /proc/sys, as `sysctl -w`.
[[nodiscard]] Cure write_sysctl(const Examination& machine, const std::string& path,
                                std::string_view value);
[[nodiscard]] Cure operator+(Cure a, const Cure& b);

/// `cpu 2`, `cpus 2-3,7`.
[[nodiscard]] std::string cpus_text(const CpuList& cpus);
/// `c`, or for many CPUs `1,00000000`, as affinity masks of /proc and /sys are written.
[[nodiscard]] std::string hex_mask(const CpuList& cpus);
/// Reads such a mask; empty when it is none.
[[nodiscard]] std::optional<CpuList> parse_hex_mask(std::string_view text);

[[nodiscard]] bool contains(const CpuList& sorted, CpuId cpu);
[[nodiscard]] CpuList without(const CpuList& cpus, const CpuList& others);
[[nodiscard]] CpuList common(const CpuList& cpus, const CpuList& others);

/// `sys/devices/system/cpu/cpu3/` + name.
[[nodiscard]] std::string cpu_file(CpuId cpu, std::string_view name);
/// CPU whose number stands behind `cpu` in a path of the snapshot.
[[nodiscard]] CpuId cpu_in(const std::string& path);

/// `performance on all 8`, `powersave on cpus 0-7, performance on cpu 8` of one file per CPU; empty
/// when no CPU has it.
struct Settings {
  std::string text;
  CpuList others;  ///< CPUs with a value that is not the wanted one.
};
[[nodiscard]] std::optional<Settings> settings_by_cpu(const Examination& machine,
                                                      const CpuList& cpus, std::string_view file,
                                                      std::span<const std::string_view> wanted);

/// By how much a counter rose between the two readings; empty where either is missing. A counter
/// that went back counts as 0.
[[nodiscard]] std::optional<std::int64_t> rise(const Examination& machine, const std::string& path);
/// Why there is no difference of counters.
[[nodiscard]] std::string no_later(const Examination& machine);
[[nodiscard]] double seconds_between(const Examination& machine);

}  // namespace busmark
