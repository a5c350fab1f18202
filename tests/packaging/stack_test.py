#!/usr/bin/env python3
"""Checks the files of packaging/stack and packaging/monitoring, and what refers to what. No image is
pulled."""
import fnmatch, glob, os, re, shutil, unittest

import logql
from stack_files import *

KINDS = {
    "Log Volume by Service": "timeseries",
    "Error Rate": "timeseries",
    "Recent Logs": "logs",
    "Log Level Distribution": "piechart",
    "Top Services by Log Volume": "bargauge",
    "Error Hotspots": "table",
    "Logs by Trace ID": "logs",
}
PANEL_QUERIES = [
    'sum by (service) (count_over_time({job="docker"}[1m]))',
    'sum by (service) (count_over_time({job="docker", level="error"}[1m]))',
    '{job="docker"} | json | trace_id!="" | line_format "{{.message}} (trace={{.trace_id}})"',
    '{job="docker"} |~ "p2p|connection|peer"',
    '{job="docker"} |~ "wasm|execution|task"',
    '{job="docker"} |~ "payment|channel"',
    'topk(10, sum by (service, operation) (count_over_time({level="error"}[1h])))',
]
EXAMPLES = [
    '{service="edge-node-1"}',
    '{level="error"}',
    '{service=~"edge-node-1|edge-node-2"}',
    '{job="docker"} | json | task_id="task-abc123"',
    '{job="docker"} | json | amount > 1000',
    '{job="docker"} | json | status="failed"',
    '{job="docker"} | json | peer_id=~"12D3KooW.*"',
    'sum by (service) (rate({level="error"}[5m]))',
    'topk(10, sum by (service, operation) (count_over_time({level="error"}[1h])))',
    'sum(count_over_time({job="docker"}[1m]))',
    '{job="docker"} | json | trace_id="abc123"',
    '{job="docker"} | json | trace_id="4bf92f3577b34da6a3ce929d0e0e4736"',
    '{level="error"} | json | trace_id!="" | status="failed"',
    '{job="docker"} | json | duration_ms > 10000',
]
# Containers of the stack log these. Neither kind may lose its link.
TRACE_LINES = [
    '{"level":"info","trace_id":"%s","span_id":"00f067aa0ba902b7"}' % TRACE,
    '{ "trace_id" : "%s" }' % TRACE,
    "level=info trace_id=%s msg=x" % TRACE,
    'level=info trace_id="%s"' % TRACE,
    "task executed (trace=%s)" % TRACE,
    '{"traceID":"%s"}' % TRACE,
    "traceId=%s" % TRACE,
]
NO_TRACE_LINES = [
    '{"trace_sampled":true}',
    "stack trace: main.go",
    '{"trace_id":""}',
    "subtrace=abc",
    "retrace_id=abc",
]


class Files(unittest.TestCase):
    def test_yaml_and_json_can_be_read_and_have_no_key_twice(self):
        found = [
            path for folder in (STACK, MONITORING) for path in glob.glob(folder + "/**/*.*", recursive=True)
        ]
        read = 0
        for path in found:
            if path.endswith((".yaml", ".yml", ".json")):
                with self.subTest(path=path):
                    self.assertTrue((read_json if path.endswith("json") else read_yaml)(path))
                    read += 1
        self.assertGreater(read, 20)

    def test_every_file_is_used(self):
        texts = ""
        for path in glob.glob(STACK + "/**/*", recursive=True):
            if os.path.isfile(path) and path.endswith((".yml", ".py", ".sh", ".md")):
                with open(path) as file:
                    texts += file.read()
        for path in glob.glob(STACK + "/**/*", recursive=True):
            if os.path.isfile(path) and not path.endswith((".md", "_test.yaml", ".pyc")):
                with self.subTest(path=path):
                    self.assertIn(os.path.relpath(path, STACK), texts)


