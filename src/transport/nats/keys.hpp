// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "record/nats_options.hpp"
#include "toml/tree.hpp"

namespace busmark {

/// Reads keys of `[transport.nats]`. Secrets never appear in a message, nor may they be given as a
/// flag, which others could see in `ps`.
void read_nats_keys(std::span<const Value::Entry> entries, Problems& problems,
                    NatsOptions& options);
[[nodiscard]] std::span<const std::string_view> nats_key_names() noexcept;

/// The first key that is set of those which let somebody in and which libnats alone serves: a
/// transport of our own would ignore it. Empty: none is.
[[nodiscard]] std::string_view key_of_library_alone(const NatsSecurity& security) noexcept;

}  // namespace busmark
