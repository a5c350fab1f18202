#!/usr/bin/env python3
"""The pages: the site is made of all of them, their links lead somewhere, no key that is read is missing in them, and
what guides say of commands is so. Configurations in them are configurations_test.py's."""
import glob
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

from stack_files import AGENT, ROOT, main, run, yaml

PAGES = sorted(os.path.relpath(path, ROOT) for path in glob.glob(ROOT + "/docs/**/*.md", recursive=True))
OTHERS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "packaging/stack/README.md"]

# Where the keys are that a source reads.
REFERENCE = "docs/configuration.md"
KEYS_IN = {
    "config/load.cc": [REFERENCE], "config/load_client.cc": [REFERENCE], "config/load_http_client.cc": [REFERENCE],
    "config/load_relabel.cc": [REFERENCE], "config/load_scrape.cc": [REFERENCE], "config/load_server.cc": [REFERENCE],
    "config/load_consul_sd.cc": ["docs/discovery.md"], "config/load_file_sd.cc": ["docs/discovery.md"],
    "config/load_http_sd.cc": ["docs/discovery.md"], "config/load_docker_sd.cc": ["docs/sources/docker.md"],
    "config/load_gelf.cc": ["docs/sources/gelf.md"], "config/load_heroku_drain.cc": ["docs/sources/heroku.md"],
    "config/load_journal.cc": ["docs/sources/journal.md"], "config/load_kafka.cc": ["docs/sources/kafka.md"],
    "config/load_kubernetes_sd.cc": ["docs/sources/kubernetes.md"], "config/load_push_api.cc": ["docs/sources/push.md"],
    "config/load_syslog.cc": ["docs/sources/syslog.md"], "config/load_tracing.cc": ["docs/tracing.md"],
}


def read(path):
    with open(os.path.join(ROOT, path)) as file:
        return file.read()


def without_code(text):
    text = re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "``", text)


def anchors(text):
    """Of the headings, as both GitHub and mkdocs name them."""
    text = re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)
    for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def names_in_nav(nav):
    for entry in nav:
        for value in (entry.values() if isinstance(entry, dict) else [entry]):
            yield from names_in_nav(value) if isinstance(value, list) else [value]


def keys_read(source):
    """By a reader of configuration: the texts that Fields is asked for."""
    return set(re.findall(r'\b(?:find|find_present|require)\(\s*"([A-Za-z_0-9]+)"\)', read(source)))


def section(text, heading):
    found = re.search(r"^## %s\n(.*?)(?=^## |\Z)" % re.escape(heading), text, re.DOTALL | re.MULTILINE)
    return found.group(1) if found else ""


def names_key(text, key):
    """In code, alone or among others; a long name may be told by its end, `_write_timeout` after `read_timeout`."""
    code = " ".join(re.findall(r"`([^`\n]+)`", text) + re.findall(r"```.*?```", text, re.DOTALL))
    ends = [key] + [key[at:] for at in range(1, len(key)) if key[at] == "_"]
    return any(re.search(r"(?<![A-Za-z0-9])%s(?![A-Za-z_0-9])" % re.escape(end), code) for end in ends)


def fenced(text, language):
    return re.findall(r"^```%s\n(.*?)^```" % language, text, re.DOTALL | re.MULTILINE)


