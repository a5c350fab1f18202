"""The server of the real agent: who may ask for what, TLS, and clients that behave badly."""
import concurrent.futures
import http.client
import os
import pathlib
import random
import shutil
import socket
import ssl
import stat
import subprocess
import time

from agent import BINARY, Agent, basic, expect, line, talk, temporary_folder, wait_until

PAGES = ["/", "/targets", "/config", "/log_level", "/api/v1/status", "/api/v1/targets", "/page.js"]
GUARDED = [("/api/v1/tail", None), ("/api/v1/inspect", "{}"), ("/flush", ""), ("/log_level", "log_level=debug")]
HEALTH = ["/ready", "/readyz", "/healthz"]


def read_only_unless_told_otherwise():
    with Agent() as agent:
        agent.write(line("info", "hello"))
        for path, body in GUARDED:
            answer = agent.ask(path, body)
            expect(answer.status == 403 and "server.admin" in answer.text, f"{path} needs server.admin")
        expect(agent.ask("/config").status == 200, "the configuration is shown")
        expect("hush-hush" not in agent.ask("/config").text, "but no password in it")
        expect("hush-hush" not in agent.ask("/api/v1/config").text, "nor in the API")
        expect(agent.ask("/log_level").json == {"message": "Current log level is info"}, "the level of the log is told")
        agent.stop()


def other_sites_and_names():
    with Agent("admin: true, allowed_hosts: [logs.example.com]") as agent:
        evil = {"Host": "evil.example:80"}
        for path in PAGES:
            expect(agent.ask(path, headers=evil).status == 403, f"{path} is not shown under another's name")
            expect(agent.ask(path, headers={"Host": "logs.example.com"}).status == 200, f"{path} is under an allowed one")
        own = agent.api("status")["host"]
        expect(agent.ask("/", headers={"Host": own + ":9080"}).status == 200, f"the page is shown under the machine's name {own}")
        for path in HEALTH + ["/metrics"]:
            expect(agent.ask(path, headers=evil).status != 403, f"{path} answers under any name")
        for path, body in GUARDED[1:]:
            for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
                expect(agent.ask(path, body, headers).status == 403, f"{path} is refused to another site {headers}")
            same = {"Origin": agent.url, "Sec-Fetch-Site": "same-origin"}
            expect(agent.ask(path, body, same).status != 403, f"{path} is not refused to the page itself")
        headers = agent.ask("/").headers
        policy = headers["Content-Security-Policy"]
        expect("unsafe-inline" not in policy and "frame-ancestors 'none'" in policy, "no script of others, no frame")
        expect(headers["X-Content-Type-Options"] == "nosniff", "no guessing of types")
        agent.stop()


