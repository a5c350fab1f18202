"""What the packaging tests share: skipping by name, a Loki that takes pushes, waiting, and temporary folders.

A test that cannot run here prints "SKIPPED: why" and ends well (tests/programs.cmake).
"""
import atexit
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("LOKITAIL_BINARY", str(SOURCE / "build/release/lokitail"))


def skip(why):
    print("SKIPPED: %s: %s" % (pathlib.Path(sys.argv[0]).stem, why))
    sys.exit(0)


def need_root():
    if os.geteuid() != 0:
        skip("needs root")


def need_programs(*names):
    for name in names:
        if shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
            skip(name + " is not installed")


def run(*command, check=True, **options):
    """The finished process; what it said comes with the error where it fails and may not."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, text=True, errors="replace", **options)
    if check and done.returncode != 0:
        raise AssertionError("%s ended with %d:\n%s" % (" ".join(map(str, command)), done.returncode, done.stdout[-4000:]))
    return done


def wait_until(what, condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("never came: " + what)
        time.sleep(0.1)


def temporary_folder():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lokitail-packaging-"))
    if not os.environ.get("LOKITAIL_KEEP_TMP"):
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def expect_time_zones(path, run_agent):
    """Writes a configuration to `path`, with which `run_agent`, given the arguments behind -config.file, reads a time."""
    path.write_text("""
scrape_configs:
  - job_name: zone
    pipeline_stages:
      - regex: {expression: '^(?P<time>.*)$'}
      - timestamp: {source: time, format: '2006-01-02 15:04:05', location: Europe/Berlin}
    static_configs: [{labels: {job: zone}}]
""")
    told = run_agent("--format", "json", "--line", "2026-07-01 12:00:00").stdout
    expect("2026-07-01T10:00:00Z" in told, "the time zones are found")


def expect(condition, what):
    if not condition:
        raise AssertionError(what)
    print("ok: " + what)


class Loki:
    """Takes pushes on a port of the loopback; `lines` are the lines so far. Of tests/conformance/run.py."""

    def __init__(self):
        spec = importlib.util.spec_from_file_location("conformance", SOURCE / "tests/conformance/run.py")
        conformance = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(conformance)
        self.server = conformance.http.server.ThreadingHTTPServer(("127.0.0.1", 0), conformance.Sink)
        self.server.daemon_threads = True
        self.server.lock, self.server.got, self.server.errors = threading.Lock(), [], []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d/loki/api/v1/push" % self.server.server_address[1]

    def lines(self):
        with self.server.lock:
            return [entry[3] for entry in self.server.got]

    def labels_of(self, line):
        with self.server.lock:
            return next(entry[0] for entry in self.server.got if entry[3] == line)

    def wait_for(self, line, seconds=30):
        wait_until("the line " + repr(line), lambda: line in self.lines(), seconds)
