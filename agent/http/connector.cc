#include "agent/http/connector.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/into_error.h"

namespace lokitail::agent::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Endpoints = std::vector<tcp::endpoint>;
using Clock = std::chrono::steady_clock;

}  // namespace

// Shared by those who try. Each tries the addresses of one family.
struct Connector::Race : std::enable_shared_from_this<Race> {
  Race(asio::io_context& context, Clock::time_point until, int families)
      : io(context), deadline(until), end(context, until), fallback(context), trying(families) {}

  void start(Endpoints endpoints, std::chrono::milliseconds delay) {
    asio::co_spawn(
        io,
        [self = shared_from_this(), endpoints = std::move(endpoints), delay]() -> asio::awaitable<void> {
          co_await self->try_each(endpoints, delay);
        },
        asio::detached);
  }

  asio::awaitable<void> try_each(const Endpoints& endpoints, std::chrono::milliseconds delay) {
    error_code error;
    if (delay > delay.zero() && !is_fallback_wanted) {
      fallback.expires_after(delay);
      co_await fallback.async_wait(into(error));
    }
    for (std::size_t i = 0; i < endpoints.size() && !is_over; ++i) {
      co_await try_one(endpoints[i], endpoints.size() - i);
    }
    is_fallback_wanted = true;
    fallback.cancel();
    if (--trying == 0) finish();
  }

  asio::awaitable<void> try_one(const tcp::endpoint& endpoint, std::size_t addresses_left) {
    const auto left = deadline - Clock::now();
    const auto share = std::max<Clock::duration>(left / static_cast<long>(addresses_left), kLeastOfAddress);
    tcp::socket socket(io);
    // The timer's end may be on its way already when the socket is gone.
    const auto is_tried = std::make_shared<bool>(true);
    asio::steady_timer limit(io, share);
    limit.async_wait([&socket, is_tried](const error_code& cancelled) {
      if (!cancelled && *is_tried) close(socket);
    });
    const Tried tried(*this, socket);
    error_code error;
    co_await socket.async_connect(endpoint, into(error));
    *is_tried = false;
    if (error == asio::error::operation_aborted) error = asio::error::timed_out;
    if (error) {
      if (!first_error) first_error = error;
    } else if (!is_over) {
      winner = std::move(socket);
      finish();
    }
  }

  void finish() {
    is_over = true;
    end.cancel();
    fallback.cancel();
    for (tcp::socket* const socket : sockets) close(*socket);
  }

  // A socket that finish() closes.
  class Tried {
   public:
    Tried(Race& race, tcp::socket& socket) : sockets_(race.sockets), at_(sockets_.insert(&socket).first) {}
    Tried(const Tried&) = delete;
    Tried& operator=(const Tried&) = delete;
    ~Tried() { sockets_.erase(at_); }

   private:
    std::set<tcp::socket*>& sockets_;
    const std::set<tcp::socket*>::iterator at_;
  };

  static void close(tcp::socket& socket) {
    error_code ignored;
    socket.close(ignored);
  }

  asio::io_context& io;
  const Clock::time_point deadline;
  asio::steady_timer end;       // cancelled when it is over
  asio::steady_timer fallback;  // for which the second family waits
  std::set<tcp::socket*> sockets;
  std::optional<tcp::socket> winner;
  error_code first_error;
  int trying;  // families
  bool is_fallback_wanted = false;
  bool is_over = false;
};

asio::awaitable<Connector::Connected> Connector::connect(Endpoints endpoints,
                                                         std::chrono::nanoseconds timeout) {
  const bool is_first_v6 = endpoints.front().address().is_v6();
  const auto others = std::stable_partition(
      endpoints.begin(), endpoints.end(),
      [&](const tcp::endpoint& endpoint) { return endpoint.address().is_v6() == is_first_v6; });
  Endpoints fallbacks(others, endpoints.end());
  endpoints.erase(others, endpoints.end());

  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(timeout);
  const auto race = std::make_shared<Race>(io_, deadline, fallbacks.empty() ? 1 : 2);
  race_ = race;
  race->start(std::move(endpoints), {});
  if (!fallbacks.empty()) race->start(std::move(fallbacks), kFallbackDelay);
  error_code ignored;
  if (!race->is_over) co_await race->end.async_wait(into(ignored));
  race->finish();
  race_ = nullptr;
  Connected connected{{}, tcp::socket(io_)};
  if (race->winner) {
    connected.socket = std::move(*race->winner);
  } else {
    connected.error = race->first_error ? race->first_error : asio::error::timed_out;
  }
  co_return connected;
}

void Connector::cancel() {
  if (race_) race_->finish();
}

}  // namespace lokitail::agent::http
