// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "busmark/base/error.hpp"

#include "base/process.hpp"
#include "record/nats.hpp"
#include "record/nats_options.hpp"
#include "transport/nats/address.hpp"
#include "transport/nats/connection.hpp"
#include "transport/transport.hpp"

namespace busmark {

/// From the JSON of `/varz`. Throws SetupError.
[[nodiscard]] NatsLoad parse_nats_load(std::string_view json);

/// The server that a run uses: found or started. One of our own listens on the loopback interface
/// alone, at ports that the kernel chose, and leaves neither process nor port nor file behind,
/// whatever our end. Make it on a thread that outlives the measurement (see ChildProcess).
class NatsServer {
 public:
  static constexpr const char* kProgram = "nats-server";  ///< Of one of our own.

  /// Where it came from.
  enum class Origin : std::uint8_t { own, environment, local, given };

  /// Who says CONNECT to find out whether the server lets us in.
  enum class Hello : std::uint8_t { ours, of_a_library };

  /// Throws SetupError when the server does not answer or cannot be started.
  explicit NatsServer(const NatsOptions& options, Hello hello = Hello::ours);
  ~NatsServer();

  [[nodiscard]] const NatsAddress& address() const noexcept { return address_; }
  [[nodiscard]] const NatsServerInfo& info() const noexcept { return info_; }
  [[nodiscard]] Origin origin() const noexcept { return origin_; }
  /// Process id of a server of our own; -1 of another.
  [[nodiscard]] pid_t pid() const noexcept;
  /// Of a server of our own; 0 of another.
  [[nodiscard]] std::uint16_t monitor_port() const noexcept { return monitor_port_; }
  /// Private folder of a server of our own.
  [[nodiscard]] std::filesystem::path folder() const;
  /// Counters of a server of our own; nothing of another, whose monitoring port is unknown.
  /// Throws SetupError when it does not answer.
  [[nodiscard]] std::optional<NatsLoad> load() const;
  /// What is done to the process of a server of our own; see TransportInfo::faults. Waits for
  /// nothing: that it is back, clients notice. What goes wrong is in `said()`.
  void begin_fault(FaultKind kind) noexcept;
  void end_fault(FaultKind kind) noexcept;
  /// Warnings, errors and farewells in the log of a server of our own, each once; few.
  [[nodiscard]] std::vector<std::string> said() const;

  /// `nats-server 2.9.10, started on cpu 1` or `nats-server 2.9.10 at nats://host:4222`.
  [[nodiscard]] std::string describe() const;

 private:
  void start(const NatsOptions& options);
  void await_ports(Deadline deadline);
  void start_again() noexcept;
  void replace_lame_duck() noexcept;
  void launch();
  void write_config(bool let_in) const;

  NatsAddress address_;
  NatsServerInfo info_;
  Origin origin_ = Origin::given;
  NatsOptions options_;
  std::uint16_t monitor_port_ = 0;
  std::unique_ptr<PrivateFolder> folder_;  ///< Outlives the processes that write there.
  std::unique_ptr<ChildProcess> leaving_;  ///< A lame duck.
  std::unique_ptr<ChildProcess> process_;
  bool restarted_ = false;
  std::string fault_;  ///< What went wrong in a fault.
};

/// Why no server can be had on this machine, with the package to install; empty when one can be, or
/// when the user named one, which then has to answer.
[[nodiscard]] std::string why_no_nats_server(const NatsOptions& options);

/// Where the server that these options mean runs; a URL is believed.
[[nodiscard]] ServerPlace nats_server_place(const NatsOptions& options);

/// The configuration of a server of our own. Port 0: the kernel chooses one.
[[nodiscard]] std::string nats_server_config(const NatsOptions& options,
                                             const std::filesystem::path& folder,
                                             std::uint16_t port = 0,
                                             std::uint16_t monitor_port = 0);

}  // namespace busmark
