// SPDX-License-Identifier: Apache-2.0
#include "verb/verb.hpp"

namespace busmark {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  busmark run bench_configs/quick.toml\n"
    "  busmark plan bench_configs/core.toml --only '*spsc*' --set scenario.load=50k/s\n\n";

void add_help(Verb& verb) {
  verb.arguments.insert(verb.arguments.begin(),
                        {"-h,--help", Answer::help, "", "Print this help message and exit"});
  for (Verb& part : verb.verbs) add_help(part);
}

}  // namespace

Verb whole_program() {
  Verb program{
      .name = "busmark",
      .about = "busmark: latency and throughput of event buses, measured honestly",
      .arguments = {{"--version", Answer::version, "", "Version, compiler, allocator"}},
      .verbs = {run_verb(),    plan_verb(),      list_verb(),    ab_verb(),      search_verb(),
                soak_verb(),   tune_verb(),      profile_verb(), compare_verb(), baseline_verb(),
                report_verb(), history_verb(),   hist_verb(),    plugin_verb(),  cores_verb(),
                noise_verb(),  self_test_verb(), doctor_verb(),  agent_verb(),   generate_verb()},
      .footer = kExamples};
  add_help(program);
  return program;
}

}  // namespace busmark
