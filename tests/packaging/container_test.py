#!/usr/bin/env python3
"""The container: the tree that packaging/container/rootfs.sh assembles, run by itself (chroot), and as an image in a
Docker engine, with what packaging/container/Dockerfile says of it. Lines are pushed to a Loki of the tests."""
import os
import re
import signal
import subprocess

from docker_engine import DockerEngine
from support import BINARY, SOURCE, Loki, expect, expect_time_zones, need_programs, need_root, run, skip, temporary_folder, wait_until

CONTAINER = SOURCE / "packaging/container"
LIBRARIES = ("libsystemd.so.0", "librdkafka.so.1")  # loaded when a job wants them; in the image where they are installed
USER = 10001


def dockerfile_instructions():
    """What the Dockerfile's last stage says of the image, as `docker import --change` takes it."""
    last = (CONTAINER / "Dockerfile").read_text().split("\nFROM scratch\n")[1].replace("\\\n", "")
    lines = [line for line in last.splitlines() if line and not line.startswith("#")]
    return [line for line in lines if not line.startswith("COPY")]


def megabytes(folder):
    # As an image counts: a file with several names once.
    sizes = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        sizes[status.st_ino] = status.st_size if not path.is_dir() else 0
    return sum(sizes.values()) / 1e6


def assemble(folder):
    installed = run("ldconfig", "-p", env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}).stdout
    libraries = [name for name in LIBRARIES if "\t%s " % name in installed]
    run(CONTAINER / "rootfs.sh", BINARY, folder / "small")
    run(CONTAINER / "rootfs.sh", BINARY, folder / "root", *libraries)
    again = run(CONTAINER / "rootfs.sh", BINARY, folder / "root", check=False)
    expect(again.returncode != 0 and "there already" in again.stdout, "a folder that is not empty is left alone")
    print("the image's files: %.1f MB; without %s: %.1f MB" %
          (megabytes(folder / "root"), " and ".join(libraries) or "anything", megabytes(folder / "small")))
    return folder / "root", libraries


def in_root(root, *command, **options):
    return run("chroot", "--userspec=%d:%d" % (USER, USER), root, *command, **options)


