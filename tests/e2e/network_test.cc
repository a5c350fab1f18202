// Networks that lose packets, are slow, and come apart: in a network namespace of their own, with the
// real kernel's TCP.
#include "tests/support/scene.h"

#include <sched.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <thread>

#include <boost/asio/ip/udp.hpp>

#include "tests/support/namespaces.h"
#include "tests/support/process.h"

using namespace lokitail::test;

namespace {

// What is wrong with the loopback interface of a namespace.
class Network {
 public:
  // Fails to be ready where namespaces or the tools for them are missing.
  Network() {
    if (::unshare(CLONE_NEWNET) != 0) {
      problem_ = std::string("no network namespace: ") + std::strerror(errno);
      return;
    }
    command({"ip", "link", "set", "lo", "up"});
  }
  const std::string& problem() const { return problem_; }

  // Of all packets.
  void lose(const std::string& share) {
    command({"iptables", "-A", "INPUT", "-p", "tcp", "-m", "statistic", "--mode", "random", "--probability",
             share, "-j", "DROP"});
  }
  void lose_ipv6() { command({"ip6tables", "-A", "INPUT", "-p", "tcp", "-j", "DROP"}); }
  // Packets vanish without a word.
  void come_apart() { command({"iptables", "-I", "INPUT", "-p", "tcp", "-j", "DROP"}); }
  void come_together() { command({"iptables", "-D", "INPUT", "-p", "tcp", "-j", "DROP"}); }
  void limit(const std::string& rate) {
    command({"tc", "qdisc", "add", "dev", "lo", "root", "tbf", "rate", rate, "burst", "64kb", "latency",
             "400ms"});
  }

 private:
  void command(std::vector<std::string> words) {
    const auto program = find_program(words[0]);
    if (!program) {
      problem_ = "there is no " + words[0];
      return;
    }
    words[0] = *program;
    const Finished finished = run(words);
    if (finished.exit_code != 0) problem_ = words[0] + ": " + finished.err;
  }

  std::string problem_;
};

void in_namespace(const std::function<void(Network&)>& body) {
  on_a_thread([&] {
    Network network;
    body(network);
  });
}

}  // namespace

TEST_CASE("a network that loses every tenth packet") {
  in_namespace([](Network& network) {
    network.lose("0.1");
    if (!network.problem().empty()) return skip(network.problem());
    Scene scene("timeout: 2s, batchsize: 20000");
    LogWriter log("a", scene.logs / "a.log");
    scene.agent.launch();
    for (int i = 0; i < 20; ++i) {
      log.write(100);
      std::this_thread::sleep_for(50ms);
    }
    scene.require_all({&log}, 120s);
    scene.agent.stop(60s);
  });
}

TEST_CASE("a network that comes apart, and together again") {
  in_namespace([](Network& network) {
    if (!network.problem().empty()) return skip(network.problem());
    Scene scene("timeout: 500ms");
    LogWriter log("a", scene.logs / "a.log");
    scene.agent.start();
    for (int i = 0; i < 3; ++i) {
      log.write(100);
      scene.require_all({&log}, 60s);
      network.come_apart();
      if (!network.problem().empty()) return skip(network.problem());
      log.write(100);
      std::this_thread::sleep_for(1500ms);
      network.come_together();
      log.write(100);
    }
    scene.require_all({&log}, 60s);
    CHECK(scene.agent.metric("promtail_batch_retries_total") > 0);
    scene.agent.stop();
  });
}

TEST_CASE("a name that leads to another address after a while") {
  with_file_of_etc("hosts", "127.0.0.1 loki.test\n", [](const std::filesystem::path& hosts) {
    Scene scene;
    Loki second("127.0.0.2", scene.loki.port());
    LogWriter log("a", scene.logs / "a.log");
    scene.agent.clients = {
        client("http://loki.test:" + std::to_string(scene.loki.port()) + "/loki/api/v1/push",
               "connection_max_age: 100ms")};
    scene.agent.start();
    log.write(100);
    REQUIRE(scene.loki.wait_stored(100));
    // In place, since it is the file that is mounted.
    std::ofstream(hosts, std::ios::trunc) << "127.0.0.2 loki.test\n";
    CHECK(eventually([&] {
      log.write(1);
      return second.stored_count() > 0;
    }));
    const std::size_t first = scene.loki.stored_count();
    log.write(50);
    REQUIRE(eventually([&] { return first + second.stored_count() == log.written(); }));
    CHECK(scene.loki.stored_count() == first);
    scene.agent.stop();
  });
}

TEST_CASE("a host at one of whose addresses packets vanish without a word") {
  if (!has_ipv6()) return skip("no IPv6");
  with_file_of_etc("hosts", "::1 loki.test\n127.0.0.1 loki.test\n", [](const std::filesystem::path&) {
    in_namespace([](Network& network) {
      network.lose_ipv6();
      if (!network.problem().empty()) return skip(network.problem());
      Scene scene;
      LogWriter log("a", scene.logs / "a.log");
      scene.agent.clients = {
          client("http://loki.test:" + std::to_string(scene.loki.port()) + "/loki/api/v1/push",
                 "timeout: 10s, connection_max_age: 100ms")};
      scene.agent.start();
      for (int i = 0; i < 3; ++i) {
        log.write(100);
        const Stopwatch arrival;
        scene.require_all({&log});
        CHECK(arrival.elapsed() < 5s);
      }
      CHECK(scene.agent.metric("promtail_batch_retries_total") == 0);
      scene.agent.stop();
    });
  });
}

TEST_CASE("name servers that do not answer hold up neither other names nor a stop") {
  // A look-up of a name there takes two minutes.
  const std::string silent = "nameserver 127.0.0.9\noptions timeout:30 attempts:4\n";
  with_file_of_etc("resolv.conf", silent, [](const std::filesystem::path&) {
    boost::asio::io_context io;
    boost::asio::ip::udp::socket name_server(io, boost::asio::ip::udp::v4());
    boost::system::error_code error;
    name_server.bind({boost::asio::ip::make_address("127.0.0.9"), 53}, error);
    if (error) return skip("no port for a name server: " + error.message());
    Scene scene;
    LogWriter log("a", scene.logs / "a.log");
    const std::string port_and_path = ":" + std::to_string(scene.loki.port()) + "/loki/api/v1/push";
    scene.agent.clients = {client("http://away.test" + port_and_path),
                           client("http://localhost" + port_and_path)};
    scene.agent.start();
    log.write(100);
    scene.require_all({&log});
    // Somebody has been asked, and is still.
    REQUIRE(eventually([&] { return name_server.available() > 0; }));
    const Stopwatch stop;
    scene.agent.stop();
    CHECK(stop.elapsed() < 20s);
  });
}

TEST_CASE("a network that is slow: everything arrives, and once") {
  in_namespace([](Network& network) {
    network.limit("4mbit");
    if (!network.problem().empty()) return skip(network.problem());
    Scene scene("timeout: 10s");
    LogWriter log("a", scene.logs / "a.log", LogWriter::Format::kPlain, 200);
    scene.agent.start();
    log.write(5000);
    CHECK(scene.require_all({&log}, 60s) == 0);
    scene.agent.stop();
  });
}
