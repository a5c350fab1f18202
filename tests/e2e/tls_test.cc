// TLS, against nginx as it stands in front of Loki.
#include "tests/support/forward_proxy.h"
#include "tests/support/namespaces.h"
#include "tests/support/nginx.h"
#include "tests/support/scene.h"

#include <fmt/format.h>

using namespace lokitail::test;
namespace fs = std::filesystem;

namespace {

struct TlsScene : Scene {
  Certificates certificates;
  Nginx nginx;
  LogWriter log{"a", logs / "a.log"};

  explicit TlsScene(const std::string& server_lines = "", const std::string& server_name = "localhost",
                    const std::string& server_ends = "")
      : certificates(directory / "certificates", server_name, server_ends),
        nginx(directory / "nginx", certificates, loki.port(), server_lines) {}

  void start(const std::string& tls_keys, const std::string& more = "") {
    agent.clients = {client(nginx.url() + "/loki/api/v1/push",
                            "tls_config: {" + tls_keys + "}" + (more.empty() ? "" : ", ") + more)};
    log.write(50);
    agent.start();
  }

  void require_retries_and_nothing_stored() {
    REQUIRE(eventually([this] { return agent.metric("promtail_batch_retries_total") >= 3; }));
    CHECK(loki.stored_count() == 0);
    CHECK(agent.metric("promtail_dropped_entries_total") == 0);
  }
};

bool no_nginx() {
  if (Nginx::installed()) return false;
  skip("nginx is not installed");
  return true;
}

}  // namespace

TEST_CASE("TLS with a CA file") {
  if (no_nginx()) return;
  TlsScene scene;
  scene.start("ca_file: " + scene.certificates.ca.string());
  CHECK(scene.require_all({&scene.log}) == 0);
  scene.log.write(50);
  CHECK(scene.require_all({&scene.log}) == 0);
  scene.agent.stop();
}

TEST_CASE("TLS with the system's authorities, which distributions keep in places of their own") {
  if (no_nginx()) return;
  const std::string bundle = GENERATE("certs/ca-certificates.crt", "ca-bundle.pem", "cert.pem");
  for (const char* const name : {"SSL_CERT_FILE", "SSL_CERT_DIR"}) ::unsetenv(name);
  in_mount_namespace([&] {
    TlsScene scene;
    // All that is known of authorities here: OpenSSL's own folder, and Debian's, to which that leads.
    for (const char* const folder : {"/usr/lib/ssl", "/etc/ssl"}) {
      REQUIRE(::mount("none", folder, "tmpfs", 0, nullptr) == 0);
    }
    const fs::path file = fs::path("/etc/ssl") / bundle;
    fs::create_directories(file.parent_path());
    write_file(file, read_file(scene.certificates.ca));
    scene.start("");
    CHECK(scene.require_all({&scene.log}) == 0);
    scene.agent.stop();
  });
}

TEST_CASE("TLS with a client certificate") {
  if (no_nginx()) return;
  Scene scene;
  const Certificates certificates(scene.directory / "certificates", "localhost");
  const Nginx nginx(scene.directory / "nginx", certificates, scene.loki.port(),
                    "ssl_verify_client on; ssl_client_certificate " + certificates.ca.string() + ";");
  scene.agent.clients = {
      client(nginx.url() + "/loki/api/v1/push",
             fmt::format("tls_config: {{ca_file: {}, cert_file: {}, key_file: {}}}", certificates.ca.string(),
                         certificates.client.string(), certificates.client_key.string()))};
  LogWriter log("a", scene.logs / "a.log");
  log.write(50);
  scene.agent.start();
  CHECK(scene.require_all({&log}) == 0);
  scene.agent.stop();
}

TEST_CASE("TLS: a wrong CA is retried, nothing is lost, and a mended CA file is taken up") {
  if (no_nginx()) return;
  TlsScene scene;
  const Certificates wrong(scene.directory / "wrong");
  const std::filesystem::path ca = scene.directory / "used-ca.pem";
  write_file(ca, read_file(wrong.ca));
  scene.start("ca_file: " + ca.string());
  scene.require_retries_and_nothing_stored();
  CHECK(scene.agent.log().find("certificate") != std::string::npos);
  write_file(ca, read_file(scene.certificates.ca));
  CHECK(scene.require_all({&scene.log}) == 0);
  scene.agent.stop();
}

