// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace busmark {

/// What can be broken on purpose while a scenario is measured. Most last for a while.
enum class FaultKind : std::uint8_t {
  none,
  kill,               ///< The server is killed (SIGKILL), and started again at the end.
  terminate,          ///< The same with SIGTERM, so that it can say good-bye.
  lame_duck,          ///< The server is told to leave; at the end a new one takes its place.
  freeze,             ///< The server stands still (SIGSTOP).
  wrong_credentials,  ///< The server lets nobody in, and puts out who is in.
  oversize,           ///< Producer 0 sends a message that is too large for the server.
  no_responders,      ///< All responders leave.
  stall,              ///< Consumer 0 stands still.
  slow,               ///< Consumer 0 stands still for 9 of every 10 ms.
  corrupt,            ///< Payloads that are due meanwhile have a wrong bit.
};

inline constexpr std::initializer_list<FaultKind> kAllFaults{FaultKind::kill,
                                                             FaultKind::terminate,
                                                             FaultKind::lame_duck,
                                                             FaultKind::freeze,
                                                             FaultKind::wrong_credentials,
                                                             FaultKind::oversize,
                                                             FaultKind::no_responders,
                                                             FaultKind::stall,
                                                             FaultKind::slow,
                                                             FaultKind::corrupt};

/// As in a scenario: `lame-duck`.
[[nodiscard]] constexpr std::string_view to_string(FaultKind kind) noexcept {
  switch (kind) {
    case FaultKind::none: return "none";
    case FaultKind::kill: return "kill";
    case FaultKind::terminate: return "terminate";
    case FaultKind::lame_duck: return "lame-duck";
    case FaultKind::freeze: return "freeze";
    case FaultKind::wrong_credentials: return "wrong-credentials";
    case FaultKind::oversize: return "oversize";
    case FaultKind::no_responders: return "no-responders";
    case FaultKind::stall: return "stall";
    case FaultKind::slow: return "slow";
    case FaultKind::corrupt: return "corrupt";
  }
  return "unknown";
}

/// Over at once: there is nothing to undo.
[[nodiscard]] constexpr bool is_moment(FaultKind kind) noexcept {
  return kind == FaultKind::oversize;
}
/// Done to a thread of ours, whatever the transport.
[[nodiscard]] constexpr bool is_done_to_thread(FaultKind kind) noexcept {
  return kind == FaultKind::stall || kind == FaultKind::slow;
}
/// Done by the producers to what they send, whatever the transport, and by due time: nobody has to
/// act at a moment.
[[nodiscard]] constexpr bool is_done_to_payloads(FaultKind kind) noexcept {
  return kind == FaultKind::corrupt;
}
/// Done to the process of a server, which must be ours.
[[nodiscard]] constexpr bool is_done_to_server(FaultKind kind) noexcept {
  return kind >= FaultKind::kill && kind <= FaultKind::wrong_credentials;
}

/// The faults that a transport can make, beside those done to threads.
class FaultSet {
 public:
  constexpr FaultSet() noexcept = default;
  constexpr FaultSet(std::initializer_list<FaultKind> kinds) noexcept {
    for (const FaultKind kind : kinds) bits_ |= bit(kind);
  }
  [[nodiscard]] constexpr bool contains(FaultKind kind) const noexcept {
    return (bits_ & bit(kind)) != 0;
  }

 private:
  static constexpr std::uint32_t bit(FaultKind kind) noexcept {
    return std::uint32_t{1} << static_cast<std::uint32_t>(kind);
  }
  std::uint32_t bits_ = 0;
};

}  // namespace busmark
