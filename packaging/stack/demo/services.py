#!/usr/bin/env python3
"""Invented services that log as zap does, and send spans to Jaeger with the same trace ids.

SERVICE names the one to be, or is "all". A gateway begins a request every INTERVAL seconds and sends it to
one of the addresses in NEXT, as does each service behind it, with the trace in the header traceparent. The
gateway writes logfmt, all others JSON. Logs go to standard output, spans to OTLP_URL, if there is one.
Standard library only.
"""
import itertools, json, os, queue, random, sys, threading, time, urllib.request
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

INTERVAL = float(os.environ.get("INTERVAL", "2"))
OTLP_URL = os.environ.get("OTLP_URL", "http://jaeger:4318/v1/traces")
PEERS = [
    "12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf",
    "12D3KooWQYzmGvs7T6yxGDzYQH7gNTAMcXxj3Xn5T8N4cVwEwFE2",
]

# One operation in 46 takes longer than 10 s.
DURATIONS = itertools.cycle([180, 950, 2500] * 2 + [12000] + [180, 950, 2500] * 13)

# (operation, level, message, further fields as functions)
STEPS = {
    "gateway": [("accept", "info", "request accepted", {})],
    "guild-coordinator": [
        (
            "create_task",
            "info",
            "creating task",
            {"guild_id": lambda: "guild-xyz", "task_id": lambda: task_id()},
        ),
        ("schedule", "debug", "executor chosen", {"executor_id": lambda: "exec-001"}),
    ],
    "edge-node": [
        ("dial", "info", "p2p connection opened", {"peer_id": lambda: random.choice(PEERS)}),
        ("relay", "debug", "peer relays request", {"peer_id": lambda: random.choice(PEERS)}),
    ],
    "executor-node": [
        ("receive", "info", "received task", {"task_id": lambda: task_id(), "status": lambda: "processing"}),
        (
            "execute",
            "info",
            "wasm execution completed",
            {
                "task_id": lambda: task_id(),
                "duration_ms": lambda: next(DURATIONS),
                "memory_bytes": lambda: 45000000,
                "status": lambda: "success",
            },
        ),
    ],
    "payment-manager": [
        (
            "settle",
            "info",
            "payment sent",
            {
                "task_id": lambda: task_id(),
                "channel_id": lambda: "chan-abc",
                "amount": lambda: random.choice([0.5, 0.5, 12, 1500]),
                "status": lambda: "success",
            },
        )
    ],
}
TROUBLE = {
    "gateway": ("accept", "warn", "request is slow", {}),
    "guild-coordinator": ("create_task", "warn", "guild is nearly full", {"guild_id": lambda: "guild-xyz"}),
    "edge-node": ("dial", "error", "peer connection lost", {"peer_id": lambda: random.choice(PEERS)}),
    "executor-node": ("execute", "error", "wasm execution failed", {"status": lambda: "failed"}),
    "payment-manager": (
        "settle",
        "error",
        "payment failed",
        {"channel_id": lambda: "chan-abc", "status": lambda: "failed"},
    ),
}
# Written at the start, with ids that are easy to look for.
FIRST_LINES = {
    "guild-coordinator": [
        {"trace_id": "abc123", "span_id": "span1", "message": "creating task", "guild_id": "guild-xyz"}
    ],
    "executor-node": [
        {
            "trace_id": "abc123",
            "span_id": "span2",
            "message": "received task",
            "task_id": "task-001",
            "guild_id": "guild-xyz",
        },
        {
            "trace_id": "abc123",
            "span_id": "span3",
            "message": "wasm execution completed",
            "task_id": "task-001",
            "duration_ms": 2500,
            "memory_bytes": 45000000,
        },
    ],
    "payment-manager": [
        {
            "trace_id": "abc123",
            "span_id": "span4",
            "message": "payment sent",
            "task_id": "task-001",
            "channel_id": "chan-abc",
            "amount": 0.5,
        }
    ],
    "edge-node-1": [
        {
            "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
            "span_id": "00f067aa0ba902b7",
            "message": "task executed",
            "task_id": "task-abc123",
            "duration_ms": 2500,
        }
    ],
}
output = threading.Lock()
spans = queue.Queue(maxsize=1000)
task = threading.local()


