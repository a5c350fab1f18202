#include "agent/loki/receiver.h"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <thread>

#include <snappy.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "agent/loki/push.pb.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

std::string body_of(int entries) {
  logproto::PushRequest request;
  auto* stream = request.add_streams();
  stream->set_labels("{job=\"a\"}");
  for (int i = 0; i < entries; ++i) stream->add_entries()->set_line("line " + std::to_string(i));
  const std::string message = request.SerializeAsString();
  std::string body;
  snappy::Compress(message.data(), message.size(), &body);
  return body;
}

std::string post(const std::string& body, const std::string& headers = "") {
  return "POST /loki/api/v1/push HTTP/1.1\r\nHost: a\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// A connection on which a test writes what it likes.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(io_) {
    socket_.connect({asio::ip::make_address("127.0.0.1"), port}, error_);
  }

  void send(std::string_view text) { asio::write(socket_, asio::buffer(text), error_); }

  // One answer: its head and the body that Content-Length promises. Empty at the end.
  std::string receive() {
    std::string answer;
    char next = 0;
    while (!answer.ends_with("\r\n\r\n")) {
      if (asio::read(socket_, asio::buffer(&next, 1), error_) == 0) return "";
      answer += next;
    }
    const std::size_t length = answer.find("Content-Length: ");
    if (length == std::string::npos) return answer;
    std::string body(std::stoul(answer.substr(length + 16)), '\0');
    asio::read(socket_, asio::buffer(body), error_);
    return answer + body;
  }

  std::string ask(std::string_view text) {
    send(text);
    return receive();
  }

  boost::system::error_code error() const { return error_; }

 private:
  asio::io_context io_;
  tcp::socket socket_;
  boost::system::error_code error_;
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE("pushes are decoded, counted and accepted over one connection") {
  struct Seen {
    std::uint64_t index, connection;
    std::string tenant, agent, first_line;
    std::size_t entries;
  };
  std::vector<Seen> seen;
  ReceiverOptions options;
  options.on_push = [&](const ReceivedPush& received, const PushAnswer& answer) {
    REQUIRE(received.push);
    CHECK(answer.status == 204);
    seen.push_back({received.head.index, received.head.connection, std::string(received.head.tenant()),
                    std::string(received.head.header("user-agent")),
                    received.push->streams.at(0).entries.at(0).line, received.size.entries});
  };
  {
    Receiver receiver(options);
    Client client(receiver.port());
    const std::string answer = client.ask(post(body_of(2), "X-Scope-OrgID: bakery\r\nUser-Agent: x\r\n"));
    CHECK(has(answer, "HTTP/1.1 204 No Content\r\n"));
    CHECK(has(client.ask(post(body_of(3))), " 204 "));
    CHECK(has(Client(receiver.port()).ask(post(body_of(1))), " 204 "));
    const ReceiverCounts counts = receiver.counts();
    CHECK(counts.pushes == 3);
    CHECK(counts.accepted == 3);
    CHECK(counts.streams == 3);
    CHECK(counts.entries == 6);
    CHECK(counts.line_bytes == 6 * 6);
    CHECK(counts.body_bytes == body_of(2).size() + body_of(3).size() + body_of(1).size());
  }
  REQUIRE(seen.size() == 3);
  CHECK(seen[0].tenant == "bakery");
  CHECK(seen[0].agent == "x");
  CHECK(seen[0].first_line == "line 0");
  CHECK(seen[1].tenant.empty());
  CHECK(seen[1].index == 1);
  CHECK(seen[1].entries == 3);
  CHECK(seen[1].connection == seen[0].connection);
  CHECK(seen[2].connection != seen[0].connection);
}

TEST_CASE("what is asked otherwise") {
  Receiver receiver(ReceiverOptions{});
  Client client(receiver.port());
  const std::string body = body_of(1);
  const std::string half = body.substr(0, body.size() / 2);
  const std::string rest = body.substr(half.size());
  const auto hex = [](const std::string& text) {
    return "0123456789abcdef"[text.size() / 16] + std::string(1, "0123456789abcdef"[text.size() % 16]);
  };
  const struct {
    const char* what;
    std::string request, want;
  } rows[] = {
      {"ready", "GET /ready HTTP/1.1\r\nHost: a\r\n\r\n", " 200 OK"},
      {"ready, its body", "GET /ready HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\r\nready\n"},
      {"push with GET", "GET /loki/api/v1/push HTTP/1.1\r\nHost: a\r\n\r\n", " 405 "},
      {"elsewhere", "POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab", " 404 "},
      {"not snappy", post("hello"), " 400 Bad Request"},
      {"chunked",
       "POST /loki/api/v1/push?x=y HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + hex(half) +
           "\r\n" + half + "\r\n" + hex(rest) + "\r\n" + rest + "\r\n0\r\n\r\n",
       " 204 "},
      {"waiting for 100", post("", "Expect: 100-continue\r\n"), "HTTP/1.1 100 Continue\r\n\r\n"},
      {"after 100", "", " 400 "},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(has(client.ask(row.request), row.want));
  }
  CHECK(Client(receiver.port()).ask("nonsense\r\n\r\n").empty());
  CHECK(receiver.counts().accepted == 1);
}

