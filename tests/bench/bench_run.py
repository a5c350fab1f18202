#!/usr/bin/env python3
"""What lokitail costs: the runner behind `make bench`.

    bench_run.py --agent build/release/lokitail --programs build/release/tests/bench [--pairs N] ...

First bench_stages.cc says what stages and pipelines cost by themselves, and bench_logger.cc what a line costs that
lokitail::telemetry makes. Then, for each workload,
the agent and the yardstick (limit.cc) run in turn on the same corpus, several times, and the medians
are printed. The agent is the real binary with fresh positions; what it pushes is counted by
bench_receiver over loopback. What others send to it comes from bench_sender. A run ends when every line that was written has been received;
receiving fewer, or any twice, is a failure. CPU time is of the whole agent process, all threads, user
and system, from start to exit.

Exit status: 0 if all lines arrived once, 1 if not. Targets that are missed are marked, no more.
"""

import argparse
import json
import os
import pathlib
import queue
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request

MB = 1e6
PATIENCE = 120  # seconds until a run counts as failed

JSON_STAGE = """
      - json: {expressions: {level: level, trace_id: trace_id, timestamp: timestamp}}"""
TIMESTAMP_STAGE = """
      - timestamp: {source: timestamp, format: RFC3339Nano}"""
STAGES = {
    "docker": """
      - docker: {}""",
    "level": """
      - docker: {}
      - json: {expressions: {level: level, timestamp: timestamp}}
      - labels: {level: }""" + TIMESTAMP_STAGE,
    "trace": """
      - docker: {}""" + JSON_STAGE + """
      - labels: {level: , trace_id: }""" + TIMESTAMP_STAGE,
}
WORKLOADS = {
    "docker": "Docker's envelope only",
    "level": "and the JSON inside, label level, its timestamp",
    "trace": "the same with trace_id as a label",
}

PLAIN = {
    "nginx": ("an access log by a regular expression with 8 groups, its time and two labels", 80, """
      - regex:
          expression: >-
            ^(?P<ip>\\S+) \\S+ (?P<user>\\S+) \\[(?P<time>[^\\]]+)\\] "(?P<method>\\S+) (?P<path>\\S+) [^"]*"
            (?P<status>\\d+) (?P<bytes>\\d+) "(?P<referer>[^"]*)"
      - timestamp: {source: time, format: '02/Jan/2006:15:04:05 -0700'}
      - labels: {method: , status: }"""),
    "java": ("log4j's lines with stack traces, joined", 150, """
      - multiline: {firstline: '^\\d{4}-\\d{2}-\\d{2} ', max_wait_time: 200ms}"""),
}

RECEIVED = {
    "syslog": "messages of RFC 5424 over TCP, by way of the spool",
    "push": "pushes of about a MiB, protobuf and snappy, answered when Loki has them",
}
RECEIVED_JOBS = {
    "syslog": """
    syslog: {{listen_address: "127.0.0.1:{port}", labels: {{job: syslog}}}}
    relabel_configs:
      - {{source_labels: [__syslog_message_hostname], target_label: host}}
      - {{source_labels: [__syslog_message_severity], target_label: level}}""",
    "push": """
    loki_push_api:
      server: {{http_listen_address: 127.0.0.1, http_listen_port: {port}, grpc_listen_port: 0}}
      labels: {{job: push}}""",
}

CONFIG = """\
server: {{http_listen_address: 127.0.0.1, http_listen_port: {own_port}, grpc_listen_port: 0, log_level: warn}}
positions: {{filename: {folder}/positions.yaml}}
clients: [{{url: "http://127.0.0.1:{port}/loki/api/v1/push", batchwait: {batchwait}}}]
{more}
scrape_configs:
  - job_name: bench
{job}
"""
FILES_JOB = """\
    static_configs:
      - labels: {{job: docker, __path__: "{logs}/{pattern}"}}
    pipeline_stages:{stages}"""
CRI_JOB = """\
    static_configs:
      - labels: {{job: cri, __path__: "{logs}/*.log"}}
    pipeline_stages:
      - cri: {{}}"""
CRI_LINE_BYTES = 216
CRI_FILES = 100


def config_text(folder, job, port, more="", batchwait="200ms", own_port=0):
    return CONFIG.format(folder=folder, port=port, job=job, more=more, batchwait=batchwait, own_port=own_port)


class Failure(Exception):
    pass


