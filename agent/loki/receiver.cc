#include "agent/loki/receiver.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include "agent/into_error.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

using Parser = bhttp::request_parser<bhttp::string_body>;
using Response = bhttp::response<bhttp::string_body>;

constexpr std::string_view kPushPath = "/loki/api/v1/push";
constexpr unsigned kIngestionBlocked = 260;
// How long a client may go on sending a body that was refused unread before it is cut off.
constexpr std::chrono::seconds kLinger{2};
constexpr std::chrono::milliseconds kAcceptPause{10};

// What is awaited here takes its arguments by reference, from named objects: GCC 12 destroys
// temporaries of an awaited expression twice in some cases.

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

Response make_response(const Parser& parser, const PushAnswer& answer) {
  Response response;
  response.version(parser.get().version());
  response.result(answer.status);
  for (const auto& [name, value] : answer.headers) response.insert(name, value);
  // An answer of before the end of the body is the last of its connection.
  response.keep_alive(parser.is_done() && parser.keep_alive() &&
                      answer.connection == PushAnswer::Connection::kKeep);
  const bool bodiless = answer.status / 100 == 1 || answer.status == 204 || answer.status == 304;
  if (bodiless) return response;
  if (response.find(bhttp::field::content_type) == response.end()) {
    response.set(bhttp::field::content_type, "text/plain; charset=utf-8");
  }
  response.body() = answer.body;
  response.prepare_payload();
  return response;
}

PushHead make_head(const Parser& parser, std::uint64_t index, std::uint64_t connection) {
  PushHead head;
  head.index = index;
  head.connection = connection;
  head.target = std::string(view(parser.get().target()));
  for (const auto& field : parser.get()) {
    head.headers.emplace_back(view(field.name_string()), view(field.value()));
  }
  return head;
}

// Answers to what is no push.
PushAnswer answer_other(const Parser& parser) {
  const std::string_view target = view(parser.get().target());
  const std::string_view path = target.substr(0, target.find('?'));
  PushAnswer answer;
  if (path == "/ready") {
    answer.status = 200;
    answer.body = "ready\n";
  } else if (path == kPushPath) {
    answer.status = 405;
  } else {
    answer.status = 404;
    answer.body = "404 page not found\n";
  }
  return answer;
}

bool is_push(const Parser& parser) {
  const std::string_view target = view(parser.get().target());
  return parser.get().method() == bhttp::verb::post && target.substr(0, target.find('?')) == kPushPath;
}

}  // namespace

std::string_view PushHead::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (beast::iequals({key.data(), key.size()}, {name.data(), name.size()})) return value;
  }
  return {};
}

PushAnswer refusal(const PushResult& result) {
  PushAnswer answer;
  answer.status = result.error == PushError::kTooLarge ? 413 : 400;
  answer.body = result.message + "\n";
  return answer;
}

// An open connection. Its session coroutine owns it; the receiver knows it in order to cut it.
class Receiver::Connection {
 public:
  Connection(tcp::socket socket, std::set<Connection*>& all, std::uint64_t its_number)
      : stream(std::move(socket)), timer(stream.get_executor()), number(its_number), all_(all) {
    all_.insert(this);
  }
  ~Connection() { all_.erase(this); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void cut() {
    timer.cancel();
    stream.close();
  }

  void reset() {
    error_code ignored;
    stream.socket().set_option(asio::socket_base::linger(true, 0), ignored);
    stream.close();
  }

  asio::awaitable<void> sleep(std::chrono::milliseconds duration) {
    if (duration.count() <= 0) co_return;
    timer.expires_after(duration);
    co_await timer.async_wait(asio::use_awaitable);
  }

  beast::tcp_stream stream;
  asio::steady_timer timer;
  beast::flat_buffer buffer;
  const std::uint64_t number;

 private:
  std::set<Connection*>& all_;
};

struct Receiver::State : std::enable_shared_from_this<Receiver::State> {
  State(asio::io_context& context, ReceiverOptions receiver_options)
      : options(std::move(receiver_options)), io(context), acceptor(context) {}

  void listen();
  void stop_listening();

  asio::awaitable<void> accept();
  asio::awaitable<void> serve(std::shared_ptr<Connection> connection);
  // Whether the connection lives on.
  asio::awaitable<bool> serve_one(Connection& connection);
  asio::awaitable<bool> serve_push(Connection& connection, Parser& parser);
  asio::awaitable<error_code> read_body(Connection& connection, Parser& parser, const Reading& reading);
  asio::awaitable<bool> write(Connection& connection, Parser& parser, const PushAnswer& answer);
  asio::awaitable<void> linger(Connection& connection);

  PushAnswer take(const PushHead& head, std::string_view body);
  PushResult look_at(std::string_view body, DecodedPush& push, PushSize& size);
  void count(const PushAnswer& answer, std::string_view body, const PushSize& size);