def task_id():
    return "task-%s" % getattr(task, "trace", "none")[:6]


def now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write(text):
    with output:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def log(service, level, fields):
    if service == "gateway":
        pairs = {"ts": now(), "level": level, **fields}
        pairs["msg"] = '"%s"' % pairs.pop("message")
        write(" ".join("%s=%s" % pair for pair in pairs.items()))
    else:
        write(
            json.dumps(
                {
                    "level": level,
                    "timestamp": now(),
                    "caller": "demo/services.py",
                    "service": service,
                    **fields,
                },
                separators=(",", ":"),
            )
        )


def span(service, trace, span_id, parent, operation, start, failed):
    """In OTLP's JSON, as Jaeger takes it."""
    one = {
        "traceId": trace,
        "spanId": span_id,
        "name": operation,
        "kind": 2,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(time.time_ns()),
        "status": {"code": 2 if failed else 1},
    }
    if parent:
        one["parentSpanId"] = parent
    try:
        spans.put_nowait(
            {
                "resourceSpans": [
                    {
                        "resource": {
                            "attributes": [{"key": "service.name", "value": {"stringValue": service}}]
                        },
                        "scopeSpans": [{"scope": {"name": "demo"}, "spans": [one]}],
                    }
                ]
            }
        )
    except queue.Full:
        pass  # Jaeger is away; logs matter more here.


def send_spans():
    while True:
        try:
            post(OTLP_URL, json.dumps(spans.get()).encode(), {"Content-Type": "application/json"})
        except OSError:
            time.sleep(1)


def post(url, body, headers):
    urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10).close()


def work(service, following, trace, parent):
    """What one service does of a request. Its span is the next one's parent."""
    kind = "edge-node" if service.startswith("edge-node") else service
    span_id, start, failed = "%016x" % random.getrandbits(64), time.time_ns(), False
    task.trace = trace
    steps = STEPS[kind] + ([TROUBLE[kind]] if random.random() < 0.15 else [])
    for operation, level, message, more in steps:
        fields = {"operation": operation, "trace_id": trace, "span_id": span_id, "message": message}
        log(service, level, {**fields, **{name: value() for name, value in more.items()}})
        failed = failed or level == "error"
        time.sleep(random.uniform(0.001, 0.02))
    if following and not failed:
        try:
            post(random.choice(following), b"", {"traceparent": "00-%s-%s-01" % (trace, span_id)})
        except OSError as error:
            log(
                service,
                "warn",
                {
                    "operation": "forward",
                    "trace_id": trace,
                    "span_id": span_id,
                    "message": "next service does not answer",
                    "error": '"%s"' % error,
                },
            )
    span(service, trace, span_id, parent, steps[0][0], start, failed)


def serve(service, following, port):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = (self.headers.get("traceparent") or "").split("-")
            if len(parts) == 4:
                work(service, following, parts[1], parts[2])
            self.send_response(204 if len(parts) == 4 else 400)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    return ThreadingHTTPServer(("", port), Handler)


def begin_requests(following):
    while True:
        time.sleep(random.uniform(0.5, 1.5) * INTERVAL)
        work("gateway", following, "%032x" % random.getrandbits(128), None)


def start(service, following, port):
    for line in FIRST_LINES.get(service, []):
        log(service, "info", line)
    if service == "gateway":
        threading.Thread(target=begin_requests, args=(following,), daemon=True).start()
        return None
    server = serve(service, following, port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d" % server.server_address[1]


def main():
    service = os.environ.get("SERVICE", "all")
    if OTLP_URL:
        threading.Thread(target=send_spans, daemon=True).start()
    if service == "all":
        following = []
        for chain in (
            ["payment-manager"],
            ["executor-node"],
            ["edge-node-1", "edge-node-2"],
            ["guild-coordinator"],
        ):
            following = [start(each, following, 0) for each in chain]
        start("gateway", following, 0)
    else:
        start(service, os.environ.get("NEXT", "").split(), int(os.environ.get("PORT", "8080")))
    threading.Event().wait()


if __name__ == "__main__":
    main()
