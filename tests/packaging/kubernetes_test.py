#!/usr/bin/env python3
"""packaging/kubernetes: the manifests and what Helm makes of the chart have the form that Kubernetes publishes, refer
to nothing that is not there, and their configurations pass lokitail check, and do what they are for."""
import os, re, tempfile, unittest

from kubernetes_schema import object_problems
from stack_files import AGENT, NoDuplicates, Process, ROOT, main, run, tool, yaml
import support

FOLDER = os.path.join(ROOT, "packaging/kubernetes")
CHART = os.path.join(FOLDER, "lokitail")
HELM = tool("helm")

# Values for the chart, each with what then has to be in it.
VARIANTS = {
    "": "kind: ClusterRole",
    "clients: [{url: 'https://loki.example.com/loki/api/v1/push', tenant_id: team,"
    " basic_auth: {username: u, password_file: /etc/lokitail-secrets/password}}]\nsecretName: loki":
        "secretName: loki",
    "rbac: {create: false}\nserviceAccount: {create: false, name: shared}": "serviceAccountName: shared",
    "podMonitor: {enabled: true, labels: {release: prometheus}}": "kind: PodMonitor",
    "extraConfig: {limits_config: {readline_rate_enabled: true}}\nextraArgs: [-client.external-labels=cluster=a]":
        "readline_rate_enabled: true",
    "imagePullSecrets: [{name: registry}]\npriorityClassName: system-node-critical\nnodeSelector: {disk: ssd}\n"
    "image: {repository: registry.example.com/lokitail, tag: 1.2.3}\nlogFolders: [/var/log/pods]\n"
    "serviceAccount: {annotations: {a: b}}\npodLabels: {team: x}": "registry.example.com/lokitail:1.2.3",
}


def objects(text):
    return [thing for thing in yaml.load_all(text, NoDuplicates) if thing is not None]


def read(name):
    with open(os.path.join(FOLDER, name)) as file:
        return file.read()


def render(values, folder):
    path = os.path.join(folder, "values.yaml")
    with open(path, "w") as file:
        file.write(values)
    status, output = run(HELM, "template", "lokitail", CHART, "--namespace", "logging", "-f", path)
    if status != 0:
        raise AssertionError(output)
    return output


def configurations(things):
    return [text for thing in things if thing["kind"] == "ConfigMap" for text in thing["data"].values()]


