// SPDX-License-Identifier: Apache-2.0
#include "config/keys.hpp"

#include <array>
#include <string>
#include <utility>

#include "busmark/bus/subject_template.hpp"

#include "aspect/early_end/keys.hpp"
#include "aspect/fault/keys.hpp"
#include "aspect/mix/keys.hpp"
#include "aspect/stages/keys.hpp"
#include "aspect/tail/keys.hpp"
#include "aspect/users/keys.hpp"
#include "aspect/warmup/keys.hpp"
#include "record/subjects.hpp"

namespace busmark {
namespace {

constexpr std::int64_t kMostThreads = 1024;
constexpr std::int64_t kMostBatch = 4096;
constexpr std::int64_t kMostCapacity = 1 << 26;
constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kSecond = 1'000'000'000;

std::string show_load(const Scenario& scenario) {
  if (!scenario.load.rate) return "max";
  std::string text = format_rate(*scenario.load.rate);
  // Two rates that differ in the fourth figure must not share a name.
  if (parse_rate(text) != *scenario.load.rate) {
    text = fmt::format("{}/s", scenario.load.rate->per_second);
  }
  return text.substr(0, text.size() - 2);
}

/// No single name for what a sweep made too long.
std::string write_name(const Scenario& scenario) {
  constexpr std::size_t kMost = 100;
  const std::string& name = scenario.name;
  return to_toml(name.size() > kMost ? name.substr(name.size() - kMost) : name);
}

/// A word whose default is not written, so that written configs stay what they were before it.
template <auto kMember, auto... kChoices>
constexpr RunKey newer_choice_key(std::string_view name) {
  RunKey key = choice_key<kMember, kChoices...>(name);
  key.write = [](const RunOptions& of) {
    return of.*kMember == RunOptions().*kMember ? std::string() : to_toml(to_string(of.*kMember));
  };
  return key;
}

/// Stages are written in its place.
ScenarioKey length_key() {
  ScenarioKey key = duration_key<&Scenario::duration, 1>("duration").kept();
  key.write = [](const Scenario& of) {
    return of.stages.empty() ? to_toml(of.duration) : std::string();
  };
  return key;
}

const std::array kScenarioKeys{
    text_key<&Scenario::transport>("transport").swept(),
    choice_key<&Scenario::pattern, Pattern::one_way, Pattern::fan_in, Pattern::fan_out,
               Pattern::queue_group, Pattern::request_reply, Pattern::pipeline>("pattern")
        .swept()
        .kept(),
    ScenarioKey{.name = "payload",
                .type = "size",
                .range = [] { return "0 to " + format_size(kMostPayload); },
                .read = [](const Field& in, Scenario& to) { in.size(kMostPayload, to.payload); },
                .write = [](const Scenario& of) { return std::to_string(of.payload.bytes); },
                .value = [](const Scenario& of) -> StoredParameter::Value {
                  return static_cast<std::int64_t>(of.payload.bytes);
                },
                .unit = "_bytes",
                .show = [](const Scenario& of) { return format_size(of.payload); }}
        .swept()
        .kept(),
    count_key<&Scenario::producers, 1, kMostThreads>("producers").swept().kept(),
    count_key<&Scenario::consumers, 1, kMostThreads>("consumers").swept().kept(),
    ScenarioKey{
        .name = "subjects",
        .type = "integer or string",
        .range = [] { return fmt::format("1 to {} subjects", SubjectTemplate::kMostMembers); },
        .read = [](const Field& in, Scenario& to) { in.subjects(to.subjects); },
        .write = [](const Scenario& of) { return subjects_to_toml(of.subjects); },
        .value = [](const Scenario& of) -> StoredParameter::Value {
          return show_subjects(of.subjects);
        },
        .show = [](const Scenario& of) { return show_subjects(of.subjects); }}
        .swept()
        .kept(),
    ScenarioKey{
        .name = "load",
        .type = "rate or `\"max\"`",
        .range = no_range,
        .read = [](const Field& in, Scenario& to) { in.load(to.load); },
        .write =
            [](const Scenario& of) { return of.users == 0 ? to_toml(of.load) : std::string(); },
        .value = [](const Scenario& of) -> StoredParameter::Value { return load_of(of); },
        .show = show_load}
        .swept()
        .kept(),
    users_key(),
    choice_key<&Scenario::wait, WaitStrategy::spin, WaitStrategy::yield, WaitStrategy::park>("wait")
        .swept()
        .kept(),
    count_key<&Scenario::batch, 1, kMostBatch>("batch").swept().kept(),
    choice_key<&Scenario::layout, Layout::automatic, Layout::floating, Layout::with_producer,
               Layout::with_consumer>("layout")
        .swept(),
    ScenarioKey{.name = "name",
                .type = "name",
                .range = no_range,
                .read = [](const Field& in, Scenario& to) { in.name(to.name); },
                .write = write_name},
    names_key<&Scenario::tags>("tags"),
    ScenarioKey{
        .name = "subscriptions",
        .type = "string or list",
        .range = [] { return fmt::format("at most {} patterns", SubjectTemplate::kMostMembers); },
        .read = [](const Field& in, Scenario& to) { in.subscriptions(to.subscriptions); },
        .write = names_key<&Scenario::subscriptions>("").write,
        .value = names_key<&Scenario::subscriptions>("").value}
        .kept(),
    ScenarioKey{
        .name = "queue_group",
        .type = "string",
        .range = no_range,
        .read = [](const Field& in, Scenario& to) { in.subject_token(to.queue_group); },
        .write = [](const Scenario& of) { return to_toml(of.queue_group); },
        .value = [](const Scenario& of) -> StoredParameter::Value { return of.queue_group; }}
        .kept(),
    choice_key<&Scenario::arrivals, Arrivals::constant, Arrivals::poisson>("arrivals").kept(),
    think_key(),
    stages_key(),
    mix_key(),
    count_key<&Scenario::capacity, 1, kMostCapacity>("capacity").kept(),
    choice_key<&Scenario::on_full, OnFull::block, OnFull::drop, OnFull::drop_old>("on_full").kept(),
    duration_key<&Scenario::work, 0>("work"),
    flag_key<&Scenario::checksum>("checksum").kept(),
    flag_key<&Scenario::oversubscribe>("oversubscribe").kept(),
    warmup_key(),
    length_key(),
    kSlowOverKey,
    duration_key<&Scenario::drain, 1>("drain").kept(),
    ScenarioKey{.name = "interval",
                .type = "duration",
                .range = duration_key<&Scenario::interval, 10 * kMillisecond>("").range,
                .read = duration_key<&Scenario::interval, 10 * kMillisecond>("").read,
                .write = [](const Scenario& of) { return to_toml(of.interval); }},
    fault_key(),
    ScenarioKey{.name = "budget",
                .type = "string or list",
                .range = [] { return fmt::format("1 to {} lines", kMostBudgets); },
                .read = [](const Field& in, Scenario& to) { in.budget(to.budget); },
                .write = [](const Scenario& of) { return to_toml(of.budget); }},
    kAbortOnFailKey,
};

const std::array kRunKeys{
    RunKey{.name = "name",
           .type = "name",
           .range = no_range,
           .read = [](const Field& in, RunOptions& to) { in.folder_name(to.name); },
           .write = [](const RunOptions& of) { return to_toml(of.name); }},
    count_key<&RunOptions::repetitions, 1, 1000>("repetitions"),
    newer_choice_key<&RunOptions::order, Order::sequential, Order::interleaved>("order"),
    RunKey{.name = "until",
           .type = "`\"decided\"`, `\"planned\"` or percentiles",
           .range = no_range,
           .read = [](const Field& in, RunOptions& to) { in.until(to.until); },
           .write = [](const RunOptions& of) { return to_toml(to_string(of.until)); }},
    duration_key<&RunOptions::at_most, kSecond>("at_most"),
    count_key<&RunOptions::retries, 0, 100>("retries"),
    RunKey{.name = "seed",
           .type = "integer",
           .range = [] { return std::string("0 to 2^63-1"); },
           .read = [](const Field& in, RunOptions& to) { in.seed(to.seed); },
           .write = [](const RunOptions& of) { return std::to_string(of.seed); }},
    RunKey{.name = "cores",
           .type = "`\"auto\"`, `\"sweep\"`, list or string",
           .range = no_range,
           .read = [](const Field& in, RunOptions& to) { in.cores(to.cores); },
           .write = [](const RunOptions& of) { return to_toml(of.cores); }},
    RunKey{.name = "without",  // not written: it might leave out the scenario that is
           .type = "name or list",
           .range = no_range,
           .read = [](const Field& in, RunOptions& to) { in.names(to.without); }},
    text_key<&RunOptions::out>("out"),
    text_key<&RunOptions::history>("history"),
    flag_key<&RunOptions::realtime>("realtime"),
    choice_key<&RunOptions::huge_pages, HugePages::system, HugePages::on, HugePages::off>(
        "huge_pages"),
    choice_key<&RunOptions::clock, Clock::Preference::automatic, Clock::Preference::counter,
               Clock::Preference::system>("clock"),
    newer_choice_key<&RunOptions::missing_plugins, MissingPlugins::refuse, MissingPlugins::skip>(
        "missing_plugins"),
};

}  // namespace

std::span<const ScenarioKey> scenario_keys() noexcept { return kScenarioKeys; }
std::span<const RunKey> run_keys() noexcept { return kRunKeys; }

std::vector<StoredParameter> parameters_of(const Scenario& scenario) {
  const Scenario defaults;
  std::vector<StoredParameter> parameters;
  for (const ScenarioKey& key : kScenarioKeys) {
    if (key.value == nullptr) continue;
    StoredParameter::Value value = key.value(scenario);
    if (!key.always_kept && value == key.value(defaults)) continue;
    parameters.push_back({std::string(key.name) + std::string(key.unit), std::move(value)});
  }
  return parameters;
}

}  // namespace busmark