class Site(unittest.TestCase):
    def test_navigation_names_every_page(self):
        named = list(names_in_nav(yaml.safe_load(read("mkdocs.yml"))["nav"]))
        self.assertEqual(sorted("docs/" + name for name in named), PAGES)

    def test_home_and_readme_lead_to_every_page(self):
        for page, prefix in (("docs/index.md", ""), ("README.md", "docs/")):
            led_to = {link.split("#")[0] for link in re.findall(r"\]\(([^)]+)\)", read(page))}
            for name in PAGES:
                if name != "docs/index.md":
                    self.assertIn(prefix + name[len("docs/"):], led_to, "from " + page)

    def test_links_lead_somewhere(self):
        links = 0
        for page in PAGES + OTHERS:
            for link in re.findall(r"\]\(([^)\s]+)\)", without_code(read(page))):
                if re.match(r"[a-z]+:", link):
                    continue
                links += 1
                path, _, anchor = link.partition("#")
                target = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
                self.assertTrue(os.path.exists(os.path.join(ROOT, target)), "%s: %s" % (page, link))
                if page in PAGES:
                    self.assertTrue(target in PAGES, "%s: %s is no page of the site" % (page, link))
                if anchor:
                    self.assertIn(anchor, set(anchors(read(target))), "%s: %s" % (page, link))
        self.assertGreater(links, 200)

    def test_build(self):
        if shutil.which("mkdocs") is None:
            print("SKIPPED: documentation_test: mkdocs is not installed; all else was looked at")
            return
        with tempfile.TemporaryDirectory() as folder:
            status, output = run("mkdocs", "build", "--strict", "--quiet", "-f", ROOT + "/mkdocs.yml", "-d", folder)
            self.assertEqual(status, 0, output)
            for page in PAGES:
                with open(os.path.join(folder, page[len("docs/"):-len("md")] + "html")) as file:
                    html = file.read()
                ids = set(re.findall(r' id="([^"]+)"', html))
                self.assertLessEqual(set(anchors(read(page))), ids, page)
                fetched = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="(https?:[^"]+)"', html)
                self.assertEqual(fetched, [], page + " fetches nothing from elsewhere")


class Reference(unittest.TestCase):
    def test_no_key_of_a_block_is_missing(self):
        sources = {os.path.relpath(path, ROOT) for path in glob.glob(ROOT + "/config/load*.cc")}
        with_keys = {source for source in sources if keys_read(source)}
        self.assertEqual(with_keys, set(KEYS_IN))
        missing = ["%s: %s" % (page, key) for source, pages in KEYS_IN.items() for page in pages
                   for key in sorted(keys_read(source)) if not names_key(read(page), key)]
        self.assertEqual(missing, [])

    def test_no_key_of_a_stage_is_missing(self):
        missing, count = [], 0
        page = read("docs/stages.md")
        for path in sorted(glob.glob(ROOT + "/pipeline/stage/*.cc")):
            stage = os.path.basename(path)[:-len(".cc")].replace("metrics_config", "metrics")
            text = section(page, stage)
            for key in sorted(keys_read(path)) if text else []:
                count += 1
                if not names_key(text, key):
                    missing.append("%s: %s" % (stage, key))
        self.assertEqual(missing, [])
        self.assertGreater(count, 60)

    def test_a_missing_key_would_be_seen(self):
        self.assertFalse(names_key("the key url is `urls`", "url"))
        self.assertTrue(names_key("| `http_server_read_timeout`, `_write_timeout` |", "http_server_write_timeout"))


