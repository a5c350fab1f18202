#!/usr/bin/env python3
"""Checks packaging/monitoring: what alerts and the dashboard ask for is what the agent serves, which
LOKITAIL_BINARY names."""
import collections, re, tempfile, unittest, urllib.request

import fake_loki, promql
from stack_files import *


class Monitoring(unittest.TestCase):
    CONFIGURATION = """
server: {http_listen_address: 127.0.0.1, http_listen_port: 0}
positions: {filename: FOLDER/positions.yaml}
clients: [{url: "URL/loki/api/v1/push", batchwait: 100ms}]
spool: {mode: always}
scrape_configs:
  - job_name: one
    static_configs: [{labels: {job: one, __path__: FOLDER/*.log}}]
    pipeline_stages:
      - drop: {expression: debug}
"""

    def served(self):
        """{metric: names of its labels} of an agent that has sent, been refused, dropped and spooled."""
        server = fake_loki.Server()
        server.refuse = [
            (
                400,
                b"entry for stream '{job=\"one\"}' has timestamp too old: 2020-01-01T00:00:00Z, oldest "
                b"acceptable timestamp is: 2025-01-01T00:00:00Z",
            )
        ]
        with tempfile.TemporaryDirectory() as folder:
            with open(folder + "/a.log", "w") as file:
                file.write("one\ndebug\ntwo\n")
            with open(folder + "/config.yaml", "w") as file:
                file.write(self.CONFIGURATION.replace("FOLDER", folder).replace("URL", server.url))
            with Process([AGENT, "-config.file=" + folder + "/config.yaml"], folder + "/agent") as agent:
                url = agent_url(agent) + "/metrics"

                def metrics():
                    return urllib.request.urlopen(url, timeout=10).read().decode()

                wait_until(lambda: "lokitail_refused_entries_total{" in metrics(), "entries are refused")
                with open(folder + "/a.log", "a") as file:
                    file.write("three\n")
                wait_until(lambda: "promtail_sent_entries_total{" in metrics(), "entries are sent")
                found = collections.defaultdict(set)
                for line in metrics().splitlines():
                    if not line.startswith("#"):
                        name, labels = re.match(r"(\w+)(\{.*\})?", line).groups()
                        found[name] |= set(re.findall(r'(\w+)="', labels or ""))
                return found

    def test_metrics_and_labels_exist(self):
        expressions = [rule["expr"] for rule in rules(MONITORING + "/lokitail-alerts.yaml")]
        expressions += [
            target["expr"] for panel in agent_dashboard()["panels"] for target in panel["targets"]
        ]
        self.assertGreater(len(expressions), 25)
        served = self.served()
        # The first three come with scraping, job as exported_job where the agent has one.
        scraped = {"instance", "job", "exported_job"}
        for expression in expressions:
            with self.subTest(expression=expression):
                metrics, selected, grouped = promql.names(expression)
                self.assertTrue(metrics)
                metrics -= {"up"}
                for name in metrics:
                    self.assertIn(name, served)
                labels = set().union(scraped, *(served[name] for name in metrics))
                self.assertLessEqual(grouped, labels)
                for name, asked in selected.items():
                    self.assertLessEqual(asked, scraped | served.get(name, set()))

    def test_names_are_found_in_expressions(self):
        self.assertEqual(
            promql.names('sum by (a, le) (rate(x_total{b=~"c", d!="e"}[5m])) / on (f) y > 10e6'),
            ({"x_total", "y"}, {"x_total": {"b", "d"}}, {"a", "le", "f"}),
        )
        with self.assertRaises(ValueError):
            promql.names("rates(x[5m])")

    def test_alerts_are_complete(self):
        names = [rule["alert"] for rule in rules(MONITORING + "/lokitail-alerts.yaml")]
        self.assertEqual(len(set(names)), len(names))
        for rule in rules(MONITORING + "/lokitail-alerts.yaml"):
            self.assertIn(rule["labels"]["severity"], ("warning", "critical"))
            self.assertTrue(rule["annotations"]["summary"])

    def test_promtool(self):
        promtool = tool("promtool")
        if not promtool:
            self.skipTest("no promtool here")
        for command in (
            ["check", "rules", MONITORING + "/lokitail-alerts.yaml"],
            ["test", "rules", MONITORING + "/lokitail-alerts_test.yaml"],
            ["check", "config", "--syntax-only", STACK + "/prometheus/prometheus.yml"],
        ):
            status, output = run(promtool, *command)
            self.assertEqual(status, 0, output)


if __name__ == "__main__":
    main()
