#!/usr/bin/env python3
"""Runs what of packaging/stack runs without images: lokitail, which LOKITAIL_BINARY names, with the stack's
configurations, the demo services, and smoke.sh. fake_loki.py stands in for the other servers."""
import collections, json, os, sys, tempfile, threading, time, unittest

import fake_loki
from stack_files import *


class Pipelines(unittest.TestCase):
    def test_lokitail_check_has_nothing_to_say(self):
        for name in PIPELINES:
            status, output = run(
                AGENT, "check", "--strict", "--no-filesystem", os.path.join(STACK, "lokitail/%s.yaml" % name)
            )
            self.assertEqual(status, 0, output)
            self.assertIn("nothing to complain about", output)

    def test_lines_become_what_their_tests_say(self):
        for name in PIPELINES:
            status, output = run(AGENT, "test", os.path.join(STACK, "lokitail/%s_test.yaml" % name))
            self.assertEqual(status, 0, output)
            self.assertIn("6 tests: 6 passed", output)

    def test_where_trace_ids_go(self):
        line = '{"level":"info","service":"a","trace_id":"%s","span_id":"00f067aa0ba902b7"}' % TRACE
        for name in PIPELINES:
            status, output = run(
                AGENT,
                "explain",
                "-config.file=" + os.path.join(STACK, "lokitail/%s.yaml" % name),
                "--labels",
                "job=docker,environment=dev",
                "--format",
                "json",
                "--line",
                line,
            )
            self.assertEqual(status, 0, output)
            result = json.loads(output.splitlines()[-1])["result"]
            metadata = dict(result["structured_metadata"])
            self.assertEqual("trace_id" in result["labels"], name != "lokitail-3")
            self.assertEqual(metadata.get("trace_id"), TRACE if name == "lokitail-3" else None)

    def test_many_traces_do_not_make_many_streams(self):
        lines = "".join('{"level":"info","trace_id":"%032x"}\n' % i for i in range(2000))
        status, output = run(
            AGENT,
            "explain",
            "-config.file=" + os.path.join(STACK, "lokitail/lokitail.yaml"),
            "--labels",
            "job=docker,service=a",
            "--format",
            "json",
            input=lines,
        )
        self.assertEqual(status, 0, output[-500:])
        streams = {
            json.dumps(json.loads(line)["result"]["labels"], sort_keys=True)
            for line in output.splitlines()
            if line.startswith("{")
        }
        self.assertEqual(len(streams), 501)


class Demo(unittest.TestCase):
    def test_logs_and_spans_share_their_traces(self):
        server = fake_loki.Server()
        with tempfile.TemporaryDirectory() as folder:
            with Process(
                [sys.executable, "-u", STACK + "/demo/services.py"],
                folder + "/log",
                SERVICE="all",
                INTERVAL="0.05",
                OTLP_URL=server.url + "/v1/traces",
            ) as demo:
                wait_until(lambda: len(server.spans) > 40, "spans arrive: " + demo.text())
                spans = [span["resourceSpans"][0] for span in list(server.spans)]
                wait_until(
                    lambda: all(span["scopeSpans"][0]["spans"][0]["spanId"] in demo.text() for span in spans),
                    "logs of spans",
                )
                text = demo.text()
            by_trace = collections.defaultdict(set)
            for span in spans:
                one = span["scopeSpans"][0]["spans"][0]
                self.assertRegex(one["traceId"], "^[0-9a-f]{32}$")
                self.assertRegex(one["spanId"], "^[0-9a-f]{16}$")
                self.assertIn(one["traceId"], text)
                by_trace[one["traceId"]].add(span["resource"]["attributes"][0]["value"]["stringValue"])
            self.assertGreaterEqual(max(map(len, by_trace.values())), 4)
            self.assertIn("\nts=", text)
            for line in text.splitlines():
                if line.startswith("{"):
                    fields = json.loads(line)
                    self.assertLessEqual({"level", "timestamp", "service", "message"}, set(fields))


