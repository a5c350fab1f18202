#include "agent/source/gelf/gelf_target.h"

#include <boost/asio/ip/udp.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <string>

#include "agent/state/positions.h"
#include "tests/support/compress.h"
#include "tests/unit/agent/source/received/received_scene.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;

TEST_CASE("datagrams that hold many times their size are read as there is room", "[gelf]") {
  test::ReceivedScene received;
  Positions positions{""};
  Metrics metrics;
  asio::io_context io;
  const std::uint16_t port = udp::socket(io, {asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
  config::ScrapeConfig job;
  job.job_name = "job";
  job.gelf.emplace().listen_address = "127.0.0.1:" + std::to_string(port);
  GelfTarget target(job, TargetContext{received.control, *received.worker, positions, metrics});
  target.start();
  // The worker takes nothing for now.
  REQUIRE(received.drain());
  udp::socket sender(io, udp::v4());
  const std::string message = lokitail::test::compressed(
      R"({"version":"1.1","host":"h","short_message":")" + std::string(1 << 20, 'a') + R"("})",
      Compression::kZlib);
  for (int i = 0; i < 20; ++i) {
    sender.send_to(asio::buffer(message), {asio::ip::address_v4::loopback(), port});
  }
  for (int i = 0; i < 100; ++i) {
    received.control.restart();
    received.control.poll();
  }
  const auto& entries = metrics.counter_of("promtail_gelf_target_entries_total",
                                           "Total number of successful entries sent to the gelf target");
  CHECK(entries.Value() >= 1);
  CHECK(entries.Value() <= 2);
  target.stop();
}

}  // namespace
}  // namespace lokitail::agent
