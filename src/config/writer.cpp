// SPDX-License-Identifier: Apache-2.0
#include "config/writer.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "aspect/fault/fault.hpp"
#include "aspect/stages/stages.hpp"
#include "aspect/users/users.hpp"
#include "config/overrides.hpp"
#include "record/subjects.hpp"
#include "toml/tree.hpp"

namespace busmark {
namespace {

constexpr std::array<std::string_view, 3> kSecrets{"user", "password", "token"};

std::string toml_text(std::string_view text) {
  std::string toml = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') toml += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      toml += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      toml += c;
    }
  }
  return toml + '"';
}

std::string toml_list(const std::vector<std::string>& texts) {
  std::string toml = "[";
  for (const std::string& text : texts) toml += (toml.size() > 1 ? ", " : "") + toml_text(text);
  return toml + "]";
}

/// As people write it where that is exact.
std::string written(Nanoseconds duration) {
  std::string text = format_duration(duration);
  if (parse_duration(text) != duration) text = fmt::format("{}ns", duration.count());
  return toml_text(text);
}

std::string written_warmup(const Scenario& scenario) {
  std::string text = written(scenario.warmup);
  if (scenario.warmup_ends_steady) text.insert(1, "auto ");
  return text;
}

std::string written(const Load& load) {
  if (!load.rate) return toml_text("max");
  std::string text = format_rate(*load.rate);
  if (parse_rate(text) != *load.rate) text = fmt::format("{}/s", load.rate->per_second);
  return toml_text(text);
}

std::string written(bool value) { return value ? "true" : "false"; }

std::string written(const CoreChoice& choice) {
  if (choice.sweep) return toml_text("sweep");
  if (choice.automatic()) return toml_text("auto");
  std::string toml = "[";
  for (const CpuId cpu : choice.cores) {
    toml += fmt::format("{}{}", toml.size() > 1 ? ", " : "", index(cpu));
  }
  return toml + "]";
}

std::string written_subjects(const std::string& subjects) {
  const std::string shown = show_subjects(subjects);
  const bool count = shown.find_first_not_of("0123456789") == std::string::npos;
  return count ? shown : toml_text(shown);
}

std::string written(const std::vector<Budget>& budgets) {
  std::vector<std::string> texts;
  for (const Budget& budget : budgets) texts.push_back(budget.text);
  return toml_list(texts);
}

std::string written(const std::vector<MessageClass>& mix) {
  std::string toml = "[";
  for (const MessageClass& one : mix) {
    toml += fmt::format("{}{{ name = {}, weight = {}", toml.size() > 1 ? ", " : "",
                        toml_text(one.name), one.weight);
    if (one.payload) toml += fmt::format(", payload = {}", one.payload->bytes);
    if (one.work) toml += ", work = " + written(*one.work);
    if (one.subjects) toml += ", subjects = " + written_subjects(*one.subjects);
    if (!one.budget.empty()) toml += ", budget = " + written(one.budget);
    toml += " }";
  }
  return toml + "]";
}

/// No single name for what a sweep made too long.
std::string written_name(const std::string& name) {
  constexpr std::size_t kLongest = 100;
  return toml_text(name.size() > kLongest ? name.substr(name.size() - kLongest) : name);
}

using KeyLines = std::vector<std::pair<std::string, std::string>>;

KeyLines run_lines(const RunOptions& run) {
  KeyLines lines{{"name", toml_text(run.name)},
              {"repetitions", std::to_string(run.repetitions)},
              {"until", toml_text(to_string(run.until))},
              {"retries", std::to_string(run.retries)},
              {"seed", std::to_string(run.seed)},
              {"cores", written(run.cores)},
              {"out", toml_text(run.out)},
              {"realtime", written(run.realtime)},
              {"huge_pages", toml_text(to_string(run.huge_pages))},
              {"clock", toml_text(to_string(run.clock))}};
  if (run.at_most.count() != 0) lines.emplace_back("at_most", written(run.at_most));
  if (!run.history.empty()) lines.emplace_back("history", toml_text(run.history));
  return lines;
}