class Whole(unittest.TestCase):
    """The real agent with the stack's configuration, between a stand-in of Docker's engine, whose containers
    are the demo services, and one of Loki; smoke.sh asks them."""

    def scene(self, pipeline, tenants):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        server = fake_loki.Server(tenants)
        containers = {}
        places = (
            {"dev": {}, "staging": {"environment": "staging"}, "prod": {"environment": "prod"}}
            if tenants
            else {"dev": {}}
        )
        for number, (place, more) in enumerate(places.items()):
            path = "%s/%s-json.log" % (folder, place)
            open(path, "w").close()
            containers["c%d" % number] = (
                "stack-demo-%d" % number,
                {"logging": "yes", "com.docker.compose.service": "demo", **more},
                path,
            )
            demo = self.enterContext(
                Process(
                    [sys.executable, "-u", STACK + "/demo/services.py"],
                    folder + "/" + place,
                    SERVICE="all",
                    INTERVAL="0.03",
                    OTLP_URL=server.url + "/v1/traces",
                )
            )
            threading.Thread(target=self.as_docker, args=(demo, path), daemon=True).start()
        with open(folder + "/other.log", "w") as file:
            file.write('{"log":"not for us\\n","stream":"stdout","time":"2026-11-23T09:40:38Z"}\n')
        containers["cf"] = ("other", {}, folder + "/other.log")
        fake_loki.DockerEngine(folder + "/docker.sock", containers)
        with open(STACK + "/lokitail/%s.yaml" % pipeline) as file:
            text = file.read()
        for old, new in (
            ("/var/run/docker.sock", folder + "/docker.sock"),
            ("http://loki:3100", server.url),
            ("/var/lib/lokitail", folder + "/state"),
            ("http_listen_port: 9080", "http_listen_port: 0"),
        ):
            self.assertIn(old, text)
            text = text.replace(old, new)
        os.mkdir(folder + "/state")
        with open(folder + "/config.yaml", "w") as file:
            file.write(text)
        agent = self.enterContext(
            Process([AGENT, "-config.file=" + folder + "/config.yaml"], folder + "/agent")
        )
        return server, agent

    @staticmethod
    def as_docker(demo, path):
        """What the demo prints, as the json-file driver writes it."""
        with open(demo.log) as source, open(path, "w") as target:
            while demo.process.poll() is None:
                line = source.readline()
                if not line.endswith("\n"):
                    time.sleep(0.02)
                    continue
                stamp = time.strftime("%Y-%m-%dT%H:%M:%S.1Z", time.gmtime())
                target.write(json.dumps({"log": line, "stream": "stdout", "time": stamp}) + "\n")
                target.flush()

    def smoke(self, server, agent, *arguments):
        return run(
            STACK + "/smoke.sh",
            "--loki",
            server.url,
            "--grafana",
            server.url,
            "--jaeger",
            server.url,
            "--prometheus",
            server.url,
            "--lokitail",
            agent_url(agent),
            *arguments
        )

    def enough(self, server):
        """Lines of all kinds: an operation that takes long is one in 46."""
        wait_until(
            lambda: server.find('{job="docker"} | json | __error__="" | duration_ms > 10000', ["", "dev"])[1],
            "a slow operation",
        )

    def test_every_query_has_data(self):
        for pipeline in ("lokitail", "lokitail-3"):
            with self.subTest(pipeline=pipeline):
                server, agent = self.scene(pipeline, tenants=False)
                self.enough(server)
                status, output = self.smoke(server, agent, "--wait", "60")
                self.assertEqual(status, 0, output + agent.text())
                for panel in PANELS:
                    self.assertIn("ok      panel %s\n" % panel, output)
                self.assertEqual(server.find('{job="docker"} |= "not for us"', [""])[1], [])
                labels = set().union(*(entry[1] for entry in server.entries))
                self.assertEqual(
                    labels,
                    {"job", "service", "level", "operation"}
                    | ({"trace_id"} if pipeline == "lokitail" else set()),
                )
                # What is missing is told.
                server.silent = "payment|channel"
                status, output = self.smoke(server, agent, "--wait", "1")
                self.assertEqual(status, 1, output)
                self.assertIn("FAILED  panel Payment Logs: no data", output)
                self.assertEqual(output.count("FAILED"), 1, output)

    def test_each_tenant_has_its_own(self):
        server, agent = self.scene("lokitail-tenants", tenants=True)
        for tenant in ("dev", "staging", "prod"):
            wait_until(
                lambda: server.find('{job="docker"} | json | __error__="" | duration_ms > 10000', [tenant])[1],
                "a slow operation",
            )
        status, output = self.smoke(server, agent, "--tenants", "dev,staging,prod", "--wait", "60")
        self.assertEqual(status, 0, output + agent.text())
        self.assertEqual({entry[0] for entry in server.entries}, {"dev", "staging", "prod"})
        for tenant, labels, _, _ in server.entries:
            self.assertEqual(labels["environment"], tenant)


if __name__ == "__main__":
    main()