class Compose(unittest.TestCase):
    def services(self):
        for path in [COMPOSE, *VARIANTS]:
            for name, service in stack(path)["services"].items():
                yield path, name, service

    def test_images_are_docker_hubs_with_a_version(self):
        for path, name, service in self.services():
            image = service.get("image")
            if image is None:
                self.assertIn(name, stack(COMPOSE)["services"], path)
            elif name == "lokitail":
                self.assertTrue(
                    os.path.exists(
                        os.path.join(STACK, service["build"]["context"], service["build"]["dockerfile"])
                    )
                )
            else:
                self.assertRegex(image, r"^[a-z0-9]+(/[a-z0-9-]+)?:[\w.-]+$")
                self.assertNotIn(":latest", image)
        self.assertEqual(stack(COMPOSE)["services"]["loki"]["image"], "grafana/loki:2.9.3")
        self.assertRegex(stack(VARIANTS[0])["services"]["loki"]["image"], r"^grafana/loki:3\.")

    def test_dashboards_are_where_grafana_looks(self):
        (provider,) = stack("grafana/provisioning/dashboards/dashboards.yaml")["providers"]
        mounted = [volume.split(":")[1] for volume in stack(COMPOSE)["services"]["grafana"]["volumes"]]
        found = [path for path in mounted if path.endswith(".json")]
        self.assertEqual(len(found), 2)
        for path in found:
            self.assertEqual(os.path.dirname(path), provider["options"]["path"])

    def test_mounted_files_and_volumes_exist(self):
        declared = {name for path in [COMPOSE, *VARIANTS] for name in stack(path).get("volumes", {})}
        used = set()
        for path, name, service in self.services():
            for volume in service.get("volumes", []):
                source, target = volume.split(":")[:2]
                with self.subTest(path=path, service=name, volume=volume):
                    if source.startswith("."):
                        self.assertTrue(os.path.exists(os.path.join(STACK, source)))
                        self.assertTrue(volume.endswith(":ro"))
                    elif not source.startswith("/"):
                        self.assertIn(source, declared)
                        used.add(source)
                    self.assertTrue(target.startswith("/"))
        self.assertEqual(used, declared)

    def test_an_override_replaces_the_file_of_the_base(self):
        def targets(service):
            return {volume.split(":")[1] for volume in service.get("volumes", [])}

        base = stack(COMPOSE)["services"]
        for path in VARIANTS:
            for name, service in stack(path)["services"].items():
                configurations = {
                    target for target in targets(service) if re.search(r"config\.yaml|datasources", target)
                }
                if name in base:
                    self.assertLessEqual(configurations, targets(base[name]), path + " " + name)

    def test_lokitail_reads_docker_and_cannot_write_to_it(self):
        volumes = stack(COMPOSE)["services"]["lokitail"]["volumes"]
        self.assertIn("/var/run/docker.sock:/var/run/docker.sock:ro", volumes)
        self.assertIn("/var/lib/docker/containers:/var/lib/docker/containers:ro", volumes)

    def test_the_image_is_built_of_all_that_cmake_reads(self):
        with open(ROOT + "/.dockerignore") as file:
            allowed = [line[1:].strip() for line in file if line.startswith("!")]
        with open(ROOT + "/CMakeLists.txt") as file:
            asked = re.findall(r"(?m)^\s*include\((\S+\.cmake)\)", file.read())
        asked += ["CMakeLists.txt", "CMakePresets.json", "packaging/deps.sh", "packaging/debian-packages.txt"]
        for path in asked:
            parts = path.split("/")
            folders = ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]
            self.assertTrue(
                any(fnmatch.fnmatch(folder, each) for folder in folders for each in allowed), path
            )

    def test_nothing_is_open_to_the_network(self):
        for path, name, service in self.services():
            for port in service.get("ports", []):
                self.assertTrue(port.startswith("127.0.0.1:"), "%s: %s" % (name, port))

    def test_addresses_are_services(self):
        names = {name for _, name, _ in self.services()} | {"localhost"}
        for path in glob.glob(STACK + "/**/*.y*ml", recursive=True):
            with open(path) as file:
                for host in re.findall(r"https?://([a-z0-9-]+):\d+", file.read()):
                    self.assertIn(host, names, path)
        for job in stack("prometheus/prometheus.yml")["scrape_configs"]:
            for target in job["static_configs"][0]["targets"]:
                self.assertIn(target.split(":")[0], names)
        for _, name, service in self.services():
            self.assertLessEqual(set(service.get("depends_on", [])), names, name)

    def test_demo_services_bear_the_label_that_lokitail_asks_for(self):
        logging = {
            name for _, name, service in self.services() if service.get("labels", {}).get("logging") == "yes"
        }
        demo = {
            name
            for _, name, service in self.services()
            if service.get("command") == ["python3", "-u", "/demo/services.py"]
        }
        self.assertEqual(logging, demo)
        self.assertEqual(len(demo), 8)
        for pipeline in PIPELINES:
            asked = stack("lokitail/%s.yaml" % pipeline)["scrape_configs"][0]["docker_sd_configs"][0][
                "filters"
            ]
            self.assertEqual(asked, [{"name": "label", "values": ["logging=yes"]}])

    def test_docker_compose_takes_them(self):
        command = [tool("docker-compose")] if tool("docker-compose") else ["docker", "compose"]
        if not shutil.which(command[0]) or run(*command, "version")[0] != 0:
            self.skipTest("no docker compose here")
        for variant in [None, *VARIANTS]:
            status, output = run(
                *command, "-f", COMPOSE, *(["-f", variant] if variant else []), "config", cwd=STACK
            )
            self.assertEqual(status, 0, output)


