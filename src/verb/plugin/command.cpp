// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/duration_option.hpp"
#include "base/quote.hpp"
#include "cli/console.hpp"
#include "plan/plan_text.hpp"
#include "transport/plugin/plugin.hpp"
#include "verb/plugin/check.hpp"
#include "verb/plugin/scaffold.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

constexpr Nanoseconds kTimeOfPromise = std::chrono::seconds(20);

struct PluginArguments {
  std::string file;
  std::string at_most;
  std::string kind;
  std::string name;
};

SetupError already_there(const std::string& name) {
  return SetupError(
      fmt::format("{} is there already and stays as it is; choose another name, or remove it",
                  in_quotes(name, 200)));
}

/// Never over what is there: it may be somebody's work.
void write_new_file(const std::string& name, const std::string& text) {
  // C++23 has std::ios::noreplace; until then the C library knows it.
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(name.c_str(), "wxe"),
                                                             std::fclose);
  if (file == nullptr && errno == EEXIST) throw already_there(name);
  if (file == nullptr) {
    throw SetupError(
        fmt::format("{} cannot be written: {}", in_quotes(name, 200), std::strerror(errno)));
  }
  if (std::fputs(text.c_str(), file.get()) < 0 || std::fflush(file.get()) != 0) {
    throw SetupError(fmt::format("{} could not be written to its end", in_quotes(name, 200)));
  }
}

ExitCode new_command(const PluginArguments& arguments) {
  if (arguments.kind != "queue") {
    throw SetupError(
        fmt::format("{} is nothing that is written here; write `busmark plugin new "
                    "queue NAME`",
                    in_quotes(arguments.kind)));
  }
  constexpr std::size_t kLongest = 60;
  const std::string& name = arguments.name;
  const bool good = name.size() <= kLongest && !name.empty() && name.front() != '-' &&
                    name.front() != '.' &&
                    name.find_first_not_of(
                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789._-") == std::string::npos;
  if (!good) {
    throw SetupError(
        fmt::format("{} is no name for a plugin and its files; write 1 to {} letters, "
                    "digits or any of . _ -",
                    in_quotes(name), kLongest));
  }
  const auto files = queue_scaffold(name);
  // Both or none.
  for (const ScaffoldFile& file : files) {
    if (std::filesystem::exists(std::filesystem::symlink_status(file.name)))
      throw already_there(file.name);
  }
  for (const ScaffoldFile& file : files) write_new_file(file.name, file.text);
  print(
      fmt::format("wrote {} and {}\nbuild: {}\ncheck: busmark plugin check ./{}.so\n"
                  "run:   busmark run {}\n",
                  files[0].name, files[1].name, build_line(name), name, files[1].name));
  return ExitCode::ok;
}

ExitCode check_command(const PluginArguments& arguments) {
  Nanoseconds at_most = kTimeOfPromise;
  if (!arguments.at_most.empty()) {
    at_most = parse_duration_option(arguments.at_most, std::chrono::seconds(1), "--at-most");
  }
  const Plugin& plugin = load_plugin(parse_plugin(arguments.file));
  const PluginReport& report = plugin.report;
  print(fmt::format("{} {}, ABI {}, {}\nsha256 {}\n", report.title, report.version, report.abi,
                    report.file, report.sha256));
  std::size_t broken = 0;
  for (const PluginCheck& check : check_plugin(plugin.table, at_most)) {
    print(fmt::format("{:<8}{}\n", check.broken.empty() ? "kept" : "BROKEN", check.promise));
    for (const std::string& sentence : check.broken) print(fmt::format("        {}\n", sentence));
    for (const std::string& note : check.notes) print(fmt::format("        note: {}\n", note));
    broken += check.broken.empty() ? 0U : 1U;
  }
  print(broken == 0 ? "every promise is kept\n"
                    : fmt::format("{} promise{} of busmark/plugin.h {} broken\n", broken,
                                  broken == 1 ? "" : "s", broken == 1 ? "is" : "are"));
  return broken == 0 ? ExitCode::ok : ExitCode::budget_failed;
}

}  // namespace

Verb plugin_verb() {
  const auto arguments = std::make_shared<PluginArguments>();
  return {
      .name = "plugin",
      .about = "Transports of your own: begin one, and check one",
      .verbs = {
          {.name = "new",
           .about = "Write NAME.cpp and NAME.toml, over nothing",
           .arguments = {{"KIND", &arguments->kind, "", "queue", {.required = true}},
                         {"NAME", &arguments->name, "", "As in plugin/NAME", {.required = true}}},
           .run = [arguments] { return new_command(*arguments); }},
          {.name = "check",
           .about = "Try every promise that busmark/plugin.h asks for",
           .arguments = {{"FILE",
                          &arguments->file,
                          "",
                          "A shared library, such as ./mine.so",
                          {.required = true}},
                         {"--at-most", &arguments->at_most, "TIME",
                          "Time for one promise (default: 20s)"}},
           .run = [arguments] { return check_command(*arguments); }}}};
}

}  // namespace busmark
