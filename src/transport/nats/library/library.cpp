// SPDX-License-Identifier: Apache-2.0
#include "transport/nats/library/library.hpp"

#include <fcntl.h>
#include <time.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <deque>
#include <mutex>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"
#include "transport/nats/connection.hpp"
#include "transport/nats/socket.hpp"

namespace busmark {
namespace {

constexpr int kTriesToSign = 16;
constexpr Nanoseconds kToAsk = std::chrono::seconds(2);

using Events = LibraryConnection::Events;

/// Events are kept until the process ends: the library calls back on a thread of its own, and does
/// not say when it has done so for the last time.
Events& new_events() {
  static std::mutex mutex;
  static std::deque<Events> all;
  const std::scoped_lock lock(mutex);
  return all.emplace_back();
}

LibraryThreads& core_threads(const std::vector<CpuId>& cpus) {
  static LibraryThreads threads(cpus);
  return threads;
}

void on_disconnect(natsConnection* /*connection*/, void* closure) {
  static_cast<Events*>(closure)->disconnects.fetch_add(1, std::memory_order_relaxed);
}
void on_reconnect(natsConnection* /*connection*/, void* closure) {
  static_cast<Events*>(closure)->reconnects.fetch_add(1, std::memory_order_relaxed);
}
void on_lame_duck(natsConnection* /*connection*/, void* closure) {
  static_cast<Events*>(closure)->lame_duck.store(true, std::memory_order_relaxed);
}
void on_error(natsConnection* /*connection*/, natsSubscription* /*subscription*/, natsStatus status,
              void* closure) {
  static_cast<Events*>(closure)->last_error.store(status, std::memory_order_relaxed);
}

struct OptionsDeleter {
  void operator()(natsOptions* options) const noexcept { natsOptions_Destroy(options); }
};
using OptionsHandle = std::unique_ptr<natsOptions, OptionsDeleter>;

/// Calls that set one option each.
class OptionSetter {
 public:
  OptionSetter() {
    natsOptions* made = nullptr;
    check_library(natsOptions_Create(&made), "libnats");
    options_.reset(made);
  }
  template <typename Function, typename... Values>
  void operator()(Function function, Values... values) {
    check_library(function(options_.get(), values...), "libnats refuses an option");
  }
  [[nodiscard]] natsOptions* get() const noexcept { return options_.get(); }