def ask_socket(path, target, body=None, headers=None):
    """Status and text of an answer that comes over a Unix socket."""
    connection = http.client.HTTPConnection("localhost", timeout=20)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(20)
    connection.sock.connect(str(path))
    connection.request("GET" if body is None else "POST", target, body, headers or {})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def unix_socket():
    folder = temporary_folder()
    path, password = folder / "agent.sock", folder / "password"
    password.write_text("open sesame")
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(path))
    stale.close()
    server = f"http_listen_socket: {path}, basic_auth: {{username: ali, password_file: {password}}}"
    with Agent(server) as agent:
        wait_until("health over the socket", lambda: path.is_socket() and ask_socket(path, "/healthz")[0] == 200)
        expect(stat.S_IMODE(path.stat().st_mode) == 0o660, "what was left behind is replaced; user and group may come")
        expect(agent.ask("/api/v1/status").status == 401, "over TCP a password is asked for")
        expect(ask_socket(path, "/api/v1/status")[0] == 200, "over the socket none is")
        expect(ask_socket(path, "/flush", "")[0] == 204, "and what needs server.admin over TCP is allowed")
        expect(ask_socket(path, "/flush", "", {"Origin": "https://evil.example"})[0] == 403, "but not to another site")
        expect(ask_socket(path, "/page.js", headers={"Host": "any.name"})[0] == 200, "names are of no matter")
        expect(ask_socket(path, "/none")[0] == 404, "what is not there is not there")
        first = subprocess.run([BINARY, "health", "--url", f"unix://{path}:/healthz"], capture_output=True, text=True)
        expect(first.returncode == 0 and "alive: yes" in first.stdout, "lokitail health asks over it")
        try:
            Agent(f"http_listen_socket: {path}")
            expect(False, "a second agent cannot listen there")
        except AssertionError as error:
            expect("another process listens there" in str(error), "a second agent cannot listen there")
        expect(ask_socket(path, "/healthz")[0] == 200, "and the first goes on")
        agent.stop()
        expect(not path.exists(), "the socket goes with the agent")
    path.write_text("mine")
    try:
        Agent(f"http_listen_socket: {path}")
        expect(False, "a file that is no socket stays")
    except AssertionError as error:
        expect("no socket" in str(error) and path.read_text() == "mine", "a file that is no socket stays")
    path.unlink()
    with Agent(f'http_listen_socket: {path}, http_listen_socket_mode: "0600"') as agent:
        wait_until("the socket", lambda: path.is_socket())
        expect(stat.S_IMODE(path.stat().st_mode) == 0o600, "its mode is what was asked for")
        agent.process.kill()
        agent.process.wait()
        expect(path.is_socket(), "an agent that is killed leaves it")
    with Agent(f"http_listen_socket: {path}") as agent:
        expect(ask_socket(path, "/healthz")[0] == 200, "and the next takes its place")
        agent.stop()


def log_level_and_flush():
    with Agent("admin: true") as agent:
        answer = agent.ask("/log_level", "log_level=debug")
        expect(answer.json == {"status": "success", "message": "Log level set to debug"}, "the level is set")
        expect(agent.ask("/log_level").json["message"].endswith("debug"), "and is so from then on")
        answer = agent.ask("/log_level", "log_level=loud")
        expect(answer.status == 400 and answer.json["message"] == 'unrecognized log level "loud"', "others are refused")
        expect(agent.ask("/log_level?log_level=warn", "").status == 200, "it may stand in the query")
        expect(agent.ask("/flush", "").status == 204, "flush is answered")
        expect(agent.ask("/flush").status == 405, "but not to GET")
        agent.stop()


def password():
    folder = temporary_folder()
    (folder / "password").write_text("open sesame\n")
    auth = f"basic_auth: {{username: ali, password_file: {folder}/password}}"
    with Agent(f"admin: true, {auth}") as agent:
        for path in PAGES + ["/metrics", "/api/v1/clients"]:
            expect(agent.ask(path).status == 401, f"{path} wants a password")
            expect(agent.ask(path, headers=basic("ali", "open wheat")).status == 401, f"{path} wants the right one")
            expect(agent.ask(path, headers=basic("ali", "open sesame")).status == 200, f"{path} is there with it")
        for path in HEALTH:
            expect(agent.ask(path).status != 401, f"{path} wants none")
        expect("open sesame" not in agent.ask("/config", headers=basic("ali", "open sesame")).text, "it is not shown")
        agent.stop()


def certificate(folder, name, days=2):
    key, cert = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", cert, "-days", str(days), "-subj", f"/CN={name}",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    return cert, key


def serial_of(port, context):
    with socket.create_connection(("127.0.0.1", port)) as raw, context.wrap_socket(raw, server_hostname="localhost") as tls:
        return tls.getpeercert(binary_form=True)


