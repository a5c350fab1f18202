#!/usr/bin/env python3
"""The agent for arm64 under qemu: the image's tree of it (packaging/container/rootfs.sh), and lines of a file and of
standard input through it to a Loki of the tests. LOKITAIL_SYSROOT is where its libraries are."""
import os
import signal
import subprocess

from support import BINARY, SOURCE, Loki, expect, expect_time_zones, need_programs, need_root, run, skip, temporary_folder, wait_until

SYSROOT = os.environ.get("LOKITAIL_SYSROOT", "")


def assemble(folder):
    run(SOURCE / "packaging/container/rootfs.sh", BINARY, folder / "root", "librdkafka.so.1", env={**os.environ, "SYSROOT": SYSROOT})
    kinds = {path: run("readelf", "-h", path).stdout for path in (folder / "root/lib").rglob("*.so*")}
    expect(len(kinds) > 8 and all("AArch64" in kind for kind in kinds.values()), "the tree has libraries, all for arm64")
    # What is in the tree is looked for there, and so are the loader and the libraries: none of the machine's fits.
    return ["qemu-aarch64", "-L", folder / "root", folder / "root/usr/bin/lokitail"]


def test_commands(agent, folder):
    expect("linux/arm64" in run(*agent, "-version").stdout, "it runs, and knows its platform")
    run(*agent, "check", "--strict", "--no-filesystem", SOURCE / "packaging/etc/config.yaml")
    zone = folder / "zone.yaml"
    expect_time_zones(zone, lambda *words: run(*agent, "explain", "-config.file=%s" % zone, *words))


def start(agent, folder, *flags, **options):
    with open(folder / "log", "a") as log:
        return subprocess.Popen([str(word) for word in agent] + ["-config.file=%s/config.yaml" % folder, *flags],
                                stdout=log, stderr=log, **options)


def test_file(agent, folder, loki):
    (folder / "logs").mkdir()
    (folder / "config.yaml").write_text("""
server: {http_listen_port: 0}
positions: {filename: %s/positions.yaml}
clients: [{url: '%s', batchwait: 100ms}]
scrape_configs:
  - job_name: docker
    pipeline_stages: [{docker: }, {json: {expressions: {level: }}}, {labels: {level: }}]
    static_configs: [{labels: {job: docker, __path__: %s/logs/*.log}}]
""" % (folder, loki.url, folder))
    record = '{"log":"{\\"level\\":\\"%s\\",\\"n\\":%d}\\n","stream":"stdout","time":"2026-11-20T10:00:00.%09dZ"}\n'
    # The stage leaves the newline, as Promtail's does.
    wanted = ['{"level":"info","n":%d}\n' % number for number in range(3000)]
    (folder / "logs/a.log").write_text("".join(record % ("info", number, number) for number in range(3000)))
    running = start(agent, folder, stdin=subprocess.DEVNULL)
    try:
        wait_until("all lines of the file", lambda: len(loki.lines()) >= 3000, 120)
    finally:
        running.send_signal(signal.SIGTERM)
        status = running.wait(60)
    expect(sorted(loki.lines()) == sorted(wanted), "each line of a file comes once")
    expect(loki.labels_of(wanted[0])["level"] == "info", "with its labels")
    expect(status == 0, "it stops cleanly")
    with open(folder / "logs/a.log", "a") as file:
        file.write(record % ("warn", 1, 5000))
    running = start(agent, folder, stdin=subprocess.DEVNULL)
    try:
        loki.wait_for('{"level":"warn","n":1}\n', 60)
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)
    expect(len(loki.lines()) == 3001, "and goes on where it was")


def test_stdin(agent, folder, loki):
    running = start(agent, folder, "-stdin", "-server.disable", stdin=subprocess.PIPE)
    running.communicate(b'{"log":"by hand\\n","stream":"stderr","time":"2026-11-20T10:00:00Z"}\n', timeout=60)
    expect(running.returncode == 0 and "by hand\n" in loki.lines(), "standard input arrives before it ends")


need_root()
need_programs("qemu-aarch64", "readelf")
if not SYSROOT:
    skip("without LOKITAIL_SYSROOT this is no build for arm64")
temporary = temporary_folder()
emulated, receiver = assemble(temporary), Loki()
test_commands(emulated, temporary)
test_file(emulated, temporary, receiver)
test_stdin(emulated, temporary, receiver)
