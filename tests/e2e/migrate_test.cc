// `lokitail migrate`, on the files of a machine that is not running.
#include "tests/support/scene.h"

#include <sys/stat.h>

using namespace lokitail::test;
namespace fs = std::filesystem;

namespace {

const char* const kUnit =
    "[Unit]\nDescription=Promtail\n[Service]\nUser=root\n"
    "ExecStart=/usr/bin/promtail -config.file /etc/promtail/own.yml \\\n  -config.expand-env=true "
    "$ARGS\n"
    "EnvironmentFile=-/etc/default/promtail\n";
const char* const kConfig =
    "server: {http_listen_port: 9080}\n"
    "positions: {filename: /var/lib/promtail/positions.yaml}\n"
    "clients: [{url: 'http://localhost:3100/loki/api/v1/push', tenant_id: '${TENANT}'}]\n"
    "scrape_configs:\n"
    "- job_name: app\n"
    "  static_configs: [{labels: {job: app, __path__: /home/app/*.log}}]\n"
    "- job_name: devices\n"
    "  syslog: {listen_address: '0.0.0.0:514', labels: {job: devices}}\n";
const char* const kPositions = "positions:\n  /home/app/a.log: \"12\"\n  /home/app/b.log: \"7\"\n";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A machine with Promtail, in a folder.
class Machine {
 public:
  Machine() {
    write("etc/systemd/system/promtail.service", kUnit);
    write("etc/systemd/system/promtail.service.d/tenant.conf", "[Service]\nEnvironment=\"TENANT=team a\"\n");
    write("etc/default/promtail", "ARGS=\"-client.external-labels=cluster=a -log.level=warn\"\n");
    write("etc/promtail/own.yml", kConfig);
    write("var/lib/promtail/positions.yaml", kPositions);
  }

  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    write_file(root_ / path, text);
  }
  std::string read(const std::string& path) const { return read_file(root_ / path); }
  fs::path path(const std::string& path) const { return root_ / path; }

  Finished migrate(std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.begin(), {agent_binary(), "migrate", "--root", root_.path()});
    return run(arguments);
  }

  // Names and contents of all files.
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(root_.path())) {
      if (entry.is_regular_file()) found.emplace(entry.path(), read_file(entry.path()));
    }
    return found;
  }

 private:
  TempDir root_;
};

}  // namespace

TEST_CASE("migrate says what it would do, and changes nothing") {
  const Machine machine;
  const auto before = machine.files();
  const Finished finished = machine.migrate();
  INFO(finished.out << finished.err);
  CHECK(finished.exit_code == 0);
  CHECK(contains(finished.out, "/etc/systemd/system/promtail.service with /etc/promtail/own.yml"));
  CHECK(contains(finished.out, "nothing to complain about"));
  CHECK(contains(finished.out, "until Loki takes it"));
  CHECK(contains(finished.out, "Positions: 2 of /var/lib/promtail/positions.yaml."));
  CHECK(contains(finished.out, "CAP_NET_BIND_SERVICE"));
  CHECK(contains(finished.out, "Nothing was changed."));
  CHECK(contains(finished.out, "  systemctl disable --now promtail\n"));
  CHECK(contains(finished.out, "  cp /var/lib/lokitail/positions.yaml /var/lib/promtail/positions.yaml\n"));
  CHECK(machine.files() == before);
}

