// Syslog, from real senders: logger (util-linux), rsyslog and syslog-ng, and openssl s_client where
// certificates matter.
#include "tests/support/nginx.h"
#include "tests/support/page.h"
#include "tests/support/pipe.h"
#include "tests/support/scene.h"

#include <fmt/format.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <set>

#include "tests/support/process.h"

using namespace lokitail::test;

namespace {

constexpr const char* kLabels = R"(  relabel_configs:
  - {source_labels: [__syslog_message_app_name], target_label: app}
  - {source_labels: [__syslog_message_severity], target_label: severity}
  - {source_labels: [__syslog_message_facility], target_label: facility}
  - {source_labels: [__syslog_message_hostname], target_label: host}
)";

struct SyslogScene : Scene {
  std::uint16_t syslog_port = free_port();

  // `keys` are further lines of the block; `job_lines` of the job.
  explicit SyslogScene(const std::string& keys = "", const std::string& job_lines = kLabels) {
    agent.jobs = {
        fmt::format("- job_name: syslog\n  syslog:\n    listen_address: 127.0.0.1:{}\n"
                    "    labels: {{job: syslog}}\n{}{}",
                    syslog_port, keys, job_lines)};
  }

  void log_with_logger(std::vector<std::string> options, const std::string& text) {
    options.insert(options.begin(),
                   {*find_program("logger"), "-n", "127.0.0.1", "-P", std::to_string(syslog_port)});
    options.push_back(text);
    const Finished finished = run(options);
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
  }
};

bool no_logger() {
  if (find_program("logger")) return false;
  skip("logger is not installed");
  return true;
}

// A socket as /dev/log, of a daemon that passes on what is written there.
class LocalLog {
 public:
  explicit LocalLog(std::filesystem::path path) : path_(std::move(path)) {}
  ~LocalLog() {
    if (socket_ >= 0) ::close(socket_);
  }
  LocalLog(const LocalLog&) = delete;
  LocalLog& operator=(const LocalLog&) = delete;

  void log(const std::string& text) {
    if (socket_ < 0) {
      socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
      REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    const std::string message = "<13>Nov 26 10:00:00 app[7]: " + text;
    REQUIRE(::send(socket_, message.data(), message.size(), 0) == static_cast<ssize_t>(message.size()));
  }

 private:
  const std::filesystem::path path_;
  int socket_ = -1;
};

// rsyslog that passes on what is written into a socket of its own.
class Rsyslog {
 public:
  Rsyslog(const std::filesystem::path& folder, std::uint16_t port, const std::string& action)
      : folder_(folder) {
    std::filesystem::create_directories(folder);
    write_file(folder / "rsyslog.conf",
               fmt::format("module(load=\"imuxsock\" SysSock.Use=\"off\")\n"
                           "global(workDirectory=\"{0}\")\n"
                           "input(type=\"imuxsock\" Socket=\"{0}/log\" RateLimit.Interval=\"0\")\n"
                           "*.* action(type=\"omfwd\" target=\"127.0.0.1\" port=\"{1}\" "
                           "action.resumeRetryCount=\"-1\" action.resumeInterval=\"1\" {2})\n",
                           folder.string(), port, action));
    process_ = std::make_unique<Process>(
        Command{{*find_program("rsyslogd"), "-n", "-f", folder / "rsyslog.conf", "-i", folder / "pid"},
                {},
                folder,
                folder / "out",
                folder / "out"});
    REQUIRE(eventually([&] { return std::filesystem::exists(folder_ / "log"); }));
  }
  ~Rsyslog() {
    process_->signal(SIGTERM);
    process_->wait(10s);
  }

  void log(const std::string& text) { socket_.log(text); }

 private:
  const std::filesystem::path folder_;
  LocalLog socket_{folder_ / "log"};
  std::unique_ptr<Process> process_;
};

// syslog-ng likewise. Debian has either it or rsyslog installed: packaging/deps.sh unpacks it somewhere.
class SyslogNg {
 public:
  static std::optional<std::filesystem::path> root() {
    if (find_program("syslog-ng")) return "/";
    const char* const given = std::getenv("LOKITAIL_PEERS");
    const char* const home = std::getenv("HOME");
    std::filesystem::path root = "/nowhere";
    if (home != nullptr) root = std::filesystem::path(home) / ".cache/lokitail/peers";
    if (given != nullptr) root = given;
    if (std::filesystem::exists(root / "usr/sbin/syslog-ng")) return root;
    return std::nullopt;
  }

