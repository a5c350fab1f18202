#include "agent/server/inspect_api.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <thread>

#include "agent/telemetry/ledger.h"
#include "agent/telemetry/metrics.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

std::ptrdiff_t threads() { return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {}); }

TEST_CASE("the agent may go while stages are still at work for somebody", "[server]") {
  Metrics metrics;
  Ledger ledger;
  const config::Config config;
  std::thread([] {}).join();  // with the first one a sanitizer may begin one of its own
  const std::ptrdiff_t threads_before = threads();
  auto io = std::make_unique<asio::io_context>(1);
  asio::io_context of_client;
  asio::ip::tcp::socket client(of_client);
  {
    const ServedParts parts{.control = *io,
                            .metrics = metrics,
                            .ledger = ledger,
                            .config = [&]() -> const config::Config& { return config; },
                            .delivery = {},
                            .files = {},
                            .reports = {},
                            .targets = {},
                            .workers = {},
                            .reading = {},
                            .stopping = {},
                            .positions_trouble = {},
                            .workers_answer = {}};
    HttpServerOptions options;
    options.address = "127.0.0.1";
    options.admin = true;
    HttpServer server(*io, options);
    InspectApi api(parts);
    api.serve(server);
    server.start();
    client.connect({asio::ip::address_v4::loopback(), server.port()});
    // Takes its time, for each line.
    std::string lines = "\"1\"";
    for (int i = 0; i < 19; ++i) lines += ",\"1\"";
    const std::string body =
        "{\"lines\":[" + lines + R"(],"stages":"- template: {source: x, template: '{{ bcrypt .Entry }}'}"})";
    asio::write(client, asio::buffer("POST /api/v1/inspect HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " +
                                     std::to_string(body.size()) + "\r\n\r\n" + body));
    const auto patience = std::chrono::steady_clock::now() + 10s;
    while (threads() == threads_before && std::chrono::steady_clock::now() < patience) io->run_for(1ms);
  }
  io.reset();
  CHECK(threads() > threads_before);  // the stages are at work still
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (threads() > threads_before && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(1ms);
  CHECK(threads() == threads_before);
}

}  // namespace
}  // namespace lokitail::agent
