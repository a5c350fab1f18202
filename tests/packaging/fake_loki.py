"""What the stack's parts talk to, where no images can be had: Loki's push and query APIs with as much of
LogQL as choosing lines takes (aggregations are answered by one sample that counts the lines), and the few
answers of Grafana, Jaeger, Prometheus and a Docker engine that are asked for."""
import http.server, importlib.util, json, os, re, socketserver, threading, time, urllib.parse

import logql

_spec = importlib.util.spec_from_file_location(
    "conformance_run", os.path.join(os.path.dirname(__file__), "..", "conformance", "run.py")
)
_conformance = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_conformance)


def fits(text, operation, value):
    if operation in ("=", "!="):
        return (text == value) == (operation == "=")
    return bool(re.fullmatch(value, text)) == (operation == "=~")


def fits_number(text, operation, value):
    try:
        left, right = float(text), float(value)
    except ValueError:
        return False
    return {
        "=": left == right,
        "==": left == right,
        "!=": left != right,
        ">": left > right,
        ">=": left >= right,
        "<": left < right,
        "<=": left <= right,
    }[operation]


def holds(condition, values):
    kind = condition[0]
    if kind in ("and", "or"):
        found = [holds(each, values) for each in condition[1:]]
        return all(found) if kind == "and" else any(found)
    if kind == "text":
        return fits(values.get(condition[1], ""), condition[2], condition[3])
    if kind == "number" and "__error__" in values:
        return True  # As Loki: what could not be parsed is for the reader to see.
    if kind == "number":
        return fits_number(values.get(condition[1], ""), condition[2], condition[3])
    raise NotImplementedError(kind)


