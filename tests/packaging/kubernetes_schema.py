"""As much of Kubernetes' published API as packaging/kubernetes uses: which keys an object has, and which of them it
must have. What is not written here is taken for a mistake.

A shape is a type, a pattern of a text, [shape] for a list, {key: shape} with `!` behind the keys that are required,
a set of allowed texts, or (shape,) for a mapping with any keys.
"""
import re

NAME = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
LABEL = r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?"
QUANTITY = r"[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi)?"
LABELS = (LABEL,)
PATH = r"/.*"

METADATA = {"name!": NAME, "namespace": NAME, "labels": LABELS, "annotations": (str,)}
SELECTOR = {"matchLabels!": LABELS}
SECCOMP = {"type!": {"RuntimeDefault", "Unconfined", "Localhost"}, "localhostProfile": str}
POD_SECURITY = {"runAsUser": int, "runAsGroup": int, "runAsNonRoot": bool, "fsGroup": int, "seccompProfile": SECCOMP}
SECURITY = {"allowPrivilegeEscalation": bool, "readOnlyRootFilesystem": bool, "privileged": bool, "runAsUser": int,
            "capabilities": {"drop": [str], "add": [str]}}
PROBE = {"httpGet!": {"path!": PATH, "port!": (NAME, int)}, "initialDelaySeconds": int, "periodSeconds": int,
         "timeoutSeconds": int, "failureThreshold": int}
CONTAINER = {
    "name!": NAME,
    "image!": r"[\w./-]+:[\w.-]+",
    "imagePullPolicy": {"Always", "IfNotPresent", "Never"},
    "restartPolicy": {"Always"},
    "args": [str],
    "env": [{"name!": r"[A-Za-z_]\w*", "value": str,
             "valueFrom": {"fieldRef": {"fieldPath!": {"spec.nodeName", "metadata.name", "metadata.namespace"}}}}],
    "ports": [{"name": r"[a-z0-9-]{1,15}", "containerPort!": int, "protocol": {"TCP", "UDP"}}],
    "livenessProbe": PROBE,
    "readinessProbe": PROBE,
    "resources": {"requests": (QUANTITY,), "limits": (QUANTITY,)},
    "securityContext": SECURITY,
    "volumeMounts": [{"name!": NAME, "mountPath!": PATH, "readOnly": bool}],
}
VOLUME = {
    "name!": NAME,
    "configMap": {"name!": NAME},
    "secret": {"secretName!": NAME},
    "emptyDir": {"sizeLimit": QUANTITY},
    "hostPath": {"path!": PATH, "type": {"Directory", "DirectoryOrCreate"}},
}
POD = {
    "serviceAccountName": NAME,
    "imagePullSecrets": [{"name!": NAME}],
    "priorityClassName": NAME,
    "terminationGracePeriodSeconds": int,
    "securityContext": POD_SECURITY,
    "initContainers": [CONTAINER],
    "containers!": [CONTAINER],
    "volumes": [VOLUME],
    "nodeSelector": LABELS,
    "affinity": (dict,),
    "tolerations": [{"key": str, "operator": {"Exists", "Equal"}, "value": str,
                     "effect": {"NoSchedule", "PreferNoSchedule", "NoExecute"}}],
}
TEMPLATE = {"metadata!": {"labels!": LABELS, "annotations": (str,)}, "spec!": POD}
RBAC = "rbac.authorization.k8s.io"

KINDS = {
    ("v1", "Namespace"): {},
    ("v1", "ServiceAccount"): {},
    ("v1", "ConfigMap"): {"data!": (str,)},
    (RBAC + "/v1", "ClusterRole"): {"rules!": [{"apiGroups!": [str], "resources!": [str], "verbs!": [str]}]},
    (RBAC + "/v1", "ClusterRoleBinding"): {
        "roleRef!": {"apiGroup!": {RBAC}, "kind!": {"ClusterRole"}, "name!": NAME},
        "subjects!": [{"kind!": {"ServiceAccount"}, "name!": NAME, "namespace!": NAME}],
    },
    ("apps/v1", "DaemonSet"): {"spec!": {"selector!": SELECTOR, "template!": TEMPLATE,
                                         "updateStrategy": {"type!": {"RollingUpdate", "OnDelete"}, "rollingUpdate": (str,)}}},
    ("apps/v1", "Deployment"): {"spec!": {"replicas": int, "selector!": SELECTOR, "template!": TEMPLATE}},
    ("monitoring.coreos.com/v1", "PodMonitor"): {
        "spec!": {"selector!": SELECTOR, "podMetricsEndpoints!": [{"port!": NAME, "path": PATH}]}},
}


