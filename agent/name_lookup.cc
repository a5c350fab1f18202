#include "agent/name_lookup.h"

#include <netdb.h>

#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>

#include <boost/asio/error.hpp>

#include "agent/ip_address.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Apart, since there may be thousands of senders of which names are asked, and few hosts to connect to.
constexpr std::size_t kMostOfHosts = 16;
constexpr std::size_t kMostOfAddresses = 8;

// Never destroyed: threads may use them when the process ends.
DetachedCalls& lookups_of_hosts() {
  static auto& calls = *new DetachedCalls(kMostOfHosts);
  return calls;
}
DetachedCalls& lookups_of_addresses() {
  static auto& calls = *new DetachedCalls(kMostOfAddresses);
  return calls;
}

std::optional<tcp::endpoint> endpoint_from(const std::string& host, const std::string& port) {
  error_code error;
  const auto address = asio::ip::make_address(host, error);
  std::uint16_t number = 0;
  const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error || problem != std::errc() || end != port.data() + port.size()) return std::nullopt;
  return tcp::endpoint(address, number);
}

NameLookup::Found ask_for_host(const std::string& host, const std::string& port) {
  NameLookup::Found found;
  asio::io_context io;
  for (const auto& entry : tcp::resolver(io).resolve(host, port, found.error)) {
    found.endpoints.push_back(entry.endpoint());
  }
  return found;
}

std::string ask_for_name(const asio::ip::address& address) {
  // By an address that is mapped /etc/hosts knows nobody.
  const tcp::endpoint endpoint(without_mapping(address), 0);
  char name[NI_MAXHOST];
  const int problem = getnameinfo(endpoint.data(), static_cast<socklen_t>(endpoint.size()), name, sizeof name,
                                  nullptr, 0, NI_NAMEREQD);
  return problem == 0 ? name : std::string();
}

}  // namespace

asio::awaitable<NameLookup::Found> NameLookup::endpoints_of(std::string host, std::string port,
                                                            std::chrono::nanoseconds longest_wait) {
  if (const auto known = endpoint_from(host, port)) co_return Found{{}, {*known}};
  const auto found = std::make_shared<Found>();
  std::function<void()> ask = [found, host = std::move(host), port = std::move(port)] {
    *found = ask_for_host(host, port);
  };
  const bool answered = co_await call_.run(lookups_of_hosts(), std::move(ask), longest_wait);
  if (!answered) co_return Found{asio::error::timed_out, {}};
  co_return std::move(*found);
}

asio::awaitable<std::string> NameLookup::name_of(asio::ip::address address,
                                                 std::chrono::nanoseconds longest_wait) {
  const auto name = std::make_shared<std::string>();
  std::function<void()> ask = [name, address] { *name = ask_for_name(address); };
  const bool answered = co_await call_.run(lookups_of_addresses(), std::move(ask), longest_wait);
  if (!answered) co_return std::string();
  co_return std::move(*name);
}

}  // namespace lokitail::agent
