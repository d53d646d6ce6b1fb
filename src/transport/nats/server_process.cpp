// SPDX-License-Identifier: Apache-2.0
//
// The process of a server of our own: its start, its end, and what is done to it on purpose.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "base/quote.hpp"
#include "transport/nats/monitor.hpp"
#include "transport/nats/server.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kLongestStart = 10s;

std::string text_of_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The port behind the last colon of a URL; 0 when there is none.
std::uint16_t port_of(const nlohmann::json& urls) {
  if (!urls.is_array() || urls.empty() || !urls[0].is_string()) return 0;
  const auto url = urls[0].get<std::string>();
  const long port = std::strtol(url.c_str() + url.rfind(':') + 1, nullptr, 10);
  return port > 0 && port < 65536 ? static_cast<std::uint16_t>(port) : std::uint16_t{0};
}

bool is_free(std::uint16_t port) noexcept {
  const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

/// A port that stays free while its server is away: the kernel gives clients none below this, so
/// that no connection, not even one of a client to itself, can take it.
std::uint16_t lasting_port() {
  std::ifstream range("/proc/sys/net/ipv4/ip_local_port_range");
  std::uint32_t lowest = 32768;
  range >> lowest;
  constexpr std::uint32_t kFirst = 10'000;
  std::random_device source;
  for (int tries = 0; lowest > kFirst && tries < 1000; ++tries) {
    const auto port = static_cast<std::uint16_t>(kFirst + source() % (lowest - kFirst));
    if (is_free(port)) return port;
  }
  throw SetupError("no port of the loopback interface is free below those of clients");
}

/// `[4711] 2026/11/21 10:00:00.123456 [ERR] 127.0.0.1:4711 - cid:5 - "name" - text`: the text.
std::string_view message_of(std::string_view line) noexcept {
  const std::size_t level = line.find("] ", line.find(" ["));
  if (level == std::string_view::npos) return {};
  const std::string_view text = line.substr(level + 2);
  constexpr std::string_view kBehindName = "\" - ";
  const std::size_t name = text.find(" - cid:");
  const std::size_t behind = text.find(kBehindName, name);
  return name == std::string_view::npos || behind == std::string_view::npos
             ? text
             : text.substr(behind + kBehindName.size());
}

bool is_telling(std::string_view line) noexcept {
  for (const std::string_view level : {" [WRN] ", " [ERR] ", " [FTL] "}) {
    if (line.find(level) != std::string_view::npos) return true;
  }
  for (const std::string_view text : {"Entering lame duck mode", "Initiating Shutdown"}) {
    if (line.find(text) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

void NatsServer::write_config(bool let_in) const {
  NatsOptions options = options_;
  if (!let_in) {
    options.token.clear();
    options.user = "nobody";
    options.password = folder_->path().filename().string();
  }
  std::ofstream(folder_->path() / "server.conf")
      << nats_server_config(options, folder_->path(), address_.port, monitor_port_);
}

void NatsServer::launch() {
  process_ = std::make_unique<ChildProcess>(
      ChildProcess::Command{.program = find_program(options_.program),
                            .arguments = {"-c", (folder_->path() / "server.conf").string()},
                            .cpus = options_.cpus,
                            .log = folder_->path() / "server.log"});
}

void NatsServer::start(const NatsOptions& options) {
  if (const std::string reason = why_no_nats_server(options); !reason.empty()) {
    throw SetupError(reason);
  }
  folder_ = std::make_unique<PrivateFolder>("busmark-nats");
  for (int tries = 1;; ++tries) {
    const bool lasting = is_done_to_server(options.fault);
    address_.port = lasting ? lasting_port() : std::uint16_t{0};
    monitor_port_ = lasting ? lasting_port() : std::uint16_t{0};
    write_config(true);
    launch();
    try {
      return await_ports(deadline_in(kLongestStart));
    } catch (const SetupError&) {
      // Somebody else may have been quicker to take the port.
      if (!lasting || tries == 3) throw;
    }
  }
}

void NatsServer::await_ports(Deadline deadline) {
  const std::filesystem::path ports =
      folder_->path() / fmt::format("{}_{}.ports", NatsServer::kProgram, process_->pid());
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

void NatsServer::start_again() noexcept {
  try {
    process_.reset();
    restarted_ = true;
    launch();
  } catch (const std::exception& error) {
    fault_ = error.what();
  }
}

void NatsServer::replace_lame_duck() noexcept {
  leaving_ = std::move(process_);
  try {
    monitor_port_ = lasting_port();  // the other one keeps its own to the end
    write_config(true);
  } catch (const std::exception& error) {
    fault_ = error.what();
  }
  start_again();
}

void NatsServer::begin_fault(FaultKind kind) noexcept {
  if (process_ == nullptr) return;
  const pid_t pid = process_->pid();
  switch (kind) {
    case FaultKind::kill: kill(pid, SIGKILL); return;
    case FaultKind::terminate: kill(pid, SIGTERM); return;
    case FaultKind::lame_duck: kill(pid, SIGUSR2); return;
    case FaultKind::freeze: kill(pid, SIGSTOP); return;
    case FaultKind::wrong_credentials:
      write_config(false);
      kill(pid, SIGHUP);  // reads it again
      return;
    default: return;
  }
}

void NatsServer::end_fault(FaultKind kind) noexcept {
  if (process_ == nullptr) return;
  switch (kind) {
    case FaultKind::kill:
    case FaultKind::terminate: return start_again();
    case FaultKind::lame_duck: return replace_lame_duck();
    case FaultKind::freeze: kill(process_->pid(), SIGCONT); return;
    case FaultKind::wrong_credentials:
      write_config(true);
      kill(process_->pid(), SIGHUP);
      return;
    default: return;
  }
}

std::vector<std::string> NatsServer::said() const {
  constexpr std::size_t kMost = 20;
  std::vector<std::string> said;
  if (!fault_.empty()) said.push_back(fault_);
  if (folder_ == nullptr) return said;
  std::ifstream log(folder_->path() / "server.log");
  for (std::string line; said.size() < kMost && std::getline(log, line);) {
    if (!is_telling(line)) continue;
    std::string text(message_of(line));
    if (std::find(said.begin(), said.end(), text) == said.end()) said.push_back(std::move(text));
  }
  return said;
}

pid_t NatsServer::pid() const noexcept { return process_ != nullptr ? process_->pid() : -1; }

std::filesystem::path NatsServer::folder() const {
  return folder_ != nullptr ? folder_->path() : std::filesystem::path();
}

std::optional<NatsLoad> NatsServer::load() const {
  if (process_ == nullptr) return std::nullopt;
  if (restarted_) throw SetupError("it was started again, and its counters with it");
  NatsLoad load =
      parse_nats_load(get_from_monitor(monitor_port_, "/varz", deadline_in(options_.timeout)));
  load.processor_time = process_->cpu_time();
  return load;
}

}  // namespace busmark