def test_tree(root):
    names = {"/" + str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    for name in ("/usr/bin/lokitail", "/etc/lokitail/config.yaml", "/etc/passwd", "/etc/ssl/certs/ca-certificates.crt",
                 "/usr/share/zoneinfo/Europe/Berlin"):
        expect(name in names, name + " is there")
    programs = {name for name in names if re.search(r"/s?bin/", name)}
    expect(programs == {"/usr/bin/lokitail"}, "no other program is")
    state = (root / "var/lib/lokitail").stat()
    expect((state.st_uid, state.st_gid, state.st_mode & 0o777) == (USER, 0, 0o770),
           "positions have a folder of the agent's user and of the group root")
    expect(re.search(r"^USER %d:%d$" % (USER, USER), "\n".join(dockerfile_instructions()), re.M), "which is the image's user")
    expect("lokitail, version " in in_root(root, "/usr/bin/lokitail", "-version").stdout, "the agent finds its libraries")
    in_root(root, "/usr/bin/lokitail", "check", "--strict", "--no-filesystem", "/etc/lokitail/config.yaml",
            "-config.expand-env=true")
    print("ok: its configuration passes lokitail check --strict")


def test_zones_and_certificates(root):
    expect_time_zones(root / "tmp/zone.yaml",
                      lambda *words: in_root(root, "/usr/bin/lokitail", "explain", "-config.file=/tmp/zone.yaml", *words))
    bundle = run("openssl", "storeutl", "-noout", "-certs", root / "etc/ssl/certs/ca-certificates.crt").stdout
    expect(int(re.search(r"Total found: (\d+)", bundle).group(1)) > 50, "the certificates are certificates")
    expect((root / "usr/lib/ssl/cert.pem").is_symlink(), "OpenSSL finds them where it looks")


def write_job(path, jobs, loki):
    path.write_text("""
server: {http_listen_port: 0}
positions: {filename: /var/lib/lokitail/positions.yaml}
clients: [{url: '%s', batchwait: 100ms}]
scrape_configs:
%s""" % (loki.url, jobs))


def test_chroot(root, libraries):
    """The main job without an engine: the image's tree, its user, nothing else."""
    loki = Loki()
    jobs = "  - job_name: file\n    static_configs: [{labels: {job: file, __path__: /var/log/*.log}}]\n"
    if "librdkafka.so.1" in libraries:
        jobs += "  - {job_name: kafka, kafka: {brokers: ['127.0.0.1:1'], topics: [logs]}}\n"
    if "libsystemd.so.0" in libraries:
        jobs += "  - {job_name: journal, journal: {path: /var/log, labels: {job: journal}}}\n"
    write_job(root / "tmp/config.yaml", jobs, loki)
    (root / "var/log/app.log").write_text("one\ntwo\n")
    with open(root / "tmp/log", "w") as log:
        agent = subprocess.Popen(["chroot", "--userspec=%d:%d" % (USER, USER), str(root), "/usr/bin/lokitail",
                                  "-config.file=/tmp/config.yaml"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        for line in ("one", "two"):
            loki.wait_for(line)
        print("ok: the tree's agent reads and pushes, as a user without rights")
    finally:
        agent.send_signal(signal.SIGTERM)
        status = agent.wait(30)
    said = (root / "tmp/log").read_text()
    expect(status == 0 and "everything is settled" in said, "it stops cleanly")
    expect("cannot open shared object" not in said, "it loads " + " and ".join(libraries))
    for path in (root / "var/log/app.log", root / "tmp/config.yaml", root / "tmp/log", root / "tmp/zone.yaml",
                 *(root / "var/lib/lokitail").iterdir()):
        path.unlink()


def test_default_configuration(engine, folder, loki):
    """docker run with LOKI_URL and a folder of logs, and no more."""
    (folder / "logs").mkdir()
    (folder / "logs/app.log").write_text("first\n")
    agent = engine.docker("run", "-d", "--network", "host", "--read-only", "--cap-drop", "ALL", "-e", "LOKI_URL=" + loki.url,
                          "-v", "%s:/var/log:ro" % (folder / "logs"), "--health-interval", "1s", "lokitail").stdout.strip()
    try:
        loki.wait_for("first")
        labels = loki.labels_of("first")
        expect(labels["job"] == "logs" and labels["filename"] == "/var/log/app.log", "the image's own configuration reads a volume")
        inspect = lambda what: engine.docker("inspect", "-f", what, agent).stdout.strip()
        wait_until("healthy", lambda: inspect("{{.State.Health.Status}}") == "healthy")
        expect(inspect("{{.Config.User}}") == "%d:%d" % (USER, USER), "it runs without root, and is healthy by lokitail health")
        engine.docker("stop", agent)
        expect(inspect("{{.State.ExitCode}}") == "0", "docker stop is a clean stop")
        with open(folder / "logs/app.log", "a") as file:
            file.write("second\n")
        engine.docker("start", agent)
        loki.wait_for("second")
        expect(loki.lines().count("first") == 1, "it goes on where it was")
    finally:
        engine.docker("rm", "-fv", agent)


def test_main_job(engine, folder, loki):
    """The logs of the engine's containers, read by one of them: root without a capability, everything read-only."""
    (folder / "main.yaml").write_text("""
server: {http_listen_port: 0}
positions: {filename: /var/lib/lokitail/positions.yaml}
clients: [{url: '%s', batchwait: 100ms}]
scrape_configs:
  - job_name: docker
    docker_sd_configs:
      - containers_directory: /var/lib/docker/containers
        filters: [{name: label, values: [logging=yes]}]
    relabel_configs:
      - {source_labels: [__meta_docker_container_name], regex: '/(.*)', target_label: container}
      - {source_labels: [__meta_docker_container_log_stream], target_label: stream}
    pipeline_stages:
      - json: {expressions: {level: }}
      - labels: {level: }
""" % loki.url)
    agent = engine.docker("run", "-d", "--network", "host", "--read-only", "--cap-drop", "ALL", "--user", "0:0",
                          "--security-opt", "no-new-privileges", "-v", "%s:/etc/lokitail/config.yaml:ro" % (folder / "main.yaml"),
                          "-v", "%s:/var/lib/docker/containers:ro" % (engine.folder / "data/containers"),
                          "-v", "positions:/var/lib/lokitail", "lokitail").stdout.strip()
    script = """for i in $(seq 200); do echo '{"level":"info","n":'$i'}'; done; echo '{"level":"error","n":0}' >&2; sleep 60"""
    engine.docker("run", "-d", "--network", "none", "--name", "shop", "--label", "logging=yes", "busybox", "sh", "-c", script)
    engine.docker("run", "-d", "--network", "none", "--name", "quiet", "busybox", "sh", "-c", "echo not for us; sleep 60")
    try:
        wanted = ['{"level":"info","n":%d}' % number for number in range(1, 201)] + ['{"level":"error","n":0}']
        wait_until("all lines of a container", lambda: set(wanted) <= set(loki.lines()))
        expect(sorted(line for line in loki.lines() if line.startswith("{")) == sorted(wanted), "each line comes once")
        labels = loki.labels_of('{"level":"error","n":0}')
        expect((labels["container"], labels["stream"], labels["level"]) == ("shop", "stderr", "error"), "with its labels")
        expect("not for us" not in loki.lines(), "and no others")
    except AssertionError:
        print(engine.docker("logs", agent, check=False).stdout[-3000:])
        raise
    size = engine.docker("image", "inspect", "-f", "{{.Size}}", "lokitail").stdout.strip()
    print("the image: %.1f MB" % (int(size) / 1e6))


def main():
    need_root()
    need_programs("chroot", "openssl", "strip")
    folder = temporary_folder()
    root, libraries = assemble(folder)
    test_tree(root)
    test_zones_and_certificates(root)
    test_chroot(root, libraries)
    engine = DockerEngine(folder / "engine")
    try:
        if engine.why_not:
            skip("the image in an engine: %s; all else passed" % engine.why_not)
        engine.import_tree(root, "lokitail", dockerfile_instructions())
        test_default_configuration(engine, folder, Loki())
        test_main_job(engine, folder, Loki())
    finally:
        engine.stop()
    if len(libraries) < len(LIBRARIES):
        skip("%s; all else passed" % " and ".join(name + " is not installed" for name in LIBRARIES if name not in libraries))


main()
