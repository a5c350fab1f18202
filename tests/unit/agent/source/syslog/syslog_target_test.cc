#include "agent/source/syslog/syslog_target.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/write.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <thread>

#include "agent/state/positions.h"
#include "tests/unit/agent/source/received/received_scene.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// A listener that asks for the names of its senders.
template <typename Protocol>
struct NamedSenders {
  explicit NamedSenders(const std::string& protocol) {
    asio::io_context io;
    port = typename Protocol::socket(io, {asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
    job->job_name = "job";
    config::SyslogConfig& syslog = job->syslog.emplace();
    syslog.listen_address = "127.0.0.1:" + std::to_string(port);
    syslog.listen_protocol = protocol;
    config::RelabelConfig& rule = job->relabel_configs.emplace_back();
    rule.source_labels = {"__syslog_connection_hostname"};
    rule.target_label = "from";
    target = std::make_unique<SyslogTarget>(
        *job, TargetContext{received.control, *received.worker, positions, metrics});
    target->start();
  }
  ~NamedSenders() {
    if (target) target->stop();
  }

  typename Protocol::endpoint endpoint() const { return {asio::ip::address_v4::loopback(), port}; }
  bool step() {
    received.control.restart();
    return received.control.poll_one() != 0;
  }

  test::ReceivedScene received;
  Positions positions{""};
  Metrics metrics;
  std::unique_ptr<config::ScrapeConfig> job = std::make_unique<config::ScrapeConfig>();
  std::uint16_t port = 0;
  std::unique_ptr<SyslogTarget> target;
};

constexpr const char* kMessage = "<13>1 2024-01-01T00:00:00Z host app - - - text\n";

TEST_CASE("a sender's name that is found when the time for it is over", "[syslog]") {
  NamedSenders<asio::ip::udp> scene("udp");
  asio::io_context io;
  asio::ip::udp::socket sender(io, asio::ip::udp::v4());
  sender.send_to(asio::buffer(std::string(kMessage)), scene.endpoint());
  while (scene.step()) {
  }
  // The thread has other things to do, or the machine sleeps.
  std::this_thread::sleep_for(1200ms);
  CHECK(scene.received.run_until([&] { return scene.received.entries().size() == 1; }));
}

TEST_CASE("a stop while a sender's name is looked up", "[syslog]") {
  for (int steps = 0; steps < 12; ++steps) {
    NamedSenders<asio::ip::tcp> scene("tcp");
    asio::io_context io;
    asio::ip::tcp::socket sender(io);
    sender.connect(scene.endpoint());
    asio::write(sender, asio::buffer(std::string(kMessage)));
    for (int i = 0; i < steps; ++i) scene.step();
    scene.target->stop();
    scene.target.reset();
    scene.job.reset();
    scene.received.control.restart();
    scene.received.control.run_for(50ms);
    CHECK(scene.received.entries().size() <= 1);
  }
}

}  // namespace
}  // namespace lokitail::agent
