#!/usr/bin/env python3
"""packaging/container/Dockerfile, built by a real Docker engine, with the agent of this build's Debian package; and
packaging/container/sidecar.compose.yml, run with that image. The Debian that it begins with is debootstrap's; what it
installs comes from Debian's mirror. Pushes go to a Loki of the tests."""
import json
import os
import pathlib
import shutil

from debian_root import debian_root
from docker_engine import DockerEngine
from support import BINARY, SOURCE, Loki, expect, need_programs, need_root, run, skip, temporary_folder, wait_until

BUILD = pathlib.Path(BINARY).resolve().parent
CONTAINER = SOURCE / "packaging/container"
PACKAGE = "build/release/packages/lokitail.deb"  # where .dockerignore lets one through
MOST_MEGABYTES = 40


def context_with_package(folder):
    """As much of the tree as a build with a package wants, and the package."""
    run(SOURCE / "packaging/package.sh", BUILD, "DEB")
    context = folder / "context"
    shutil.copytree(SOURCE / "packaging", context / "packaging")
    shutil.copy(SOURCE / ".dockerignore", context)
    (context / PACKAGE).parent.mkdir(parents=True)
    shutil.copy(next((BUILD / "packages").glob("*.deb")), context / PACKAGE)
    (context / "secret").write_text("not for an image")
    return context


def test_build(engine, context):
    engine.import_tree(debian_root(), "debian:bookworm-slim")
    # The engine of the tests has no network but the machine's.
    done = engine.docker("build", "--network", "host", "-f", CONTAINER / "Dockerfile", "-t", "lokitail:test", "--build-arg",
                         "PACKAGE=" + PACKAGE, context, check=False)
    if "Temporary failure resolving" in done.stdout or "Could not connect" in done.stdout:
        skip("no mirror can be reached from a container: " + done.stdout[-300:])
    expect(done.returncode == 0, "the Dockerfile builds" if done.returncode == 0 else done.stdout[-3000:])
    left_out = engine.docker("run", "--rm", "--network", "none", "lokitail:test", "-version")
    expect("lokitail, version" in left_out.stdout, "what it made runs")


def test_image(engine, folder):
    image = json.loads(engine.docker("image", "inspect", "lokitail:test").stdout)[0]
    print("the image: %.1f MB" % (image["Size"] / 1e6))
    expect(image["Size"] < MOST_MEGABYTES * 1e6, "it has less than %d MB" % MOST_MEGABYTES)
    expect(image["Config"]["User"] == "10001:10001", "it runs without root")
    expect(image["Config"]["Healthcheck"]["Test"][:3] == ["CMD", "/usr/bin/lokitail", "health"], "it has a health check")
    container = engine.docker("create", "lokitail:test").stdout.strip()
    engine.docker("export", "-o", folder / "image.tar", container)
    engine.docker("rm", container)
    listed = run("tar", "--numeric-owner", "-tvf", folder / "image.tar").stdout.splitlines()
    paths = {line.split(" -> ")[0].split()[-1].rstrip("/"): line for line in listed}
    programs = sorted(path for path in paths if path.startswith(("usr/bin/", "bin/", "usr/sbin/", "sbin/")))
    expect(programs == ["usr/bin/lokitail"], "no shell and no other program is in it")
    expect(not [path for path in paths if "secret" in path or path.startswith("src")], "nor anything else of where it was built")
    state = paths["var/lib/lokitail"].split()
    expect((state[0], state[1]) == ("drwxrwx---", "10001/0"), "positions have a folder of the agent's user")
    libraries = [path for path in paths if "libsystemd.so.0" in path or "librdkafka.so.1" in path]
    expect(len(libraries) == 2, "the journal's library and Kafka's are there")


def compose(engine, folder, *arguments, check=True, **environment):
    """docker-compose of the sidecar; the engine has no network to make others of, so all is in the machine's."""
    (folder / "host.yml").write_text("services:\n  shop: {network_mode: host}\n  lokitail: {network_mode: host}\n")
    # The project's folder is that of the first file, as where a user runs it.
    return run("docker-compose", "-p", "sidecar", "-f", CONTAINER / "sidecar.compose.yml", "-f", folder / "host.yml", *arguments,
               check=check, env={**os.environ, "DOCKER_HOST": engine.host, "LOKITAIL_IMAGE": "lokitail:test", **environment})


def test_sidecar(engine, folder, loki):
    orders = lambda: [line for line in loki.lines() if line.endswith(" an order")]
    up = lambda: compose(engine, folder, "up", "-d", "--no-build", LOKI_URL=loki.url)
    up()
    try:
        wait_until("orders in Loki", lambda: len(orders()) >= 3)
        labels = loki.labels_of(orders()[0])
        expect((labels["job"], labels["filename"]) == ("shop", "/var/log/shop.log"), "compose: a program's log arrives")
        agent = compose(engine, folder, "ps", "-q", "lokitail").stdout.split()[-1]
        expect(engine.docker("inspect", "-f", "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.Config.User}}",
                             agent).stdout.split() == ["true", "[ALL]", "10001:10001"], "read by an agent that may do nothing else")
        engine.docker("rm", "-f", agent)
        seen = len(orders())
        up()
        wait_until("more orders", lambda: len(orders()) >= seen + 2)
        expect(orders().count(orders()[0]) == 1, "another container in its place goes on where it was")
    except AssertionError:
        print(compose(engine, folder, "logs", check=False).stdout[-3000:])
        raise
    finally:
        compose(engine, folder, "down", "-v", "-t", "5", check=False)


def main():
    need_root()
    need_programs("debootstrap", "docker-compose", "cpack", "dpkg-deb", "strip")
    if not (BUILD / "CPackConfig.cmake").exists():
        skip("%s is no build folder" % BUILD)
    folder = temporary_folder()
    engine = DockerEngine(folder / "engine")
    try:
        if engine.why_not:
            skip(engine.why_not)
        test_build(engine, context_with_package(folder))
        test_image(engine, folder)
        test_sidecar(engine, folder, Loki())
    finally:
        engine.stop()


main()
