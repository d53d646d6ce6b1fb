// SPDX-License-Identifier: Apache-2.0
#include "plan/plan_text.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/duration_option.hpp"
#include "base/quote.hpp"
#include "config/file.hpp"
#include "engine/registry.hpp"
#include "plan/limits.hpp"

namespace busmark {
namespace {

/// Whether `what` was there to be replaced.
bool replace_all(std::string& text, const std::string& what, const std::string& with) {
  bool found = false;
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
    found = true;
  }
  return found;
}

/// As a whole value between quotes: a short one may be part of any word.
bool blot_value(std::string& text, const std::string& secret) {
  if (secret.empty()) return true;
  const bool basic = replace_all(text, '"' + secret + '"', "\"x\"");
  const bool literal = replace_all(text, '\'' + secret + '\'', "'x'");
  return basic || literal;
}

/// What stands between `://` and `@`, wherever the URL has it.
bool blot_addresses(std::string& text, const std::string& url) {
  for (std::size_t at = url.find("://"); at != std::string::npos; at = url.find("://", at + 3)) {
    const std::size_t from = at + 3;
    const std::size_t host = url.find('@', from);
    if (host == std::string::npos) break;
    const std::string user = url.substr(from, host - from);
    if (user == "x") continue;
    if (!replace_all(text, "://" + user + "@", "://x@")) return false;
  }
  return true;
}

std::size_t first_line_apart(const std::string& before, const std::string& now) {
  const auto apart = std::mismatch(before.begin(), before.end(), now.begin(), now.end()).first;
  return static_cast<std::size_t>(std::count(before.begin(), apart, '\n')) + 1;
}

}  // namespace

PluginChoice parse_plugin(const std::string& text) {
  const std::size_t equals = text.find('=');
  const bool named = equals != std::string::npos && text.find('/') > equals;
  if (!named) return {.name = {}, .file = text};
  if (equals > 0 && equals + 1 < text.size()) {
    return {.name = text.substr(0, equals), .file = text.substr(equals + 1)};
  }
  throw ConfigError({{"--plugin", "",
                      fmt::format("{} is neither FILE nor NAME=FILE, for example mine=./mine.so",
                                  in_quotes(text, 200))}});
}

RunConfig read_plan_text(const PlanText& plan, bool foreign) {
  ConfigOverrides overrides;
  overrides.set = plan.set;
  overrides.select = {.only = {}, .tags = plan.tags, .with = plan.with, .without = plan.without};
  if (!plan.only.empty()) overrides.select.only = plan.only;
  for (const std::string& plugin : plan.plugins) overrides.plugins.push_back(parse_plugin(plugin));
  overrides.load_plugin = [foreign](const PluginChoice& choice) {
    if (foreign) throw SetupError("an agent loads no plugins; leave them out with --agents");
    return std::string(add_plugin(choice).info.name);
  };
  overrides.transports = transport_names();
  overrides.check = check_transport_limits;
  RunConfig config = parse_config(plan.text, plan.file_name, overrides);
  if (!plan.until.empty()) {
    try {
      config.run.until = parse_until(plan.until);
    } catch (const std::invalid_argument& error) {
      throw ConfigError({{"--until", "", error.what()}});
    }
  }
  if (!plan.at_most.empty()) {
    config.run.at_most = parse_duration_option(plan.at_most, std::chrono::seconds(1), "--at-most",
                                               std::chrono::hours(24));
  }
  if (plan.quick) scale_to_quick(config, std::chrono::seconds(30));
  return config;
}

std::optional<PlanText> without_secrets(const PlanText& plan, const RunConfig& config) {
  PlanText blotted = plan;
  const NatsOptions& nats = config.run.nats;
  for (const std::string& secret : {nats.user, nats.password, nats.token}) {
    if (!blot_value(blotted.text, secret)) return {};
  }
  if (!blot_addresses(blotted.text, nats.url)) return {};
  return blotted;
}

std::string difference(const PlanText& before, const PlanText& now) {
  if (before.text != now.text) {
    return fmt::format("the config has changed in line {}",
                       first_line_apart(before.text, now.text));
  }
  PlanText moved = before;
  moved.file_name = now.file_name;
  return moved == now ? "" : "the options of the command line are others";
}

}  // namespace busmark