  // `transport` is what is said of it in the destination: RFC 5424, octets counted.
  SyslogNg(const std::filesystem::path& folder, std::uint16_t port, const std::string& transport)
      : folder_(folder) {
    std::filesystem::create_directories(folder);
    write_file(folder / "ng.conf",
               fmt::format("@version: 3.35\n"
                           "options {{ stats-freq(0); time-reopen(1); keep-hostname(yes); }};\n"
                           "source s {{ unix-dgram(\"{0}/log\"); }};\n"
                           "destination d {{ syslog(\"localhost\" ip-protocol(4) port({1}) {2}); }};\n"
                           "log {{ source(s); destination(d); }};\n",
                           folder.string(), port, transport));
    const std::filesystem::path from = *root();
    const std::string libraries = (from / "usr/lib/syslog-ng").string() + ':' +
                                  (from / "usr/lib/x86_64-linux-gnu").string() + ':' +
                                  (from / "lib/x86_64-linux-gnu").string();
    const std::string program = (from / "usr/sbin/syslog-ng").string();
    std::vector<std::string> arguments{program, "-F", "--no-caps", "--stderr"};
    arguments.push_back("--module-path=" + (from / "usr/lib/syslog-ng/3.38").string());
    for (const auto& [option, file] : {std::pair{"cfgfile", "ng.conf"}, std::pair{"persist-file", "persist"},
                                       std::pair{"pidfile", "pid"}, std::pair{"control", "control"}}) {
      arguments.push_back(fmt::format("--{}={}", option, (folder / file).string()));
    }
    process_ = std::make_unique<Process>(
        Command{arguments, {{"LD_LIBRARY_PATH", libraries}}, folder, folder / "out", folder / "out"});
    REQUIRE(eventually([&] { return std::filesystem::exists(folder_ / "log"); }));
  }
  ~SyslogNg() {
    process_->signal(SIGTERM);
    process_->wait(10s);
  }

  void log(const std::string& text) { socket_.log(text); }

 private:
  const std::filesystem::path folder_;
  LocalLog socket_{folder_ / "log"};
  std::unique_ptr<Process> process_;
};

std::multiset<std::string> lines_of(const Loki& loki) {
  const auto lines = loki.lines();
  return {lines.begin(), lines.end()};
}

}  // namespace

TEST_CASE("syslog from logger over TCP, in both framings") {
  if (no_logger()) return;
  SyslogScene scene;
  scene.agent.start();
  scene.log_with_logger({"-T", "--octet-count", "--rfc5424=notq", "-t", "counted", "-p", "local3.warning"},
                        "by octets");
  scene.log_with_logger({"-T", "--rfc5424=notq", "-t", "lined", "-p", "user.err"}, "by lines");
  REQUIRE(scene.loki.wait_stored(2));
  CHECK(lines_of(scene.loki) == std::multiset<std::string>{"by lines", "by octets"});
  for (const Arrival& arrival : scene.loki.stored()) {
    const bool counted = arrival.line == "by octets";
    CHECK(arrival.labels.find(counted ? R"(app="counted")" : R"(app="lined")") != std::string::npos);
    CHECK(arrival.labels.find(counted ? R"(severity="warning")" : R"(severity="error")") !=
          std::string::npos);
    CHECK(arrival.labels.find(counted ? R"(facility="local3")" : R"(facility="user")") != std::string::npos);
    CHECK(arrival.labels.find(R"(job="syslog")") != std::string::npos);
    CHECK(arrival.labels.find("__") == std::string::npos);
  }
  CHECK(scene.agent.metric("promtail_syslog_target_entries_total") == 2);
  CHECK(scene.agent.metric("promtail_syslog_target_parsing_errors_total") == 0);
  CHECK(scene.agent.wait_ready());
  scene.agent.stop();
}

TEST_CASE("syslog from logger over UDP, and in RFC 3164") {
  if (no_logger()) return;
  SyslogScene scene("    listen_protocol: udp\n    syslog_format: rfc3164\n");
  scene.agent.start();
  for (int i = 0; i < 20; ++i) {
    scene.log_with_logger({"-d", "--rfc3164", "-t", "old", "--id=77"}, fmt::format("message {}", i));
  }
  REQUIRE(scene.loki.wait_stored(20));
  CHECK(scene.loki.stored_count() == 20);
  CHECK(scene.loki.stored()[0].labels.find(R"(app="old")") != std::string::npos);
  CHECK(lines_of(scene.loki).contains("message 19"));
  scene.agent.stop();
}