def tls():
    if shutil.which("openssl") is None:
        print("SKIPPED: tls: openssl is not installed")
        return
    folder = temporary_folder()
    cert, key = certificate(folder, "first")
    client_cert, client_key = certificate(folder, "client")
    with Agent(f"http_tls_config: {{cert_file: {cert}, key_file: {key}}}", scheme="https") as agent:
        context = ssl.create_default_context(cafile=cert)
        expect(agent.ask("/ready", context=context).status in (200, 500), "TLS is spoken")
        expect(agent.ask("/", context=context).status == 200, "the page comes over TLS")
        plain = talk(agent.port, b"GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n")
        expect(b"200 OK" not in plain, "and plain HTTP is not")
        old = serial_of(agent.port, context)
        second, second_key = certificate(folder, "second")
        time.sleep(0.01)
        os.replace(second_key, key)
        os.replace(second, cert)
        context = ssl.create_default_context(cafile=cert)
        wait_until("the renewed certificate", lambda: serial_of(agent.port, context) != old)
        print("ok: a renewed certificate is used without a restart")
        (folder / "first.pem").write_text("no certificate")
        expect(agent.ask("/", context=context).status == 200, "a broken one is not")
        agent.stop()
    cert, key = certificate(folder, "third")
    keys = f"client_auth_type: RequireAndVerifyClientCert, client_ca_file: {client_cert}"
    with Agent(f"http_tls_config: {{cert_file: {cert}, key_file: {key}, {keys}}}", scheme="https") as agent:
        context = ssl.create_default_context(cafile=cert)
        try:
            refused = agent.ask("/ready", context=context).status
        except OSError:
            refused = 0
        expect(refused == 0, "a client without a certificate is refused")
        context.load_cert_chain(client_cert, client_key)
        expect(agent.ask("/", context=context).status == 200, "one with it is let in")
        agent.stop()


def bad_clients():
    with Agent("http_listen_conn_limit: 20, http_server_read_timeout: 60s") as agent:
        request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        last = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        got = talk(agent.port, request * 50 + last, close=True)
        expect(got.count(b"HTTP/1.1 200 OK") == 51, "51 pipelined requests have 51 answers")

        slow = [socket.create_connection(("127.0.0.1", agent.port)) for _ in range(60)]
        for connection in slow[:40]:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
        began = time.monotonic()
        expect(agent.ask("/healthz").status == 200, "60 connections that send nothing keep nobody out")
        print(f"answered after {time.monotonic() - began:.1f} s")
        for connection in slow:
            connection.close()

        chance = random.Random(7)
        alphabet = [b"GET ", b"POST ", b"/api/v1/status", b" HTTP/1.1", b"\r\n", b"Host: localhost", b"Content-Length: ",
                    b"99999999999999999999", b"-1", b"Transfer-Encoding: chunked", b"\r\n\r\n", b"\0", b"\xff\xfe", b"%00", b": "]

        def garbage(_):
            data = b"".join(chance.choice(alphabet) for _ in range(chance.randrange(1, 40)))
            return talk(agent.port, data + os.urandom(chance.randrange(0, 50)), close=True)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(garbage, range(400)))
        expect(all(not got or got.startswith(b"HTTP/1.") for got in answers), "400 pieces of garbage: an answer or none")
        for head in (b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nA: " + b"x" * 20000 + b"\r\n\r\n"):
            expect(talk(agent.port, head).startswith(b"HTTP/1.1 4"), "a head that is too long is refused")
        body = b"POST /flush HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100000
        expect(talk(agent.port, body).startswith(b"HTTP/1.1 413"), "and so is a body")
        expect(agent.ask("/healthz").status == 200, "the agent is well")
        agent.write(line("info", "after all that"))
        wait_until("the line", lambda: "after all that" in "\n".join(agent.loki.lines()))
        agent.stop()


def path_prefix():
    with Agent("http_path_prefix: /agents/one") as agent:
        answer = agent.ask("/agents/one")
        expect(answer.status == 200 and "lokitail" in answer.text, "the prefix alone leads to the page")
        expect(agent.ask("/agents/one/api/v1/status").status == 200, "all is below it")
        expect(agent.ask("/api/v1/status").status == 404, "and not elsewhere")
        agent.stop()


for test in (read_only_unless_told_otherwise, other_sites_and_names, unix_socket, log_level_and_flush, password, tls, bad_clients,
             path_prefix):
    print(f"--- {test.__name__}")
    test()
print("all is well")