  ReceiverOptions options;
  asio::io_context& io;
  tcp::acceptor acceptor;
  std::set<Connection*> connections;
  std::uint64_t next_connection = 0;
  std::uint64_t next_push = 0;
  std::string message;  // kSize: kept for its memory
  std::atomic<std::uint16_t> port{0};

  struct {
    std::atomic<std::uint64_t> pushes{0}, accepted{0}, body_bytes{0}, bytes{0}, streams{0}, entries{0},
        line_bytes{0};
  } counted;
};

void Receiver::State::listen() {
  if (acceptor.is_open()) return;
  try {
    const tcp::endpoint endpoint(asio::ip::make_address(options.address), options.port);
    acceptor.open(endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen();
  } catch (const boost::system::system_error& error) {
    error_code ignored;
    acceptor.close(ignored);
    throw std::runtime_error("cannot listen on " + options.address + ":" + std::to_string(options.port) +
                             ": " + error.code().message());
  }
  options.port = acceptor.local_endpoint().port();
  port = options.port;
  asio::co_spawn(
      io, [self = shared_from_this()] { return self->accept(); }, asio::detached);
}

void Receiver::State::stop_listening() {
  error_code ignored;
  acceptor.close(ignored);
  // Ends their sessions, which take them out of the set later.
  for (Connection* connection : connections) connection->cut();
}

asio::awaitable<void> Receiver::State::accept() {
  while (acceptor.is_open()) {
    error_code error;
    tcp::socket socket = co_await acceptor.async_accept(into(error));
    if (!acceptor.is_open() || error == asio::error::operation_aborted) co_return;
    if (error) {
      // Out of file descriptors, most likely: some will come free.
      asio::steady_timer pause(io, kAcceptPause);
      co_await pause.async_wait(into(error));
      continue;
    }
    socket.set_option(tcp::no_delay(true), error);
    auto connection = std::make_shared<Connection>(std::move(socket), connections, next_connection++);
    // A session ends by an exception where its connection does.
    asio::co_spawn(
        io, [self = shared_from_this(), connection] { return self->serve(connection); }, asio::detached);
  }
}

asio::awaitable<void> Receiver::State::serve(std::shared_ptr<Connection> connection) {
  try {
    while (co_await serve_one(*connection)) {
    }
  } catch (const boost::system::system_error&) {
    // The client went away or the connection was cut.
  }
}

asio::awaitable<bool> Receiver::State::serve_one(Connection& connection) {
  Parser parser;
  parser.body_limit(options.body_limit);
  connection.stream.expires_after(options.idle_timeout);
  error_code error;
  co_await bhttp::async_read_header(connection.stream, connection.buffer, parser, into(error));
  if (error == bhttp::error::body_limit) {
    const PushAnswer answer = refusal({PushError::kTooLarge, "request body too large"});
    co_return co_await write(connection, parser, answer);
  }
  if (error) co_return false;
  if (beast::iequals(parser.get()[bhttp::field::expect], "100-continue")) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await asio::async_write(connection.stream, asio::buffer(kContinue), asio::use_awaitable);
  }
  if (is_push(parser)) co_return co_await serve_push(connection, parser);

  const Reading reading;
  error = co_await read_body(connection, parser, reading);
  if (error) co_return false;
  const PushAnswer answer = answer_other(parser);
  co_return co_await write(connection, parser, answer);
}

asio::awaitable<bool> Receiver::State::serve_push(Connection& connection, Parser& parser) {
  const PushHead head = make_head(parser, next_push++, connection.number);
  Reading reading;
  if (options.read) reading = options.read(head);
  const error_code error = co_await read_body(connection, parser, reading);
  if (error == bhttp::error::body_limit) {
    const PushAnswer answer = refusal({PushError::kTooLarge, "request body too large"});
    co_return co_await write(connection, parser, answer);
  }
  if (error) co_return false;
  const PushAnswer answer = take(head, parser.get().body());
  co_return co_await write(connection, parser, answer);
}

asio::awaitable<error_code> Receiver::State::read_body(Connection& connection, Parser& parser,
                                                       const Reading& reading) {
  error_code error;
  const bool plain = reading.pause.count() <= 0 && reading.reset_after == SIZE_MAX;
  if (plain) {
    connection.stream.expires_after(options.idle_timeout);
    co_await bhttp::async_read(connection.stream, connection.buffer, parser, into(error));
    co_return error;
  }
  while (!parser.is_done() && !error) {
    if (parser.get().body().size() >= reading.reset_after) {
      connection.reset();
      co_return asio::error::connection_reset;
    }
    co_await connection.sleep(reading.pause);
    connection.stream.expires_after(options.idle_timeout);
    connection.buffer.max_size(connection.buffer.size() + std::max<std::size_t>(reading.piece, 1));
    co_await bhttp::async_read_some(connection.stream, connection.buffer, parser, into(error));
  }
  connection.buffer.max_size(SIZE_MAX);
  co_return error;
}

asio::awaitable<bool> Receiver::State::write(Connection& connection, Parser& parser,
                                             const PushAnswer& answer) {
  co_await connection.sleep(answer.delay);
  if (answer.connection == PushAnswer::Connection::kReset) {
    connection.reset();
    co_return false;
  }
  if (answer.connection == PushAnswer::Connection::kCloseBefore) {
    connection.stream.close();
    co_return false;
  }
  Response response = make_response(parser, answer);
  connection.stream.expires_after(options.idle_timeout);
  co_await bhttp::async_write(connection.stream, response, asio::use_awaitable);
  if (response.keep_alive()) co_return true;
  if (!parser.is_done()) co_await linger(connection);
  co_return false;
}

// To close at once would send RST, which makes the client's kernel throw the answer away.
asio::awaitable<void> Receiver::State::linger(Connection& connection) {
  error_code error;
  connection.stream.socket().shutdown(tcp::socket::shutdown_send, error);
  connection.stream.expires_after(kLinger);
  std::vector<char> waste(64u << 10);
  while (!error) {
    co_await connection.stream.async_read_some(asio::buffer(waste), into(error));
  }
}

PushAnswer Receiver::State::take(const PushHead& head, std::string_view body) {
  DecodedPush push;
  PushSize size;
  const PushResult result = look_at(body, push, size);
  const bool decoded = result && options.mode == ReceiverOptions::Mode::kDecode;
  const ReceivedPush seen{head,   body, decoded ? &push : nullptr,
                          result, size, std::chrono::system_clock::now()};
  PushAnswer answer;
  if (options.answer) {
    answer = options.answer(seen);
  } else if (!result) {
    answer = refusal(result);
  }
  count(answer, body, size);
  if (options.on_push) options.on_push(seen, answer);
  return answer;
}

PushResult Receiver::State::look_at(std::string_view body, DecodedPush& push, PushSize& size) {
  PushResult result = uncompress_push(body, options.limits, message);
  if (result) result = measure_push(message, options.limits, size);
  if (result && options.mode == ReceiverOptions::Mode::kDecode) {
    result = decode_message(message, push);
  }
  if (!result) size = {};
  return result;
}

void Receiver::State::count(const PushAnswer& answer, std::string_view body, const PushSize& size) {
  ++counted.pushes;
  if (answer.status / 100 != 2 || answer.status == kIngestionBlocked) return;
  ++counted.accepted;
  counted.body_bytes += body.size();
  counted.bytes += size.bytes;
  counted.streams += size.streams;
  counted.entries += size.entries;
  counted.line_bytes += size.line_bytes;
}

// The receiver's own thread.
class Receiver::OwnThread {
 public:
  OwnThread() : work_(io_.get_executor()), thread_([this] { io_.run(); }) {}
  ~OwnThread() {
    io_.stop();
    thread_.join();
  }

