// SPDX-License-Identifier: Apache-2.0
#include "verb/agent/coordinator.hpp"

#include <chrono>
#include <cstdlib>
#include <latch>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "plan/plan_text.hpp"
#include "support/nats.hpp"
#include "transport/nats/server.hpp"
#include "verb/agent/control_line.hpp"

namespace busmark {
namespace {

PlanText plan_text() {
  return {.file_name = "x.toml",
          .text = "[[scenario]]\nname = \"wire\"\ntransport = \"nats/wire\"\npayload = 64\n",
          .set = {"scenario.load=10k/s"},
          .only = "wire"};
}

TEST_CASE("agents share the rate of a plan and draw other random numbers") {
  const RunConfig config = read_plan_text(plan_text());
  const RunConfig share = share_of_agent(config, 1, 4, "nats://there:1");
  CHECK(share.scenarios.at(0).load.rate->per_second == 2500);
  CHECK(share.run.nats.url == "nats://there:1");
  CHECK(share.run.seed != config.run.seed);
  CHECK(share_of_agent(config, 0, 1, "x").scenarios.at(0).load == config.scenarios.at(0).load);
}

TEST_CASE("a plan for agents has neither other transports nor addresses nor secrets in it") {
  const PlanText text = plan_text();
  RunConfig config = read_plan_text(text);
  CHECK_NOTHROW(check_agents_plan(config, text));
  config.run.nats.token = "secret";
  CHECK_THROWS_WITH_AS(check_agents_plan(config, text), doctest::Contains("leave url"), SetupError);
  config.run.nats.token.clear();
  config.run.nats.url = "nats://there:1";
  CHECK_THROWS_WITH_AS(check_agents_plan(config, text), doctest::Contains("--nats"), SetupError);
  config.run.nats.url = "own";
  config.scenarios.at(0).transport = "queue/spsc";
  CHECK_THROWS_WITH_AS(check_agents_plan(config, text), doctest::Contains("nats/wire"), SetupError);
}

TEST_CASE("the list of servers is taken apart, and a command line may hold no secret") {
  CHECK(control_servers("nats://a:1,b:2") == std::vector<std::string>{"nats://a:1", "b:2"});
  CHECK_THROWS_WITH_AS((void)control_servers("nats://me:pw@a"), doctest::Contains("$NATS_URL"),
                       SetupError);
  CHECK_THROWS_AS((void)control_servers("nats://a,"), SetupError);
}

/// An agent in a thread, for as long as this lives; only its answer to a search is wanted.
class IdleAgent {
 public:
  IdleAgent(const std::string& name, const std::string& server)
      : options_{.servers = {server}, .name = name, .cores = {}},
        thread_([this] { serve_as_agent(options_, hooks_, stop_); }) {
    ready_.wait();
  }
  ~IdleAgent() {
    stop_ = true;
    thread_.join();
  }
  IdleAgent(const IdleAgent&) = delete;
  IdleAgent& operator=(const IdleAgent&) = delete;

 private:
  StopFlag stop_{false};
  AgentOptions options_;
  std::latch ready_{1};
  AgentHooks hooks_{.deliver = {}, .say = [this](const std::string&) { ready_.count_down(); }};
  std::thread thread_;
};

void search(const std::string& server, std::uint32_t agents) {
  const StopFlag stop{false};
  (void)run_on_agents(
      read_plan_text(plan_text()), plan_text(),
      {.servers = {server}, .agents = agents, .search = std::chrono::milliseconds(700)}, stop);
}

TEST_CASE("a coordinator that finds too few agents, or two of one name, says so") {
  if (!can_start_nats_server()) return;
  const NatsServer server({.url = "own"});
  const std::string url = server.address().shown();
  CHECK_THROWS_WITH_AS(search(url, 1), doctest::Contains("0 of 1 agents are free after 700ms"),
                       SetupError);
  const IdleAgent one("x", url);
  CHECK_THROWS_WITH_AS(search(url, 2), doctest::Contains("1 of 2 agents are free"), SetupError);
  const IdleAgent same("x", url);
  CHECK_THROWS_WITH_AS(search(url, 3), doctest::Contains("another --name"), SetupError);
}

TEST_CASE("without a server neither a coordinator nor an agent starts") {
  const StopFlag stop{false};
  CHECK_THROWS_WITH_AS((void)run_on_agents(read_plan_text(plan_text()), plan_text(),
                                           {.servers = {"nats://127.0.0.1:1"}}, stop),
                       doctest::Contains("Connection refused"), SetupError);
  CHECK_THROWS_WITH_AS(serve_as_agent({.servers = {"nats://127.0.0.1:1"}, .name = "x", .cores = {}},
                                      {.deliver = {}, .say = [](const std::string&) {}}, stop),
                       doctest::Contains("Connection refused"), SetupError);
}

}  // namespace
}  // namespace busmark
