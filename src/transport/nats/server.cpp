// SPDX-License-Identifier: Apache-2.0
#include "transport/nats/server.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string_view>
#include <thread>
#include <utility>

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/cpu_ranges.hpp"
#include "base/quote.hpp"
#include "base/words.hpp"
#include "transport/nats/connection.hpp"
#include "transport/nats/monitor.hpp"
#include "transport/nats/server_info.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

const NatsAddress kLocal{};  // where NATS listens by default

/// The URL of the environment, which wins over a server that happens to run.
std::string environment_url() {
  const char* const url = std::getenv("NATS_URL");
  return url != nullptr ? url : "";
}

bool answers(const NatsAddress& address) noexcept {
  try {
    return connect_to(address, deadline_in(250ms)).is_open();
  } catch (const SetupError&) {
    return false;
  }
}

/// Of several servers the first that answers; the first one where none does.
NatsAddress first_that_answers(const std::string& urls) {
  const std::vector<NatsAddress> addresses = parse_nats_urls(urls);
  if (addresses.size() == 1) return addresses.front();
  const auto found = std::ranges::find_if(addresses, answers);
  return found == addresses.end() ? addresses.front() : *found;
}

NatsServer::Origin origin_of(const NatsOptions& options) {
  using Origin = NatsServer::Origin;
  if (options.url == "own") return Origin::own;
  if (options.url != "auto") return Origin::given;
  if (!environment_url().empty()) return Origin::environment;
  return answers(kLocal) ? Origin::local : Origin::own;
}

bool on_this_machine(const NatsAddress& address) noexcept {
  return !address.unix_path.empty() || address.host == "localhost" || address.host == "::1" ||
         address.host.starts_with("127.");
}

/// Asks the server who it is, and whether it lets us in.
NatsServerInfo greet(const NatsAddress& address, Nanoseconds timeout) {
  const NatsConnection::Options options{.name = "busmark set-up", .limits = {.payload = 1 << 20}};
  return NatsConnection(address, options, deadline_in(timeout)).info();
}

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

/// Whether nats-server takes a secret of its configuration for a bcrypt hash: `$2a$`, two digits
/// and `$` (server/auth.go, validBcryptPrefix).
bool is_hash(std::string_view secret) {
  constexpr std::string_view kVersions = "abxy";
  return secret.size() > 6 && secret.starts_with("$2") &&
         kVersions.find(secret[2]) != std::string_view::npos && secret[3] == '$' &&
         is_digit(secret[4]) && is_digit(secret[5]) && secret[6] == '$';
}

}  // namespace

NatsLoad parse_nats_load(std::string_view json) {
  const auto tree = nlohmann::json::parse(json, nullptr, false);
  if (!tree.is_object()) throw SetupError("/varz of nats-server is no JSON object");
  NatsLoad load;
  try {
    load.in_messages = tree.value("in_msgs", std::uint64_t{0});
    load.out_messages = tree.value("out_msgs", std::uint64_t{0});
    load.in_bytes = tree.value("in_bytes", std::uint64_t{0});
    load.out_bytes = tree.value("out_bytes", std::uint64_t{0});
    load.slow_consumers = tree.value("slow_consumers", std::uint64_t{0});
    load.memory = tree.value("mem", std::uint64_t{0});
    load.connections = tree.value("connections", std::uint32_t{0});
    load.gomaxprocs = tree.value("gomaxprocs", std::uint32_t{0});
  } catch (const nlohmann::json::exception&) {
    throw SetupError("/varz of nats-server has a field of the wrong type");
  }
  return load;
}