  asio::io_context& io() { return io_; }

  // Calls it there and waits. Passes on what it throws.
  void run(const std::function<void()>& call) {
    std::packaged_task<void()> task(call);
    std::future<void> done = task.get_future();
    asio::dispatch(io_, [&task] { task(); });
    done.get();
  }

 private:
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

Receiver::Receiver(ReceiverOptions options)
    : own_thread_(std::make_unique<OwnThread>()),
      state_(std::make_shared<State>(own_thread_->io(), std::move(options))) {
  open();
}

Receiver::Receiver(asio::io_context& io, ReceiverOptions options)
    : state_(std::make_shared<State>(io, std::move(options))) {
  open();
}

Receiver::~Receiver() {
  close();
  // Sessions that are about to end must not call into what is gone.
  run([this] {
    state_->options.read = nullptr;
    state_->options.answer = nullptr;
    state_->options.on_push = nullptr;
  });
}

std::uint16_t Receiver::port() const { return state_->port; }

std::string Receiver::url() const {
  return "http://" + state_->options.address + ":" + std::to_string(port()) + std::string(kPushPath);
}

ReceiverCounts Receiver::counts() const {
  const auto& counted = state_->counted;
  return {counted.pushes,  counted.accepted, counted.body_bytes, counted.bytes,
          counted.streams, counted.entries,  counted.line_bytes};
}

void Receiver::close() {
  run([this] { state_->stop_listening(); });
}

void Receiver::open() {
  run([this] { state_->listen(); });
}

void Receiver::run(const std::function<void()>& call) {
  if (own_thread_) {
    own_thread_->run(call);
  } else {
    call();
  }
}

}  // namespace lokitail::agent
