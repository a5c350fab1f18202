#!/usr/bin/env python3
"""Each configuration that this project shows or ships passes `lokitail check`: the files in the tree, and the fenced
yaml blocks of README.md and of the pages in docs/. A block that is a part of a configuration is completed first; what
is none has to be known here, so that no block is passed over unseen."""
import glob, os, re, tempfile, unittest

from stack_files import AGENT, ROOT, main, run, yaml

BLOCKS = {"server", "positions", "clients", "scrape_configs", "target_config", "limits_config", "global", "spool",
          "dead_letters", "tracing"}
COMPLETION = {
    "clients": "clients: [{url: http://loki:3100/loki/api/v1/push}]",
    "scrape_configs": "scrape_configs: [{job_name: files, static_configs: [{labels: {job: files, __path__: /var/log/*.log}}]}]",
}
# Blocks that are something else, by their keys; those with another test are named with it.
OTHERS = {
    "env": "a container's, in a manifest: documentation_test.py",
    "rules": "of a role, in a manifest: documentation_test.py",
    "services volumes": "for docker compose: documentation_test.py",
    "positions": "a positions file, where it is alone",
    "config tests": "tests of a pipeline: tests/e2e/commands_test.cc",
    "- targets labels": "a file of file_sd",
    "a database": "which is not there: tests/unit/pipeline/docs/stages_test.cc makes one",
}
FILES = ["packaging/etc/config.yaml", "packaging/container/config.yaml", "packaging/stack/lokitail/lokitail.yaml",
         "packaging/stack/lokitail/lokitail-3.yaml", "packaging/stack/lokitail/lokitail-tenants.yaml"]


def blocks(path):
    """The yaml blocks of a page, with the line of each."""
    with open(path) as file:
        text = file.read()
    for found in re.finditer(r"^( *)```ya?ml\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE):
        indent = len(found.group(1))
        body = "".join(line[indent:] for line in found.group(2).splitlines(keepends=True))
        yield text.count("\n", 0, found.start()) + 1, body


def completed(text):
    """A whole configuration of a block, or None with the name of what it is instead."""
    value = yaml.safe_load(text)
    if ".mmdb" in text:
        return None, "a database"
    if isinstance(value, list) and all(isinstance(stage, dict) and len(stage) == 1 for stage in value):
        stages = "".join("      " + line for line in text.splitlines(keepends=True))
        return completed("scrape_configs:\n  - job_name: stages\n    static_configs: [{labels: {job: a, __path__: /a}}]\n"
                         "    pipeline_stages:\n" + stages)
    if isinstance(value, list):
        return None, "- " + " ".join(value[0])
    if set(value) <= BLOCKS and set(value) != {"positions"}:
        missing = [more for key, more in COMPLETION.items() if key not in value]
        return "\n".join([text] + missing), None
    return None, " ".join(value)


class Configurations(unittest.TestCase):
    def check(self, path, *arguments):
        return run(AGENT, "check", path, "--no-filesystem", *arguments)

    def test_files(self):
        for name in FILES:
            with self.subTest(name):
                more = ["-config.expand-env=true"] if "container" in name else []
                status, output = self.check(os.path.join(ROOT, name), "--strict", *more)
                self.assertEqual(status, 0, output)

    def test_no_file_is_forgotten(self):
        found = set()
        for path in glob.glob(ROOT + "/packaging/**/*.y*ml", recursive=True):
            with open(path) as file:
                text = file.read()
            if re.search(r"(?m)^scrape_configs:", text) and re.search(r"/loki/api/v1/push", text):
                found.add(os.path.relpath(path, ROOT))
        self.assertEqual(found, set(FILES))

    def test_blocks_of_pages(self):
        whole = 0
        with tempfile.TemporaryDirectory() as folder:
            for page in [ROOT + "/README.md", *sorted(glob.glob(ROOT + "/docs/**/*.md", recursive=True))]:
                for line, block in blocks(page):
                    with self.subTest("%s:%d" % (os.path.relpath(page, ROOT), line)):
                        text, other = completed(block)
                        if other is not None:
                            self.assertIn(other, OTHERS)
                            continue
                        with open(folder + "/config.yaml", "w") as file:
                            file.write(text)
                        status, output = self.check(folder + "/config.yaml")
                        self.assertEqual(status, 0, output + "\n" + text)
                        whole += 1
        self.assertGreater(whole, 50)
        print("%d blocks of pages are configurations, or become some" % whole)

    def test_a_mistake_is_found(self):
        for mistaken in ("- labls: {level: }\n", "scrape_configs:\n  - job_name: a\n    static_confgs: []\n",
                         "clients:\n  - url: 'no url'\n"):
            text, _ = completed(mistaken)
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                file.write(text)
                file.flush()
                status, output = self.check(file.name)
            self.assertEqual(status, 1, output)


if __name__ == "__main__":
    main()