std::string nats_server_config(const NatsOptions& options, const std::filesystem::path& folder,
                               std::uint16_t port, std::uint16_t monitor_port) {
  // Port -1: the kernel chooses, and the ports file says what.
  const auto number = [](std::uint16_t known) { return known == 0 ? -1 : int{known}; };
  std::string text =
      fmt::format("host: \"127.0.0.1\"\nport: {}\nhttp: \"127.0.0.1:{}\"\nports_file_dir: {}\n",
                  number(port), number(monitor_port), quoted(folder.string()));
  // As short as nats-server lets it be.
  if (options.fault == FaultKind::lame_duck) {
    text += "lame_duck_grace_period: \"50ms\"\nlame_duck_duration: \"30s\"\n";
  }
  if (options.max_payload) text += fmt::format("max_payload: {}\n", options.max_payload->bytes);
  if (options.jetstream.wanted) {
    text += fmt::format("jetstream {{ store_dir: {} }}\n", quoted((folder / "jetstream").string()));
  }
  if (options.max_connections)
    text += fmt::format("max_connections: {}\n", *options.max_connections);
  if (options.max_pending) text += fmt::format("max_pending: {}\n", options.max_pending->bytes);
  if (options.write_deadline) {
    const auto whole = std::chrono::ceil<std::chrono::milliseconds>(*options.write_deadline);
    text += fmt::format("write_deadline: \"{}ms\"\n", whole.count());
  }
  for (const auto& [name, secret] :
       {std::pair("token", &options.token), std::pair("password", &options.password)}) {
    if (is_hash(*secret)) {
      throw SetupError(fmt::format(
          "{} begins as a bcrypt hash does, so nats-server would take it for one and let "
          "nobody in; choose another for a server of our own",
          name));
    }
  }
  if (!options.token.empty()) {
    text += fmt::format("authorization {{ token: {} }}\n", quoted(options.token));
  } else if (!options.user.empty()) {
    text += fmt::format("authorization {{ user: {}, password: {} }}\n", quoted(options.user),
                        quoted(options.password));
  }
  return text;
}

std::string why_no_nats_server(const NatsOptions& options) {
  if (origin_of(options) != NatsServer::Origin::own) return {};
  if (!find_program(options.program).empty()) return {};
  return fmt::format("{} is not installed{}; apt-get install nats-server", NatsServer::kProgram,
                     options.url == "auto" ? ", and none answers at 127.0.0.1:4222" : "");
}

ServerPlace nats_server_place(const NatsOptions& options) {
  const NatsServer::Origin origin = origin_of(options);
  if (origin == NatsServer::Origin::own) return ServerPlace::ours;
  if (origin == NatsServer::Origin::local) return ServerPlace::here;
  const bool given = origin == NatsServer::Origin::given;
  const NatsAddress address = first_that_answers(given ? options.url : environment_url());
  return on_this_machine(address) ? ServerPlace::here : ServerPlace::elsewhere;
}

NatsServer::NatsServer(const NatsOptions& options, Hello hello)
    : origin_(origin_of(options)), options_(options) {
  switch (origin_) {
    case Origin::environment: address_ = first_that_answers(environment_url()); break;
    case Origin::local: address_ = kLocal; break;
    case Origin::own: start(options); break;
    case Origin::given: address_ = first_that_answers(options.url); break;
  }
  if (!options.token.empty() || !options.user.empty()) {
    address_.token = options.token;
    address_.user = options.user;
    address_.password = options.password;
  }
  if (hello == Hello::of_a_library) {
    info_ = read_nats_info(address_, deadline_in(options.timeout));
  } else {
    if (address_.tls) {
      throw SetupError(
          fmt::format("nats/wire speaks plain TCP, and {} is to be TLS; write nats:// or "
                      "choose nats/client",
                      address_.shown()));
    }
    info_ = greet(address_, options.timeout);
  }
  if (is_done_to_server(options.fault) && origin_ != Origin::own) {
    throw SetupError(fmt::format(
        "fault = \"{} ...\" needs a server of our own, and {} is none; write url = \"own\" in "
        "[transport.nats]",
        to_string(options.fault), describe()));
  }
}

NatsServer::~NatsServer() = default;

std::string NatsServer::describe() const {
  std::string text = fmt::format("nats-server {}", info_.version);
  if (origin_ != Origin::own) return text + " at " + address_.shown();
  if (options_.cpus.empty()) return text + ", started, not pinned";
  return fmt::format("{}, started on cpu {}", text, cpu_ranges(options_.cpus));
}

}  // namespace busmark
