#include "agent/command/demo/service_program.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/http/client.h"
#include "agent/pause.h"
#include "agent/server/http_server.h"
#include "lokitail/telemetry/logger.h"

namespace lokitail::agent::demo {
namespace {

namespace asio = boost::asio;
using telemetry::TraceContext;

constexpr std::size_t kMostRequestBytes = 4096;
constexpr std::chrono::seconds kTimeout{10};
// What the document's example says of its task. The time that passes is shorter.
constexpr int kExecutionMs = 2500;
constexpr int kMemoryBytes = 45'000'000;
constexpr std::chrono::milliseconds kExecutionTime{25};
// Lines have times in whole milliseconds: what a service does before it asks the next one takes longer than
// that.
constexpr std::chrono::milliseconds kWorkTime{2};
constexpr std::string_view kPeer = "12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf";

struct Task {
  std::string id;
  std::string guild;
  bool is_paid = true;
};

std::string form_of(const Task& task) {
  return "task_id=" + task.id + "&guild_id=" + task.guild + "&story=" + (task.is_paid ? "paid" : "unpaid");
}

class Program {
 public:
  Program(asio::io_context& io, const ProgramOptions& options);

  void start() { server_.start(); }
  void stop() { server_.stop(); }

 private:
  using Work = asio::awaitable<bool> (Program::*)(const Task& task, const TraceContext& span);

  static Work work_of(std::string_view name);
  asio::awaitable<HttpAnswer> take(HttpRequest& request);
  asio::awaitable<bool> ask_next(const Task& task, const TraceContext& span);
  asio::awaitable<bool> coordinate(const Task& task, const TraceContext& span);
  asio::awaitable<bool> execute(const Task& task, const TraceContext& span);
  asio::awaitable<bool> pay(const Task& task, const TraceContext& span);
  asio::awaitable<bool> serve_edge(const Task& task, const TraceContext& span);
  asio::awaitable<bool> serve_peers(const Task& task, const TraceContext& span);

