#include "agent/discovery/kubernetes/reflector.h"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/stub_server.h"

namespace lokitail::agent::kubernetes {
namespace {

using namespace std::chrono_literals;
using test::StubAnswer;
using test::StubRequest;
using test::StubServer;

struct Told final : ObjectListener {
  void changed(const std::string& key, const Json&) override { keys.push_back(key); }
  void gone(const std::string& key) override { keys.push_back("-" + key); }
  std::vector<std::string> keys;
};

std::string pod(const std::string& name, int version) {
  return R"({"metadata":{"name":")" + name + R"(","namespace":"n","uid":"u","resourceVersion":")" +
         std::to_string(version) + R"("}})";
}

// The first watch says one thing and then nothing for ever, as where a firewall has forgotten the connection.
TEST_CASE("kubernetes reflector: a watch that has fallen silent is given up, and goes on from where it was") {
  std::mutex mutex;
  std::vector<std::string> watches;
  std::size_t lists = 0;
  StubServer server([&](const StubRequest& request, StubAnswer& answer) {
    if (request.query("watch") != "true") {
      const std::lock_guard lock(mutex);
      ++lists;
      return answer.send(200, R"({"metadata":{"resourceVersion":"7"},"items":[)" + pod("one", 5) + "]}");
    }
    std::size_t number = 0;
    {
      const std::lock_guard lock(mutex);
      watches.push_back(request.query("resourceVersion"));
      number = watches.size();
    }
    answer.begin(200);
    answer.chunk(R"({"type":"ADDED","object":)" + pod("of-watch-" + std::to_string(number), 7 + int(number)) +
                 "}\n");
    while (answer.is_wanted()) std::this_thread::sleep_for(5ms);
  });

  boost::asio::io_context io;
  Cluster cluster;
  cluster.url = *http::parse_url(server.url());
  ReflectorConfig config;
  config.path = "/api/v1/pods";
  config.watch_time = 1s;
  config.watch_spread = 0s;
  config.silence = 1s;
  Told told;
  const auto reflector = std::make_shared<Reflector>(io, cluster, config, told);
  reflector->start();
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (told.keys.size() < 3 && std::chrono::steady_clock::now() < end) io.run_for(10ms);
  reflector->stop();
  io.run_for(100ms);
  CHECK(told.keys == std::vector<std::string>{"n/one", "n/of-watch-1", "n/of-watch-2"});
  const std::lock_guard lock(mutex);
  CHECK(lists == 1);
  CHECK(watches == std::vector<std::string>{"7", "8"});
}

}  // namespace
}  // namespace lokitail::agent::kubernetes