TEST_CASE("bodies beyond the limit are answered 413, known ahead or not") {
  ReceiverOptions options;
  options.body_limit = 1000;
  Receiver receiver(options);
  const std::string body(200'000, 'x');
  CHECK(has(Client(receiver.port()).ask(post(body)), " 413 "));
  CHECK(has(Client(receiver.port())
                .ask("POST /loki/api/v1/push HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                     "chunked\r\n\r\n30d40\r\n" +
                     body + "\r\n0\r\n\r\n"),
            " 413 "));
  CHECK(receiver.counts().pushes == 0);
}

TEST_CASE("answers are what the hook says") {
  std::atomic<int> next = 0;
  std::vector<PushAnswer> answers(5);
  answers[0] = {.status = 429, .headers = {{"Retry-After", "3"}}, .body = "slow down"};
  answers[1] = {.status = 260, .body = "ingestion blocked"};
  answers[2] = {.status = 500, .delay = 80ms};
  answers[3] = {.status = 400, .body = "too old", .connection = PushAnswer::Connection::kCloseAfter};
  ReceiverOptions options;
  options.answer = [&](const ReceivedPush&) { return answers[static_cast<std::size_t>(next++)]; };
  Receiver receiver(options);
  Client client(receiver.port());
  const std::string request = post(body_of(1));

  std::string answer = client.ask(request);
  CHECK(has(answer, " 429 Too Many Requests"));
  CHECK(has(answer, "Retry-After: 3\r\n"));
  CHECK(has(answer, "slow down"));
  answer = client.ask(request);
  CHECK(has(answer, "HTTP/1.1 260 "));
  CHECK(has(answer, "ingestion blocked"));
  const auto before = Clock::now();
  CHECK(has(client.ask(request), " 500 "));
  CHECK(Clock::now() - before >= 80ms);
  CHECK(has(client.ask(request), " 400 "));
  CHECK(client.receive().empty());
  CHECK(client.error() == asio::error::eof);
  // Counted as accepted: none of these.
  CHECK(has(Client(receiver.port()).ask(request), " 204 "));
  CHECK(receiver.counts().pushes == 5);
  CHECK(receiver.counts().accepted == 1);
  CHECK(receiver.counts().entries == 1);
}

TEST_CASE("connections that end without an answer") {
  using Connection = PushAnswer::Connection;
  const Connection connection = GENERATE(Connection::kCloseBefore, Connection::kReset);
  ReceiverOptions options;
  options.answer = [&](const ReceivedPush&) { return PushAnswer{.connection = connection}; };
  Receiver receiver(options);
  Client client(receiver.port());
  CHECK(client.ask(post(body_of(1))).empty());
  const boost::system::error_code closed = asio::error::eof, reset = asio::error::connection_reset;
  CHECK(client.error() == (connection == Connection::kReset ? reset : closed));
  CHECK(receiver.counts().pushes == 1);
}

TEST_CASE("a body is read slowly, or not to its end") {
  ReceiverOptions options;
  options.read = [](const PushHead& head) {
    return head.index < 2 ? Reading{.pause = 20ms, .piece = 50'000}
                          : Reading{.pause = 1ms, .piece = 1000, .reset_after = 150'000};
  };
  Receiver receiver(options);
  // More than comes along with the head.
  const std::string request = post(std::string(300'000, 'x'));
  const auto before = Clock::now();
  Client client(receiver.port());
  CHECK(has(client.ask(request), " 400 "));
  CHECK(Clock::now() - before >= 60ms);
  CHECK(has(client.ask(request), " 400 "));

  CHECK(client.ask(request).empty());
  const bool reset =
      client.error() == asio::error::connection_reset || client.error() == asio::error::broken_pipe;
  CHECK(reset);
  CHECK(receiver.counts().pushes == 2);
}

TEST_CASE("a receiver that is closed refuses and cuts, and opens again on its port") {
  Receiver receiver(ReceiverOptions{});
  Client client(receiver.port());
  CHECK(has(client.ask(post(body_of(1))), " 204 "));
  receiver.close();
  CHECK(client.receive().empty());
  CHECK(Client(receiver.port()).error() == asio::error::connection_refused);
  receiver.open();
  CHECK(has(Client(receiver.port()).ask(post(body_of(1))), " 204 "));
  CHECK(receiver.counts().accepted == 2);
}

TEST_CASE("the modes look as closely as they say") {
  const auto [mode, entries, decodes] = GENERATE(table<ReceiverOptions::Mode, int, bool>({
      {ReceiverOptions::Mode::kSize, 4, false},
      {ReceiverOptions::Mode::kDecode, 4, true},
  }));
  bool decoded = false;
  ReceiverOptions options;
  options.mode = mode;
  options.on_push = [&](const ReceivedPush& received, const PushAnswer&) {
    decoded = received.push != nullptr;
  };
  std::uint64_t counted = 0;
  {
    Receiver receiver(options);
    CHECK(has(Client(receiver.port()).ask(post(body_of(4))), " 204 "));
    counted = receiver.counts().entries;
  }
  CHECK(counted == static_cast<std::uint64_t>(entries));
  CHECK(decoded == decodes);
}

TEST_CASE("a receiver runs on an io_context that is given") {
  asio::io_context io;
  std::thread::id thread;
  ReceiverOptions options;
  options.on_push = [&](const ReceivedPush&, const PushAnswer&) {
    thread = std::this_thread::get_id();
    io.stop();
  };
  auto receiver = std::make_unique<Receiver>(io, options);
  Client client(receiver->port());
  client.send(post(body_of(1)));
  io.run_for(5s);
  CHECK(thread == std::this_thread::get_id());
  receiver.reset();
}

TEST_CASE("a port that is taken is said") {
  Receiver first(ReceiverOptions{});
  ReceiverOptions options;
  options.port = first.port();
  CHECK_THROWS_WITH(Receiver(options), Catch::Contains("cannot listen on 127.0.0.1:") &&
                                           Catch::Contains("Address already in use"));
}

}  // namespace
}  // namespace lokitail::agent
