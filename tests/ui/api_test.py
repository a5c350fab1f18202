"""The answers under /api/v1/ of the real agent: what is in them, and their form (api.schema.json)."""
import gzip
import json
import pathlib
import re
import socket
import threading
import time
import urllib.error
import urllib.request

from schema import problems
from agent import Agent, expect, line, wait_until

SCHEMA = json.loads((pathlib.Path(__file__).parent / "api.schema.json").read_text())
TOKEN = "ghp_" + "abcdEFGH1234ijklMNOP5678qrstUVWX9012"  # looks like one, and is none


def check(name, value):
    found = problems(value, SCHEMA["definitions"][name], SCHEMA)
    expect(not found, f"{name} is as described {found[:5]}")
    return value


def status_and_clients(agent):
    agent.write(*(line("info", f"message {i}") for i in range(100)), *(line("debug", "no") for _ in range(20)))
    wait_until("the entries", lambda: agent.api("status")["sent_entries_total"] == 100)
    status = check("status", agent.api("status"))
    expect(status["healthy"] and status["reason"] == "", "it is healthy")
    expect(status["lines_total"] == 120 and status["entries_total"] == 100, "lines and entries are counted")
    expect(status["sent_bytes_total"] > 0 and status["files"] == 1, "bytes and files, too")
    expect(status["process_id"] == agent.process.pid and status["memory_bytes"] > 1 << 20, "its process and memory")
    health = check("health", agent.ask("/healthz").json)
    expect({one["status"] for one in health["components"]} == {"up"} and health["ready"], "so are all its parts")
    [limit] = status["limits"]
    expect(limit["limit"] == "max_bytes_in_flight" and limit["value"] == 8 << 20 and limit["hits"] == 0, "the limits in force")
    client = check("clients", agent.api("clients"))["clients"][0]
    expect(client["name"] == "main" and client["state"] == "delivering", "its client delivers")
    expect(client["last_answer"]["status"] in (200, 204), "the last answer is told")
    expect(client["entries"]["sent"] == 100 and client["entries"]["pending"] == 0, "the account is right")


def targets(agent):
    answer = check("targets", agent.api("targets"))
    [target] = [one for one in answer["targets"] if one["kind"] == "file"]
    size = (agent.logs / "a.log").stat().st_size
    wait_until("the position", lambda: agent.api("targets")["targets"][0]["position"] == size)
    expect(target["job"] == "app" and target["path"].endswith("a.log") and target["size"] == size, "the file is there")
    expect(0 < target["lines_per_second"] <= 12 and target["bytes_per_second"] > target["lines_per_second"], "how fast it grows")
    expect(target["labels"]["env"] == "test" and target["lines"] == 120, "with labels and lines")
    expect(target["discovered_labels"]["__path__"].endswith("*.log"), "and what it was before relabelling")
    [dropped] = answer["dropped"]
    expect(dropped["job"] == "left-out" and "relabel_configs[0]: drop" in dropped["reason"], "the rule that dropped one")
    expect(answer["dropped_total"] == {"left-out": 1}, "and how many")
    expect(len(check("targets", agent.api("targets?limit=0"))["targets"]) == 0, "a limit is kept")
    expect(agent.api("targets?job=other")["total"] == 0, "a job may be asked for")


def config_and_ledger(agent):
    config = check("config", agent.api("config"))
    expect("scrape_configs" in config["yaml"] and "hush-hush" not in json.dumps(config), "no secrets are shown")
    expect([job["name"] for job in config["jobs"]] == ["app", "left-out"], "all jobs are there")
    ledger = check("ledger", agent.api("ledger"))
    [job] = [one for one in ledger["jobs"] if one["job"] == "app"]
    expect([stage["stage"] for stage in job["stages"]] == ["json", "labels", "drop", "output"], "all stages are there")
    drop = job["stages"][2]
    expect(drop["taken"] - drop["given"] == 20, "what a stage dropped is told")


