#include "agent/source/received/http_receiver.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <thread>

#include "agent/source/push/push_target.h"
#include "agent/state/positions.h"
#include "tests/unit/agent/source/received/received_scene.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

std::uint16_t unused_port() {
  asio::io_context io;
  return tcp::acceptor(io, {asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
}

// A job to which somebody pushes a line, and which goes when all that it took is settled.
class PushedJob {
 public:
  PushedJob() {
    job_->job_name = "job";
    config::ServerConfig& server = job_->push_api.emplace().server;
    server.http_listen_address = "127.0.0.1";
    server.http_listen_port = unused_port();
    server.http_server_write_timeout = 100ms;
    job_->push_api->labels = {{"a", "b"}};
    target_ = std::make_unique<PushTarget>(
        *job_, TargetContext{scene_.control, *scene_.worker, positions_, metrics_});
    target_->start();
    sender_.connect({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(server.http_listen_port)});
    asio::write(sender_, asio::buffer(std::string("POST /promtail/api/v1/raw HTTP/1.1\r\nHost: a\r\n"
                                                  "Content-Length: 5\r\n\r\nline\n")));
  }

  // So many of the things that the control thread has to do; false where there are not as many.
  bool run(int steps) {
    for (; steps > 0; --steps) {
      scene_.control.restart();
      if (scene_.control.poll_one() == 0) return false;
    }
    return true;
  }
  void end() {
    target_->stop();
    for (int i = 0; i < 20; ++i) {
      std::this_thread::sleep_for(1ms);  // the worker is done before the control thread goes on
      scene_.control.restart();
      scene_.control.poll();
      scene_.settle();
    }
    target_.reset();
    job_.reset();
  }
  // What the sender is told in the end.
  std::string answer() {
    scene_.control.restart();
    scene_.control.run_for(300ms);
    std::string text(1000, ' ');
    sender_.non_blocking(true);
    boost::system::error_code ignored;
    text.resize(sender_.read_some(asio::buffer(text), ignored));
    return text.substr(0, text.find("\r\n"));
  }
  std::size_t taken() const { return scene_.entries().size(); }

 private:
  test::ReceivedScene scene_;
  Positions positions_{""};
  Metrics metrics_;
  std::unique_ptr<config::ScrapeConfig> job_ = std::make_unique<config::ScrapeConfig>();
  std::unique_ptr<PushTarget> target_;
  asio::io_context of_sender_;
  tcp::socket sender_{of_sender_};
};

TEST_CASE("a stop at whatever moment loses no request that was answered", "[received]") {
  bool was_taken = false;
  for (int steps = 0; !was_taken; ++steps) {
    PushedJob pushed;
    const bool all = !pushed.run(steps);
    pushed.end();
    const std::string answer = pushed.answer();
    INFO(steps << " " << answer);
    was_taken = pushed.taken() == 1;
    CHECK((was_taken ? answer == "HTTP/1.1 204 No Content"
                     : answer.empty() || answer == "HTTP/1.1 503 Service Unavailable"));
    REQUIRE((was_taken || !all));
  }
}

}  // namespace
}  // namespace lokitail::agent
