// SPDX-License-Identifier: Apache-2.0
#include "transport/nats/keys.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "base/quote.hpp"
#include "base/suggest.hpp"
#include "toml/field.hpp"
#include "transport/nats/address.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 29> kNatsKeys{"url",
                                                     "user",
                                                     "password",
                                                     "token",
                                                     "max_payload",
                                                     "max_connections",
                                                     "max_pending",
                                                     "write_deadline",
                                                     "timeout",
                                                     "flush",
                                                     "delivery",
                                                     "pending",
                                                     "max_reconnects",
                                                     "reconnect_wait",
                                                     "reconnect_jitter",
                                                     "reconnect_buffer",
                                                     "tls",
                                                     "tls_ca",
                                                     "tls_cert",
                                                     "tls_key",
                                                     "tls_host",
                                                     "creds",
                                                     "nkey",
                                                     "nkey_seed",
                                                     "storage",
                                                     "ack",
                                                     "consume",
                                                     "replicas",
                                                     "max_acks"};
constexpr ByteCount kMostBytes{64ULL << 20};

bool is_flag(const Value& value) noexcept { return value.at.line == 0; }

void read_secret(const Value::Entry& entry, Problems& problems, std::string& target) {
  const auto* text = std::get_if<std::string>(&entry.value.data);
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (is_flag(entry.value)) {
    problems.add(entry.at, "", "would show in ps; write it in the file or in $NATS_URL");
  } else if (text == nullptr || text->empty() || std::any_of(text->begin(), text->end(), control)) {
    problems.add(entry.at, entry.key, "must be a string of printable characters");
  } else {
    target = *text;
  }
}

void read_url(const Value::Entry& entry, Problems& problems, std::string& target) {
  const auto* text = std::get_if<std::string>(&entry.value.data);
  if (text == nullptr) {
    problems.add(entry.at, entry.key, "must be \"auto\", \"own\" or a URL in quotes");
    return;
  }
  try {
    if (*text != "auto" && *text != "own") {
      const std::vector<NatsAddress> servers = parse_nats_urls(*text);
      const bool secret = std::ranges::any_of(servers, [](const NatsAddress& one) {
        return !one.password.empty() || !one.token.empty();
      });
      if (is_flag(entry.value) && secret) {
        problems.add(entry.at, "",
                     "would show its secret in ps; write it in the file or in "
                     "$NATS_URL");
      }
    }
    target = *text;
  } catch (const SetupError& error) {
    problems.add(entry.at, entry.key, error.what());
  }
}

template <typename T, typename Read>
void read_optional(const Value::Entry& entry, Problems& problems, std::optional<T>& target,
                   Read read) {
  T value{};
  read(Field(entry.value, entry.key, problems), value);
  target = value;
}

/// Keys of TLS and credentials; false when it is none of them. Files are named, so that their
/// contents are in no command line.
bool read_security_key(const Value::Entry& entry, Problems& problems, NatsSecurity& security) {
  const Field field(entry.value, entry.key, problems);
  const std::pair<std::string_view, std::string*> texts[] = {
      {"tls_ca", &security.authority},   {"tls_cert", &security.certificate},
      {"tls_key", &security.key},        {"tls_host", &security.host},
      {"creds", &security.creds},        {"nkey", &security.nkey},
      {"nkey_seed", &security.nkey_seed}};
  for (const auto& [name, target] : texts) {
    if (entry.key != name) continue;
    field.text(*target);
    return true;
  }
  if (entry.key != "tls") return false;
  field.boolean(security.tls);
  return true;
}

/// Keys of JetStream; false when it is none of them.
bool read_jetstream_key(const Value::Entry& entry, Problems& problems, JetStreamOptions& options) {
  const std::string& key = entry.key;
  const Field field(entry.value, key, problems);
  if (key == "storage") {
    field.choice({JetStreamStorage::file, JetStreamStorage::memory}, options.storage);
  } else if (key == "ack") {
    field.choice({JetStreamAck::sync, JetStreamAck::async}, options.ack);
  } else if (key == "consume") {
    field.choice({JetStreamConsume::pull, JetStreamConsume::push}, options.consume);
  } else if (key == "replicas") {
    field.whole(1, 5, options.replicas);
  } else if (key == "max_acks") {
    field.whole(1, 1'000'000, options.max_acks);
  } else {
    return false;
  }
  return true;
}