TEST_CASE("syslog: structured data to labels, the sender's time, the whole message") {
  SyslogScene scene(
      "    label_structured_data: true\n    use_incoming_timestamp: true\n"
      "    use_rfc5424_message: true\n",
      R"(  relabel_configs:
  - {source_labels: [__syslog_message_sd_ex_1_a], target_label: a}
  - {action: drop, source_labels: [__syslog_message_app_name], regex: noise}
)");
  scene.agent.start();
  const std::string message = R"(<13>1 2023-11-14T22:13:20.5Z host app 1 id [ex@1 a="b\"c"] text)";
  const std::string noise = "<13>1 - host noise - - - dropped";
  Pipe pipe;
  Process sender(Command{{"/bin/bash", "-c", fmt::format("cat > /dev/tcp/127.0.0.1/{}", scene.syslog_port)},
                         {},
                         {},
                         {},
                         {},
                         pipe.read_end()});
  pipe.write(noise + "\n" + message + "\n");
  REQUIRE(scene.loki.wait_stored(1));
  const Arrival arrival = scene.loki.stored().at(0);
  CHECK(arrival.line == message);
  CHECK(arrival.labels == R"({a="b\"c", job="syslog"})");
  CHECK(arrival.timestamp == 1'700'000'000'500'000'000);
  CHECK(scene.agent.metric("lokitail_received_dropped_entries_total") == 1);
  sender.kill();
  scene.agent.stop();
}

TEST_CASE("syslog from rsyslog: an outage of Loki and a kill lose nothing that was taken") {
  if (!find_program("rsyslogd")) return skip("rsyslogd is not installed");
  SyslogScene scene("    syslog_format: rfc3164\n");
  scene.loki.answer(Reply::refuse(503));
  scene.agent.start();
  Rsyslog rsyslog(scene.directory / "rsyslog", scene.syslog_port,
                  "protocol=\"tcp\" TCP_Framing=\"octet-counted\"");
  constexpr int kMessages = 2000;
  for (int i = 0; i < kMessages; ++i) rsyslog.log(fmt::format("message {}", i));
  // All of it is on disk, though Loki is down.
  const std::string spooled = "outcome=\"spooled\"";
  REQUIRE(
      eventually([&] { return scene.agent.metric("lokitail_client_entries_total", spooled) == kMessages; }));
  scene.agent.kill();
  scene.loki.answer(Reply::ok());
  scene.agent.start();
  REQUIRE(scene.loki.wait_stored(kMessages));
  const auto lines = lines_of(scene.loki);
  for (int i = 0; i < kMessages; ++i) {
    INFO(i);
    REQUIRE(lines.count(fmt::format("message {}", i)) == 1);
  }
  // And rsyslog finds the way to the new agent.
  rsyslog.log("after all");
  rsyslog.log("after all, again");
  CHECK(eventually([&] { return lines_of(scene.loki).contains("after all, again"); }));
  scene.agent.stop();
}

TEST_CASE("syslog from syslog-ng: RFC 5424 over TCP and TLS, across a restart of the agent") {
  if (!SyslogNg::root()) return skip("syslog-ng is neither installed nor unpacked");
  if (!find_program("openssl")) return skip("openssl is not installed");
  Scene files;
  const Certificates certificates(files.directory / "certificates", "localhost");
  const bool has_tls = GENERATE(false, true);
  const std::string tls = fmt::format("    tls_config: {{cert_file: {}, key_file: {}}}\n",
                                      certificates.server.string(), certificates.server_key.string());
  SyslogScene scene(has_tls ? tls : std::string());
  scene.agent.start();
  const std::string over_tls = fmt::format(
      "transport(\"tls\") tls(ca-file(\"{}\") peer-verify(required-trusted))", certificates.ca.string());
  SyslogNg sender(scene.directory / "syslog-ng", scene.syslog_port,
                  has_tls ? over_tls : "transport(\"tcp\")");
  // syslog-ng counts a newline in, which stays in the line as it does with Promtail.
  constexpr int kMessages = 200;
  for (int i = 0; i < kMessages; ++i) sender.log(fmt::format("message {}", i));
  REQUIRE(scene.loki.wait_stored(kMessages));
  for (const Arrival& arrival : scene.loki.stored()) {
    CHECK(arrival.labels.find(R"(app="app")") != std::string::npos);
    CHECK(arrival.labels.find(R"(facility="user")") != std::string::npos);
    CHECK(arrival.labels.find(R"(severity="notice")") != std::string::npos);
  }
  // It finds the way to the new agent once it sees that the old connection is dead.
  scene.agent.stop();
  scene.agent.start();
  const auto arrives = [&] {
    sender.log("after all");
    return lines_of(scene.loki).contains("after all\n");
  };
  REQUIRE(eventually(arrives, kPatience, 200ms));
  const auto lines = lines_of(scene.loki);
  for (int i = 0; i < kMessages; ++i) {
    INFO(i);
    REQUIRE(lines.count(fmt::format("message {}\n", i)) == 1);
  }
  CHECK(scene.agent.metric("promtail_syslog_target_parsing_errors_total") == 0);
  scene.agent.stop();
}