 private:
  OptionsHandle options_;
};

void set_reconnects(OptionSetter& set, const NatsClientOptions& options) {
  if (options.max_reconnects) {
    set(natsOptions_SetAllowReconnect, *options.max_reconnects != 0);
    set(natsOptions_SetMaxReconnect, static_cast<int>(*options.max_reconnects));
  }
  if (options.reconnect_wait) {
    set(natsOptions_SetReconnectWait, library_milliseconds(*options.reconnect_wait));
  }
  if (options.reconnect_jitter) {
    const std::int64_t jitter = library_milliseconds(*options.reconnect_jitter);
    set(natsOptions_SetReconnectJitter, jitter, jitter);
  }
  if (options.reconnect_buffer) {
    set(natsOptions_SetReconnectBufSize, static_cast<int>(options.reconnect_buffer->bytes));
  }
}

/// A file that the library is to read; it would not say which one it cannot.
const char* readable(const std::string& file, const char* key) {
  const FileDescriptor opened(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened.is_open()) {
    throw SetupError(
        fmt::format("{}: cannot read {}: {}", key, in_quotes(file), std::strerror(errno)));
  }
  return file.c_str();
}

void set_security(OptionSetter& set, const NatsServer& server, const NatsSecurity& security) {
  if (!security.creds.empty()) {
    set(natsOptions_SetUserCredentialsFromFiles, readable(security.creds, "creds"), nullptr);
  } else if (!security.nkey.empty()) {
    set(natsOptions_SetNKeyFromSeed, security.nkey.c_str(),
        readable(security.nkey_seed, "nkey_seed"));
  }
  const NatsAddress& address = server.address();
  if (!address.tls && !security.wants_tls()) {
    if (!server.info().tls_required) return;
    throw SetupError(
        fmt::format("{} wants TLS; write url = \"tls://...\", and tls_ca = \"FILE\" "
                    "where its certificate is not one that the system trusts",
                    address.shown()));
  }
  if (!server.info().tls_required) {
    throw SetupError(
        fmt::format("{} does not speak TLS; write nats:// and leave out tls, tls_ca, "
                    "tls_cert and tls_host",
                    address.shown()));
  }
  set(natsOptions_SetSecure, true);
  if (!security.authority.empty()) {
    set(natsOptions_LoadCATrustedCertificates, readable(security.authority, "tls_ca"));
  }
  if (!security.certificate.empty()) {
    set(natsOptions_LoadCertificatesChain, readable(security.certificate, "tls_cert"),
        readable(security.key, "tls_key"));
  }
  const std::string& host = security.host.empty() ? address.host : security.host;
  set(natsOptions_SetExpectedHostname, host.c_str());
}

// Numbers of OpenSSL (X509_V_ERR_...), which libnats puts into its text.
enum CertificateFault : int {
  kNotYetValid = 9,
  kExpired = 10,
  kSelfSigned = 18,
  kSelfSignedInChain = 19,
  kNoIssuerHere = 20,
  kNoIssuer = 2,
  kUnverifiable = 21,
  kOtherHost = 62,
  kOtherIpAddress = 64,
};

/// What OpenSSL found wrong with the server's certificate, with the cure; empty when the library's
/// text does not say so: `... SSL handshake error: 10:certificate has expired:depth=0:...`.
std::string certificate_fault(std::string_view text, const std::string& host) {
  constexpr std::string_view kMark = "handshake error: ";
  const std::size_t at = text.find(kMark);
  if (at == std::string_view::npos) return {};
  int code = 0;
  std::from_chars(text.data() + at + kMark.size(), text.data() + text.size(), code);
  switch (code) {
    case kExpired: return "its certificate has expired";
    case kNotYetValid: return "its certificate is not valid yet";
    case kOtherHost:
    case kOtherIpAddress:
      return fmt::format("its certificate is not for {}; write the name that it bears as tls_host",
                         host);
    case kSelfSigned:
    case kSelfSignedInChain:
    case kNoIssuer:
    case kNoIssuerHere:
    case kUnverifiable:
      return "its certificate was signed by nobody whom tls_ca or the system trusts";
    default: return {};
  }
}

std::string why_not_connected(natsStatus status, const NatsServer& server,
                              const NatsSecurity& security) {
  const std::string shown = server.address().shown();
  const std::string why = library_error(status);
  if (status == NATS_CONNECTION_AUTH_FAILED) {
    return fmt::format("{} refuses the user, password, token or key that it was given: {}", shown,
                       why);
  }
  if (status == NATS_SSL_ERROR) {
    const std::string& host = security.host.empty() ? server.address().host : security.host;
    const std::string fault = certificate_fault(why, host);
    return fmt::format("{} is not trusted: {}", shown, fault.empty() ? why : fault);
  }
  // What a server says before it hangs up, the library does not hand on.
  if (!security.wants_tls() && !server.address().tls) {
    try {
      const NatsConnection::Options options{.name = "busmark set-up"};
      const NatsConnection asked(server.address(), options, deadline_in(kToAsk));
    } catch (const SetupError& error) {
      return error.what();
    }
  }
  return fmt::format("libnats cannot connect to {}: {}", shown, why);
}

}  // namespace

std::string library_error(natsStatus status) {
  std::string text = natsStatus_GetText(status);
  natsStatus last = NATS_OK;
  const char* const more = nats_GetLastError(&last);
  if (last == status && more != nullptr && *more != '\0' && text != more) {
    text += fmt::format(" ({})", more);
  }
  return text;
}

void tell_refusal(natsStatus refused_for, NatsLibraryConnection& connection) {
  if (refused_for != NATS_OK && connection.error.empty()) {
    connection.error = natsStatus_GetText(refused_for);
  }
}

void check_library(natsStatus status, const std::string& what) {
  if (status != NATS_OK) throw SetupError(fmt::format("{}: {}", what, library_error(status)));
}

std::string library_word(const std::vector<CpuId>& cpus) {
  static std::once_flag once;
  std::call_once(once, [&] {
    constexpr std::int64_t kItsOwnSpinCount = -1;
    core_threads(cpus).watch("nats", [] { check_library(nats_Open(kItsOwnSpinCount), "libnats"); });
  });
  natsInbox* made = nullptr;
  check_library(natsInbox_Create(&made), "libnats");
  const std::string text = made;
  natsInbox_Destroy(made);
  return text.substr(text.rfind('.') + 1);
}

NatsReport library_report(const NatsServer& server, const std::optional<NatsLoad>& load_before,
                          const NatsClientOptions& options, const LibraryThreads& threads) {
  NatsReport report;
  report.server = server.describe();
  report.log = server.said();
  try {
    const std::optional<NatsLoad> after = server.load();
    if (after && load_before) report.load = after->since(*load_before);
  } catch (const SetupError& error) {
    report.load_fault = error.what();
  }
  NatsLibraryReport& library = report.library.emplace();
  library.library = fmt::format("libnats {}", nats_GetVersion());
  library.flush = to_string(options.flush);
  library.delivery = to_string(options.delivery);
  library.threads = core_threads({}).report();
  const auto more = threads.report();
  library.threads.insert(library.threads.end(), more.begin(), more.end());
  return report;
}

std::int64_t library_milliseconds(Nanoseconds time) noexcept {
  return std::chrono::ceil<std::chrono::milliseconds>(time).count();
}

LibraryConnection::LibraryConnection(const NatsServer& server, const NatsOptions& options,
                                     std::string role)
    : role_(std::move(role)), shown_(server.address().shown()), events_(&new_events()) {
  const NatsAddress& address = server.address();
  if (!address.unix_path.empty()) {
    throw SetupError(
        fmt::format("libnats cannot use the Unix socket {}; write nats://HOST:PORT or "
                    "choose nats/wire",
                    address.unix_path));
  }
  OptionSetter set;
  set(natsOptions_SetURL, shown_.c_str());
  set(natsOptions_SetName, ("busmark " + role_).c_str());
  if (!address.token.empty()) {
    set(natsOptions_SetToken, address.token.c_str());
  } else if (!address.user.empty()) {
    set(natsOptions_SetUserInfo, address.user.c_str(), address.password.c_str());
  }
  set_security(set, server, options.client.security);
  set(natsOptions_SetTimeout, library_milliseconds(options.timeout));
  // Without it a server that stops reading would hold up a producer for ever.
  set(natsOptions_SetWriteDeadline, library_milliseconds(options.timeout));
  set(natsOptions_SetSendAsap, options.client.flush == NatsFlush::asap);
  set(natsOptions_UseGlobalMessageDelivery, options.client.delivery == NatsDelivery::global);
  set_reconnects(set, options.client);
  set(natsOptions_SetDisconnectedCB, &on_disconnect, events_);
  set(natsOptions_SetReconnectedCB, &on_reconnect, events_);
  set(natsOptions_SetLameDuckModeCB, &on_lame_duck, events_);
  set(natsOptions_SetErrorHandler, &on_error, events_);
  // libnats 3.4.1 signs wrongly for some nonces, with some keys for every second one; the next
  // connection has another nonce.
  const int tries = options.client.security.nkey.empty() ? 1 : kTriesToSign;
  natsStatus status = NATS_CONNECTION_AUTH_FAILED;
  for (int i = 0; i < tries && status == NATS_CONNECTION_AUTH_FAILED; ++i) {
    status = natsConnection_Connect(&connection_, set.get());
  }
  if (status != NATS_OK)
    throw SetupError(why_not_connected(status, server, options.client.security));
}

LibraryConnection::~LibraryConnection() { natsConnection_Destroy(connection_); }

void LibraryConnection::confirm(Nanoseconds timeout) {
  check_library(natsConnection_FlushTimeout(connection_, library_milliseconds(timeout)),
                fmt::format("{} did not answer {}", shown_, role_));
}

NatsLibraryConnection LibraryConnection::report() const {
  NatsLibraryConnection report;
  report.role = role_;
  natsStatistics* made = nullptr;
  if (natsStatistics_Create(&made) == NATS_OK) {
    std::uint64_t reconnects = 0;
    if (natsConnection_GetStats(connection_, made) == NATS_OK) {
      natsStatistics_GetCounts(made, &report.messages_received, &report.bytes_received,
                               &report.messages_sent, &report.bytes_sent, &reconnects);
    }
    natsStatistics_Destroy(made);
  }
  report.disconnects = events_->disconnects.load(std::memory_order_relaxed);
  report.reconnects = events_->reconnects.load(std::memory_order_relaxed);
  report.lame_duck = events_->lame_duck.load(std::memory_order_relaxed);
  report.closed = natsConnection_IsClosed(connection_);
  const char* said = nullptr;
  if (natsConnection_GetLastError(connection_, &said) != NATS_OK && said != nullptr) {
    report.error = said;
  }
  const auto told = static_cast<natsStatus>(events_->last_error.load(std::memory_order_relaxed));
  if (report.error.empty() && told != NATS_OK) report.error = natsStatus_GetText(told);
  return report;
}

void LibraryInbox::on_message(natsConnection* /*connection*/, natsSubscription* /*subscription*/,
                              natsMsg* message, void* closure) {
  auto& inbox = *static_cast<LibraryInbox*>(closure);
  if (message == nullptr) return;
  natsMsg* item = message;
  while (!inbox.producer_.try_push(std::move(item))) {
    // Relaxed is enough: it only ends this wait.
    if (inbox.stopping_.load(std::memory_order_relaxed)) return natsMsg_Destroy(message);
    idle(WaitStrategy::yield);
  }
  if (inbox.arrivals_ != nullptr) inbox.arrivals_->notify();
}

void LibraryInbox::adopt(natsSubscription* subscription, const NatsClientOptions& options) {
  subscription_ = subscription;
  if (!synchronous_) {
    const auto completed = [](void* closure) {
      // Release pairs with the acquire in the destructor: no callback runs any more.
      static_cast<std::atomic<bool>*>(closure)->store(true, std::memory_order_release);
    };
    check_library(natsSubscription_SetOnCompleteCB(subscription_, completed, &completed_),
                  "libnats");
  }
  if (options.pending) {
    constexpr int kAnyBytes = -1;
    check_library(natsSubscription_SetPendingLimits(subscription_,
                                                    static_cast<int>(*options.pending), kAnyBytes),
                  "libnats refuses `pending`");
  }
}

LibraryInbox::~LibraryInbox() {
  stopping_.store(true, std::memory_order_relaxed);
  if (subscription_ != nullptr) natsSubscription_Unsubscribe(subscription_);
  while (!synchronous_ && subscription_ != nullptr &&
         !completed_.load(std::memory_order_acquire)) {  // pairs with the release in adopt()
    const timespec moment{.tv_sec = 0, .tv_nsec = 100'000};
    nanosleep(&moment, nullptr);
  }
  natsMsg* left = nullptr;
  while (consumer_.try_pop(left)) natsMsg_Destroy(left);
  natsSubscription_Destroy(subscription_);
}

std::size_t LibraryInbox::take(natsMsg** messages, std::size_t count) noexcept {
  if (!synchronous_) return consumer_.try_pop_bulk(messages, count);
  std::size_t got = 0;
  while (got < count && natsSubscription_NextMsg(&messages[got], subscription_, 0) == NATS_OK) {
    ++got;
  }
  return got;
}

natsMsg* LibraryInbox::wait(Nanoseconds timeout) noexcept {
  natsMsg* message = nullptr;
  natsSubscription_NextMsg(&message, subscription_, library_milliseconds(timeout));
  return message;
}

std::uint64_t LibraryInbox::dropped() const noexcept {
  std::int64_t count = 0;
  natsSubscription_GetDropped(subscription_, &count);
  return static_cast<std::uint64_t>(count);
}

}  // namespace busmark
