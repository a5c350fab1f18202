// GELF and what Heroku's drains post. (GELF from a real sender, Docker's log driver, is in docker_engine_test.cc; of
// Heroku none can be had here: requests are made as Logplex makes them.)
#include "tests/support/compress.h"
#include "tests/support/page.h"
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/http_get.h"

using namespace lokitail::test;

namespace {

void send_datagram(std::uint16_t port, const std::string& bytes) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const ssize_t sent = ::sendto(socket, bytes.data(), bytes.size(), 0,
                                reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::close(socket);
  REQUIRE(sent == static_cast<ssize_t>(bytes.size()));
}

TEST_CASE("gelf: the job of the page takes plain, compressed and chunked messages") {
  Scene scene;
  const std::uint16_t port = free_port();
  scene.agent.jobs = {job_of_page("sources/gelf.md", "0.0.0.0:12201", fmt::format("127.0.0.1:{}", port))};
  scene.agent.start();
  const auto message = [](const std::string& text) {
    return R"({"version":"1.1","host":"h","level":3,"short_message":")" + text + "\"}";
  };
  send_datagram(port, message("plain"));
  send_datagram(port, compressed(message("gzip"), lokitail::agent::Compression::kGzip));
  send_datagram(port, "no message");
  const std::string packed =
      compressed(message(std::string(20'000, 'x')), lokitail::agent::Compression::kZlib);
  for (const int part : {1, 0}) {
    const std::size_t half = packed.size() / 2;
    send_datagram(port, std::string("\x1e\x0fidentity") + static_cast<char>(part) + '\x02' +
                            (part == 0 ? packed.substr(0, half) : packed.substr(half)));
  }
  REQUIRE(scene.loki.wait_stored(3));
  CHECK(scene.loki.lines() == std::vector<std::string>{"plain", "gzip", std::string(20'000, 'x')});
  CHECK(scene.loki.stored()[0].labels == R"({host="h", job="gelf", level="error"})");
  CHECK(scene.agent.metric("promtail_gelf_target_parsing_errors_total") == 1);
  CHECK(scene.agent.metric("promtail_gelf_target_entries_total") == 3);
  scene.agent.stop();
}

TEST_CASE("heroku: the job of the page takes what drains post") {
  Scene scene;
  const std::uint16_t port = free_port();
  scene.agent.jobs = {
      job_of_page("sources/heroku.md", "http_listen_port: 8080", fmt::format("http_listen_port: {}", port))};
  scene.agent.start();
  const std::string frame = "<158>1 2022-06-13T14:52:23.622778+00:00 host heroku router - at=info\n";
  const auto post = [&](const std::string& body) {
    return http_post(port, "/heroku/api/v1/drain?env=prod", body, "application/logplex-1",
                     {{"X-Scope-OrgID", "team"}})
        .status;
  };
  CHECK(post(fmt::format("{} {}", frame.size(), frame)) == 204);
  CHECK(post("garbage") == 400);
  REQUIRE(scene.loki.wait_stored(1));
  const Arrival arrival = scene.loki.stored()[0];
  CHECK(arrival.labels == R"({app="heroku", env="prod", job="heroku", proc="router"})");
  CHECK(arrival.line == "at=info");
  CHECK(arrival.tenant == "team");
  CHECK(arrival.timestamp == 1'655'131'943'622'778'000);
  CHECK(scene.agent.metric("promtail_heroku_drain_target_parsing_errors_total") == 1);
  scene.agent.stop();
}

}  // namespace