TEST_CASE("TLS: a certificate for another name is refused, server_name names the right one") {
  if (no_nginx()) return;
  const bool named = GENERATE(false, true);
  TlsScene scene("", "loki.test");
  scene.start("ca_file: " + scene.certificates.ca.string() + (named ? ", server_name: loki.test" : ""));
  if (named) {
    CHECK(scene.require_all({&scene.log}) == 0);
  } else {
    scene.require_retries_and_nothing_stored();
  }
  scene.agent.stop();
}

TEST_CASE("TLS: a certificate that has expired is refused, and said to be") {
  if (no_nginx()) return;
  TlsScene scene("", "localhost", "20210101000000Z");
  scene.start("ca_file: " + scene.certificates.ca.string());
  scene.require_retries_and_nothing_stored();
  CHECK(scene.agent.log().find("certificate has expired") != std::string::npos);
  scene.agent.kill();
}

TEST_CASE("TLS: an unknown CA is refused, insecure_skip_verify takes it") {
  if (no_nginx()) return;
  const bool insecure = GENERATE(false, true);
  TlsScene scene("", "loki.test");
  scene.start(insecure ? "insecure_skip_verify: true" : "");
  if (insecure) {
    CHECK(scene.require_all({&scene.log}) == 0);
  } else {
    scene.require_retries_and_nothing_stored();
  }
  scene.agent.stop();
}

TEST_CASE("TLS: min_version is kept") {
  if (no_nginx()) return;
  const std::string version = GENERATE("TLSv1.2", "TLSv1.3");
  TlsScene scene("ssl_protocols " + version + ";");
  scene.start("min_version: TLS13, ca_file: " + scene.certificates.ca.string());
  if (version == "TLSv1.3") {
    CHECK(scene.require_all({&scene.log}) == 0);
  } else {
    scene.require_retries_and_nothing_stored();
  }
  scene.agent.stop();
}

TEST_CASE("TLS through a proxy goes by CONNECT") {
  if (no_nginx()) return;
  ForwardProxy proxy;
  TlsScene scene;
  scene.start("ca_file: " + scene.certificates.ca.string(), "proxy_url: " + proxy.url());
  CHECK(scene.require_all({&scene.log}) == 0);
  scene.agent.stop();
  REQUIRE_FALSE(proxy.requests().empty());
  CHECK(proxy.requests().front().rfind(fmt::format("CONNECT localhost:{} HTTP/1.1\r\n", scene.nginx.port()),
                                       0) == 0);
}

TEST_CASE("nginx's own body limit is a 413: the push is halved until it fits") {
  if (no_nginx()) return;
  TlsScene scene("client_max_body_size 2k;");
  scene.start("ca_file: " + scene.certificates.ca.string());
  for (int i = 0; i < 20; ++i) scene.log.write(50);
  CHECK(scene.require_all({&scene.log}) == 0);
  CHECK(scene.agent.metric("promtail_dropped_entries_total") == 0);
  scene.agent.stop();
}

TEST_CASE("nginx in front while Loki restarts: its 502 loses nothing") {
  if (no_nginx()) return;
  TlsScene scene;
  scene.start("ca_file: " + scene.certificates.ca.string());
  CHECK(scene.require_all({&scene.log}) == 0);
  scene.loki.go_down();
  scene.log.write(100);
  REQUIRE(eventually([&] { return scene.agent.log().find("HTTP status 502") != std::string::npos; }));
  CHECK(scene.agent.metric("promtail_dropped_entries_total") == 0);
  scene.loki.come_back();
  scene.require_all({&scene.log});
  scene.agent.stop();
}

TEST_CASE("nginx asks for a password: a wrong one is retried, and the right one taken up from its file") {
  if (no_nginx()) return;
  Scene files;
  const fs::path users = files.directory / "users";
  write_file(users, "tail:{PLAIN}right\n");
  TlsScene scene(fmt::format("auth_basic loki; auth_basic_user_file {};", users.string()));
  const fs::path password = scene.directory / "password";
  write_file(password, "wrong");
  scene.start("ca_file: " + scene.certificates.ca.string(),
              fmt::format("basic_auth: {{username: tail, password_file: {}}}", password.string()));
  REQUIRE(eventually([&] { return scene.agent.log().find("HTTP status 401") != std::string::npos; }));
  CHECK(scene.loki.stored_count() == 0);
  write_file(password, "right");
  CHECK(scene.require_all({&scene.log}) == 0);
  CHECK(scene.agent.metric("promtail_dropped_entries_total") == 0);
  scene.agent.stop();
}
