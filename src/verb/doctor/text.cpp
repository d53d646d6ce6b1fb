// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>

#include <fmt/core.h>

#include "base/table.hpp"
#include "verb/doctor/tell.hpp"

namespace busmark {
namespace {

constexpr std::size_t kIndent = 8;

class Writer {
 public:
  Writer(const Diagnosis& diagnosis, const DoctorTextOptions& options)
      : diagnosis_(diagnosis), options_(options) {}

  [[nodiscard]] std::string group(std::string_view name) const {
    std::string text = fmt::format("{}\n", name);
    if (!options_.all) text += ids_line("ok", name, FindingLevel::ok);
    if (!options_.all) text += ids_line("noted", name, FindingLevel::note);
    for (const Finding& finding : diagnosis_.findings) {
      if (finding.group != name) continue;
      const bool bad = finding.level == FindingLevel::warn || finding.level == FindingLevel::fail;
      const bool good = finding.level == FindingLevel::ok || finding.level == FindingLevel::note;
      if (bad) text += breach(finding);
      if (good && options_.all) {
        text += labelled(finding.level, std::string(to_string(finding.level)),
                         finding.id + ": " + finding.found);
        if (finding.level == FindingLevel::note) text += commands(finding);
      }
    }
    return text + unknowns(name);
  }

 private:
  [[nodiscard]] std::string labelled(FindingLevel level, const std::string& word,
                                     const std::string& body) const {
    const std::string head = fmt::format("  {:<{}}", word, kIndent - 2);
    std::string line = wrapped(head, kIndent, body);
    if (!options_.color) return line;
    // Added last, as colours are no columns.
    const char* color = level == FindingLevel::fail      ? "\x1b[31m"
                        : level == FindingLevel::warn    ? "\x1b[33m"
                        : level == FindingLevel::unknown ? "\x1b[36m"
                                                         : "\x1b[32m";
    return "  " + std::string(color) + word + "\x1b[0m" + line.substr(2 + word.size());
  }

  [[nodiscard]] std::string ids_line(const std::string& word, std::string_view group,
                                     FindingLevel level) const {
    std::string ids;
    for (const Finding& finding : diagnosis_.findings) {
      if (finding.group == group && finding.level == level) {
        ids += (ids.empty() ? "" : ", ") + finding.id;
      }
    }
    return ids.empty() ? "" : labelled(level, word, ids);
  }

  [[nodiscard]] std::string breach(const Finding& finding) const {
    const std::string word = finding.level == FindingLevel::fail ? "FAIL" : "WARN";
    const std::string indent(kIndent, ' ');
    return labelled(finding.level, word, finding.id + ": " + finding.found) +
           wrapped(indent + "wanted: ", kIndent, finding.wanted) +
           wrapped(indent, kIndent, finding.why) + commands(finding);
  }

  /// One each line and never broken, so that they can be copied.
  static std::string commands(const Finding& finding) {
    const std::string indent(kIndent, ' ');
    std::string text;
    for (const std::string& line : finding.fix) {
      const bool fits = indent.size() + 2 + line.size() <= kTextWidth;
      const bool sentence = line.find(' ') != std::string::npos && !is_command(line);
      text += fits || !sentence ? indent + "> " + line + "\n"
                                : wrapped(indent + "> ", kIndent + 2, line);
    }
    for (const std::string& line : finding.undo) text += indent + "  undo: " + line + "\n";
    return text;
  }

  static bool is_command(const std::string& line) {
    constexpr std::array kPrograms{"echo ",    "for ",     "sysctl ",  "cpupower ", "taskset ",
                                   "swapoff ", "numactl ", "setarch ", "ulimit ",   "systemctl "};
    return std::any_of(kPrograms.begin(), kPrograms.end(),
                       [&](const char* program) { return line.starts_with(program); });
  }

  /// Those with one reason together.
  [[nodiscard]] std::string unknowns(std::string_view group) const {
    std::vector<std::pair<std::string, std::string>> reasons;
    for (const Finding& finding : diagnosis_.findings) {
      if (finding.group != group || finding.level != FindingLevel::unknown) continue;
      const auto same = std::find_if(reasons.begin(), reasons.end(), [&](const auto& each) {
        return each.first == finding.reason;
      });
      if (same == reasons.end()) {
        reasons.emplace_back(finding.reason, finding.id);
      } else {
        same->second += ", " + finding.id;
      }
    }
    std::string text;
    for (const auto& [reason, ids] : reasons) {
      text += labelled(FindingLevel::unknown, "?", ids + ": " + reason);
    }
    return text;
  }

  const Diagnosis& diagnosis_;
  const DoctorTextOptions& options_;
};

std::string heading(const Examination& machine) {
  std::string text =
      machine.cores.empty()
          ? "no cores to look at"
          : fmt::format("cpu{} {} of {}", machine.cores.size() == 1 ? "" : "s",
                        format_cpu_list(machine.cores), format_cpu_list(machine.topology.online));
  const auto model = value_of(machine.first.file("proc/cpuinfo").text, "model name");
  const auto release = machine.first.line("proc/sys/kernel/osrelease");
  if (model) text += ", " + *model;
  if (release) text += ", Linux " + *release;
  return wrapped("busmark doctor: ", 16, text);
}

/// What decides most and cannot be read from a running system.
constexpr const char* kFirmwareList =
    "\nNot readable from Linux; look at the firmware's settings:\n"
    "  power profile maximum performance; C-states and package C-states off;\n"
    "  SMT off; determinism by performance (AMD); NUMA per socket, L3 as NUMA;\n"
    "  fixed fabric P-state; memory speed; patrol scrub off. Many SMIs show as gaps\n"
    "  (core-floor) that no interrupt and no switch explains.\n";

std::string failed_ids(const Diagnosis& diagnosis) {
  std::string ids;
  for (const Finding& finding : diagnosis.findings) {
    if (finding.level != FindingLevel::fail) continue;
    ids += (ids.empty() ? "" : ", ") + finding.id;
  }
  return ids;
}

}  // namespace

std::string write_doctor_text(const Examination& machine, const Diagnosis& diagnosis,
                              const DoctorTextOptions& options) {
  const Writer writer(diagnosis, options);
  std::string text = heading(machine) + "\n";
  for (const std::string_view group : doctor_groups()) text += writer.group(group);
  if (options.all) text += kFirmwareList;

  text +=
      fmt::format("\nscore {} of 100: {} failed, {} to improve, {} ok, {} noted, {} unknown\n",
                  diagnosis.score ? fmt::format("{}", *diagnosis.score) : std::string("unknown"),
                  diagnosis.count(FindingLevel::fail), diagnosis.count(FindingLevel::warn),
                  diagnosis.count(FindingLevel::ok), diagnosis.count(FindingLevel::note),
                  diagnosis.count(FindingLevel::unknown));
  for (const BudgetFitness& each : diagnosis.budgets) {
    text +=
        wrapped(fmt::format("{}: {}, ", each.budget.text, each.fit ? "possible" : "NOT possible"),
                2, each.reason);
  }
  const std::string failed = failed_ids(diagnosis);
  std::string verdict = diagnosis.fit() ? "FIT" : "UNFIT";
  if (options.color) {
    verdict = (diagnosis.fit() ? "\x1b[32m" : "\x1b[31m") + verdict + "\x1b[0m";
  }
  text += verdict;
  text += failed.empty() ? "\n" : wrapped(": ", 2, "failed: " + failed);
  return text;
}

}  // namespace busmark
