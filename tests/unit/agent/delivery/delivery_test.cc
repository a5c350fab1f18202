// From pushes to a Loki and to disk, as the control thread does it.
#include "agent/delivery/delivery.h"

#include <catch2/catch.hpp>

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "agent/telemetry/metrics.h"
#include "tests/support/stub_server.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/agent/delivery/make_push.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using lokitail::test::StubAnswer;
using lokitail::test::StubRequest;
using lokitail::test::StubServer;
using namespace std::chrono_literals;

// Whose pushes go to disk first, of one client.
class DiskScene {
 public:
  DiskScene()
      : server_([this](const StubRequest& request, StubAnswer& answer) {
          const std::lock_guard lock(mutex_);
          if (is_down) return answer.send(503, "");
          ++received_[request.header("x-scope-orgid")];
          answer.send(204, "");
        }) {}

  std::unique_ptr<Delivery> make(const Delivery* replaced = nullptr) {
    config::Config config;
    config.clients.emplace_back();
    config.clients[0].name = "client";
    config.clients[0].url = config::Secret(server_.url() + "/loki/api/v1/push");
    config.clients[0].backoff.min_period = 1ms;
    config.clients[0].backoff.max_period = 10ms;
    config.spool.mode = config::SpoolConfig::Mode::kAlways;
    config.spool.directory = (directory / "spool").string();
    return std::make_unique<Delivery>(io, std::make_shared<const config::Config>(std::move(config)), metrics,
                                      true, nullptr, replaced);
  }
  // Counts settled_ when it is.
  void push(Delivery& delivery, const std::string& tenant, const std::string& line) {
    auto push = test::make_push({{"{a=\"b\"}", 1, line}});
    push->tenant = tenant;
    push->receipt = std::make_shared<Receipt>(1, [this] { ++settled; });
    delivery.push_ready(0, std::move(push));
  }
  template <typename Condition>
  bool run_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!condition() && std::chrono::steady_clock::now() < deadline) {
      io.restart();
      io.run_for(5ms);
    }
    return condition();
  }
  void stop(Delivery& delivery) {
    bool stopped = false;
    asio::co_spawn(
        io, [&]() -> asio::awaitable<void> { co_await delivery.stop(); },
        [&](std::exception_ptr) { stopped = true; });
    REQUIRE(run_until([&] { return stopped; }));
  }
  std::map<std::string, int> received() {
    const std::lock_guard lock(mutex_);
    return received_;
  }

  const lokitail::test::TempDir directory;
  std::atomic<bool> is_down{false};
  int settled = 0;
  asio::io_context io;
  Metrics metrics;

 private:
  std::mutex mutex_;
  std::map<std::string, int> received_;  // pushes, by tenant
  StubServer server_;
};

TEST_CASE("many tenants whose pushes go to disk are sent each of them once") {
  constexpr int kTenants = 80;
  DiskScene scene;
  const auto delivery = scene.make();
  delivery->start();
  for (int round = 1; round <= 3; ++round) {
    for (int i = 0; i < kTenants; ++i) {
      scene.push(*delivery, "t" + std::to_string(i), "round " + std::to_string(round));
      REQUIRE(scene.run_until(
          [&] { return delivery->empty() && scene.settled == kTenants * (round - 1) + i + 1; }));
    }
  }
  const auto received = scene.received();
  CHECK(received.size() == kTenants);
  int sent = 0;
  for (const auto& [tenant, pushes] : received) sent += pushes;
  CHECK(sent == 3 * kTenants);
  scene.stop(*delivery);
}

struct Replaced {
  std::unique_ptr<Delivery> before;
  std::unique_ptr<Delivery> next;
};

// A push is on its way to the spool's thread, and nothing that comes back from there is looked at before another delivery
// takes the place of the first.
Replaced replace_under_way(DiskScene& scene) {
  Replaced result;
  result.before = scene.make();
  result.before->start();
  scene.push(*result.before, "", "line");
  REQUIRE(scene.io.poll_one() == 1);
  result.next = scene.make(result.before.get());
  scene.stop(*result.before);
  result.next->start_after(*result.before);
  return result;
}

TEST_CASE("what is on its way to disk when its delivery is replaced is settled all the same") {
  DiskScene scene;
  const Replaced deliveries = replace_under_way(scene);
  CHECK(scene.run_until(
      [&] { return scene.settled == 1 && !scene.received().empty() && deliveries.next->empty(); }));
  CHECK(scene.received() == std::map<std::string, int>{{"", 1}});
  REQUIRE(scene.run_until([&] { return deliveries.before->is_over(); }));
  scene.stop(*deliveries.next);
}

TEST_CASE("what the disk does not take when its delivery is replaced goes over to the next one") {
  DiskScene scene;
  lokitail::test::write_file(scene.directory / "spool", "a file where the folder should be");
  const Replaced deliveries = replace_under_way(scene);
  CHECK(scene.run_until([&] { return scene.settled == 1; }));
  CHECK(scene.received() == std::map<std::string, int>{{"", 1}});
  scene.stop(*deliveries.next);
}

}  // namespace
}  // namespace lokitail::agent