KeyLines scenario_lines(const Scenario& scenario) {
  KeyLines lines{{"name", written_name(scenario.name)},
              {"transport", toml_text(scenario.transport)},
              {"pattern", toml_text(to_string(scenario.pattern))},
              {"producers", std::to_string(scenario.producers)},
              {"consumers", std::to_string(scenario.consumers)},
              {"subjects", written_subjects(scenario.subjects)},
              {"queue_group", toml_text(scenario.queue_group)},
              {"payload", std::to_string(scenario.payload.bytes)},
              {"arrivals", toml_text(to_string(scenario.arrivals))},
              {"wait", toml_text(to_string(scenario.wait))},
              {"batch", std::to_string(scenario.batch)},
              {"capacity", std::to_string(scenario.capacity)},
              {"on_full", toml_text(to_string(scenario.on_full))},
              {"layout", toml_text(to_string(scenario.layout))},
              {"work", written(scenario.work)},
              {"checksum", written(scenario.checksum)},
              {"oversubscribe", written(scenario.oversubscribe)},
              {"warmup", written_warmup(scenario)},
              {"drain", written(scenario.drain)},
              {"interval", written(scenario.interval)},
              {"budget", written(scenario.budget)},
              {"abort_on_fail", written(scenario.abort_on_fail)}};
  if (scenario.users == 0) {
    lines.emplace_back("load", written(scenario.load));
  } else {
    lines.emplace_back("users", std::to_string(scenario.users));
    lines.emplace_back("think", toml_text(to_string(scenario.think)));
  }
  if (scenario.slow_over.count() != 0) {
    lines.emplace_back("slow_over", written(scenario.slow_over));
  }
  if (!scenario.mix.empty()) lines.emplace_back("mix", written(scenario.mix));
  if (!scenario.tags.empty()) lines.emplace_back("tags", toml_list(scenario.tags));
  if (!scenario.subscriptions.empty()) {
    lines.emplace_back("subscriptions", toml_list(scenario.subscriptions));
  }
  if (scenario.fault) lines.emplace_back("fault", toml_text(to_string(*scenario.fault)));
  if (scenario.stages.empty()) {
    lines.emplace_back("duration", written(scenario.duration));
  } else {
    std::vector<std::string> stages;
    for (const Stage& stage : scenario.stages) stages.push_back(to_string(stage));
    lines.emplace_back("stages", toml_list(stages));
  }
  return lines;
}

std::string table(const std::string& header, const std::string& prefix, const KeyLines& lines,
                  const ConfigRemarks& remarks) {
  std::string text = header + "\n";
  for (const auto& [key, value] : lines) {
    text += key + " = " + value;
    const auto remark = remarks.keys.find(prefix + key);
    if (remark != remarks.keys.end()) text += "  # " + remark->second;
    text += '\n';
  }
  return text;
}

std::string to_toml(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value.data)) return toml_text(*text);
  if (const auto* whole = std::get_if<std::int64_t>(&value.data)) return std::to_string(*whole);
  // The shortest that reads back to the same, with a point so that it stays a number of this kind.
  if (const auto* real = std::get_if<double>(&value.data)) {
    std::string text = fmt::format("{}", *real);
    return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
  }
  if (const auto* truth = std::get_if<bool>(&value.data)) return written(*truth);
  std::string toml = "[";
  if (const auto* list = std::get_if<Value::List>(&value.data)) {
    for (const Value& one : *list) toml += (toml.size() > 1 ? ", " : "") + to_toml(one);
  }
  return toml + "]";
}

bool is_secret(const Value::Entry& entry) {
  if (std::find(kSecrets.begin(), kSecrets.end(), entry.key) != kSecrets.end()) return true;
  const auto* url = std::get_if<std::string>(&entry.value.data);
  return entry.key == "url" && url != nullptr && url->find('@') != std::string::npos;
}

void put(Value::Table& table, const Value::Entry& entry) {
  const auto same = std::find_if(table.begin(), table.end(),
                                 [&](const auto& one) { return one.key == entry.key; });
  if (same != table.end()) {
    same->value = entry.value;
  } else {
    table.push_back(entry);
  }
}

}  // namespace

std::string write_config(const RunOptions& run, const Scenario& scenario,
                         const ConfigRemarks& remarks) {
  std::string text;
  for (const std::string& line : remarks.head) text += line.empty() ? "#\n" : "# " + line + "\n";
  if (!remarks.head.empty()) text += '\n';
  text += table("[run]", "run.", run_lines(run), remarks) + '\n';
  if (!remarks.transport_tables.empty()) text += remarks.transport_tables + '\n';
  return text + table("[[scenario]]", "scenario.", scenario_lines(scenario), remarks);
}

std::string write_transport_tables(std::string_view config, const std::string& file_name,
                                   const std::vector<std::string>& set) {
  std::vector<std::pair<std::string, Value::Table>> tables{{"nats", {}}, {"synthetic", {}}};
  const Value::Table root = parse_tree(config, file_name);
  for (const Value::Entry& entry : root) {
    const auto* transports = std::get_if<Value::Table>(&entry.value.data);
    if (entry.key != "transport" || transports == nullptr) continue;
    for (auto& [name, keys] : tables) {
      for (const Value::Entry& one : *transports) {
        const auto* own = std::get_if<Value::Table>(&one.value.data);
        if (one.key == name && own != nullptr) keys = *own;
      }
    }
  }
  Problems problems;
  for (const FlagSetting& flag : read_flag_settings(set, problems)) {
    for (auto& [name, keys] : tables) {
      if (flag.table == "transport." + name) put(keys, flag.entry);
    }
  }
  if (!problems.empty()) problems.raise();
  std::string text;
  for (const auto& [name, keys] : tables) {
    if (keys.empty()) continue;
    text += (text.empty() ? "" : "\n") + fmt::format("[transport.{}]\n", name);
    for (const Value::Entry& entry : keys) {
      text += is_secret(entry) ? fmt::format("# {} is a secret, and not copied here\n", entry.key)
                               : fmt::format("{} = {}\n", entry.key, to_toml(entry.value));
    }
  }
  return text;
}

}  // namespace busmark
