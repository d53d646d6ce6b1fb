// SPDX-License-Identifier: Apache-2.0
#include "live/serve_place.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"

namespace busmark {
namespace {

/// Of `host` as it is written: brackets are for IPv6 alone, whose colons would be ambiguous.
std::optional<boost::asio::ip::address> read_host(std::string_view host) {
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (brackets) host = host.substr(1, host.size() - 2);
  if (host == "localhost" && !brackets) host = "127.0.0.1";
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(std::string(host), error);
  if (error || address.is_v6() != brackets) return std::nullopt;
  return address;
}

}  // namespace

ServeAddress parse_serve_address(const std::string& text) {
  ServeAddress address;
  std::string_view port = text;
  bool right = true;
  if (const auto colon = port.rfind(':'); colon != std::string_view::npos) {
    const auto host = read_host(port.substr(0, colon));
    port.remove_prefix(colon + 1);
    right = host.has_value();
    if (host) {
      address.host = host->to_string();
      address.loopback = host->is_loopback();
    }
  }
  const auto [end, fault] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (!right || fault != std::errc() || end != port.data() + port.size()) {
    throw ConfigError({{"--serve", "",
                        fmt::format("{} is no IP address with a port; write for example "
                                    "127.0.0.1:9464",
                                    in_quotes(text))}});
  }
  return address;
}

std::optional<CoreApart> core_apart(const Topology& topology, const std::vector<CpuId>& measured) {
  std::optional<CoreApart> found;
  for (const Cpu& cpu : topology.cpus) {
    if (std::find(measured.begin(), measured.end(), cpu.id) != measured.end()) continue;
    const bool sibling = std::any_of(measured.begin(), measured.end(), [&](CpuId id) {
      const Cpu* other = topology.find(id);
      return other != nullptr && relation(cpu, *other) == Relation::smt_sibling;
    });
    if (!found || !sibling || found->sibling) found = {cpu.id, sibling};
  }
  return found;
}

}  // namespace busmark