  asio::io_context& io_;
  const Work work_;
  const telemetry::Logger logger_;
  HttpServer server_;
  std::unique_ptr<http::Client> next_;  // nullptr: none
  bool asks_ = false;                   // the next one: a connection takes one request at a time
};

HttpServerOptions server_options(std::uint16_t port) {
  HttpServerOptions options;
  options.address = "127.0.0.1";
  options.port = port;
  return options;
}

Program::Program(asio::io_context& io, const ProgramOptions& options)
    : io_(io),
      work_(work_of(options.name)),
      logger_(telemetry::LoggerOptions{.service = options.name,
                                       .version = "0.1.0",
                                       .environment = "demo",
                                       .caller = false,
                                       .sink = std::make_shared<telemetry::DescriptorSink>(STDOUT_FILENO)}),
      server_(io, server_options(options.port)) {
  if (!options.next.empty()) {
    const auto url = http::parse_url(options.next);
    if (!url)
      throw std::invalid_argument("--next: expected an http or https URL, not '" + options.next + "'");
    next_ = std::make_unique<http::Client>(io, *url, config::HttpClientConfig{}, kTimeout,
                                           std::chrono::nanoseconds(0));
  }
  server_.on_get("/ready",
                 [](HttpRequest&) -> asio::awaitable<HttpAnswer> { co_return text_answer(200, "Ready"); });
  server_.on_post("/requests", kMostRequestBytes, [this](HttpRequest& request) { return take(request); });
}

Program::Work Program::work_of(std::string_view name) {
  constexpr std::array kWork = {&Program::coordinate, &Program::execute, &Program::pay, &Program::serve_edge,
                                &Program::serve_peers};
  static_assert(kWork.size() == kPrograms.size());
  for (std::size_t i = 0; i < kPrograms.size(); ++i) {
    if (kPrograms[i] == name) return kWork[i];
  }
  throw std::invalid_argument("there is no service " + std::string(name));
}

// What a service does first: whoever asks has said what trace it is about; otherwise one begins here.
asio::awaitable<HttpAnswer> Program::take(HttpRequest& request) {
  const auto header = request.header("traceparent");
  const auto asked = header ? telemetry::parse_traceparent(*header) : std::nullopt;
  const TraceContext span = asked ? asked->child() : telemetry::new_trace();
  const Task task{form_value(request.body, "task_id").value_or("task-001"),
                  form_value(request.body, "guild_id").value_or("guild-xyz"),
                  form_value(request.body, "story").value_or("paid") != "unpaid"};
  const bool done = co_await (this->*work_)(task, span);
  co_return done ? text_answer(200, "done") : text_answer(502, "failed");
}

asio::awaitable<bool> Program::ask_next(const Task& task, const TraceContext& span) {
  if (next_ == nullptr) co_return true;
  asio::steady_timer timer(io_);
  co_await pause(timer, kWorkTime);
  while (std::exchange(asks_, true)) co_await pause(timer, kWorkTime);
  const http::Headers headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                                 {"traceparent", telemetry::make_traceparent(span)}};
  const std::string form = form_of(task);
  const http::Response response = co_await next_->post(headers, form);
  asks_ = false;
  // A payment that fails has been told of by who pays.
  if (response.status == 0) logger_.error(span, "no answer", {telemetry::error(response.error)});
  co_return response.ok();
}

asio::awaitable<bool> Program::coordinate(const Task& task, const TraceContext& span) {
  logger_.info(
      span, "creating task",
      {telemetry::operation("create_task"), telemetry::guild_id(task.guild), telemetry::task_id(task.id)});
  co_return co_await ask_next(task, span);
}

asio::awaitable<bool> Program::execute(const Task& task, const TraceContext& span) {
  logger_.info(
      span, "received task",
      {telemetry::operation("receive"), telemetry::task_id(task.id), telemetry::guild_id(task.guild)});
  asio::steady_timer timer(io_);
  co_await pause(timer, kExecutionTime);
  // A span of its own, below the one of the task.
  logger_.info(span.child(), "wasm execution completed",
               {telemetry::operation("execute"),
                telemetry::task_id(task.id),
                telemetry::duration_ms(kExecutionMs),
                {"memory_bytes", kMemoryBytes},
                telemetry::status("success")});
  co_return co_await ask_next(task, span);
}

asio::awaitable<bool> Program::pay(const Task& task, const TraceContext& span) {
  if (task.is_paid) {
    logger_.info(span, "payment sent",
                 {telemetry::operation("settle"),
                  telemetry::task_id(task.id),
                  telemetry::channel_id("chan-abc"),
                  {"amount", 0.5}});
  } else {
    logger_.error(span, "payment failed",
                  {telemetry::operation("settle"),
                   telemetry::task_id(task.id),
                   telemetry::channel_id("chan-abc"),
                   {"amount", 1500},
                   telemetry::status("failed"),
                   telemetry::error("no balance")});
  }
  co_return task.is_paid;
}

asio::awaitable<bool> Program::serve_edge(const Task&, const TraceContext& span) {
  logger_.warn(span, "peer answers slowly",
               {telemetry::operation("relay"), telemetry::peer_id(kPeer), telemetry::status("slow")});
  logger_.info(span.child(), "request relayed", {telemetry::operation("relay"), telemetry::peer_id(kPeer)});
  co_return true;
}

asio::awaitable<bool> Program::serve_peers(const Task&, const TraceContext& span) {
  logger_.info(span, "p2p connection opened",
               {telemetry::operation("dial"), telemetry::component("p2p"), telemetry::peer_id(kPeer)});
  co_return true;
}

}  // namespace

int run_program(const ProgramOptions& options) {
  asio::io_context io(1);
  Program program(io, options);
  program.start();
  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&io, &program](const boost::system::error_code&, int) {
    program.stop();
    io.stop();
  });
  io.run();
  return EXIT_SUCCESS;
}

}  // namespace lokitail::agent::demo
