// SPDX-License-Identifier: Apache-2.0
#include "busmark/transport/nats/server.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "busmark/core/quote.hpp"
#include "busmark/transport/nats/connection.hpp"
#include "busmark/transport/nats/monitor.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

constexpr const char* kProgram = "nats-server";
constexpr Nanoseconds kLongestStart = 10s;

const NatsAddress kLocal{};  // where NATS listens by default

std::string text_of_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

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

/// The port behind the last colon of a URL; 0 when there is none.
std::uint16_t port_of(const nlohmann::json& urls) {
  if (!urls.is_array() || urls.empty() || !urls[0].is_string()) return 0;
  const auto url = urls[0].get<std::string>();
  const long port = std::strtol(url.c_str() + url.rfind(':') + 1, nullptr, 10);
  return port > 0 && port < 65536 ? static_cast<std::uint16_t>(port) : std::uint16_t{0};
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

NatsLoad NatsLoad::since(const NatsLoad& before) const {
  NatsLoad difference = *this;
  difference.in_messages -= before.in_messages;
  difference.out_messages -= before.out_messages;
  difference.in_bytes -= before.in_bytes;
  difference.out_bytes -= before.out_bytes;
  difference.slow_consumers -= before.slow_consumers;
  if (processor_time && before.processor_time) *difference.processor_time -= *before.processor_time;
  return difference;
}

std::string nats_server_config(const NatsOptions& options, const std::filesystem::path& folder) {
  // Port -1: the kernel chooses, and the ports file says what.
  std::string text =
      fmt::format("host: \"127.0.0.1\"\nport: -1\nhttp: \"127.0.0.1:-1\"\nports_file_dir: {}\n",
                  quoted(folder.string()));
  if (options.max_payload) text += fmt::format("max_payload: {}\n", options.max_payload->bytes);
  if (options.max_connections)
    text += fmt::format("max_connections: {}\n", *options.max_connections);
  if (options.max_pending) text += fmt::format("max_pending: {}\n", options.max_pending->bytes);
  if (options.write_deadline) {
    const auto whole = std::chrono::ceil<std::chrono::milliseconds>(*options.write_deadline);
    text += fmt::format("write_deadline: \"{}ms\"\n", whole.count());
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
  return fmt::format("{} is not installed{}; apt-get install nats-server", kProgram,
                     options.url == "auto" ? ", and none answers at 127.0.0.1:4222" : "");
}

ServerPlace nats_server_place(const NatsOptions& options) {
  const NatsServer::Origin origin = origin_of(options);
  if (origin == NatsServer::Origin::own) return ServerPlace::ours;
  if (origin == NatsServer::Origin::local) return ServerPlace::here;
  const bool given = origin == NatsServer::Origin::given;
  const NatsAddress address = parse_nats_url(given ? options.url : environment_url());
  return on_this_machine(address) ? ServerPlace::here : ServerPlace::elsewhere;
}

NatsServer::NatsServer(const NatsOptions& options)
    : origin_(origin_of(options)), timeout_(options.timeout) {
  switch (origin_) {
    case Origin::environment: address_ = parse_nats_url(environment_url()); break;
    case Origin::local: address_ = kLocal; break;
    case Origin::own: start(options); break;
    case Origin::given: address_ = parse_nats_url(options.url); break;
  }
  if (!options.token.empty() || !options.user.empty()) {
    address_.token = options.token;
    address_.user = options.user;
    address_.password = options.password;
  }
  info_ = greet(address_, timeout_);
}

NatsServer::~NatsServer() = default;

void NatsServer::start(const NatsOptions& options) {
  if (const std::string reason = why_no_nats_server(options); !reason.empty()) {
    throw SetupError(reason);
  }
  folder_ = std::make_unique<PrivateFolder>("busmark-nats");
  const std::filesystem::path config = folder_->path() / "server.conf";
  std::ofstream(config) << nats_server_config(options, folder_->path());
  process_ =
      std::make_unique<ChildProcess>(ChildProcess::Command{.program = find_program(options.program),
                                                           .arguments = {"-c", config.string()},
                                                           .cpus = options.cpus,
                                                           .log = folder_->path() / "server.log"});
  cpus_ = options.cpus;
  await_ports(deadline_in(kLongestStart));
}

void NatsServer::await_ports(Deadline deadline) {
  const std::filesystem::path ports =
      folder_->path() / fmt::format("{}_{}.ports", kProgram, process_->pid());
  while (true) {
    // A file that is still being written is no JSON yet.
    const auto tree = nlohmann::json::parse(text_of_file(ports), nullptr, false);
    if (tree.is_object()) {
      address_.port = port_of(tree.value("nats", nlohmann::json()));
      monitor_port_ = port_of(tree.value("monitoring", nlohmann::json()));
      if (address_.port != 0 && monitor_port_ != 0) return;
    }
    if (process_->wait_for_end(deadline_in(2ms))) {
      const std::string log = text_of_file(folder_->path() / "server.log");
      throw SetupError(fmt::format("nats-server ended at once; it said {}", in_quotes(log, 300)));
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      throw SetupError("nats-server was started but did not name its ports in time");
    }
  }
}

pid_t NatsServer::pid() const noexcept { return process_ != nullptr ? process_->pid() : -1; }

std::filesystem::path NatsServer::folder() const {
  return folder_ != nullptr ? folder_->path() : std::filesystem::path();
}

std::optional<NatsLoad> NatsServer::load() const {
  if (process_ == nullptr) return std::nullopt;
  NatsLoad load = parse_nats_load(get_from_monitor(monitor_port_, "/varz", deadline_in(timeout_)));
  load.processor_time = process_->cpu_time();
  return load;
}

std::string NatsServer::describe() const {
  std::string text = fmt::format("nats-server {}", info_.version);
  if (origin_ != Origin::own) return text + " at " + address_.shown();
  if (cpus_.empty()) return text + ", started, not pinned";
  std::vector<int> numbers;
  for (const CpuId cpu : cpus_) numbers.push_back(index(cpu));
  return fmt::format("{}, started on cpu {}", text, fmt::join(numbers, ", "));
}

}  // namespace busmark
