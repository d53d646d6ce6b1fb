// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/base/clock.hpp"
#include "busmark/base/units.hpp"
#include "busmark/base/wait.hpp"

#include "record/budget.hpp"
#include "record/load.hpp"
#include "record/machine.hpp"
#include "record/nats_options.hpp"
#include "record/pattern.hpp"
#include "record/plugin/plugin.hpp"
#include "record/synthetic_options.hpp"
#include "record/until.hpp"

namespace busmark {

/// Spacing of due times at a given rate.
enum class Arrivals : std::uint8_t { constant, poisson };

/// Where the server of a transport runs beside the threads of a scenario.
enum class Layout : std::uint8_t {
  automatic,      ///< On a core of its own; threads share theirs where the cores do not suffice.
  floating,       ///< Wherever the kernel lets it; threads are placed as if there were none.
  with_producer,  ///< On the core of the first producer.
  with_consumer,  ///< On the core of the last consumer.
};

/// Open loop at a rate over all producers together, or (without one) as fast as the transport
/// takes.
struct Load {
  std::optional<MessageRate> rate;  ///< Empty: `max`, closed by capacity.
  [[nodiscard]] bool open_loop() const noexcept { return rate.has_value(); }
  bool operator==(const Load&) const = default;
};

/// One measured configuration: plain data, after sweeps are multiplied out.
struct Scenario {
  std::string name;  ///< Unique in a plan; swept values are appended as in `pingpong/payload=64`.
  std::vector<std::string> tags;  ///< What `--tag`, `--with` and `--without` go by.
  std::string transport = "queue/spsc";
  Pattern pattern = Pattern::one_way;
  std::uint32_t producers = 1;  ///< Requesters in Pattern::request_reply.
  std::uint32_t consumers = 1;  ///< Also responders, stages or subscribers, as the pattern says.
  std::string subjects = "busmark.0";      ///< A SubjectTemplate; producers take them in turn.
  std::vector<std::string> subscriptions;  ///< SubjectTemplates; empty: what matches `subjects`.
  std::string queue_group = "busmark";
  ByteCount payload{16};
  Load load{MessageRate{100'000}};
  std::uint32_t users = 0;  ///< Of a closed loop, over all producers; 0: none, `load` instead.
  Think think{};            ///< Of each user.
  Arrivals arrivals = Arrivals::constant;
  std::vector<Stage> stages{};      ///< Empty: `load` all the time. They sum up to `duration`.
  std::vector<MessageClass> mix{};  ///< Empty: all messages are alike.
  WaitStrategy wait = WaitStrategy::spin;
  Nanoseconds work{};             ///< A consumer is busy for so long with each message.
  std::uint32_t batch = 1;        ///< Most messages that one publish or one poll moves.
  std::uint32_t capacity = 4096;  ///< Messages in one queue or inbox, rounded up by the queue.
  OnFull on_full = OnFull::block;
  Layout layout = Layout::automatic;
  bool checksum = false;       ///< Check every payload at the consumer.
  bool oversubscribe = false;  ///< Allow more spinning threads than cores; waiting then yields.
  Nanoseconds warmup = std::chrono::milliseconds(200);
  bool warmup_ends_steady = false;  ///< `warmup` is its limit.
  Nanoseconds duration = std::chrono::seconds(1);
  Nanoseconds drain = std::chrono::seconds(2);  ///< Deadline for messages in flight at the end.
  Nanoseconds slow_over{};  ///< Slower messages are kept and explained; 0: none.
  Nanoseconds interval = std::chrono::seconds(1);  ///< Length of one interval in the .hlog.
  std::optional<Fault> fault{};                    ///< What is broken on purpose, and when.
  std::vector<Budget> budget = default_budget();
  bool abort_on_fail = false;  ///< A repetition ends as soon as it is certain to miss its budget.
  /// So long that nothing may grow with it: the audit keeps a window of sequence numbers, and
  /// intervals go to who watches. No key; `busmark soak` sets it.
  bool soak = false;
  SyntheticOptions synthetic;  ///< The table [transport.synthetic], of `synthetic` alone.

  [[nodiscard]] std::uint32_t threads() const noexcept { return producers + consumers; }
};

/// For how long the consumer's work is called directly beside each repetition; 0 where no budget
/// compares with that.
[[nodiscard]] Nanoseconds direct_call_time(const Scenario& scenario) noexcept;
/// Bytes of a message of the class.
[[nodiscard]] ByteCount payload_of(const Scenario& scenario, const MessageClass& one) noexcept;
/// Of all messages of the scenario.
[[nodiscard]] ByteCount largest_payload(const Scenario& scenario) noexcept;
[[nodiscard]] ByteCount smallest_payload(const Scenario& scenario) noexcept;
/// `price 80, 64B` or `deep 15, 4KiB, work 20us`: what a result keeps of it.
[[nodiscard]] std::string describe(const Scenario& scenario, const MessageClass& one);
/// For how long a consumer is busy with a message of the class.
[[nodiscard]] Nanoseconds work_of(const Scenario& scenario, const MessageClass& one) noexcept;

/// Which cores may be used: empty means chosen from the topology.
struct CoreChoice {
  std::vector<CpuId> cores;  ///< In order of roles: producers first, then consumers.
  bool sweep = false;  ///< Instead: once for each distance that two cores of this machine have.
  [[nodiscard]] bool automatic() const noexcept { return cores.empty(); }
};

/// In which order the repetitions of a run are measured.
enum class Order : std::uint8_t {
  sequential,   ///< All of a scenario, then those of the next.
  interleaved,  ///< By turns: what moves the machine moves all scenarios.
};

/// What becomes of scenarios whose plugin cannot be had.
enum class MissingPlugins : std::uint8_t {
  refuse,  ///< Nothing runs.
  skip,    ///< They are skipped, for the reason that the plugin is refused for.
};

/// The table `[run]`.
struct RunOptions {
  std::string name;  ///< Default: the stem of the config file.
  std::uint32_t repetitions = 3;
  Order order = Order::sequential;
  Until until{};              ///< When there are enough of them; `busmark run` alone adds some.
  Nanoseconds at_most{};      ///< Of the whole run with those; 0: as most_repetitions() bounds it.
  std::uint32_t retries = 2;  ///< Extra tries for a repetition that the machine disturbed.
  std::uint64_t seed = 1;
  CoreChoice cores;
  std::vector<std::string> without;  ///< Scenarios with one of these tags wait to be asked for.
  std::string label;                 ///< What the user calls this run; empty: nothing.
  std::string note;
  std::string history;          ///< File that gets a line for the run; empty: none.
  std::string out = "results";  ///< Folder; each run makes one folder below it.
  bool realtime = false;        ///< SCHED_FIFO for the measured threads.
  HugePages huge_pages = HugePages::system;
  Clock::Preference clock = Clock::Preference::automatic;
  bool quick = false;                                       ///< Scaled into 30 s in all.
  NatsOptions nats;                                         ///< The table [transport.nats].
  std::vector<PluginChoice> plugins;                        ///< The table [plugins], and --plugin.
  MissingPlugins missing_plugins = MissingPlugins::refuse;  ///< Of that table alone.
};

/// A whole config file after defaults, `--set` and sweeps.
struct RunConfig {
  RunOptions run;
  std::vector<Scenario> scenarios;
};

[[nodiscard]] std::string_view to_string(Arrivals arrivals) noexcept;
[[nodiscard]] std::string_view to_string(Order order) noexcept;
[[nodiscard]] std::string_view to_string(MissingPlugins missing) noexcept;
/// As in a scenario: `with-producer`.
[[nodiscard]] std::string_view to_string(Layout layout) noexcept;
/// `100k/s` or `max`.
[[nodiscard]] std::string to_string(const Load& load);
/// The same, or `100 users`.
[[nodiscard]] std::string load_of(const Scenario& scenario);

}  // namespace busmark
