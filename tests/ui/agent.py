"""What the tests of the agent's HTTP server and page share: a running agent with a log, and asking it."""
import base64
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/packaging"))
from support import BINARY, Loki, expect, skip, temporary_folder, wait_until  # noqa: E402,F401


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)


STAGES = """
    - json: {expressions: {level: level, user: user, message: msg}}
    - labels: {level: }
    - drop: {source: level, value: debug}
    - output: {source: message}"""


class Agent:
    """A job `app` that tails logs/*.log, another whose only target is dropped, and a client."""

    def __init__(self, server="", loki=None, jobs="", scheme="http"):
        self.folder = temporary_folder()
        self.logs = self.folder / "logs"
        self.logs.mkdir()
        self.loki = loki or Loki()
        self.scheme = scheme
        config = f"""
server: {{http_listen_address: 127.0.0.1, http_listen_port: 0, {server}}}
positions: {{filename: {self.folder}/positions.yaml, sync_period: 100ms}}
target_config: {{sync_period: 200ms}}
clients:
- {{name: main, url: "{self.loki.url}", batchwait: 100ms, basic_auth: {{username: agent, password: hush-hush}}}}
scrape_configs:
- job_name: app
  static_configs:
  - {{labels: {{job: app, env: test, __path__: "{self.logs}/*.log"}}}}
  pipeline_stages:{STAGES}
- job_name: left-out
  static_configs:
  - {{labels: {{job: left-out, __path__: "{self.logs}/*.none"}}}}
  relabel_configs:
  - {{source_labels: [job], regex: left-.*, action: drop}}
{jobs}"""
        (self.folder / "config.yaml").write_text(config)
        self.log = self.folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([BINARY, f"-config.file={self.folder}/config.yaml"], stderr=log,
                                            stdout=log, stdin=subprocess.DEVNULL)
        self.port = 0
        wait_until("the agent's port", self._find_port)

    def _find_port(self):
        if self.process.poll() is not None:
            raise AssertionError("the agent ended:\n" + self.log.read_text())
        found = re.search(r'msg="server listening on addresses" http=[^ ]*:(\d+)', self.log.read_text())
        self.port = int(found.group(1)) if found else 0
        return found

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def write(self, *lines, file="a.log"):
        with open(self.logs / file, "a", encoding="utf-8") as log:
            log.writelines(line + "\n" for line in lines)

    def ask(self, path, body=None, headers=None, context=None):
        """An answer, whatever its status."""
        data = body.encode() if isinstance(body, str) else body
        request = urllib.request.Request(self.url + path, data=data, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=20, context=context) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())

    def api(self, path, body=None):
        answer = self.ask("/api/v1/" + path, body)
        if answer.status != 200:
            raise AssertionError(f"{path}: {answer.status} {answer.text}")
        return answer.json

    def resident(self):
        pages = int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE")

    def stop(self):
        self.process.terminate()
        code = self.process.wait(20)
        expect(code == 0, "the agent stops well" if code == 0 else f"it ended with {code}:\n{self.log.read_text()[-4000:]}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def line(level, message, **more):
    return json.dumps({"level": level, "msg": message, **more})


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def talk(port, data, wait=5.0, close=False):
    """What comes back on a connection of its own until the server closes it."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as connection:
        connection.sendall(data)
        if close:
            connection.shutdown(socket.SHUT_WR)
        got = b""
        try:
            while True:
                piece = connection.recv(65536)
                if not piece:
                    break
                got += piece
        except (TimeoutError, ConnectionResetError):
            pass
        return got