TEST_CASE("syslog over TLS asks for a certificate") {
  if (!find_program("openssl")) return skip("openssl is not installed");
  Scene files;
  const Certificates certificates(files.directory / "certificates", "localhost");
  const auto text = [](const std::filesystem::path& path) { return path.string(); };
  SyslogScene scene(fmt::format("    tls_config: {{cert_file: {}, key_file: {}, ca_file: {}}}\n",
                                text(certificates.server), text(certificates.server_key),
                                text(certificates.ca)));
  scene.agent.start();
  const auto send = [&](const std::string& more, const std::string& line) {
    return run(
        {"/bin/bash", "-c",
         fmt::format(
             "(echo '{}'; sleep 1) | openssl s_client -quiet -no_ign_eof -connect 127.0.0.1:{} -CAfile {} {}",
             line, scene.syslog_port, text(certificates.ca), more)});
  };
  send("", "<13>1 - h app - - - without a certificate");
  send(fmt::format("-cert {} -key {}", text(certificates.client), text(certificates.client_key)),
       "<13>1 - h app - - - with one");
  REQUIRE(scene.loki.wait_stored(1));
  CHECK(lines_of(scene.loki) == std::multiset<std::string>{"with one"});
  CHECK(scene.agent.log().find("TLS handshake of a syslog sender failed") != std::string::npos);
  scene.agent.stop();
}

TEST_CASE("syslog: what is no message is counted, and ends only its connection") {
  SyslogScene scene("    max_message_length: 60\n    idle_timeout: 1s\n");
  scene.agent.start();
  const auto send = [&](const std::string& bytes) {
    run({"/bin/bash", "-c", fmt::format("printf '{}' > /dev/tcp/127.0.0.1/{}", bytes, scene.syslog_port)});
  };
  send("GET / HTTP/1.1\\r\\n\\r\\n");
  send("99999999999 x");
  send("<13>1 nonsense\\n<13>1 - h app - - - whole\\n");
  send("<13>1 - h app - - - " + std::string(100, 'y') + "\\n<13>1 - h app - - - next\\n");
  REQUIRE(scene.loki.wait_stored(3));
  const auto lines = lines_of(scene.loki);
  CHECK(lines.contains("whole"));
  CHECK(lines.contains("next"));
  CHECK(lines.contains(std::string(40, 'y')));
  CHECK(scene.agent.metric("promtail_syslog_target_parsing_errors_total") == 3);
  CHECK(scene.agent.metric("lokitail_syslog_cut_messages_total") == 1);
  scene.agent.stop();
}

TEST_CASE("syslog: the job of the page") {
  if (no_logger()) return;
  SyslogScene scene;
  scene.agent.jobs = {
      job_of_page("sources/syslog.md", "0.0.0.0:1514", fmt::format("127.0.0.1:{}", scene.syslog_port))};
  scene.agent.start();
  scene.log_with_logger({"-T", "--octet-count", "--rfc5424=notq", "-t", "page", "-p", "user.err"},
                        "as it says");
  REQUIRE(scene.loki.wait_stored(1));
  CHECK(scene.loki.stored()[0].labels.find(R"(app="page")") != std::string::npos);
  CHECK(scene.loki.stored()[0].labels.find(R"(severity="error")") != std::string::npos);
  scene.agent.stop();
}

TEST_CASE("syslog: an address that is taken is an error at the start") {
  SyslogScene first;
  first.agent.start();
  SyslogScene second;
  second.agent.jobs = first.agent.jobs;
  second.agent.launch();
  CHECK(second.agent.process().wait(10s) != 0);
  CHECK(second.agent.log().find("cannot listen at 127.0.0.1:") != std::string::npos);
  first.agent.stop();
}
