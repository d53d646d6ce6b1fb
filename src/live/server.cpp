// SPDX-License-Identifier: Apache-2.0
#include "live/server.hpp"

#include <sched.h>

#include <array>
#include <cstdint>
#include <latch>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "live/state.hpp"
#include "machine/affinity.hpp"

namespace busmark {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using Error = boost::system::error_code;
using net::ip::tcp;

constexpr std::size_t kMostConnections = 64;
constexpr std::size_t kMostWatchers = 16;
constexpr std::size_t kMostUnread = 1 << 20;
constexpr std::chrono::seconds kTimeToAsk{2};
constexpr std::chrono::seconds kTimeToRead{5};
constexpr std::chrono::seconds kPeriod{1};

using Response = http::response<http::string_body>;

Response answer(http::status status, std::string_view type, std::string body) {
  Response response(status, 11);
  response.set(http::field::content_type, boost::string_view(type.data(), type.size()));
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  response.keep_alive(false);  // a client that stays would keep its place
  response.body() = std::move(body);
  response.prepare_payload();
  return response;
}

Response plain(http::status status, std::string text) {
  return answer(status, "text/plain; charset=utf-8", std::move(text));
}

/// What came was no HTTP, rather than nothing or too late.
bool garbled(const Error& error) {
  return error.category() == make_error_code(http::error::bad_method).category() &&
         error != http::error::end_of_stream && error != http::error::partial_message;
}

/// SCHED_IDLE, the lowest priority there is, runs where a core would idle, and rarely elsewhere.
void set_policy(int policy) noexcept {
  const sched_param none{};
  sched_setscheduler(0, policy, &none);
}

}  // namespace

class LiveServer::Impl {
 public:
  Impl(const ServeAddress& address, const std::optional<CoreApart>& core, LiveState& state)
      : state_(state), page_(live_page()), core_(core), acceptor_(io_), pause_(io_), clock_(io_) {
    listen(address);
    accept();
    tick();
    thread_ = std::thread([this] { work(); });
    placed_.wait();
  }
  ~Impl() {
    net::post(io_, [this] { say_goodbye(); });
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] std::string url() const {
    const auto end = acceptor_.local_endpoint();
    const std::string host = end.address().to_string();
    return fmt::format("http://{}:{}", end.address().is_v6() ? "[" + host + "]" : host, end.port());
  }
  /// Empty also where the thread was refused its core.
  [[nodiscard]] const std::optional<CoreApart>& core() const noexcept { return core_; }

 private:
  /// One client: a request, then an answer or a stream of events.
  class Client : public std::enable_shared_from_this<Client> {
   public:
    Client(tcp::socket socket, Impl& server) : stream_(std::move(socket)), server_(server) {
      ++server_.connections_;
      parser_.header_limit(8 << 10);
      parser_.body_limit(std::numeric_limits<std::uint64_t>::max());  // none is read
    }
    ~Client() {
      --server_.connections_;
      if (!server_.accepting_ && !server_.closing_) server_.accept();
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void start() {
      stream_.expires_after(kTimeToAsk);  // for the whole request, not for each byte
      http::async_read_header(stream_, buffer_, parser_,
                              [self = shared_from_this()](Error error, std::size_t) {
                                if (!error) return self->reply();
                                if (!garbled(error)) return;
                                self->send(plain(http::status::bad_request, "no HTTP request\n"));
                              });
    }

    /// A slow reader misses what came while it read; nothing piles up.
    void tell(const LiveView& view) {
      missed_ = std::exchange(writing_, true);
      if (missed_) return;
      text_ = "data: " + write_live_json(view, told_) + "\n\n";
      told_ = view.ended.size();
      stream_.expires_after(kTimeToRead);
      net::async_write(stream_, net::buffer(text_),
                       [self = shared_from_this()](Error error, std::size_t) {
                         self->writing_ = false;
                         if (error) {
                           self->server_.watchers_.erase(self);
                         } else if (self->missed_ && self->server_.closing_) {
                           self->tell(self->server_.state_.view());  // the last word
                         }
                       });
    }

   private:
    void reply() {
      const auto& request = parser_.get();
      const std::string target(request.target().substr(0, request.target().find('?')));
      if (request.method() != http::verb::get) {
        const bool silent = request.method() == http::verb::head;  // its answer has no body
        Response refusal =
            plain(http::status::method_not_allowed, silent ? "" : "only GET is answered here\n");
        refusal.set(http::field::allow, "GET");
        send(std::move(refusal));
      } else if (target == "/events") {
        watch();
      } else {
        send(server_.respond(target));
      }
    }

    void send(Response response) {
      response_ = std::move(response);
      stream_.expires_after(kTimeToRead);
      http::async_write(stream_, response_, [self = shared_from_this()](Error error, std::size_t) {
        if (error) return;
        Error ignored;
        self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
        self->stream_.expires_after(kTimeToAsk);
        self->linger(kMostUnread);
      });
    }

    /// To close on bytes that nobody read would reset the connection, and lose the answer.
    void linger(std::size_t most) {
      stream_.async_read_some(net::buffer(rest_),
                              [self = shared_from_this(), most](Error error, std::size_t count) {
                                if (!error && count < most) self->linger(most - count);
                              });
    }

    void watch() {
      if (server_.watchers_.size() >= kMostWatchers) {
        return send(plain(http::status::service_unavailable, "too many watch this run already\n"));
      }
      text_ =
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
          "Connection: close\r\n\r\n";
      writing_ = true;
      stream_.expires_after(kTimeToRead);
      net::async_write(stream_, net::buffer(text_),
                       [self = shared_from_this()](Error error, std::size_t) {
                         self->writing_ = false;
                         if (error) return;
                         if (!self->server_.closing_) self->server_.watchers_.insert(self);
                         self->tell(self->server_.state_.view());
                       });
    }

    boost::beast::tcp_stream stream_;
    Impl& server_;
    boost::beast::flat_buffer buffer_{8 << 10};
    http::request_parser<http::empty_body> parser_;
    Response response_;
    std::array<char, 4096> rest_{};
    std::string text_;
    std::size_t told_ = 0;  ///< Ended scenarios that it knows of.
    bool writing_ = false;
    bool missed_ = false;
  };

