#!/usr/bin/env python3
"""Runs one file of recorded cases (see run.py) against the agent, without the cases that not_yet.txt
names; or, with --not-yet, lists those.

  case_file.py --agent BIN [--jobs N] NAME      exit code 0: all pass; 1: not; 77: the file is not yet in scope
  case_file.py --not-yet                        exit code 77 if there are any, 0 if there are none

Needs python3 and python3-yaml only.
"""
import argparse, os, subprocess, sys, tempfile

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
SKIPPED = 77


def not_yet():
    """{"json": reason, "json/some_case": reason}"""
    reasons = {}
    with open(os.path.join(HERE, "not_yet.txt")) as f:
        for line in f:
            name, _, reason = line.strip().partition(" ")
            if name and not name.startswith("#"):
                reasons[name] = reason.strip()
    return reasons


def load(name):
    with open(os.path.join(HERE, "cases", name + ".yaml")) as f:
        return yaml.safe_load(f)


def list_not_yet():
    count = 0
    for name, reason in not_yet().items():
        file, _, case = name.partition("/")
        known = [c["name"] for c in load(file)]
        if case and case not in known:
            sys.exit("not_yet.txt names %s, which does not exist" % name)
        skipped = [case] if case else known
        count += len(skipped)
        for one in skipped:
            print("not yet: %s/%s: %s" % (file, one, reason))
    print("%d recorded cases are not yet in scope" % count)
    sys.exit(SKIPPED if count else 0)


def run(agent, jobs, name):
    reasons = not_yet()
    if name in reasons:
        print("not yet: %s: %s" % (name, reasons[name]))
        sys.exit(SKIPPED)
    cases, skipped = [], []
    for case in load(name):
        (skipped if "%s/%s" % (name, case["name"]) in reasons else cases).append(case)
    with tempfile.TemporaryDirectory(prefix="lokitail-conformance-") as folder:
        path = os.path.join(folder, name + ".yaml")
        with open(path, "w") as f:
            yaml.safe_dump(cases, f, sort_keys=False, allow_unicode=True)
        code = subprocess.call([sys.executable, os.path.join(HERE, "run.py"), "--agent", agent,
                                "--jobs", str(jobs), "--start-delay", "0.2", path])
    for case in skipped:
        print("not yet: %s/%s: %s" % (name, case["name"], reasons["%s/%s" % (name, case["name"])]))
    print("%s: %d cases run, %d not yet in scope" % (name, len(cases), len(skipped)))
    sys.exit(code)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--agent")
    arguments.add_argument("--jobs", type=int, default=6)
    arguments.add_argument("--not-yet", action="store_true")
    arguments.add_argument("name", nargs="?")
    options = arguments.parse_args()
    if options.not_yet:
        list_not_yet()
    if not options.agent or not options.name:
        arguments.error("--agent and the name of a case file are needed")
    run(options.agent, options.jobs, options.name)


if __name__ == "__main__":
    main()