def chosen(stages, entry):
    """The labels with which an entry (labels, metadata, line) comes through what logql.Parser.lines has of a
    selector, or None."""
    labels, metadata, line = entry
    values = {**labels, **metadata}
    for stage in stages:
        if stage[0] == "match" and not fits(labels.get(stage[1], ""), stage[2], stage[3]):
            return None
        if stage[0] == "line":
            found = any(re.search(value, line) if "~" in stage[1] else value in line for value in stage[2])
            if found != (stage[1][0] == "|"):
                return None
        if stage[0] == "json":
            try:
                extracted = json.loads(line)
            except ValueError:
                extracted = {"__error__": "JSONParserErr"}
            for name, value in extracted.items():
                values.setdefault(name, value if isinstance(value, str) else json.dumps(value))
        if stage[0] == "label" and not holds(stage[1], values):
            return None
    return values


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, tenants=False):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.entries = []  # (tenant, labels, metadata, line)
        self.spans, self.errors, self.refuse = [], [], []
        self.tenants = tenants
        self.silent = None  # a text: queries that contain it are answered with nothing
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # Clients that end while they are answered.

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.server_address[1]

    def find(self, query, tenants):
        kind, parser = logql.parse(query)
        with self.lock:
            entries = [entry[1:] for entry in self.entries if entry[0] in tenants]
        if self.silent and self.silent in query:
            return kind, []
        found = []
        for entry in entries:
            labels = [each for each in (chosen(stages, entry) for stages in parser.lines) if each is not None]
            if labels:
                found.append((labels[0], entry[2]))
        return kind, found


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, code, value=None):
        body = b"" if value is None else value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def tenant(self):
        return self.headers.get("X-Scope-OrgID") or ""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urllib.parse.urlsplit(self.path).path
        if path == "/v1/traces":
            self.server.spans.append(json.loads(body))
            return self.answer(200, {})
        if path != "/loki/api/v1/push":
            return self.answer(404)
        if self.server.refuse:
            return self.answer(*self.server.refuse.pop(0))
        if self.server.tenants and not self.tenant():
            return self.answer(401, b"no org id")
        with self.server.lock:
            for labels, _, _, line, metadata in _conformance.entries(body):
                self.server.entries.append((self.tenant(), labels, metadata, line))
        self.answer(204)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        asked = dict(urllib.parse.parse_qsl(url.query))
        path = url.path
        proxied = re.match(r"/api/datasources/proxy/uid/([^/]+)(/.*)", path)
        if proxied:
            path = proxied.group(2)
        if path in ("/ready", "/-/ready", "/api/health"):
            return self.answer(200, b"ready\n")
        if path in ("/loki/api/v1/query", "/loki/api/v1/query_range"):
            return self.query(asked["query"], path.endswith("query"))
        if path.startswith("/api/traces/"):
            trace = path.rsplit("/", 1)[1]
            known = any(trace in json.dumps(span) for span in self.server.spans)
            return self.answer(200 if known else 404, {"data": [{"traceID": trace}] if known else []})
        if path == "/loki/api/v1/labels":
            return self.answer(200, {"status": "success", "data": ["job"]})
        if path == "/api/v1/query":
            return self.answer(
                200,
                {
                    "status": "success",
                    "data": {"resultType": "vector", "result": [{"metric": {}, "value": [time.time(), "1"]}]},
                },
            )
        if path in ("/prometheus/api/v1/rules", "/api/v1/rules"):
            return self.answer(
                200,
                {
                    "status": "success",
                    "data": {"groups": [{"name": "logs", "rules": [{"name": "NoLogs", "health": "ok"}]}]},
                },
            )
        self.answer(404)

    def query(self, query, instant):
        if self.server.tenants and not self.tenant():
            return self.answer(401, b"no org id")
        try:
            kind, found = self.server.find(query, self.tenant().split("|"))
        except logql.LogQLError as error:
            return self.answer(400, str(error).encode())
        if kind == "log":
            if instant:  # As Loki does since 3.2.
                return self.answer(400, b"log queries are not supported as an instant query type")
            result = [
                {"stream": labels, "values": [[str(time.time_ns()), line]]}
                for labels, line in found
            ]
        else:
            sample = [time.time(), str(len(found))]
            result = (
                [{"metric": {}, "value" if instant else "values": sample if instant else [sample]}]
                if found
                else []
            )
        kinds = {"log": "streams", "metric": "vector" if instant else "matrix"}
        self.answer(200, {"status": "success", "data": {"resultType": kinds[kind], "result": result}})


class DockerEngine(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Containers whose logs are files: containers = {id: (name, labels, path)}."""

    daemon_threads = True

    def __init__(self, path, containers):
        self.containers = containers
        super().__init__(path, DockerHandler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class DockerHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def address_string(self):
        return "unix"

    def do_GET(self):
        path = re.sub(r"^/v1\.\d+", "", urllib.parse.urlsplit(self.path).path)
        if path == "/containers/json":
            filters = json.loads(
                urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("filters", ["{}"])[0]
            )
            wanted = filters.get("label", [])
            return self.answer(
                [
                    {"Id": id, "Names": ["/" + name], "State": "running", "Labels": labels}
                    for id, (name, labels, _) in self.server.containers.items()
                    if all(
                        "%s=%s" % (k, labels.get(k)) == want for want in wanted for k in [want.split("=")[0]]
                    )
                ]
            )
        if path == "/networks":
            return self.answer([])
        if path == "/events":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            return time.sleep(60)
        one = re.fullmatch(r"/containers/(\w+)/json", path)
        if one and one.group(1) in self.server.containers:
            return self.answer(
                {
                    "Id": one.group(1),
                    "LogPath": self.server.containers[one.group(1)][2],
                    "State": {"Running": True},
                    "Config": {"Tty": False},
                    "HostConfig": {"LogConfig": {"Type": "json-file"}},
                }
            )
        self.answer("OK" if path == "/_ping" else {"message": "not found"}, 200 if path == "/_ping" else 404)

    def answer(self, value, code=200):
        body = value.encode() if isinstance(value, str) else json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Api-Version", "1.41")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