TEST_CASE("migrate --apply copies configuration, flags and positions, and keeps what was there") {
  const Machine machine;
  machine.write("etc/lokitail/config.yaml", "as packaged\n");
  machine.write("var/lib/lokitail/positions.yaml", "positions: {}\n");
  machine.write("var/lib/lokitail/positions.yaml.identities", "of the other positions");
  fs::permissions(machine.path("etc/promtail/own.yml"), fs::perms(0640));
  const Finished finished = machine.migrate({"--apply"});
  INFO(finished.out << finished.err);
  CHECK(finished.exit_code == 0);
  CHECK(machine.read("etc/lokitail/config.yaml") == kConfig);
  CHECK(fs::status(machine.path("etc/lokitail/config.yaml")).permissions() == fs::perms(0640));
  CHECK(machine.read("etc/lokitail/config.yaml.before-promtail") == "as packaged\n");
  CHECK(machine.read("var/lib/lokitail/positions.yaml") == kPositions);
  CHECK_FALSE(fs::exists(machine.path("var/lib/lokitail/positions.yaml.identities")));
  const std::string drop_in = machine.read("etc/systemd/system/lokitail.service.d/promtail.conf");
  CHECK(contains(drop_in, "\nEnvironment=\"TENANT=team a\"\nEnvironmentFile=-/etc/default/promtail\n"));
  CHECK(contains(drop_in, "\nProtectHome=read-only\n"));
  CHECK(contains(drop_in,
                 "\nExecStart=\nExecStart=/usr/bin/lokitail -config.file=/etc/lokitail/config.yaml "
                 "-config.expand-env=true -client.external-labels=cluster=a -log.level=warn "
                 "-positions.file=/var/lib/lokitail/positions.yaml\n"));
  CHECK(machine.read("etc/promtail/own.yml") == kConfig);
  CHECK(machine.read("var/lib/promtail/positions.yaml") == kPositions);

  // What lokitail has delivered since is not forgotten by a second time.
  machine.write("var/lib/lokitail/positions.yaml", "positions: {/home/app/a.log: \"99\"}\n");
  const Finished again = machine.migrate({"--apply"});
  CHECK(again.exit_code == 0);
  CHECK(contains(again.out, "positions were taken over before"));
  CHECK(contains(machine.read("var/lib/lokitail/positions.yaml"), "99"));
  CHECK(machine.read("etc/lokitail/config.yaml.before-promtail") == "as packaged\n");
}

TEST_CASE("migrate changes nothing while one of both runs") {
  for (const std::string service : {"promtail", "lokitail"}) {
    const Machine machine;
    machine.write("proc/4711/cgroup", "0::/system.slice/" + service + ".service\n");
    const auto before = machine.files();
    CHECK(machine.migrate().exit_code == 0);
    const Finished finished = machine.migrate({"--apply"});
    CHECK(finished.exit_code == 1);
    CHECK(contains(finished.err, service + " is running"));
    CHECK(machine.files() == before);
  }
}

TEST_CASE("migrate finds Promtail without a service, or says that there is none") {
  const Machine machine;
  fs::remove_all(machine.path("etc/systemd"));
  CHECK(contains(machine.migrate().err, "no Promtail found"));
  CHECK(machine.migrate().exit_code == 1);
  CHECK(contains(machine.migrate({"-config.file=/etc/promtail/own.yml"}).out,
                 "no service with /etc/promtail/own.yml"));
  CHECK(contains(machine.migrate({"-config.file=/no.yml"}).err, "/no.yml: there is no such file"));
  fs::rename(machine.path("etc/promtail/own.yml"), machine.path("etc/promtail/config.yml"));
  CHECK(contains(machine.migrate().out, "no service with /etc/promtail/config.yml"));
}

TEST_CASE("migrate refuses what lokitail could not start with") {
  const Machine machine;
  const auto refused = [&machine](const std::string& what) {
    const auto before = machine.files();
    const Finished finished = machine.migrate({"--apply"});
    INFO(finished.out << finished.err);
    CHECK(finished.exit_code == 1);
    CHECK(contains(finished.out + finished.err, what));
    CHECK(machine.files() == before);
  };
  machine.write("var/lib/promtail/positions.yaml", std::string(64, '\0'));
  refused("holds no positions");
  machine.write("var/lib/promtail/positions.yaml", kPositions);
  machine.write("etc/default/promtail", "ARGS=-no.such-flag\n");
  refused("no.such-flag");
  machine.write("etc/default/promtail", "");
  machine.write("etc/promtail/own.yml",
                "clients: [{url: http://x}]\nscrape_configs: [{job_name: a, gcplog: {}}]\n");
  refused("gcplog");
}
