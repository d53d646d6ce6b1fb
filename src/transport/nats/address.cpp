// SPDX-License-Identifier: Apache-2.0
#include "transport/nats/address.hpp"

#include <sys/un.h>

#include <charconv>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"

namespace busmark {
namespace {

constexpr std::string_view kExample = "write one such as \"nats://127.0.0.1:4222\"";

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// RFC 3986, section 2.1.
std::string decode_percent(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      throw SetupError("the user part of the NATS URL holds a % without two hexadecimal digits");
    }
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

void read_user(std::string_view text, NatsAddress& address) {
  const std::size_t colon = text.find(':');
  const std::string first = decode_percent(text.substr(0, colon));
  if (first.empty()) throw SetupError("the NATS URL has no user before its @");
  if (colon == std::string_view::npos) {
    address.token = first;
    return;
  }
  address.user = first;
  address.password = decode_percent(text.substr(colon + 1));
}

std::uint16_t read_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) {
    throw SetupError(
        fmt::format("the port {} of the NATS URL is no number from 1 to 65535", in_quotes(text)));
  }
  return port;
}

void read_host(std::string_view text, NatsAddress& address) {
  if (text.ends_with('/')) text.remove_suffix(1);
  std::size_t colon = text.find(':');
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) {
      throw SetupError(fmt::format("the NATS URL has a [ without its ]; {}", kExample));
    }
    address.host = text.substr(1, bracket - 1);
    const std::string_view rest = text.substr(bracket + 1);
    if (!rest.empty() && !rest.starts_with(':')) {
      throw SetupError(fmt::format("behind the ] of the NATS URL belongs a port; {}", kExample));
    }
    colon = rest.empty() ? std::string_view::npos : bracket + 1;
  } else {
    address.host = text.substr(0, colon);
  }
  if (colon != std::string_view::npos) address.port = read_port(text.substr(colon + 1));
  const bool odd = address.host.find_first_of("/?#,@ \t\r\n") != std::string::npos;
  if (address.host.empty() || odd) {
    throw SetupError(fmt::format("the NATS URL needs one host; {}", kExample));
  }
}

}  // namespace

std::string NatsAddress::shown() const {
  if (!unix_path.empty()) return "unix://" + unix_path;
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("{}://{}:{}", tls ? "tls" : "nats", v6 ? "[" + host + "]" : host, port);
}

NatsAddress parse_nats_url(std::string_view url) {
  NatsAddress address;
  const std::size_t scheme_end = url.find("://");
  if (scheme_end != std::string_view::npos) {
    const std::string_view scheme = url.substr(0, scheme_end);
    url.remove_prefix(scheme_end + 3);
    if (scheme == "unix") {
      if (!url.starts_with('/') || url.size() >= sizeof(sockaddr_un::sun_path)) {
        throw SetupError(
            fmt::format("a Unix socket is written \"unix:///path\", with at most {} "
                        "bytes of path",
                        sizeof(sockaddr_un::sun_path) - 1));
      }
      address.unix_path = url;
      return address;
    }
    if (scheme == "ws" || scheme == "wss") {
      throw SetupError(
          fmt::format("web sockets are not served, and the NATS URL begins with {}://; "
                      "write nats:// or tls://",
                      scheme));
    }
    address.tls = scheme == "tls";
    if (scheme != "nats" && !address.tls) {
      throw SetupError(fmt::format("the NATS URL begins with an unknown scheme; {}", kExample));
    }
  }
  const std::size_t at = url.rfind('@');
  if (at != std::string_view::npos) {
    read_user(url.substr(0, at), address);
    url.remove_prefix(at + 1);
  }
  read_host(url, address);
  return address;
}

std::vector<NatsAddress> parse_nats_urls(std::string_view urls) {
  std::vector<NatsAddress> addresses;
  while (true) {
    const std::size_t comma = urls.find(',');
    std::string_view url = urls.substr(0, comma);
    while (url.starts_with(' ')) url.remove_prefix(1);
    while (url.ends_with(' ')) url.remove_suffix(1);
    addresses.push_back(parse_nats_url(url));
    if (comma == std::string_view::npos) return addresses;
    urls.remove_prefix(comma + 1);
  }
}

}  // namespace busmark