def cpu_of(process):
    """User and system so far, in seconds, in steps of a clock tick."""
    stat = pathlib.Path(f"/proc/{process.pid}/stat").read_text()
    fields = stat[stat.rindex(")") + 2:].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Receiver:
    """A bench_receiver process. Its lines are read by a thread, so that waiting can end."""

    def __init__(self, programs, *arguments):
        self.process = subprocess.Popen(
            [programs / "bench_receiver", *map(str, arguments)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.port = self.next(10)["port"]

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))

    def next(self, seconds):
        """The next report; raises queue.Empty."""
        return self.lines.get(timeout=seconds)

    def ask(self):
        while not self.lines.empty():
            self.lines.get()
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.next(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


class Agent:
    """A lokitail process on a folder of its own."""

    def __init__(self, binary, folder, job, port, more="", batchwait="200ms", own_port=0):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        config = folder / "config.yaml"
        config.write_text(config_text(folder, job, port, more, batchwait, own_port))
        self.port = own_port
        self.log = folder / "agent.log"
        self.started = time.monotonic()
        with open(self.log, "w") as log:
            self.process = subprocess.Popen([binary, f"-config.file={config}"],
                                            stdout=log, stderr=log)

    def alive(self):
        ended = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return ended is None

    def memory(self, field):
        """In MiB; field is VmRSS or VmHWM (the peak of it)."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024
        raise Failure("the agent is gone: " + self.last_words())

    def cpu(self):
        return cpu_of(self.process)

    def sent(self):
        """The entries that Loki has taken; asked over HTTP. Where it has a port of its own."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
                page = answer.read().decode()
        except OSError:
            return 0
        return sum(int(float(line.split()[-1])) for line in page.splitlines()
                   if line.startswith("promtail_sent_entries_total{"))

    def exact_cpu(self):
        """As cpu(), of the threads that there are, as the scheduler counts it."""
        return sum(int(path.read_text().split()[0])
                   for path in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")) / 1e9

    def waits(self):
        """How often a thread of it has gone to sleep so far."""
        return sum(int(line.split()[1])
                   for task in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/status")
                   for line in task.read_text().splitlines()
                   if line.startswith("voluntary_ctxt_switches"))

    def stop(self, by=signal.SIGTERM):
        """CPU seconds of its whole life. Kills it if it takes too long to go."""
        pid = self.process.pid
        os.kill(pid, by)
        killer = threading.Timer(15, os.kill, (pid, signal.SIGKILL))
        killer.start()
        _, status, usage = os.wait4(pid, 0)
        killer.cancel()
        self.process.returncode = status  # Popen need not wait any more
        return usage.ru_utime + usage.ru_stime

    def last_words(self):
        return self.log.read_text()[-2000:]


def files_job(logs, workload):
    if workload in PLAIN:
        return FILES_JOB.format(logs=logs, pattern="*.log", stages=PLAIN[workload][2])
    return FILES_JOB.format(logs=logs, pattern="*/*-json.log", stages=STAGES[workload])


def corpus(programs, work, lines, containers, kind="docker"):
    """The folder of a corpus and its size; made if it is not there."""
    folder = work / f"corpus-{kind}-{containers}-{lines}"
    note = folder.with_suffix(".json")
    generator = programs / "bench_corpus"
    if not note.exists() or note.stat().st_mtime < generator.stat().st_mtime:
        shutil.rmtree(folder, ignore_errors=True)
        made = subprocess.run([generator, folder, "--lines", str(lines),
                               "--containers", str(containers), "--format", kind],
                              check=True, capture_output=True, text=True)
        note.write_text(made.stdout)
    return folder, json.loads(note.read_text())


def run_agent(options, logs, size, workload, more=""):
    """One run to the end: a dictionary of results."""
    entries = size.get("entries", size["lines"])
    with Receiver(options.programs, "--expect", entries) as receiver:
        agent = Agent(options.agent, options.work / "agent", files_job(logs, workload), receiver.port, more)
        try:
            report = wait_for(agent, receiver)
            peak = agent.memory("VmHWM")
            receiver_cpu = cpu_of(receiver.process)
        finally:
            cpu = agent.stop()
        report = receiver.ask()
        if report["entries"] != entries:
            raise Failure(f"{entries} entries written, {report['entries']} received\n" + agent.last_words())
        return {
            "wall": report["last"] - agent.started,
            "first_push": report["first"] - agent.started,
            "cpu": cpu,
            "receiver_cpu": receiver_cpu,
            "peak": peak,
            "pushes": report["pushes"],
            "streams": report["streams"],
        }


def wait_for(agent, receiver):
    """Until the receiver says that everything is there."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            return receiver.next(0.5)
        except queue.Empty:
            if not agent.alive():
                raise Failure("the agent ended: " + agent.last_words()) from None
    raise Failure(f"only {receiver.ask()['entries']} entries after {PATIENCE} s\n"
                  + agent.last_words())


def run_limit(program, workload, logs):
    """CPU seconds of one run of the yardstick."""
    process = subprocess.Popen([program, workload, logs], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status != 0:
        raise Failure(f"{program} failed")
    return usage.ru_utime + usage.ru_stime


def limits(options):
    """The builds of the yardstick that this machine can run."""
    flags = pathlib.Path("/proc/cpuinfo").read_text()
    names = ["limit"] + (["limit_v3"] if " avx2 " in flags and " bmi2 " in flags else [])
    return [options.programs / name for name in names if (options.programs / name).exists()]


def mark(good):
    return "" if good else "  MISSED"


def bench_throughput(options, workload):
    logs, size = corpus(options.programs, options.work, options.lines, 8)
    runs, yardsticks = [], {program.name: [] for program in limits(options)}
    for _ in range(options.pairs):
        runs.append(run_agent(options, logs, size, workload))
        for program in limits(options):
            yardsticks[program.name].append(run_limit(program, workload, logs))
    median = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    best = min(statistics.median(seconds) for seconds in yardsticks.values())
    ratios = [min(seconds[i] for seconds in yardsticks.values()) / run["cpu"]
              for i, run in enumerate(runs)]
    ratio = statistics.median(ratios)
    megabytes = size["bytes"] / MB
    print(f"{workload:8} {WORKLOADS[workload]}")
    print(f"  wall       {megabytes / median['wall']:7.0f} MB/s  "
          f"{size['lines'] / median['wall']:,.0f} lines/s")
    print(f"  CPU        {megabytes / median['cpu']:7.0f} MB per CPU-second of the agent")
    print(f"  yardstick  {megabytes / best:7.0f} MB per CPU-second; the agent has "
          f"{ratio:.2f} of it (target 0.60){mark(ratio >= 0.6)}")
    print(f"  memory     {median['peak']:7.1f} MiB at the peak")
    print(f"  first push {median['first_push'] * 1000:7.0f} ms after the start (target 100)"
          f"{mark(median['first_push'] <= 0.1)}")
    print(f"  received   {size['lines']:,} of {size['lines']:,} lines, none twice, in "
          f"{median['pushes']:.0f} pushes and {median['streams']:,.0f} streams\n", flush=True)
    return {"size": size, "runs": runs, "yardsticks": yardsticks, "ratio": ratio}


def bench_plain(options, kind):
    words, target, _ = PLAIN[kind]
    logs, size = corpus(options.programs, options.work, options.lines * 2, 8, kind)
    runs = [run_agent(options, logs, size, kind) for _ in range(options.pairs)]
    median = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    megabytes = size["bytes"] / MB
    rate = megabytes / median["cpu"]
    print(f"{kind:8} {words}")
    print(f"  wall       {megabytes / median['wall']:7.0f} MB/s  {size['lines'] / median['wall']:,.0f} lines/s")
    print(f"  CPU        {rate:7.0f} MB per CPU-second of the agent (target {target}){mark(rate >= target)}")
    print(f"  memory     {median['peak']:7.1f} MiB at the peak\n", flush=True)
    return {"size": size, "runs": runs}


def bench_passes(options):
    """The same lines ten times, by files that are rotated as Docker does it: what is resident after each time."""
    passes = 10
    source, size = corpus(options.programs, options.work, options.lines, 8)
    logs = options.work / "passes"
    shutil.rmtree(logs, ignore_errors=True)
    names = [path.relative_to(source) for path in sorted(source.glob("*/*-json.log"))]
    resident = []
    with Receiver(options.programs) as receiver:
        agent = Agent(options.agent, options.work / "agent", files_job(logs, "trace"), receiver.port)
        try:
            for turn in range(1, passes + 1):
                for name in names:
                    log = logs / name
                    log.parent.mkdir(parents=True, exist_ok=True)
                    if log.exists():
                        log.rename(log.with_name(log.name + ".1"))
                    shutil.copyfile(source / name, log)
                end = time.monotonic() + PATIENCE
                while receiver.ask()["entries"] < turn * size["lines"]:
                    if time.monotonic() > end or not agent.alive():
                        raise Failure(f"pass {turn} did not come whole: " + agent.last_words())
                    time.sleep(0.1)
                resident.append(agent.memory("VmRSS"))
        finally:
            agent.stop()
        received = receiver.ask()["entries"]
    shutil.rmtree(logs)
    if received != passes * size["lines"]:
        raise Failure(f"{passes * size['lines']} lines written, {received} entries received")
    growth = resident[-1] / resident[1] - 1
    print(f"passes   {size['lines']:,} lines {passes} times, with trace_id as a label")
    print(f"  memory     {resident[1]:7.1f} MiB resident after the second, {resident[-1]:.1f} after the last: "
          f"{100 * growth:+.1f} % (target 5){mark(growth <= 0.05)}\n", flush=True)
    return {"resident": resident}


def bench_files(options):
    logs, size = corpus(options.programs, options.work, options.lines, 1000)
    runs = [run_agent(options, logs, size, "level") for _ in range(options.pairs)]
    peak = statistics.median(run["peak"] for run in runs)
    wall = statistics.median(run["wall"] for run in runs)
    print("files    1,000 files at full load")
    print(f"  wall       {size['bytes'] / MB / wall:7.0f} MB/s")
    print(f"  memory     {peak:7.1f} MiB at the peak (target 40){mark(peak <= 40)}\n", flush=True)
    return {"runs": runs}


def run_workers(options, logs, size, count):
    """One run, with a receiver that counts bytes alone; the agent says how many entries were taken."""
    with Receiver(options.programs, "--mode", "bytes") as receiver:
        agent = Agent(options.agent, options.work / "agent", files_job(logs, "level"), receiver.port,
                      f"workers: {count}", own_port=free_port())
        try:
            end = time.monotonic() + PATIENCE
            while agent.sent() < size["lines"]:
                if time.monotonic() > end or not agent.alive():
                    raise Failure("not all was delivered: " + agent.last_words())
                time.sleep(0.1)
            peak, receiver_cpu = agent.memory("VmHWM"), cpu_of(receiver.process)
        finally:
            cpu = agent.stop()
        report = receiver.ask()
    return {"wall": report["last"] - agent.started, "cpu": cpu, "receiver_cpu": receiver_cpu, "peak": peak,
            "pushes": report["pushes"]}


def machine_gain(options, logs):
    """How much more two programs do than one that have nothing to do with each other: the yardstick, alone and twice."""
    command = [limits(options)[-1], "level", logs]
    seconds = []
    for count in (1, 2):
        start = time.monotonic()
        running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(count)]
        if any(process.wait() != 0 for process in running):
            raise Failure("the yardstick failed")
        seconds.append(time.monotonic() - start)
    return 2 * seconds[0] / seconds[1]


def bench_workers(options):
    """One worker and two, in turn, on eight files, long enough for start and end not to count; the receiver has its
    share of the same cores."""
    logs, size = corpus(options.programs, options.work, 10 * options.lines, 8)
    runs, machine = {1: [], 2: []}, []
    for _ in range(options.pairs):
        machine.append(machine_gain(options, logs))
        for count, results in runs.items():
            results.append(run_workers(options, logs, size, count))
    gain = statistics.median(one["wall"] / two["wall"] for one, two in zip(runs[1], runs[2]))
    print(f"workers  one worker and two on {os.cpu_count()} cores, the receiver beside them")
    for count, results in runs.items():
        median = {key: statistics.median(run[key] for run in results) for key in results[0]}
        print(f"  {count} worker{'s' if count > 1 else ' '}  {size['bytes'] / MB / median['wall']:7.0f} MB/s  "
              f"agent {median['cpu']:.2f} s of CPU, receiver {median['receiver_cpu']:.2f} s, "
              f"{median['peak']:.1f} MiB at the peak")
    print(f"  gain       {gain:7.2f} (target 1.80){mark(gain >= 1.8)}; of two programs without anything in common "
          f"{statistics.median(machine):.2f}\n", flush=True)
    return {"runs": runs, "gain": gain, "machine": machine}


def write_at_rate(logs, lines_per_second, seconds):
    """Lines of CRI to all files in turn, a hundredth of a second's at a time. Says how many."""
    files = [open(logs / f"app{i}.log", "a", buffering=1) for i in range(CRI_FILES)]
    start, written = time.monotonic(), 0
    while (elapsed := time.monotonic() - start) < seconds:
        while written < elapsed * lines_per_second:
            head = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + f".{written % 10**9:09}Z stdout F "
            files[written % CRI_FILES].write(head + "x" * (CRI_LINE_BYTES - len(head) - 1) + "\n")
            written += 1
        time.sleep(0.01)
    for file in files:
        file.close()
    return written


def bench_rate(options, rate):
    logs = options.work / "cri"
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir(parents=True)
    with Receiver(options.programs) as receiver:
        agent = Agent(options.agent, options.work / "agent", CRI_JOB.format(logs=logs), receiver.port,
                      batchwait="1s")
        try:
            written = write_at_rate(logs, rate, 3)
            before, waits, pushes = agent.cpu(), agent.waits(), receiver.ask()["pushes"]
            start = time.monotonic()
            written += write_at_rate(logs, rate, options.rate_seconds)
            elapsed = time.monotonic() - start
            cpu, waits = (agent.cpu() - before) / elapsed, (agent.waits() - waits) / elapsed
            pushes = (receiver.ask()["pushes"] - pushes) / elapsed
            resident = agent.memory("VmRSS")
            end = time.monotonic() + PATIENCE
            while receiver.ask()["entries"] < written and time.monotonic() < end:
                time.sleep(0.1)
            peak = agent.memory("VmHWM")
        finally:
            agent.stop()
        received = receiver.ask()["entries"]
        if received != written:
            raise Failure(f"{written} lines written, {received} entries received")
    good = rate < 10_000 or (cpu <= 0.03 and peak <= 16)
    target = " (target 0.03 and 16 MiB)" if rate == 10_000 else ""
    print(f"rate     {rate:,} lines/s of CRI, {CRI_LINE_BYTES} bytes each, to {CRI_FILES} files")
    print(f"  CPU        {cpu:7.4f} of a core, {peak:.1f} MiB at the peak{target}{mark(good)}; {resident:.1f} MiB resident")
    print(f"  wakes      {waits:7.0f} a second, {pushes:.1f} pushes a second\n", flush=True)
    return {"cpu": cpu, "resident": resident, "peak": peak, "waits": waits, "pushes": pushes}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_received(options, kind):
    """One run of bench_sender to the end: a dictionary of results."""
    port = free_port()
    with Receiver(options.programs) as receiver:
        agent = Agent(options.agent, options.work / "agent", RECEIVED_JOBS[kind].format(port=port), receiver.port)
        try:
            wait_listening(agent, port)
            start, before = time.monotonic(), agent.cpu()
            sent = json.loads(subprocess.run(
                [options.programs / "bench_sender", kind, "--port", str(port), "--lines", str(options.lines * 4)],
                check=True, capture_output=True, text=True).stdout)
            while receiver.ask()["entries"] < sent["lines"]:
                if time.monotonic() > start + PATIENCE or not agent.alive():
                    raise Failure("not everything arrived: " + agent.last_words())
                time.sleep(0.05)
            cpu = agent.cpu() - before
            peak = agent.memory("VmHWM")
        finally:
            agent.stop()
        report = receiver.ask()
        if report["entries"] != sent["lines"]:
            raise Failure(f"{sent['lines']} lines sent, {report['entries']} entries received")
        return {"wall": report["last"] - start, "cpu": cpu, "peak": peak,
                "lines": sent["lines"], "line_bytes": sent["line_bytes"], "sender_cpu": sent["cpu"]}


def wait_listening(agent, port):
    while agent.alive():
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise Failure("the agent ended: " + agent.last_words())


def bench_received(options, kind):
    runs = [run_received(options, kind) for _ in range(options.pairs)]
    median = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    lines, megabytes = median["lines"] / median["cpu"], median["line_bytes"] / MB / median["cpu"]
    reached = lines >= 300_000 if kind == "syslog" else megabytes >= 200
    target = "300,000 messages" if kind == "syslog" else "200 MB"
    print(f"{kind:8} {RECEIVED[kind]}")
    print(f"  wall       {median['line_bytes'] / MB / median['wall']:7.0f} MB/s of lines  "
          f"{median['lines'] / median['wall']:,.0f} lines/s")
    print(f"  CPU        {megabytes:7.0f} MB of lines and {lines:,.0f} lines per CPU-second of the agent "
          f"(target {target}){mark(reached)}")
    print(f"  sender     {median['sender_cpu']:7.2f} s of CPU beside {median['cpu']:.2f} s of the agent")
    print(f"  memory     {median['peak']:7.1f} MiB at the peak\n", flush=True)
    return {"runs": runs}


def bench_down(options):
    logs, _ = corpus(options.programs, options.work, options.lines, 8)
    with Receiver(options.programs, "--status", 503) as receiver:
        agent = Agent(options.agent, options.work / "agent", files_job(logs, "level"), receiver.port)
        time.sleep(options.seconds)
        try:
            peak = agent.memory("VmHWM")
        finally:
            cpu = agent.stop(signal.SIGKILL)
    print(f"down     Loki answers 503 for {options.seconds} s, with more to read than can be held")
    print(f"  memory     {peak:7.1f} MiB at the peak (target 40){mark(peak <= 40)}")
    print(f"  CPU        {cpu:7.2f} s\n", flush=True)
    return {"peak": peak, "cpu": cpu}


def bench_idle(options, files, memory_target):
    """Over a minute, in which most of what is done now and then is done once, when the start is over."""
    seconds = 60
    logs, size = corpus(options.programs, options.work, files, files)
    with Receiver(options.programs, "--expect", size["lines"]) as receiver:
        agent = Agent(options.agent, options.work / "agent", files_job(logs, "level"), receiver.port)
        try:
            wait_for(agent, receiver)
            time.sleep(60)
            before = agent.exact_cpu()
            time.sleep(seconds)
            cpu = (agent.exact_cpu() - before) / seconds
            memory = agent.memory("VmRSS")
        finally:
            agent.stop()
    print(f"idle     {files:,} files to which nothing is written")
    target = f" (target {memory_target}){mark(memory <= memory_target)}" if memory_target else ""
    print(f"  memory     {memory:7.1f} MiB resident{target}")
    print(f"  CPU        {100 * cpu:7.3f} % of a core\n", flush=True)
    return {"memory": memory, "cpu": cpu}


def bench_program(options, name):
    """One without files and network, which prints its table itself: bench_stages, bench_logger."""
    figures = options.work / f"{name}.json"
    ended = subprocess.run([options.programs / f"bench_{name}", "--json", figures])
    print(flush=True)
    if ended.returncode != 0:
        raise Failure(f"bench_{name} failed")
    return json.loads(figures.read_text())


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--agent", type=pathlib.Path, required=True, help="the lokitail binary")
    parser.add_argument("--programs", type=pathlib.Path, required=True,
                        help="the folder of bench_corpus, the bench_* programs, limit, limit_v3")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("bench-work"),
                        help="where corpora and positions go")
    parser.add_argument("--lines", type=int, default=540_000)
    parser.add_argument("--pairs", type=int, default=5, help="runs of agent and yardstick each")
    parser.add_argument("--seconds", type=int, default=5, help="how long Loki is down")
    parser.add_argument("--rate-seconds", type=int, default=15, help="how long lines come at a rate")
    parser.add_argument("--only", nargs="+",
                        choices=["stages", "logger", *WORKLOADS, *PLAIN, "workers", *RECEIVED, "files", "passes", "rate",
                                 "down", "idle", "idle10000"])
    parser.add_argument("--json", type=pathlib.Path, help="where all numbers go")
    options = parser.parse_args()
    options.agent = options.agent.resolve()
    options.programs = options.programs.resolve()
    options.work = options.work.resolve()
    return options


def main():
    options = arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    benches = {name: (lambda name=name: bench_program(options, name)) for name in ("stages", "logger")}
    benches |= {name: (lambda name=name: bench_throughput(options, name)) for name in WORKLOADS}
    benches |= {name: (lambda name=name: bench_plain(options, name)) for name in PLAIN}
    benches["workers"] = lambda: bench_workers(options)
    benches |= {name: (lambda name=name: bench_received(options, name)) for name in RECEIVED}
    benches["files"] = lambda: bench_files(options)
    benches["passes"] = lambda: bench_passes(options)
    benches["rate"] = lambda: {rate: bench_rate(options, rate) for rate in (10, 1_000, 10_000)}
    benches["down"] = lambda: bench_down(options)
    benches["idle"] = lambda: bench_idle(options, 10, 8)
    benches["idle10000"] = lambda: bench_idle(options, 10_000, 40)
    print(f"{options.lines:,} lines; medians of {options.pairs} runs\n")
    results, failed = {}, False
    for name, bench in benches.items():
        if options.only and name not in options.only:
            continue
        try:
            results[name] = bench()
        except Failure as failure:
            failed = True
            print(f"{name:8} FAIL: {failure}\n", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