def inspect(agent):
    def post(**request):
        return agent.ask("/api/v1/inspect", json.dumps(request))

    answer = check("inspect", post(lines=[line("warn", "one"), line("debug", "two")], job="app").json)
    expect([one["outcome"] for one in answer["passages"]] == ["out", "dropped"], "lines go through a job's stages")
    expect(answer["passages"][0]["result"]["line"] == "one", "what comes out is told")
    expect(answer["passages"][0]["result"]["labels"]["level"] == "warn", "with its labels")
    answer = check("inspect", post(lines=["a=1"], stages="- logfmt: {mapping: {a: }}\n- labels: {a: }", labels={"x": "y"}).json)
    expect(answer["passages"][0]["result"]["labels"] == {"a": "1", "x": "y"}, "and through stages that are sent along")
    bad = post(lines=["x"], stages="- jsom: {}")
    check("error", bad.json)
    expect(bad.status == 400 and bad.json["line"] == 1, "a wrong stage is told with its place")
    for request in ("", "{", "[]", '{"lines": []}', '{"lines": [1]}', '{"lines": ["x"], "job": "none"}',
                    '{"lines": ["x"], "stages": 1}', '{"lines": ["x"], "stages": "a: [" }'):
        refused = agent.ask("/api/v1/inspect", request)
        check("error", refused.json)
        expect(refused.status == 400, f"refused: {request or 'nothing'}")
    expect(post(lines=["x"] * 101, stages="[]").status == 400, "more lines than a hundred are refused")
    expect(agent.ask("/api/v1/inspect", "x" * 300000).status == 413, "and so is a request that is too large")
    expect(agent.api("ledger")["jobs"][0]["lines"] == 120, "the agent's own pipelines have seen none of it")


class Follower:
    """Follows a tail on a thread of its own."""

    def __init__(self, agent, query=""):
        self.entries, self.skipped = [], 0
        self.answer = urllib.request.urlopen(f"{agent.url}/api/v1/tail?{query}", timeout=20)
        threading.Thread(target=self._read, daemon=True).start()
        wait_until("the tail's beginning", lambda: self.began)

    began = False

    def _read(self):
        event = ""
        for raw in self.answer:
            text = raw.decode().rstrip("\n")
            self.began = True
            if text.startswith("event: "):
                event = text[7:]
            elif text.startswith("data: ") and event == "skipped":
                self.skipped += int(text[6:])
            elif text.startswith("data: "):
                self.entries.append(json.loads(text[6:]))
            elif text == "":
                event = ""

    def close(self):
        self.answer.fp.raw._sock.shutdown(socket.SHUT_RDWR)


def follow_when_there_is_room(agent):
    """A tail that nobody reads any more ends with its next sign of life, and makes room."""
    found = []

    def try_it():
        try:
            found.append(Follower(agent))
        except urllib.error.HTTPError:
            pass
        return found

    wait_until("room for a tail", try_it)
    return found[0]


def tail(agent):
    expect(agent.ask("/api/v1/tail?point=within").status == 400, "a wrong point is refused")
    expect(agent.ask("/api/v1/tail?selector=%7Ba").status == 400, "a wrong selector is refused")
    expect(agent.ask("/api/v1/tail?rate=0").status == 400, "a wrong rate is refused")
    after = Follower(agent)
    before = Follower(agent, "point=before&job=app")
    errors = Follower(agent, "selector=%7Blevel%3D%22error%22%7D")
    time.sleep(0.3)  # the workers watch from about now on
    agent.write(line("info", "seen"), line("debug", "dropped"), line("error", f"token {TOKEN}"))
    wait_until("the tails", lambda: len(after.entries) >= 2 and len(before.entries) >= 3 and errors.entries)
    for entry in after.entries + before.entries:
        check("tail_entry", entry)
    expect([entry["line"] for entry in after.entries][0] == "seen", "entries come as they leave the pipeline")
    expect("level" not in before.entries[0]["labels"] and '"msg"' in before.entries[0]["line"], "and as they go in")
    expect(len(errors.entries) == 1 and errors.entries[0]["labels"]["level"] == "error", "those of a selector alone")
    expect(TOKEN not in json.dumps(after.entries + before.entries), "known secrets are hidden")
    wait_until("delivery", lambda: any(TOKEN in one for one in agent.loki.lines()))
    print("ok: but what is delivered is what the configuration says")
    for follower in (after, before, errors):
        follower.close()

    limited = Follower(agent, "rate=10")
    time.sleep(0.3)
    agent.write(*(line("info", f"burst {i}") for i in range(500)))
    wait_until("those skipped", lambda: limited.skipped > 400)
    expect(len(limited.entries) < 60, "a rate is kept")
    limited.close()
    followers = [follow_when_there_is_room(agent) for _ in range(8)]
    expect(agent.ask("/api/v1/tail").status == 429, "there are no more than eight tails")
    for follower in followers:
        follower.close()


