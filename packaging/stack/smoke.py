"""Asks a running stack whether all of it works. Exit status: 0 if so, 1 if not. Standard library only."""
import argparse, json, os, re, sys, time, urllib.error, urllib.parse, urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))


def get(url, tenant=None, **parameters):
    if parameters:
        url += "?" + urllib.parse.urlencode(parameters)
    request = urllib.request.Request(url, headers={"X-Scope-OrgID": tenant} if tenant else {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        raise RuntimeError("%d %s" % (error.code, error.read(300).decode("utf-8", "replace").strip()))
    except OSError as error:
        raise RuntimeError(str(getattr(error, "reason", error)))


def panels():
    with open(os.path.join(HERE, "grafana/dashboards/logs-explorer.json")) as file:
        for panel in json.load(file)["panels"]:
            for target in panel["targets"]:
                yield "panel " + panel["title"], target["expr"], target["queryType"]


def examples():
    with open(os.path.join(HERE, "queries.logql")) as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                yield "query " + line.strip(), line.strip(), "range"


def ask(loki, tenant, query, kind):
    """The result of a query over the last six hours, with Grafana's variables as a new dashboard has them."""
    query = re.sub(r"\$__range", "1h", query.replace("$trace_id", ".+"))
    now = time.time()
    if kind == "instant":
        answer = get(loki + "/loki/api/v1/query", tenant, query=query, time="%d" % (now * 1e9))
    else:
        answer = get(
            loki + "/loki/api/v1/query_range",
            tenant,
            query=query,
            step="60",
            limit="100",
            start="%d" % ((now - 6 * 3600) * 1e9),
            end="%d" % ((now + 60) * 1e9),
        )
    # Comparisons of numbers let lines through that are no JSON: those are not what was asked for.
    return [each for each in json.loads(answer)["data"]["result"] if "__error__" not in each.get("stream", {})]


def some(value, what):
    if not value:
        raise RuntimeError(what)


def check_trace(options, tenant):
    """A trace id of a log line is one that Jaeger has."""
    result = ask(
        options.loki,
        tenant,
        '{job="docker"} |= "payment sent" | json | trace_id!="" | trace_id!="abc123"',
        "range",
    )
    lines = [line for stream in result for _, line in stream["values"]]
    some(lines, "no line of a payment with a trace")
    traces = {json.loads(line)["trace_id"] for line in lines}
    failure = ""
    for trace in sorted(traces):
        try:
            return some(
                json.loads(get(options.jaeger + "/api/traces/" + trace))["data"],
                "Jaeger has no trace " + trace,
            )
        except RuntimeError as error:
            failure = error
    raise RuntimeError(failure)


def check_rules(url, tenant=None):
    rules = [rule for group in json.loads(get(url, tenant))["data"]["groups"] for rule in group["rules"]]
    some(rules, "no rules")
    broken = [rule["name"] for rule in rules if rule.get("health") not in ("ok", "unknown")]
    some(not broken, "cannot be evaluated: " + ", ".join(broken))


def check_isolation(options, tenant):
    found = {
        stream["stream"].get("environment") for stream in ask(options.loki, tenant, '{job="docker"}', "range")
    }
    some(found == {tenant}, "the tenant has lines of %s" % sorted(map(str, found)))


def checks(options):
    """(name, function) of everything that has to be so."""
    yield "Loki is ready", lambda: get(options.loki + "/ready")
    yield "lokitail delivers", lambda: get(options.lokitail + "/readyz")
    for tenant in options.tenants:
        of = " of " + tenant if tenant else ""
        for name, query, kind in [*panels(), *examples()]:
            yield name + of, lambda query=query, kind=kind, tenant=tenant: some(
                ask(options.loki, tenant, query, kind), "no data"
            )
        yield "rules of Loki" + of, lambda tenant=tenant: check_rules(
            options.loki + "/prometheus/api/v1/rules", tenant
        )
        if tenant:
            yield "isolation" + of, lambda tenant=tenant: check_isolation(options, tenant)
    yield "a log's trace is in Jaeger", lambda: check_trace(options, options.tenants[0])
    yield "Grafana", lambda: get(options.grafana + "/api/health")
    for uid in ["loki"] + ["loki-" + tenant for tenant in options.tenants if tenant]:
        yield "Grafana asks " + uid, lambda uid=uid: some(
            json.loads(get(options.grafana + "/api/datasources/proxy/uid/%s/loki/api/v1/labels" % uid)).get(
                "data"
            ),
            "no labels",
        )
    yield "Prometheus scrapes lokitail", lambda: some(
        json.loads(get(options.prometheus + "/api/v1/query", query="promtail_build_info"))["data"]["result"],
        "no metrics",
    )
    yield "rules of Prometheus", lambda: check_rules(options.prometheus + "/api/v1/rules")


def main():
    parser = argparse.ArgumentParser(
        prog="smoke.sh", description="Asks a running stack whether all of it works."
    )
    for name, port in (
        ("loki", 3100),
        ("lokitail", 9080),
        ("grafana", 3000),
        ("jaeger", 16686),
        ("prometheus", 9090),
    ):
        parser.add_argument("--" + name, default="http://localhost:%d" % port, metavar="URL")
    parser.add_argument(
        "--tenants", default="", metavar="A,B", help="with docker-compose.tenants.yml: dev,staging,prod"
    )
    parser.add_argument(
        "--wait", type=float, default=300, metavar="SECONDS", help="how long data may take to come (300)"
    )
    options = parser.parse_args()
    options.tenants = options.tenants.split(",") if options.tenants else [None]

    waiting, until = list(checks(options)), time.monotonic() + options.wait
    while waiting:
        failures = []
        for name, check in waiting:
            try:
                check()
                print("ok      " + name, flush=True)
            except Exception as error:  # Whatever a half-started stack answers.
                failures.append((name, check, error))
        waiting = [failure[:2] for failure in failures]
        if not waiting or time.monotonic() > until:
            break
        time.sleep(min(5, options.wait / 10 + 0.1))
    for name, _, error in failures if waiting else []:
        print("FAILED  %s: %s" % (name, error))
    return 1 if waiting else 0


if __name__ == "__main__":
    sys.exit(main())
