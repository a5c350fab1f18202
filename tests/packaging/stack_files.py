"""Reads packaging/stack and packaging/monitoring, and runs programs, for the tests of both."""
import collections, glob, json, os, re, shutil, subprocess, sys, time, unittest
import yaml

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
STACK = os.path.join(ROOT, "packaging/stack")
MONITORING = os.path.join(ROOT, "packaging/monitoring")
AGENT = os.path.abspath(os.environ["LOKITAIL_BINARY"])
COMPOSE = "docker-compose.yml"
VARIANTS = ["docker-compose.loki3.yml", "docker-compose.tenants.yml", "docker-compose.s3.yml"]
PIPELINES = ["lokitail", "lokitail-3", "lokitail-tenants"]
DATASOURCES = [
    "grafana/provisioning/datasources/datasources.yaml",
    "grafana/datasources-tenants/datasources.yaml",
]
PANELS = [
    "Log Volume by Service",
    "Error Rate",
    "Recent Logs",
    "Error Logs",
    "Warning Logs",
    "Logs by Trace ID",
    "Log Level Distribution",
    "Top Services by Log Volume",
    "Error Hotspots",
    "P2P Network Logs",
    "Execution Logs",
    "Payment Logs",
]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class NoDuplicates(yaml.SafeLoader):
    pass


def mapping(loader, node):
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value if key.value != "<<"]
    twice = [key for key, times in collections.Counter(keys).items() if times > 1]
    if twice:
        raise ValueError("%s: twice in one mapping: %s" % (node.start_mark, twice))
    loader.flatten_mapping(node)
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


NoDuplicates.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)


def read_yaml(path):
    with open(path) as file:
        return yaml.load(file, NoDuplicates)


def read_json(path):
    def pairs(found):
        twice = [key for key, times in collections.Counter(key for key, _ in found).items() if times > 1]
        if twice:
            raise ValueError("%s: twice in one object: %s" % (path, twice))
        return dict(found)

    with open(path) as file:
        return json.load(file, object_pairs_hook=pairs)


def stack(path):
    return read_yaml(os.path.join(STACK, path))


def logs_explorer():
    return read_json(os.path.join(STACK, "grafana/dashboards/logs-explorer.json"))


def agent_dashboard():
    return read_json(os.path.join(MONITORING, "lokitail-dashboard.json"))


def rules(path):
    return [rule for group in read_yaml(path)["groups"] for rule in group["rules"]]


def examples():
    with open(os.path.join(STACK, "queries.logql")) as file:
        return [line.strip() for line in file if line.strip() and not line.startswith("#")]


def tool(name):
    """A program that is installed, or unpacked where packaging/deps.sh unpacks what cannot be."""
    peers = os.environ.get("LOKITAIL_PEERS", os.path.expanduser("~/.cache/lokitail/peers"))
    return shutil.which(name) or shutil.which(name, path=os.path.join(peers, "usr/bin"))


def main():
    """unittest's, for ctest: what could not be looked at here is told by name where all else went well."""
    result = unittest.main(exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    for test, why in result.skipped:
        print("SKIPPED: %s: %s; all else passed" % (test.id(), why))


def run(*command, **options):
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, **options
    )
    return done.returncode, done.stdout


def wait_until(holds, what, seconds=90):
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise AssertionError("not within %d s: %s" % (seconds, what))
        time.sleep(0.05)


class Process:
    """A program until the end of a with block; what it prints is in .log."""

    def __init__(self, command, log, **environment):
        self.log = log
        with open(log, "wb") as file:
            self.process = subprocess.Popen(
                command, stdout=file, stderr=subprocess.STDOUT, env={**os.environ, **environment}
            )

    def text(self):
        with open(self.log, errors="replace") as file:
            return file.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)


def agent_url(agent):
    """Where it listens: the port is told in its log, or the test has chosen port 0 for nothing."""
    found = []

    def listens():
        found[:] = re.findall(r"(?:addr|address|http)\S*=\S*?:(\d+)", agent.text())
        return found

    wait_until(listens, "the agent tells its port: " + agent.text())
    return "http://127.0.0.1:" + found[0]