class Guides(unittest.TestCase):
    def test_first_configuration(self):
        page = read("docs/first-configuration.md")
        (configuration,), (console,) = fenced(page, "yaml"), fenced(page, "console")
        command, expected = console.split("\n", 1)
        with tempfile.TemporaryDirectory() as folder:
            with open(folder + "/first.yaml", "w") as file:
                file.write(configuration)
            os.symlink(AGENT, folder + "/lokitail")
            told = subprocess.run(["sh", "-c", "PATH=.:$PATH; " + command.removeprefix("$ ")], cwd=folder,
                                  stdout=subprocess.PIPE, text=True, check=True).stdout
        now = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")
        self.assertEqual(now.sub("NOW", told), now.sub("NOW", expected))

    def test_sidecar(self):
        whole = read("packaging/container/sidecar.compose.yml")
        (shown,) = fenced(read("docs/sidecar.md"), "yaml")
        self.assertEqual(yaml.safe_load(shown), yaml.safe_load(whole))

    def test_parts_of_manifests(self):
        """What is shown of a manifest is in the one that is shipped, whose role has no more than what is shown."""
        shown = [yaml.safe_load(block) for block in fenced(read("docs/sources/kubernetes.md"), "yaml")]
        manifest = [each for each in yaml.safe_load_all(read("packaging/kubernetes/lokitail.yaml")) if each]
        kinds = {each["kind"]: each for each in manifest}
        (container,) = kinds["DaemonSet"]["spec"]["template"]["spec"]["containers"]
        (env,) = [block["env"] for block in shown if "env" in block]
        for variable in env:
            self.assertIn(variable, container["env"])
        (rules,) = [block["rules"] for block in shown if "rules" in block]
        allowed = {(group, verb) for rule in rules for group in rule["apiGroups"] for verb in rule["verbs"]}
        for rule in kinds["ClusterRole"]["rules"]:
            self.assertLessEqual({(group, verb) for group in rule["apiGroups"] for verb in rule["verbs"]}, allowed)

    def positions_by(self, command, folder):
        """What the agent makes of the positions that a command of the migration's page has made."""
        log = folder + "/shop a.log"
        with open(log, "w") as file:
            file.write("read before\nto be read\n")
        subprocess.run(["sh", "-c", command], cwd=folder, check=True)
        with open(folder + "/config.yaml", "w") as file:
            file.write("positions: {filename: %s/positions.yaml}\nserver: {disable: true}\n"
                       "clients: [{url: 'http://127.0.0.1:9/loki/api/v1/push'}]\n"
                       "scrape_configs: [{job_name: a, static_configs: [{labels: {job: a, __path__: '%s/*.log'}}]}]\n"
                       % (folder, folder))
        agent = subprocess.Popen([AGENT, "-config.file=" + folder + "/config.yaml", "-dry-run"], stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, text=True)
        lines = []
        try:
            for line in agent.stdout:
                if "read" in line:
                    lines.append(line.split("\t")[-1].strip())
                    break
        finally:
            agent.terminate()
            agent.communicate(timeout=30)
        return lines

    def test_positions_of_alloy(self):
        (first,) = fenced(section(read("docs/migration.md"), "From Grafana Alloy"), "sh")
        with tempfile.TemporaryDirectory() as folder:
            for name, labels, offset in (("shop", '{job="a"}', 23), ("again", '{job="b"}', 12)):
                data = "%s/loki.source.file.%s" % (folder, name)
                os.mkdir(data)
                with open(data + "/positions.yml", "w") as file:
                    file.write("positions:\n  ? path: %s/shop a.log\n    labels: '%s'\n  : \"%d\"\n" % (folder, labels, offset))
            command = first.replace("/var/lib/alloy/data/", "./")
            self.assertNotEqual(command, first)
            self.assertEqual(self.positions_by(command, folder), ["to be read"])

    def test_positions_of_fluent_bit(self):
        (command,) = fenced(section(read("docs/migration.md"), "From Fluent Bit"), "sh")
        with tempfile.TemporaryDirectory() as folder:
            database = sqlite3.connect(folder + "/tail.db")
            # As in_tail makes it.
            database.execute("CREATE TABLE in_tail_files (id INTEGER PRIMARY KEY, name TEXT NOT NULL, offset INTEGER, "
                             "inode INTEGER, created INTEGER, rotated INTEGER DEFAULT 0)")
            for offset, rotated in ((23, 1), (12, 0)):
                database.execute("INSERT INTO in_tail_files (name, offset, rotated) VALUES (?, ?, ?)",
                                 (folder + "/shop a.log", offset, rotated))
            database.commit()
            database.close()
            if shutil.which("sqlite3") is None:
                print("SKIPPED: documentation_test: sqlite3 is not installed; all else was looked at")
                return
            self.assertEqual(self.positions_by(command, folder), ["to be read"])


if __name__ == "__main__":
    main()