def page(agent):
    answer = agent.ask("/")
    expect(answer.status == 200 and answer.text.startswith("<!doctype html>"), "the page is there")
    expect("<style" not in answer.text and "onclick" not in answer.text and " style=" not in answer.text, "nothing inline")
    packed = agent.ask("/", headers={"Accept-Encoding": "gzip"})
    expect(packed.headers["Content-Encoding"] == "gzip" and gzip.decompress(packed.body) == answer.body, "packed, too")
    again = agent.ask("/", headers={"If-None-Match": answer.headers["ETag"]})
    expect(again.status == 304 and again.body == b"", "what a browser has is not sent again")
    for path in ("/targets", "/service-discovery", "/page.js", "/page.css"):
        expect(agent.ask(path).status == 200, f"{path} is there")


with Agent("admin: true") as running:
    for test in (status_and_clients, targets, config_and_ledger, inspect, page, tail):
        print(f"--- {test.__name__}")
        test(running)
    still = follow_when_there_is_room(running)
    began = time.monotonic()
    running.stop()
    expect(time.monotonic() - began < 10, "a tail does not hold up a stop")

with Agent() as running:  # a client that fails, and a file that cannot be read
    print("--- trouble")
    running.loki.server.shutdown()
    running.loki.server.server_close()
    (running.logs / "folder.log").mkdir()
    running.write(line("info", "waits"))
    wait_until("the client's trouble", lambda: running.api("clients")["clients"][0]["state"] == "failing")
    broken = check("clients", running.api("clients"))["clients"][0]
    expect("refused" in broken["trouble"] and broken["queued_pushes"] == 1, "the trouble is told")
    unwell = check("status", running.api("status"))
    expect(not unwell["healthy"] and "main does not deliver" in unwell["reason"], "and why the agent is not ready")
    probe = check("health", running.ask("/readyz").json)
    expect(running.ask("/readyz").status == 503 and running.ask("/healthz").status == 200, "alive, but not ready")
    expect(probe["status"] == "down" and probe["alive"] and not probe["ready"], "and the answer says so")
    [client] = [one for one in probe["components"] if one["component"] == "client"]
    expect(client["status"] == "down" and "refused" in client["reason"], "the client is what is down")
    behind = [one for one in running.api("targets")["targets"] if one.get("lag_bytes")]
    expect(len(behind) == 1 and behind[0]["lag_seconds"] >= 0, "what waits is behind")
    check("targets", running.api("targets"))

LISTENERS = """
- job_name: messages
  syslog: {listen_address: 127.0.0.1:0, labels: {job: messages}}
limits_config: {target_rate: 10, target_burst: 5}
"""
with Agent(jobs=LISTENERS) as running:
    print("--- listeners and limits")
    running.write(*(line("info", f"message {i}") for i in range(30)))
    wait_until("the limit", lambda: any(one["limit"] == "target_rate" and one["hits"] > 0 for one in running.api("status")["limits"]))
    told = check("status", running.api("status"))
    expect([one["limit"] for one in told["limits"]] == ["target_rate", "max_bytes_in_flight"], "a limit that bites is told")
    port = int(re.search(r"syslog listening on address.* port=(\d+)", running.log.read_text()).group(1))
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"<13>1 2026-11-27T10:00:00Z host app - - - hello\n")
        listener = lambda: [one for one in running.api("targets")["targets"] if one["kind"] == "syslog"][0]
        wait_until("the message", lambda: listener()["lines"] == 1)
    expect(listener()["lines_per_second"] > 0, "a listener's rate is told")
    check("targets", running.api("targets"))
    wait_until("all lines", lambda: len(running.loki.lines()) == 31)
    running.stop()
print("all is well")
