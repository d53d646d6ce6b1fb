// SPDX-License-Identifier: Apache-2.0
#include "verb/agent/control_line.hpp"

#include <poll.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <thread>
#include <utility>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kSendTime = 2s;
constexpr Nanoseconds kConnectTime = 2s;
constexpr Nanoseconds kPause = 50ms;  // between two rounds of attempts

}  // namespace

std::vector<std::string> control_servers(const std::string& option) {
  std::string text = option;
  if (text.empty()) {
    const char* const environment = std::getenv("NATS_URL");
    text = environment != nullptr && *environment != '\0' ? environment : "127.0.0.1:4222";
  }
  std::vector<std::string> servers;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    servers.push_back(text.substr(begin, end - begin));
    const NatsAddress address = parse_nats_url(servers.back());
    if (address.tls) {
      throw SetupError(fmt::format(
          "{}: agents and their coordinator do not speak TLS; write nats:// and a server that "
          "listens without it, on a network of your own",
          address.shown()));
    }
    if (!option.empty() && !(address.user + address.password + address.token).empty()) {
      throw SetupError(
          "--nats holds a user, password or token, and everybody can read a command line; put the "
          "URL into $NATS_URL and leave --nats out");
    }
    begin = end + 1;
  }
  return servers;
}

ControlLine::ControlLine(std::vector<std::string> servers, std::string name)
    : servers_(std::move(servers)), name_(std::move(name)) {
  if (!connect(deadline_in(kConnectTime))) {
    throw SetupError(fmt::format("no nats-server answers: {}", failures_));
  }
}

bool ControlLine::connect(Deadline deadline) {
  connection_.reset();
  failures_.clear();
  NatsConnection::Options options{.name = name_};
  options.limits.payload = kLongestLetter + 64 * 1024;
  options.send_buffer = 2 * kLongestLetter;
  for (std::size_t tried = 0; tried < servers_.size(); ++tried) {
    try {
      auto made = std::make_unique<NatsConnection>(parse_nats_url(server()), options, deadline);
      std::uint64_t number = 0;
      for (const std::string& subject : subjects_) made->subscribe(subject, "", ++number);
      made->confirm(deadline);
      connection_ = std::move(made);
      return true;
    } catch (const SetupError& error) {
      failures_ += fmt::format("{}{}", failures_.empty() ? "" : "; ", error.what());
      current_ = (current_ + 1) % servers_.size();
    }
  }
  return false;
}

void ControlLine::subscribe(const std::string& subject) {
  subjects_.push_back(subject);
  const Deadline deadline = deadline_in(kConnectTime);
  if (connection_ != nullptr) {
    connection_->subscribe(subject, "", subjects_.size());
    connection_->confirm(deadline);
  } else if (!connect(deadline)) {
    throw SetupError(fmt::format("no nats-server answers: {}", failures_));
  }
}

void ControlLine::publish(std::string_view subject, std::string_view body, std::string_view reply) {
  if (connection_ == nullptr && !connect(deadline_in(kConnectTime))) return;
  NatsConnection& connection = *connection_;
  NatsWriter writer(connection.room(), connection.room_size());
  const NatsFault fault = writer.publish(subject, body, reply);
  if (fault != NatsFault::none) {
    throw SetupError(fmt::format("a letter of {} bytes to {} cannot be sent: it is {}", body.size(),
                                 in_quotes(subject), to_string(fault)));
  }
  connection.add(writer.text().size());
  const Deadline deadline = deadline_in(kSendTime);
  while (connection.pending() != 0 && connection.is_open()) {
    if (connection.flush() == 0 && !wait_until_ready(connection.socket(), POLLOUT, deadline)) break;
  }
  if (connection.pending() != 0) connection_.reset();
}

std::optional<ControlLine::Letter> ControlLine::next(Deadline deadline) {
  // Looked at each time: letters or bytes that never end may not keep the caller.
  while (std::chrono::steady_clock::now() < deadline) {
    if (connection_ == nullptr && !connect(deadline_in(kConnectTime))) {
      if (std::chrono::steady_clock::now() + kPause >= deadline) break;
      std::this_thread::sleep_for(kPause);
      continue;
    }
    while (const NatsFrame* const frame = connection_->next()) {
      // Empty is what a server says where nobody listens.
      if (!frame->body.empty()) return Letter{std::string(frame->reply), std::string(frame->body)};
    }
    if (connection_->receive()) continue;
    if (!connection_->is_open()) {
      connection_.reset();
      continue;
    }
    if (!wait_until_ready(connection_->socket(), POLLIN, deadline)) break;
  }
  return std::nullopt;
}

std::string random_control_word() {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz234567";
  std::random_device source;
  std::string word;
  for (int i = 0; i < 12; ++i) word += kLetters[source() % kLetters.size()];
  return word;
}

}  // namespace busmark
