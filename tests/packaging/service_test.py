#!/usr/bin/env python3
"""The Debian package's service under a real systemd: installed, killed, upgraded, removed and purged in a Debian of
its own (debootstrap, kept in ~/.cache/lokitail; systemd-nspawn --boot).
"""
import atexit
import os
import pathlib
import shutil
import signal
import subprocess

from debian_root import copy_of_debian
from support import BINARY, SOURCE, Loki, expect, need_programs, need_root, run, skip, temporary_folder, wait_until

BUILD = pathlib.Path(BINARY).resolve().parent
GROUPS = [pathlib.Path("/sys/fs/cgroup") / name / "lokitail-test" for name in ("systemd", "unified")]


class Machine:
    def __init__(self, root, shared):
        self.root = root
        for group in GROUPS:
            if not group.parent.exists():
                skip("systemd-nspawn was seen to work with cgroup version 1 alone")
            group.mkdir(exist_ok=True)

        def enter_groups():
            for group in GROUPS:
                (group / "cgroup.procs").write_text("0")

        # The host's network: the receiver of pushes is on its loopback.
        self.outer = subprocess.Popen(
            ["systemd-nspawn", "-q", "-D", root, "--register=no", "--keep-unit", "--bind-ro=%s:/in" % shared,
             "--kill-signal=SIGRTMIN+3", "--boot", "--console=read-only"],
            env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=enter_groups, start_new_session=True)
        atexit.register(self.stop)
        try:
            wait_until("the machine", self.is_running, 30)
        except AssertionError:
            skip("no machine boots under systemd-nspawn here")

    def inner(self):
        found = run("pgrep", "-P", self.outer.pid, "-x", "systemd", check=False).stdout.split()
        return found[0] if found else None

    def is_running(self):
        return self.inner() and "running" in self.run("systemctl", "is-system-running", check=False).stdout

    def run(self, *command, check=True):
        return run("nsenter", "-t", self.inner(), "-a", "-r", "-w", *command, check=check, timeout=60)

    def shows(self, key):
        return self.run("systemctl", "show", "-p", key, "--value", "lokitail").stdout.strip()

    def wait_active(self, other_than="0"):
        wait_until("the service", lambda: self.shows("ActiveState") == "active" and
                   self.shows("MainPID") not in ("0", other_than), 30)
        return self.shows("MainPID")

    def stop(self):
        if self.outer.poll() is None:
            self.outer.send_signal(signal.SIGTERM)
            self.outer.wait(30)


def log(root, line):
    with open(root / "var/log/shop.log", "a") as file:
        file.write(line + "\n")


def configure(root, loki):
    config = root / "etc/lokitail/config.yaml"
    config.parent.mkdir(parents=True)
    text = (SOURCE / "packaging/etc/config.yaml").read_text()
    text = text.replace("http://localhost:3100/loki/api/v1/push", loki.url).replace("9080", "0")
    text = text.replace("    # basic_auth", "    basic_auth").replace("/var/log/*.log", "/var/log/shop.log")
    config.write_text(text)
    log(root, "one")
    (root / "var/log/shop.log").chmod(0o600)  # root's alone: the capability reads it


def test_install(machine, loki):
    machine.run("dpkg", "--force-confold", "-i", "/in/lokitail.deb")
    machine.wait_active()
    (machine.root / "etc/lokitail/credentials/loki").write_text("s3cret")
    machine.run("systemctl", "restart", "lokitail")
    main = machine.wait_active()
    loki.wait_for("one")
    expect(True, "a log that is root's alone arrives")
    status = machine.run("cat", "/proc/%s/status" % main).stdout
    expect("CapEff:\t0000000000000004" in status and "CapBnd:\t0000000000000004" in status,
           "CAP_DAC_READ_SEARCH is its only capability")
    expect("NoNewPrivs:\t1" in status and "Seccomp:\t2" in status and "Uid:\t0" not in status,
           "seccomp, no new privileges, not root")
    expect(machine.run("cat", "/run/credentials/lokitail.service/secret_loki").stdout == "s3cret",
           "the credential is handed over")
    expect(machine.shows("WatchdogUSec") == "1min", "with a watchdog")
    inside = machine.run("nsenter", "-t", main, "-m", "touch", "/etc/x", check=False)
    expect("Read-only file system" in inside.stdout, "the system is read-only for it")
    return main


def test_kill(machine, loki, main):
    log(machine.root, "two")
    loki.wait_for("two")
    machine.run("systemctl", "kill", "-s", "KILL", "lokitail")
    log(machine.root, "three")
    main = machine.wait_active(other_than=main)
    loki.wait_for("three")
    expect(machine.shows("NRestarts") == "1", "killed, it is started again and goes on")
    return main