def problems(value, shape, at):
    """What of a value is not of a shape."""
    if isinstance(shape, str):
        fits = isinstance(value, str) and re.fullmatch(shape, value)
        return [] if fits else ["%s: %r is not %s" % (at, value, shape)]
    if isinstance(shape, set):
        return [] if value in shape else ["%s: %r is none of %s" % (at, value, sorted(shape))]
    if isinstance(shape, type):
        return [] if type(value) is shape else ["%s: %r is no %s" % (at, value, shape.__name__)]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return ["%s: no list" % at]
        return [each for number, item in enumerate(value) for each in problems(item, shape[0], "%s[%d]" % (at, number))]
    if isinstance(shape, tuple) and len(shape) > 1:
        return [] if any(not problems(value, each, at) for each in shape) else ["%s: %r" % (at, value)]
    if not isinstance(value, dict):
        return ["%s: no mapping" % at]
    if isinstance(shape, tuple):
        return [each for key, item in value.items() for each in problems(item, shape[0], "%s.%s" % (at, key))]
    shapes = {key.rstrip("!"): each for key, each in shape.items()}
    missing = ["%s: %s is missing" % (at, key[:-1]) for key in shape if key.endswith("!") and key[:-1] not in value]
    unknown = ["%s: no key %s" % (at, key) for key in value if key not in shapes]
    return missing + unknown + [each for key, item in value.items() if key in shapes
                                for each in problems(item, shapes[key], "%s.%s" % (at, key))]


def pod_problems(pod, at):
    """What in a pod refers to what is not there."""
    found = []
    volumes = [volume["name"] for volume in pod.get("volumes", [])]
    containers = pod["containers"] + pod.get("initContainers", [])
    used = set()
    for volume in pod.get("volumes", []):
        if len(volume) != 2:
            found.append("%s: the volume %s has no source, or several" % (at, volume["name"]))
    for container in containers:
        mounts = container.get("volumeMounts", [])
        used.update(mount["name"] for mount in mounts)
        paths = [mount["mountPath"] for mount in mounts]
        ports = [port.get("name") for port in container.get("ports", [])]
        if len(set(paths)) < len(paths):
            found.append("%s: two volumes in one place" % at)
        for probe in ("livenessProbe", "readinessProbe"):
            port = container.get(probe, {}).get("httpGet", {}).get("port")
            if isinstance(port, str) and port not in ports:
                found.append("%s: %s asks at no port %s" % (at, probe, port))
        for name, limit in container.get("resources", {}).get("limits", {}).items():
            if name not in ("cpu", "memory"):
                found.append("%s: limit of %s" % (at, name))
    if len(set(volumes)) < len(volumes):
        found.append("%s: two volumes of one name" % at)
    if used != set(volumes):
        found.append("%s: volumes %s, mounted %s" % (at, sorted(volumes), sorted(used)))
    return found


def object_problems(thing):
    kind = (thing.get("apiVersion"), thing.get("kind"))
    at = "%s %s" % (kind[1], thing.get("metadata", {}).get("name"))
    if kind not in KINDS:
        return ["%s: what is a %s?" % (at, "/".join(map(str, kind)))]
    shape = {"apiVersion!": str, "kind!": str, "metadata!": METADATA, **KINDS[kind]}
    found = problems(thing, shape, at)
    if not found and kind[0] == "apps/v1":
        template = thing["spec"]["template"]
        wanted = thing["spec"]["selector"]["matchLabels"].items()
        if not wanted <= template["metadata"]["labels"].items():
            found.append(at + ": the selector does not choose the template's pods")
        found += pod_problems(template["spec"], at)
    return found
