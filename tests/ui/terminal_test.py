"""`lokitail tap` and `lokitail top` with the real agent, and `lokitail demo`; the screens through tmux."""
import json
import shutil
import subprocess
import time

from agent import BINARY, Agent, expect, line, temporary_folder, wait_until


def run(*arguments, seconds=30):
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def tap(agent):
    process = subprocess.Popen([BINARY, "tap", "--url", agent.url, "--limit", "3", "--format", "json", '{level="error"}'],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 20
    number = 0
    while process.poll() is None and time.monotonic() < deadline:
        agent.write(line("error", f"error {number}"), line("info", "other"))
        number += 1
        time.sleep(0.1)
    out, _ = process.communicate(timeout=5)
    entries = [json.loads(text) for text in out.splitlines()]
    expect(process.returncode == 0 and len(entries) == 3, "tap ends after as many as were wanted")
    expect(all(entry["labels"]["level"] == "error" for entry in entries), "with those of the selector")
    code, _, error = run("tap", "--url", agent.url, "{level")
    expect(code == 1 and "parse error" in error, "a wrong selector is told")
    code, _, error = run("tap", "--url", "http://127.0.0.1:1")
    expect(code == 1 and "refused" in error, "an agent that is not there is told")
    code, _, error = run("tap", "--colour", "x")
    expect(code == 2 and "color" in error, "a wrong flag is told, with the nearest")


def top_once(agent):
    code, out, error = run("top", "--url", agent.url, "--interval", "300ms")
    expect(code == 0 and error == "", "top looks twice where there is no terminal")
    expect("healthy" in out and "main" in out and "delivering" in out and "a.log" in out, "and prints what it saw")


class Screen:
    """A terminal of tmux's in which a command runs; it says "ended" with the exit code."""

    def __init__(self, command, height):
        self.socket = str(temporary_folder() / "tmux")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", str(height), "-s", "screen",
                  f"{BINARY} {command}; echo ended $?; exec sleep 60")

    def tmux(self, *words):
        return subprocess.run(["tmux", "-S", self.socket, *words], capture_output=True, text=True, check=True).stdout

    def text(self):
        return self.tmux("capture-pane", "-p", "-t", "screen")

    def show(self, what, condition):
        """Once it is there: that nothing is wider than the terminal."""
        wait_until(what, lambda: condition(self.text()))
        print(self.text())
        expect(all(len(text) <= 100 for text in self.text().splitlines()), "the screen fits")

    def wait_for_end(self):
        wait_until("the end", lambda: "ended 0" in self.text())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tmux("kill-server")


def has_tmux(test):
    if shutil.which("tmux") is None:
        print(f"SKIPPED: {test}: tmux is not installed")
        return False
    return True


def top_screen(agent):
    if not has_tmux("top_screen"):
        return
    with Screen(f"top --url {agent.url} --interval 200ms", 20) as screen:
        screen.show("the screen", lambda text: "TARGET" in text and "delivering" in text)
        screen.tmux("send-keys", "-t", "screen", "s")
        screen.tmux("resize-window", "-t", "screen", "-x", "70", "-y", "15")
        wait_until("the smaller screen", lambda: "TARGET" in screen.text())
        screen.tmux("send-keys", "-t", "screen", "q")
        screen.wait_for_end()
        print("ok: q ends it, and the terminal is as before")


def demo_screen():
    if not has_tmux("demo_screen"):
        return
    with Screen("demo --seconds 8", 30) as screen:
        screen.show("the outage on the screen", lambda text: "answers 503" in text and "payment-manager" in text)
        screen.wait_for_end()
        expect("lost              0" in screen.text() and "followed by trace_id=" in screen.text(), "what came of it stays there")


print("--- demo_screen")
demo_screen()
with Agent("admin: true") as running:
    running.write(*(line("info", f"message {i}") for i in range(10)))
    wait_until("delivery", lambda: len(running.loki.lines()) == 10)
    for test in (tap, top_once, top_screen):
        print(f"--- {test.__name__}")
        test(running)
    running.stop()

folder = temporary_folder()
(folder / "password").write_text("open sesame")
with Agent(f"admin: true, basic_auth: {{username: ali, password_file: {folder}/password}}") as running:
    print("--- password")
    wait_until("the agent", lambda: running.ask("/healthz").status == 200)
    expect(run("top", "--url", running.url, "--once", "--interval", "10ms")[0] == 1, "without a password top is refused")
    code, out, _ = run("top", "--url", running.url, "--user", "ali", "--password-file", str(folder / "password"), "--once",
                       "--interval", "10ms")
    expect(code == 0 and "CLIENT" in out, "with it it is not")
    code, _, error = run("tap", "--url", running.url)
    expect(code == 1 and "401" in error, "and tap is refused, too")
    running.stop()
socket_path = folder / "agent.sock"
with Agent(f"http_listen_socket: {socket_path}") as running:
    print("--- socket")
    running.write(line("info", "before"))
    wait_until("delivery", lambda: len(running.loki.lines()) == 1)
    url = f"unix://{socket_path}"
    code, out, _ = run("top", "--url", url, "--once", "--interval", "10ms")
    expect(code == 0 and "a.log" in out, "top asks over a Unix socket")
    process = subprocess.Popen([BINARY, "tap", "--url", url, "--limit", "1"], stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        running.write(line("info", "seen over the socket"))
        time.sleep(0.1)
    out, _ = process.communicate(timeout=5)
    expect(process.returncode == 0 and "seen over the socket" in out, "and so does tap, without server.admin")
    code, _, error = run("top", "--url", f"unix://{socket_path}.none", "--once", "--interval", "10ms")
    expect(code == 1 and "agent.sock.none" in error, "a socket that is not there is told")
    code, _, error = run("top", "--url", "unix://relative", "--once")
    expect(code == 2 and "unix URL" in error, "and so is what is no path")
    running.stop()
print("all is well")
