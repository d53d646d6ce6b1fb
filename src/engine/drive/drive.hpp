// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "engine/registry.hpp"
#include "engine/repetition.hpp"
#include "transport/all_transports.hpp"

namespace busmark {

template <Transport T>
RepetitionResult run_repetition(const RepetitionPlan& plan, const StopFlag& stop,
                                LiveProgress& live) {
  return Repetition<T>(plan, stop, live).run();
}

template <Transport T>
std::string why_unavailable([[maybe_unused]] const RunOptions& options) {
  if constexpr (requires { T::why_unavailable(options.nats); }) {
    return T::why_unavailable(options.nats);
  } else {
    return {};
  }
}

template <Transport T>
ServerPlace server_place([[maybe_unused]] const RunOptions& options) {
  if constexpr (requires { T::server_place(options.nats); }) {
    return T::server_place(options.nats);
  } else {
    return ServerPlace::ours;
  }
}

/// The entries of a group. To instantiate it is to compile its loops, which takes tens of seconds.
template <typename... T>
std::vector<TransportEntry> make_entries(std::type_identity<std::tuple<T...>> /*group*/) {
  return {TransportEntry{T::kInfo, &run_repetition<T>, &why_unavailable<T>, &server_place<T>}...};
}

}  // namespace busmark
