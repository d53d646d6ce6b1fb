// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"
#include "cli/console.hpp"
#include "cli/core_list.hpp"
#include "cli/interrupts.hpp"
#include "cli/output.hpp"
#include "judge/store.hpp"
#include "judge/verdict.hpp"
#include "record/run_result.hpp"
#include "record/store/histogram_log.hpp"
#include "record/store/json_writer.hpp"
#include "verb/agent/agent.hpp"
#include "verb/agent/control_line.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

struct AgentArguments {
  std::string nats;
  std::string name;
  std::string cores;
  std::string out = "results";
};

/// The host and the process, so that two agents of one machine differ.
std::string default_name() {
  char host[256] = "agent";
  gethostname(host, sizeof host - 1);
  return fmt::format("{}.{}", host, getpid());
}

void check_name(const std::string& name) {
  const bool plain = name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
                     });
  if (plain && name.front() != '.') return;
  throw SetupError(fmt::format(
      "--name {}: it becomes the name of files; write at most 64 letters, digits, '-', '_' and '.'",
      in_quotes(name, 100)));
}

AgentFiles deliver(const AgentArguments& arguments, const RunResult& result) {
  const HoldInterrupts hold;
  const StoredRun stored = store(judge(result));
  AgentFiles files{write_result_json(stored), write_result_log(result, stored)};
  RunFolder folder(arguments.out, result.options.name + "-" + arguments.name);
  const std::filesystem::path& made = folder.create();
  write_file(made / "result.json", files.json, "--out");
  write_file(made / "result.hlog", files.log, "--out");
  print_error(fmt::format("result {}", (made / "result.json").string()));
  return files;
}

ExitCode agent_command(const AgentArguments& arguments) {
  AgentOptions options;
  options.servers = control_servers(arguments.nats);
  options.name = arguments.name.empty() ? default_name() : arguments.name;
  check_name(options.name);
  if (!arguments.cores.empty()) {
    options.cores.cores = parse_cores(arguments.cores, read_topology());
  }
  AgentArguments named = arguments;
  named.name = options.name;
  const AgentHooks hooks{.deliver = [&](const RunResult& result) { return deliver(named, result); },
                         .say = [](const std::string& line) { print_error(line); }};
  serve_as_agent(options, hooks, catch_interrupts());
  return ExitCode::ok;
}

}  // namespace

Verb agent_verb() {
  const auto arguments = std::make_shared<AgentArguments>();
  return {.name = "agent",
          .about = "Measure on this machine for a `busmark run --agents`",
          .arguments = {{"--nats", &arguments->nats, "URL",
                         "Servers A,B (default: $NATS_URL, else local)"},
                        {"--name", &arguments->name, "NAME",
                         "Unique in the run (default: host and process)"},
                        {"--cores", &arguments->cores, "LIST", "Such as 2,4-7 (default: chosen)"},
                        {"--out", &arguments->out, "DIR", "Folder for results (default: results)"}},
          .run = [arguments] { return agent_command(*arguments); }};
}

}  // namespace busmark