class Checks(unittest.TestCase):
    def assert_well_formed(self, things):
        for thing in things:
            self.assertEqual(object_problems(thing), [])
        names = {(thing["kind"], thing["metadata"]["name"]) for thing in things}
        for thing in things:
            if thing["kind"] == "ClusterRoleBinding":
                self.assertIn(("ClusterRole", thing["roleRef"]["name"]), names)
                self.assertIn(("ServiceAccount", thing["subjects"][0]["name"]), names)
            for volume in thing.get("spec", {}).get("template", {}).get("spec", {}).get("volumes", []):
                if "configMap" in volume:
                    self.assertIn(("ConfigMap", volume["configMap"]["name"]), names)
        self.assertTrue(configurations(things))
        for text in configurations(things):
            self.assert_checked(text)

    def assert_checked(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            status, output = run(AGENT, "check", "--strict", "--no-filesystem", file.name, "-config.expand-env=true",
                                 env={**os.environ, "NAMESPACE": "shop", "POD": "shop-0"})
        self.assertEqual(status, 0, output)


class Manifests(Checks):
    def test_form(self):
        self.assert_well_formed(objects(read("lokitail.yaml")))
        self.assert_well_formed(objects(read("sidecar.yaml")))

    def test_the_schema_finds_mistakes(self):
        for good, bad in (("mountPath: /var/log/pods", "mountpath: /var/log/pods"), ("port: http", "port: htpp"),
                          ("kind: ClusterRole\n", "kind: ClusterRoles\n"), ("path: /healthz", "path: healthz"),
                          ("- name: state\n          hostPath", "- name: stat\n          hostPath"),
                          ("cpu: 20m", "cpu: 20 m"), ("verbs: [get, list, watch]", "verb: [get, list, watch]"),
                          ("app.kubernetes.io/name: lokitail\n      app", "app.kubernetes.io/name: loki\n      app")):
            text = read("lokitail.yaml")
            self.assertIn(good, text)
            found = [each for thing in objects(text.replace(good, bad)) for each in object_problems(thing)]
            self.assertTrue(found, bad)

    def test_the_daemon_set_is_one_of_a_log_agent(self):
        (daemon_set,) = [thing for thing in objects(read("lokitail.yaml")) if thing["kind"] == "DaemonSet"]
        pod = daemon_set["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        self.assertEqual(container["livenessProbe"]["httpGet"]["path"], "/healthz")
        self.assertEqual(container["readinessProbe"]["httpGet"]["path"], "/readyz")
        self.assertIn({"operator": "Exists"}, pod["tolerations"])
        self.assertEqual(container["env"][0]["name"], "HOSTNAME")
        self.assertEqual(container["securityContext"]["capabilities"], {"drop": ["ALL"]})
        writable = {mount["name"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
        self.assertEqual(writable, {"state"})
        (state,) = [volume for volume in pod["volumes"] if volume["name"] == "state"]
        self.assertEqual(state["hostPath"], {"path": "/var/lib/lokitail", "type": "DirectoryOrCreate"})

    def test_versions_are_the_project_s(self):
        with open(ROOT + "/CMakeLists.txt") as file:
            version = re.search(r"project\(lokitail VERSION (\S+)", file.read()).group(1)
        chart = yaml.load(read("lokitail/Chart.yaml"), NoDuplicates)
        self.assertEqual((chart["version"], chart["appVersion"]), (version, version))
        for name in ("lokitail.yaml", "sidecar.yaml"):
            self.assertIn("lokitail:" + version, read(name))


@unittest.skipUnless(HELM, "helm is not installed")
class Chart(Checks):
    def test_lint(self):
        status, output = run(HELM, "lint", "--strict", CHART)
        self.assertEqual(status, 0, output)

    def test_values(self):
        with tempfile.TemporaryDirectory() as folder:
            for values, wanted in VARIANTS.items():
                with self.subTest(values=values):
                    text = render(values, folder)
                    self.assertIn(wanted, text)
                    things = objects(text)
                    if "create: false" in values:
                        self.assertNotIn("ServiceAccount", {thing["kind"] for thing in things})
                    self.assert_well_formed(things)

    def test_another_configuration_makes_other_pods(self):
        with tempfile.TemporaryDirectory() as folder:
            sums = [re.search(r"checksum/config: (\S+)", render(values, folder)).group(1)
                    for values in ("", "extraConfig: {limits_config: {max_streams: 5}}", "podLabels: {a: b}")]
        self.assertNotEqual(sums[0], sums[1])
        self.assertEqual(sums[0], sums[2])

    def test_the_manifest_is_the_chart_s(self):
        status, output = run(FOLDER + "/render.sh", env={**os.environ, "HELM": HELM})
        self.assertEqual(status, 0, output)
        self.assertEqual(output, read("lokitail.yaml"), "run packaging/kubernetes/render.sh")


class Running(unittest.TestCase):
    def pushed(self, text, files, wanted):
        """Runs a configuration on files; the labels of the wanted line."""
        loki = support.Loki()
        with tempfile.TemporaryDirectory() as folder:
            for path, content in files.items():
                os.makedirs(os.path.dirname(folder + path), exist_ok=True)
                with open(folder + path, "w") as file:
                    file.write(content)
            text = text.replace("http://loki:3100/loki/api/v1/push", loki.url).replace("http_listen_port: 9080", "http_listen_port: 0")
            for path in ("/var/log", "/var/lib"):
                text = text.replace(path, folder + path)
            os.makedirs(folder + "/var/lib/lokitail", exist_ok=True)
            with open(folder + "/config.yaml", "w") as file:
                file.write(text)
            command = [AGENT, "-config.file=" + folder + "/config.yaml", "-config.expand-env=true"]
            with Process(command, folder + "/log", NAMESPACE="market", POD="shop-0", HOSTNAME="node-1") as agent:
                loki.wait_for(wanted)
            self.assertEqual(agent.process.returncode, 0, agent.text()[-800:])
            return loki.labels_of(wanted)

    def test_the_sidecar_reads_the_shared_volume(self):
        (text,) = configurations(objects(read("sidecar.yaml")))
        line = '{"level":"warn","time":"2026-11-23T09:40:38Z","msg":"sold out"}'
        labels = self.pushed(text, {"/var/log/shop/shop.log": line + "\n"}, line)
        self.assertLessEqual({"job": "shop", "namespace": "market", "pod": "shop-0", "level": "warn"}.items(), labels.items())

    def test_the_daemon_set_reads_pods(self):
        (text,) = configurations(objects(read("lokitail.yaml")))
        # Of an API nothing can be asked here (tests/e2e/kubernetes_test.cc has one); folders tell enough.
        text = text.replace("- role: pod\n", "- role: pod\n      source: folders\n      pod_logs_directory: /var/log/pods\n")
        uid = "0d2f7f9e-7d0d-4c1c-9a57-1f2f3f4f5f6f"
        record = "2026-11-23T10:49:14.580157315+00:00 stdout F sold out\n"
        labels = self.pushed(text, {"/var/log/pods/market_shop-0_%s/web/0.log" % uid: record}, "sold out")
        self.assertLessEqual({"namespace": "market", "pod": "shop-0", "container": "web", "node_name": "node-1",
                              "job": "market/shop-0", "stream": "stdout"}.items(), labels.items())


if __name__ == "__main__":
    main()