  void listen(const ServeAddress& address) {
    try {
      const tcp::endpoint end(net::ip::make_address(address.host), address.port);
      acceptor_.open(end.protocol());
      acceptor_.set_option(tcp::acceptor::reuse_address(true));
      acceptor_.bind(end);
      acceptor_.listen(static_cast<int>(kMostConnections));
    } catch (const boost::system::system_error& error) {
      throw SetupError(
          fmt::format("--serve cannot listen on {} port {}: {}; name another, such as "
                      "127.0.0.1:0 for any free port",
                      address.host, address.port, error.code().message()));
    }
  }

  void accept() {
    accepting_ = true;
    acceptor_.async_accept([this](Error error, tcp::socket socket) {
      accepting_ = false;
      if (closing_) return;
      if (error) {
        // No descriptor left, for instance: asking again at once would spin.
        pause_.expires_after(kPeriod);
        accepting_ = true;
        pause_.async_wait([this](Error) {
          if (!closing_) accept();
        });
        return;
      }
      std::make_shared<Client>(std::move(socket), *this)->start();
      if (connections_ < kMostConnections && !accepting_) accept();
    });
  }

  void tick() {
    clock_.expires_after(kPeriod);
    clock_.async_wait([this](Error error) {
      if (!error && !closing_) tick();
    });
    if (!accepting_ && connections_ < kMostConnections) accept();  // after a lack of memory
    state_.look();
    if (watchers_.empty()) return;
    const LiveView view = state_.view();
    const auto watchers = watchers_;  // telling may remove some
    for (const auto& watcher : watchers) watcher->tell(view);
  }

  Response respond(const std::string& target) {
    if (target == "/") return answer(http::status::ok, "text/html; charset=utf-8", page_);
    if (target == "/healthz") return plain(http::status::ok, "ok\n");
    if (target == "/metrics") {
      return answer(http::status::ok, "text/plain; version=0.0.4; charset=utf-8", state_.metrics());
    }
    if (target == "/result.json") {
      std::string json = state_.result_json();
      if (!json.empty()) return answer(http::status::ok, "application/json", std::move(json));
      return plain(http::status::service_unavailable, "no scenario has ended yet\n");
    }
    return plain(http::status::not_found, "here are / /metrics /result.json and /healthz\n");
  }

  void say_goodbye() {
    closing_ = true;
    set_policy(SCHED_OTHER);  // nothing is measured any more
    clock_.cancel();
    pause_.cancel();
    Error ignored;
    acceptor_.close(ignored);
    const LiveView view = state_.view();
    const auto watchers = std::exchange(watchers_, {});
    for (const auto& watcher : watchers) watcher->tell(view);
    // Whoever is still being served has this long.
    clock_.expires_after(kPeriod);
    clock_.async_wait([this](Error) { io_.stop(); });
    idle_stop();
  }

  /// Ends at once where nobody is connected.
  void idle_stop() {
    if (connections_ == 0) return io_.stop();
    pause_.expires_after(std::chrono::milliseconds(10));
    pause_.async_wait([this](Error) { idle_stop(); });
  }

  void work() {
    name_this_thread("server");
    try {
      if (core_) pin_this_thread(core_->cpu);
    } catch (const SetupError&) {
      core_.reset();
    }
    if (!core_) set_policy(SCHED_IDLE);
    placed_.count_down();
    for (;;) {
      try {
        io_.run();
        return;
      } catch (const std::exception&) {
        // One client met a lack of memory: no reason to end a measurement.
      }
    }
  }

  LiveState& state_;
  std::string page_;
  std::size_t connections_ = 0;
  bool accepting_ = false;
  bool closing_ = false;
  std::set<std::shared_ptr<Client>> watchers_;
  std::optional<CoreApart> core_;
  std::latch placed_{1};
  net::io_context io_{1};
  tcp::acceptor acceptor_;
  net::steady_timer pause_;
  net::steady_timer clock_;
  std::thread thread_;
};

LiveServer::LiveServer(const ServeAddress& address, const std::optional<CoreApart>& core,
                       LiveState& state)
    : impl_(std::make_unique<Impl>(address, core, state)) {}
LiveServer::~LiveServer() = default;

std::string LiveServer::url() const { return impl_->url(); }
bool LiveServer::apart() const noexcept { return impl_->core() && !impl_->core()->sibling; }
std::string LiveServer::place() const {
  if (const auto& core = impl_->core()) {
    return fmt::format("cpu {}{}", index(core->cpu),
                       core->sibling ? ", the SMT sibling of a measured one" : "");
  }
  return "the measured cores, at the lowest priority: no core was free";
}

}  // namespace busmark