def test_upgrade(machine, loki, main):
    config = machine.root / "etc/lokitail/config.yaml"
    before = config.read_text()
    machine.run("dpkg", "--force-confold", "-i", "/in/lokitail.deb")
    machine.wait_active(other_than=main)
    expect(config.read_text() == before, "an upgrade keeps the configuration and starts the new agent")
    log(machine.root, "four")
    loki.wait_for("four")
    expect(loki.lines().count("four") == 1 and "Syntax:" not in machine.run("journalctl", "-b").stdout, "which goes on")


def test_stop(machine, loki):
    machine.run("systemctl", "stop", "lokitail")
    expect(machine.shows("Result") == "success", "it stops cleanly")
    log(machine.root, "five")
    machine.run("systemctl", "start", "lokitail")
    loki.wait_for("five")
    expect(loki.lines().count("one") == 1, "and goes on where it was")


def test_migrate(machine, loki):
    """From a Promtail that runs, by the commands that lokitail migrate prints."""
    root = machine.root
    (root / "usr/bin/promtail").write_text("#!/bin/sh\nexec sleep 1000\n")
    (root / "usr/bin/promtail").chmod(0o755)
    (root / "etc/systemd/system/promtail.service").write_text(
        "[Service]\nExecStart=/usr/bin/promtail -config.file=/etc/promtail/config.yml -config.expand-env=true\n"
        "Environment=\"TEAM=the shop\"\n[Install]\nWantedBy=multi-user.target\n")
    for name in ("etc/promtail", "var/lib/promtail", "home/shop"):
        (root / name).mkdir(parents=True)
    (root / "etc/promtail/config.yml").write_text("""
server: {http_listen_port: 79}
positions: {filename: /var/lib/promtail/positions.yaml}
clients: [{url: '%s', batchwait: 100ms, external_labels: {team: '${TEAM}'}}]
scrape_configs:
  - job_name: moved
    static_configs: [{labels: {job: moved, __path__: /home/shop/*.log}}]
""" % loki.url)
    (root / "home/shop/a.log").write_text("read before\nto be read\n")
    (root / "var/lib/promtail/positions.yaml").write_text('positions:\n  /home/shop/a.log: "12"\n')
    machine.run("systemctl", "enable", "--now", "promtail")
    plan = machine.run("lokitail", "migrate").stdout
    expect("Nothing was changed" in plan, "migrate says what it would do")
    refused = machine.run("lokitail", "migrate", "--apply", check=False)
    expect(refused.returncode == 1 and "promtail is running" in refused.stdout, "and does it not while Promtail runs")
    commands = plan.split("To move over:\n")[1].split("\n\n")[0].splitlines()
    expect(len(commands) == 5, "it names the commands")
    for command in commands:
        machine.run(*command.split())
    machine.wait_active()
    loki.wait_for("to be read")
    expect("read before" not in loki.lines(), "which hand over where Promtail was")
    expect(loki.labels_of("to be read")["team"] == "the shop", "with its environment")
    expect(machine.run("lokitail", "health", "--url", "http://127.0.0.1:79/ready").returncode == 0,
           "and on its port below 1024, in a home that it may read")


def test_remove(machine):
    root = machine.root
    machine.run("dpkg", "-r", "lokitail")
    expect(machine.run("systemctl", "is-active", "lokitail", check=False).stdout.strip() == "inactive", "a removal stops it")
    expect((root / "var/lib/lokitail/positions.yaml").exists() and (root / "etc/lokitail/config.yaml").exists(),
           "and keeps positions and configuration")
    machine.run("dpkg", "-P", "lokitail")
    left = [name for name in ("var/lib/lokitail", "etc/lokitail",
                              "etc/systemd/system/multi-user.target.wants/lokitail.service",
                              "etc/systemd/system/lokitail.service.d") if (root / name).exists()]
    expect(not left, "a purge leaves nothing")


need_root()
need_programs("debootstrap", "systemd-nspawn", "nsenter", "pgrep", "cpack")
if not (BUILD / "CPackConfig.cmake").exists():
    skip("%s is no build folder" % BUILD)
folder = temporary_folder()
(folder / "in").mkdir()
run(SOURCE / "packaging/package.sh", BUILD, "DEB")
shutil.copy(next((BUILD / "packages").glob("*.deb")), folder / "in/lokitail.deb")
receiver = Loki()
debian = copy_of_debian(folder)
configure(debian, receiver)
vm = Machine(debian, folder / "in")
main_pid = test_install(vm, receiver)
main_pid = test_kill(vm, receiver, main_pid)
test_upgrade(vm, receiver, main_pid)
test_stop(vm, receiver)
test_migrate(vm, receiver)
test_remove(vm)
vm.stop()