/// Keys of libnats; false when it is none of them.
bool read_client_key(const Value::Entry& entry, Problems& problems, NatsClientOptions& options) {
  const std::string& key = entry.key;
  const Field field(entry.value, key, problems);
  const auto count = [](const Field& in, std::uint32_t& value) { in.whole(0, 1'000'000, value); };
  const auto wait = [](const Field& in, Nanoseconds& value) { in.duration(1ms, value); };
  if (key == "flush") {
    field.choice({NatsFlush::on_timer, NatsFlush::asap}, options.flush);
  } else if (key == "delivery") {
    field.choice({NatsDelivery::async, NatsDelivery::sync, NatsDelivery::global}, options.delivery);
  } else if (key == "pending") {
    read_optional(entry, problems, options.pending,
                  [](const Field& in, std::uint32_t& value) { in.whole(1, 1'000'000'000, value); });
  } else if (key == "max_reconnects") {
    read_optional(entry, problems, options.max_reconnects, count);
  } else if (key == "reconnect_wait") {
    read_optional(entry, problems, options.reconnect_wait, wait);
  } else if (key == "reconnect_jitter") {
    read_optional(entry, problems, options.reconnect_jitter, wait);
  } else if (key == "reconnect_buffer") {
    read_optional(entry, problems, options.reconnect_buffer,
                  [](const Field& in, ByteCount& value) { in.size(kMostBytes, value); });
  } else {
    return read_security_key(entry, problems, options.security);
  }
  return true;
}

/// Keys that need each other.
void check_pairs(std::span<const Value::Entry> entries, Problems& problems,
                 const NatsSecurity& security) {
  if (entries.empty()) return;
  const auto pair = [&](const std::string& a, const std::string& b, const char* what) {
    if (a.empty() != b.empty()) problems.add(entries.front().at, "", what);
  };
  pair(security.certificate, security.key, "tls_cert and tls_key go together");
  pair(security.nkey, security.nkey_seed, "nkey and nkey_seed go together");
}

void read_key(const Value::Entry& entry, Problems& problems, NatsOptions& options) {
  const std::string& key = entry.key;
  const auto size = [](const Field& in, ByteCount& value) { in.size(kMostBytes, value); };
  if (key == "url") {
    read_url(entry, problems, options.url);
  } else if (key == "user") {
    read_secret(entry, problems, options.user);
  } else if (key == "password") {
    read_secret(entry, problems, options.password);
  } else if (key == "token") {
    read_secret(entry, problems, options.token);
  } else if (key == "max_payload") {
    read_optional(entry, problems, options.max_payload, size);
  } else if (key == "max_connections") {
    read_optional(entry, problems, options.max_connections,
                  [](const Field& in, std::uint32_t& value) { in.whole(1, 1'000'000, value); });
  } else if (key == "max_pending") {
    read_optional(entry, problems, options.max_pending, size);
  } else if (key == "write_deadline") {
    read_optional(entry, problems, options.write_deadline,
                  [](const Field& in, Nanoseconds& value) { in.duration(1ms, value); });
  } else if (key == "timeout") {
    Field(entry.value, key, problems).duration(1ms, options.timeout);
  } else if (!read_client_key(entry, problems, options.client) &&
             !read_jetstream_key(entry, problems, options.jetstream)) {
    problems.add(entry.at, "",
                 fmt::format("unknown key {}; {}", in_quotes(key), suggestion(key, kNatsKeys)));
  }
}

}  // namespace

std::span<const std::string_view> nats_key_names() noexcept { return kNatsKeys; }

std::string_view key_of_library_alone(const NatsSecurity& security) noexcept {
  if (!security.creds.empty()) return "creds";
  if (!security.nkey.empty()) return "nkey";
  if (!security.authority.empty()) return "tls_ca";
  if (!security.certificate.empty()) return "tls_cert";
  if (!security.host.empty()) return "tls_host";
  return security.tls ? "tls" : "";
}

void read_nats_keys(std::span<const Value::Entry> entries, Problems& problems,
                    NatsOptions& options) {
  for (const Value::Entry& entry : entries) read_key(entry, problems, options);
  check_pairs(entries, problems, options.client.security);
}

}  // namespace busmark
