// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <nlohmann/json.hpp>

#include "verb/doctor/tell.hpp"

namespace busmark {
namespace {

// Keys keep the order in which they are written: people read this too.
using Json = nlohmann::ordered_json;

Json known(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json numbers(const std::vector<CpuId>& cpus) {
  Json list = Json::array();
  for (const CpuId cpu : cpus) list.push_back(index(cpu));
  return list;
}

Json to_json(const Finding& finding) {
  Json json{{"id", finding.id},
            {"group", finding.group},
            {"level", to_string(finding.level)},
            {"severity", to_string(finding.severity)},
            {"found", known(finding.found)},
            {"wanted", finding.wanted},
            {"why", finding.why},
            {"fix", finding.fix},
            {"undo", finding.undo},
            {"reason", known(finding.reason)}};
  json["delay"] = finding.delay ? Json{{"size_ns", finding.delay->size.count()},
                                       {"share", finding.delay->share}}
                                : Json(nullptr);
  return json;
}

Json to_json(const Witness& witness) {
  return {{"from_cpu", index(witness.from)},
          {"to_cpu", index(witness.to)},
          {"class", to_string(witness.distance())},
          {"one_way_ns", witness.one_way_ns},
          {"clock_offset_ns", witness.clock_offset_ns},
          {"clock_bound_ns", witness.clock_bound_ns}};
}

Json to_json(const SpinProbe& probe) {
  const bool done = probe.problem.empty();
  Json json{{"cpu", index(probe.cpu)}, {"problem", known(probe.problem)}};
  if (!done) return json;
  json["wall_ns"] = probe.wall.count();
  json["gaps"] = probe.gaps.size() + probe.gaps_not_kept;
  json["lost_share"] = share_delayed(probe, Nanoseconds{});
  json["mean_delay_ns"] = mean_delay_ns(probe);
  json["longest_gap_ns"] = longest_gap(probe).count();
  json["core_share"] = probe.usage.core_share();
  json["involuntary_switches"] = probe.usage.involuntary_switches;
  json["ghz"] = {probe.first_ghz, probe.last_ghz};
  return json;
}

Json to_json(const Measurements& measured) {
  Json json;
  json["distances"] = {{"before", Json::array()}, {"after", Json::array()}};
  for (const Witness& pair : measured.before) {
    json["distances"]["before"].push_back(to_json(pair));
  }
  for (const Witness& pair : measured.after) json["distances"]["after"].push_back(to_json(pair));
  json["cores"] = Json::array();
  for (const SpinProbe& probe : measured.cores) json["cores"].push_back(to_json(probe));
  json["memory_ns"] = measured.memory_ns ? Json(*measured.memory_ns) : Json(nullptr);
  return json;
}

}  // namespace

std::string write_doctor_json(const Examination& machine, const Diagnosis& diagnosis) {
  Json json;
  json["schema"] = kDoctorSchema;
  json["busmark"] = machine.build.version;
  json["cpus"] = numbers(machine.cores);
  json["online_cpus"] = numbers(machine.topology.online);
  json["kernel"] = known(machine.first.line("proc/sys/kernel/osrelease").value_or(""));
  json["cpu_model"] =
      known(value_of(machine.first.file("proc/cpuinfo").text, "model name").value_or(""));
  json["fit"] = diagnosis.fit();
  json["score"] = diagnosis.score ? Json(*diagnosis.score) : Json(nullptr);
  json["budgets"] = Json::array();
  for (const BudgetFitness& each : diagnosis.budgets) {
    json["budgets"].push_back(
        {{"budget", each.budget.text}, {"fit", each.fit}, {"reason", each.reason}});
  }
  json["counts"] = Json::object();
  for (const FindingLevel level : {FindingLevel::fail, FindingLevel::warn, FindingLevel::unknown,
                                   FindingLevel::note, FindingLevel::ok}) {
    json["counts"][std::string(to_string(level))] = diagnosis.count(level);
  }
  json["findings"] = Json::array();
  for (const Finding& finding : diagnosis.findings) json["findings"].push_back(to_json(finding));
  json["measured"] = machine.measured ? to_json(*machine.measured) : Json(nullptr);
  json["between_ns"] = machine.later ? Json(machine.between.count()) : Json(nullptr);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace busmark
