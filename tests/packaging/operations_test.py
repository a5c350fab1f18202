#!/usr/bin/env python3
"""docs/operations.md lists every metric of the agent with its type and labels: those in the source, and those that the
agent of LOKITAIL_BINARY serves."""
import glob, re, tempfile, unittest, urllib.request

import fake_loki
from stack_files import *

METRIC = r"(?:promtail|lokitail|logentry|process)_[a-z0-9_]+"
NOT_METRICS = {"process_id", "promtail_custom_"}


def documented():
    """{name: (type, labels)}"""
    with open(ROOT + "/docs/operations.md") as file:
        text = file.read()
    rows = re.findall(rf"^\| `({METRIC})` \| (\w+) \|([^|]*)\|", text, re.MULTILINE)
    return {name: (kind, set(re.findall(r"\w+", labels))) for name, kind, labels in rows}, [row[0] for row in rows]


def in_source():
    names = set()
    for folder in ("agent", "pipeline"):
        for path in glob.glob(f"{ROOT}/{folder}/**/*", recursive=True):
            if path.endswith((".cc", ".h")):
                with open(path) as file:
                    names |= set(re.findall(rf'"({METRIC})"', file.read()))
    return names - NOT_METRICS


class Operations(unittest.TestCase):
    CONFIGURATION = """
server: {http_listen_address: 127.0.0.1, http_listen_port: 0}
positions: {filename: FOLDER/positions.yaml}
clients: [{url: "URL/loki/api/v1/push", batchwait: 100ms}]
spool: {mode: always}
limits_config: {target_rate: 1000, cpu_share: 10}
scrape_configs:
  - job_name: one
    static_configs: [{labels: {job: one, __path__: FOLDER/*.log}}]
    pipeline_stages:
      - drop: {expression: debug}
      - truncate: {limit: 10}
  - job_name: two
    syslog: {listen_address: 127.0.0.1:0, labels: {job: two}}
  - job_name: three
    loki_push_api: {server: {http_listen_address: 127.0.0.1, http_listen_port: 0}, labels: {job: three}}
  - job_name: four
    gelf: {listen_address: "127.0.0.1:0", labels: {job: four}}
"""

    def served(self):
        """{name: (type, labels)}"""
        server = fake_loki.Server()
        with tempfile.TemporaryDirectory() as folder:
            with open(folder + "/a.log", "w") as file:
                file.write("one\ndebug\na line that is too long\n")
            with open(folder + "/config.yaml", "w") as file:
                file.write(self.CONFIGURATION.replace("FOLDER", folder).replace("URL", server.url))
            with Process([AGENT, "-config.file=" + folder + "/config.yaml"], folder + "/agent") as agent:
                url = agent_url(agent) + "/metrics"

                def page():
                    return urllib.request.urlopen(url, timeout=10).read().decode()

                wait_until(lambda: 'promtail_sent_entries_total{' in page(), "entries are sent")
                text = page()
        types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))
        found = {name: (kind, set()) for name, kind in types.items()}
        for name, labels in re.findall(r"^(\w+)(?:\{(.*)\})? ", text, re.MULTILINE):
            name = name if name in found else re.sub(r"_(bucket|sum|count)$", "", name)
            found[name][1].update(set(re.findall(r'(\w+)="', labels)) - {"le"})
        return found

    def test_all_that_the_source_names_are_documented_once(self):
        listed, names = documented()
        self.assertGreater(len(listed), 60)
        self.assertEqual(sorted(set(names)), sorted(names))
        self.assertEqual(in_source() - set(listed), set(), "not in docs/operations.md")
        self.assertEqual(set(listed) - in_source(), set(), "not in the source")

    def test_what_is_served_is_as_documented(self):
        listed, _ = documented()
        served = self.served()
        self.assertGreater(len(served), 40)
        for name, (kind, labels) in served.items():
            self.assertIn(name, listed)
            self.assertEqual(kind, listed[name][0], name)
            self.assertEqual(labels - listed[name][1], set(), name)
            if labels:
                self.assertEqual(labels, listed[name][1], name)


if __name__ == "__main__":
    main()