class Loki(unittest.TestCase):
    CONFIGURATIONS = ["loki", "loki-3", "loki-tenants", "loki-s3"]

    # The keys of Loki that are used here, block by block; those of one version alone are test_schemas'.
    KEYS = {
        "": "auth_enabled server common schema_config storage_config limits_config compactor ruler analytics "
        "runtime_config querier",
        "server": "http_listen_port log_level grpc_server_max_recv_msg_size",
        "common": "path_prefix replication_factor instance_addr ring storage",
        "common.ring": "kvstore",
        "common.ring.kvstore": "store",
        "common.storage": "filesystem",
        "common.storage.filesystem": "chunks_directory rules_directory",
        "schema_config": "configs",
        "schema_config.configs": "from store object_store schema index",
        "schema_config.configs.index": "prefix period",
        "storage_config": "boltdb_shipper tsdb_shipper aws",
        "storage_config.tsdb_shipper": "active_index_directory cache_location",
        "storage_config.boltdb_shipper": "active_index_directory cache_location shared_store",
        "storage_config.aws": "endpoint region bucketnames "
        "access_key_id secret_access_key insecure s3forcepathstyle",
        "limits_config": "retention_period retention_stream ingestion_rate_mb ingestion_burst_size_mb "
        "per_stream_rate_limit per_stream_rate_limit_burst reject_old_samples "
        "reject_old_samples_max_age allow_structured_metadata",
        "limits_config.retention_stream": "selector priority period",
        "compactor": "working_directory shared_store delete_request_store compaction_interval "
        "retention_enabled "
        "retention_delete_delay",
        "ruler": "storage rule_path alertmanager_url enable_alertmanager_v2 enable_api ring",
        "ruler.storage": "type local",
        "ruler.storage.local": "directory",
        "ruler.ring": "kvstore",
        "ruler.ring.kvstore": "store",
        "analytics": "reporting_enabled",
        "runtime_config": "file period",
        "querier": "multi_tenant_queries_enabled",
    }

    def test_keys_are_known(self):
        def check(value, path, where):
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, dict):
                    self.assertLessEqual(set(each), set(self.KEYS[path].split()), "%s: %s" % (where, path))
                    for key, inside in each.items():
                        check(inside, (path + "." + key).lstrip("."), where)

        for name in self.CONFIGURATIONS:
            check(stack("loki/%s.yaml" % name), "", name)
        for tenant, limits in stack("loki/overrides.yaml")["overrides"].items():
            check(limits, "limits_config", tenant)

    def test_selectors_of_retention_are_logql(self):
        for stream in stack("loki/loki-s3.yaml")["limits_config"]["retention_stream"]:
            self.assertEqual(logql.parse(stream["selector"])[0], "log")

    def test_limits_and_compaction(self):
        for name in self.CONFIGURATIONS:
            with self.subTest(name=name):
                loki = stack("loki/%s.yaml" % name)
                limits, compactor = loki["limits_config"], loki["compactor"]
                self.assertEqual((limits["ingestion_rate_mb"], limits["ingestion_burst_size_mb"]), (10, 20))
                self.assertEqual(limits["retention_period"], "8760h" if name == "loki-s3" else "168h")
                self.assertEqual(compactor["compaction_interval"], "10m")
                self.assertIs(compactor["retention_enabled"], True)
                self.assertIs(loki["auth_enabled"], name == "loki-tenants")

    def test_schemas(self):
        for name in self.CONFIGURATIONS:
            with self.subTest(name=name):
                loki = stack("loki/%s.yaml" % name)
                (schema,) = loki["schema_config"]["configs"]
                store = "s3" if name == "loki-s3" else "filesystem"
                three = name == "loki-3"
                self.assertEqual(
                    (schema["store"], schema["schema"], schema["object_store"]),
                    ("tsdb" if three else "boltdb-shipper", "v13" if three else "v11", store),
                )
                self.assertEqual(schema["index"]["period"], "24h")
                shipper = loki["storage_config"]["tsdb_shipper" if three else "boltdb_shipper"]
                # Loki 3 refuses to start with the one, and Loki 2.9 needs it.
                self.assertEqual(shipper.get("shared_store"), None if three else store)
                self.assertEqual(loki["compactor"].get("shared_store"), None if three else store)
                self.assertEqual(loki["compactor"].get("delete_request_store"), store if three else None)
                self.assertEqual("aws" in loki["storage_config"], store == "s3")
                self.assertEqual(
                    loki["limits_config"].get("allow_structured_metadata"), True if three else None
                )

    def test_s3_variables_are_set_by_compose(self):
        with open(os.path.join(STACK, "loki/loki-s3.yaml")) as file:
            asked = set(re.findall(r"\$\{(\w+)", file.read()))
        self.assertEqual(asked, set(stack(VARIANTS[2])["services"]["loki"]["environment"]))
        self.assertIn("-config.expand-env=true", stack(COMPOSE)["services"]["loki"]["command"])

    def test_tenants(self):
        self.assertEqual(set(stack("loki/overrides.yaml")["overrides"]), {"dev", "staging", "prod"})
        mounted = "\n".join(stack(VARIANTS[1])["services"]["loki"]["volumes"])
        for tenant in ("dev", "staging", "prod"):
            self.assertIn("/etc/loki/rules/%s/logs.yaml" % tenant, mounted)
        sources = {source["uid"]: source for source in stack(DATASOURCES[1])["datasources"]}
        for uid, tenants in (
            ("loki", "dev|staging|prod"),
            ("loki-dev", "dev"),
            ("loki-staging", "staging"),
            ("loki-prod", "prod"),
        ):
            self.assertEqual(sources[uid]["jsonData"]["httpHeaderName1"], "X-Scope-OrgID")
            self.assertEqual(sources[uid]["secureJsonData"]["httpHeaderValue1"], tenants)
        self.assertIs(stack("loki/loki-tenants.yaml")["querier"]["multi_tenant_queries_enabled"], True)

    def test_alert_rules_are_logql_over_labels_that_exist(self):
        found = rules(os.path.join(STACK, "loki/rules/logs.yaml"))
        self.assertGreaterEqual(len(found), 5)
        for rule in found:
            with self.subTest(alert=rule["alert"]):
                kind, parser = logql.parse(rule["expr"])
                self.assertEqual(kind, "metric")
                self.assertLessEqual(parser.selected, {"job", "service", "level", "operation"})
                self.assertIn("severity", rule["labels"])
                self.assertTrue(rule["annotations"]["summary"])
        for name in self.CONFIGURATIONS:
            ruler = stack("loki/%s.yaml" % name)["ruler"]
            self.assertEqual(ruler["storage"]["local"]["directory"], "/etc/loki/rules")
            # The version of Alertmanager that the stack has knows no other API.
            self.assertIs(ruler["enable_alertmanager_v2"], True)


