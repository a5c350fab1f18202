#!/usr/bin/env python3
"""Runs `lokitail check` on the configurations of recorded cases: what the agent would refuse to start
with is an error there, and nothing else is. No case is run.

  check_cases.py --agent BIN FILE      exit code 0: it is so for all cases; 1: not

Needs python3 and python3-yaml only.
"""
import argparse, concurrent.futures, json, os, subprocess, sys, tempfile

import yaml


def config_text(case, folder):
    """The configuration as run.py writes it, for a folder that is never used."""
    url = "http://127.0.0.1:1/loki/api/v1/push"
    if "raw_config" in case:
        text = case["raw_config"]
        for mark, value in (("@DIR@", folder), ("@SINK@", url), ("@PORT@", "0")):
            text = text.replace(mark, value)
        return text
    labels = dict(case.get("labels", {"job": "t"}))
    labels.setdefault("__path__", folder + "/logs/*")
    scrape = {"job_name": "t", "static_configs": [{"targets": ["localhost"], "labels": labels}]}
    if case.get("stages") is not None:
        scrape["pipeline_stages"] = case["stages"]
    scrape.update(case.get("scrape", {}))
    config = {"server": {"http_listen_port": 0, "grpc_listen_port": 0},
              "positions": {"filename": folder + "/positions.yaml"},
              "clients": [dict({"url": url}, **case.get("client", {}))],
              "scrape_configs": [scrape]}
    for key, value in case.get("config", {}).items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            config[key].update(value)
        else:
            config[key] = value
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True)


def check(agent, case, folder):
    """What is wrong with the answer, or None."""
    path = os.path.join(folder, case["name"] + ".yaml")
    with open(path, "w") as f:
        f.write(config_text(case, folder))
    flags = [a for a in case.get("args", []) if not a.startswith("-config.file")]
    done = subprocess.run([agent, "check", path, "--format", "json"] + flags,
                          capture_output=True, text=True, cwd=folder, env={**os.environ, **case.get("env", {})})
    refused = bool(case.get("expect_start_error"))
    if done.returncode == 2 and refused:
        return None  # wrong flags
    if done.returncode not in (0, 1):
        return "ended with %d: %s" % (done.returncode, (done.stdout + done.stderr).strip()[-300:])
    answer = json.loads(done.stdout)
    if (answer["errors"] > 0) != refused:
        messages = [f["message"] for f in answer["findings"] if f["severity"] == "error"]
        return "the start is %s, but check says %s" % ("refused" if refused else "good", messages or "it is good")
    return None


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--agent", required=True)
    arguments.add_argument("--jobs", type=int, default=4)
    arguments.add_argument("file")
    options = arguments.parse_args()
    with open(options.file) as f:
        cases = yaml.safe_load(f)
    agent = os.path.abspath(options.agent)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="lokitail-check-") as folder:
        os.mkdir(os.path.join(folder, "logs"))
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            results = list(pool.map(lambda c: check(agent, c, folder), cases))
    for case, problem in zip(cases, results):
        if problem:
            failed += 1
            print("FAIL %s: %s" % (case["name"], problem))
    print("%s: %d configurations checked, %d wrongly" % (os.path.basename(options.file), len(cases), failed))
    sys.exit(1 if failed else 0)


main()
