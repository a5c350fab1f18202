#include "tests/support/stub_server.h"

#include <atomic>
#include <list>
#include <mutex>
#include <optional>
#include <thread>

#include <poll.h>
#include <sys/socket.h>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "agent/http/headers.h"
#include "agent/http/url.h"

namespace lokitail::test {
namespace {

namespace asio = boost::asio;
namespace bhttp = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

}  // namespace

std::string StubRequest::path() const { return target.substr(0, target.find('?')); }

std::string StubRequest::query(const std::string& name) const {
  std::size_t from = target.find('?');
  while (from != std::string::npos) {
    const std::size_t to = target.find('&', ++from);
    const std::string part = target.substr(from, to == std::string::npos ? to : to - from);
    const std::size_t equals = part.find('=');
    if (part.substr(0, equals) == name) {
      return equals == std::string::npos ? "" : agent::http::percent_decode(part.substr(equals + 1));
    }
    from = to;
  }
  return {};
}

std::string StubRequest::header(const std::string& name) const {
  for (const auto& [known, value] : headers) {
    if (agent::http::equal_names(known, name)) return value;
  }
  return {};
}

struct StubServer::State {
  explicit State(Handler given) : handler(std::move(given)) {}

  const Handler handler;
  asio::io_context io;
  tcp::acceptor acceptor{io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::atomic<bool> stopping{false};
  std::mutex mutex;
  std::list<std::shared_ptr<Connection>> connections;
  std::list<std::thread> threads;
  std::thread accepting;
};

class StubServer::Connection final : public StubAnswer {
 public:
  Connection(State& state, tcp::socket socket) : state_(state), socket_(std::move(socket)) {}

  void serve() {
    boost::beast::flat_buffer buffer;
    for (;;) {
      bhttp::request<bhttp::string_body> message;
      error_code error;
      bhttp::read(socket_, buffer, message, error);
      if (error) break;
      StubRequest request{
          std::string(message.method_string()), std::string(message.target()), {}, message.body()};
      for (const auto& field : message) {
        request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
      }
      is_answered_ = false;
      state_.handler(request, *this);
      if (!is_answered_) break;
    }
    drop();
  }

  // Whoever reads or writes here is told that the peer is gone. The descriptor stays open until all are done.
  void drop() { ::shutdown(socket_.native_handle(), SHUT_RDWR); }

  void send(int status, const std::string& body, const StubHeaders& headers) override {
    is_answered_ =
        write(head(status, headers) + fmt::format("Content-Length: {}\r\n\r\n{}", body.size(), body));
  }
  void begin(int status, const StubHeaders& headers) override {
    write(head(status, headers) + "Transfer-Encoding: chunked\r\n\r\n");
  }
  bool chunk(std::string_view text) override {
    return is_wanted() && write(fmt::format("{:x}\r\n{}\r\n", text.size(), text));
  }
  void end() override { is_answered_ = write("0\r\n\r\n"); }
  bool is_wanted() override {
    if (state_.stopping) return false;
    pollfd at{socket_.native_handle(), POLLRDHUP, 0};
    return ::poll(&at, 1, 0) == 0;
  }

 private:
  static std::string head(int status, const StubHeaders& headers) {
    std::string text =
        fmt::format("HTTP/1.1 {} {}\r\n", status,
                    std::string_view(bhttp::obsolete_reason(static_cast<bhttp::status>(status))));
    for (const auto& [name, value] : headers) text += fmt::format("{}: {}\r\n", name, value);
    return text;
  }
  bool write(const std::string& text) {
    error_code error;
    asio::write(socket_, asio::buffer(text), error);
    return !error;
  }

  State& state_;
  tcp::socket socket_;
  bool is_answered_ = false;
};

StubServer::StubServer(Handler handler) : state_(std::make_unique<State>(std::move(handler))) {
  state_->accepting = std::thread([this] {
    for (;;) {
      error_code error;
      tcp::socket socket(state_->io);
      state_->acceptor.accept(socket, error);
      const std::lock_guard lock(state_->mutex);
      if (error || state_->stopping) return;
      const auto connection = std::make_shared<Connection>(*state_, std::move(socket));
      state_->connections.push_back(connection);
      state_->threads.emplace_back([connection] { connection->serve(); });
    }
  });
}

StubServer::~StubServer() {
  state_->stopping = true;
  ::shutdown(state_->acceptor.native_handle(), SHUT_RDWR);
  state_->accepting.join();
  drop_connections();
  for (std::thread& thread : state_->threads) thread.join();
}

std::uint16_t StubServer::port() const { return state_->acceptor.local_endpoint().port(); }

std::string StubServer::url() const { return fmt::format("http://127.0.0.1:{}", port()); }

void StubServer::drop_connections() {
  const std::lock_guard lock(state_->mutex);
  for (const auto& connection : state_->connections) connection->drop();
}

}  // namespace lokitail::test