class Dashboards(unittest.TestCase):
    def test_the_twelve_panels(self):
        panels = logs_explorer()["panels"]
        self.assertEqual([panel["title"] for panel in panels], PANELS)
        self.assertEqual([panel["id"] for panel in panels], list(range(1, 13)))
        for panel in panels:
            self.assertEqual(panel["type"], KINDS.get(panel["title"], "logs"), panel["title"])

    def test_every_panel_has_a_query_and_a_place(self):
        for dashboard in (logs_explorer(), agent_dashboard()):
            taken = set()
            for panel in dashboard["panels"]:
                with self.subTest(dashboard=dashboard["title"], panel=panel["title"]):
                    self.assertTrue(panel["targets"])
                    self.assertTrue(all(target["expr"].strip() for target in panel["targets"]))
                    self.assertTrue(panel["description"])
                    references = [target["refId"] for target in panel["targets"]]
                    self.assertEqual(len(set(references)), len(references))
                    place = panel["gridPos"]
                    self.assertLessEqual(place["x"] + place["w"], 24)
                    cells = {
                        (x, y)
                        for x in range(place["x"], place["x"] + place["w"])
                        for y in range(place["y"], place["y"] + place["h"])
                    }
                    self.assertFalse(cells & taken)
                    taken |= cells
            ids = [panel["id"] for panel in dashboard["panels"]]
            self.assertEqual(len(set(ids)), len(ids))

    def test_no_datasource_dangles(self):
        for path in DATASOURCES:
            sources = {source["uid"]: source["type"] for source in stack(path)["datasources"]}
            self.assertEqual(len(sources), len(stack(path)["datasources"]))
            self.assertEqual(
                [source["uid"] for source in stack(path)["datasources"] if source.get("isDefault")], ["loki"]
            )

            def check(value, variables, where):
                if isinstance(value, list):
                    for each in value:
                        check(each, variables, where)
                if isinstance(value, dict):
                    for uid in [value["datasourceUid"]] if "datasourceUid" in value else []:
                        self.assertIn(uid, sources, where)
                    source = value.get("datasource")
                    if source is not None:
                        uid = variables.get(source["uid"], source["uid"])
                        self.assertEqual(sources.get(uid), source["type"], where)
                    for each in value.values():
                        check(each, variables, where)

            check(stack(path), {}, path)
            for dashboard in (logs_explorer(), agent_dashboard()):
                variables = {}
                for variable in dashboard["templating"]["list"]:
                    if variable["type"] == "datasource":
                        self.assertEqual(sources.get(variable["current"]["value"]), variable["query"])
                        variables["${%s}" % variable["name"]] = variable["current"]["value"]
                check(dashboard, variables, dashboard["title"])
                self.assertTrue(all("datasource" in panel for panel in dashboard["panels"]))

    def test_variables_of_queries_are_there(self):
        for dashboard in (logs_explorer(), agent_dashboard()):
            names = {variable["name"] for variable in dashboard["templating"]["list"]}
            for panel in dashboard["panels"]:
                for target in panel["targets"]:
                    for name in re.findall(r"\$\{?([A-Za-z]\w*)", target["expr"]):
                        self.assertIn(name, names, panel["title"])

    def test_queries_are_logql_over_labels_that_exist(self):
        queries = [
            target["expr"] for panel in logs_explorer()["panels"] for target in panel["targets"]
        ] + examples()
        for query in queries:
            with self.subTest(query=query):
                _, parser = logql.parse(query)
                self.assertLessEqual(parser.selected, {"job", "service", "level", "operation"})

    def test_kinds_of_queries_fit_their_panels(self):
        for panel in logs_explorer()["panels"]:
            for target in panel["targets"]:
                kind, _ = logql.parse(target["expr"])
                self.assertEqual(kind == "log", panel["type"] == "logs", panel["title"])
                if kind == "log":  # Since Loki 3.2 these are refused as instant queries.
                    self.assertEqual(target["queryType"], "range")

    def test_all_queries_that_were_asked_for_are_there(self):
        shown = [
            target["expr"].replace(' | trace_id=~"$trace_id"', "")
            for panel in logs_explorer()["panels"]
            for target in panel["targets"]
        ]
        for query in PANEL_QUERIES:
            self.assertIn(query, shown)
        for query in EXAMPLES:
            self.assertIn(query, examples())

    def test_links_to_traces(self):
        for path in DATASOURCES:
            lokis = [source for source in stack(path)["datasources"] if source["type"] == "loki"]
            for source in lokis:
                fields = source["jsonData"]["derivedFields"]
                for field in fields:
                    self.assertEqual(field["datasourceUid"], "jaeger")
                    # Grafana's provisioning makes $ of $$, and would put in an environment variable for $.
                    self.assertEqual(field["url"], "$${__value.raw}")
                    self.assertEqual(field["urlDisplayLabel"], "View Trace")
                regexes = [
                    field["matcherRegex"] for field in fields if field.get("matcherType", "regex") == "regex"
                ]
                self.assertEqual(
                    [f["matcherRegex"] for f in fields if f.get("matcherType") == "label"], ["trace_id"]
                )
                for line in TRACE_LINES:
                    found = [
                        match.group(1) for regex in regexes for match in [re.search(regex, line)] if match
                    ]
                    self.assertEqual(found, [TRACE], line)
                for line in NO_TRACE_LINES:
                    self.assertFalse([regex for regex in regexes if re.search(regex, line)], line)


if __name__ == "__main__":
    main()
