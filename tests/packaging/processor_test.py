#!/usr/bin/env python3
"""One program for every x86-64: the code for the processor at hand is chosen at the start, for the ones that qemu plays as
well, all of it says the same, and no code for a later processor is met by an earlier one."""
import os
import platform
import re
import shutil
import subprocess

from support import BINARY, expect, need_programs, run, skip, temporary_folder

LEVELS = ["x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4"]
# By the names of the processor's flags, of each level those that the agent has code for.
FLAGS = [set(), {"ssse3", "sse4_2", "popcnt"}, {"avx2", "bmi1", "bmi2"}, {"avx512f", "avx512bw", "avx512vl"}]
# A machine of each kind, by qemu's name; version 4 qemu does not play.
QEMU = {"qemu64": "x86-64", "core2duo": "x86-64", "Nehalem": "x86-64-v2", "Haswell": "x86-64-v3"}

STAGES = """
- docker: {}
- json: {expressions: {level: , text: , escaped: , numbers: }}
- labels: {level: }
- redact: {}
"""


def records():
    """Lines with strings of all lengths, escapes at all places, and secrets."""
    for size in range(130):
        inner = '{"level":"info","text":"%s","escaped":"%s\\n\\u00e9","numbers":[%d,{"a":"%s"}]}' % (
            "x" * size, "y" * (size % 67), size, "z" * (129 - size))
        secret = " AKIAIOSFODNN7EXAMPLE 4111 1111 1111 1111 %d" % size
        log = (inner + (secret if size % 3 == 0 else "")).replace("\\", "\\\\").replace('"', '\\"')
        yield '{"log":"%s\\n","stream":"stdout","time":"2026-11-20T10:00:00.%09dZ"}' % (log, size)


def explain(agent, folder, level=None):
    variables = {key: value for key, value in os.environ.items() if key != "LOKITAIL_PROCESSOR"}
    if level is not None:
        variables["LOKITAIL_PROCESSOR"] = level
    told = run(*agent, "explain", "--stages", folder / "stages.yaml", "--file", folder / "lines.log", "--now",
               "2026-11-20T10:00:00Z", "--format", "json", env=variables).stdout
    # qemu says what it does not play of a machine.
    return "".join(line for line in told.splitlines(keepends=True) if not line.startswith("qemu-x86_64: warning"))


def version(agent, level=None):
    variables = {**os.environ, "LOKITAIL_PROCESSOR": level or ""}
    return run(*agent, "-version", env=variables).stdout.split("code for:")[1].strip()


def test_choice():
    with open("/proc/cpuinfo") as file:
        flags = set(re.search(r"^flags\s*:(.*)$", file.read(), re.M)[1].split())
    possible = [level for number, level in enumerate(LEVELS) if set().union(*FLAGS[:number + 1]) <= flags]
    expect(version([BINARY]) == possible[-1], "the best of %s is chosen: %s" % (possible, version([BINARY])))
    for level in possible:
        expect(version([BINARY], level) == level, "%s is chosen where it is said" % level)
    for level in [*(set(LEVELS) - set(possible)), "x86-64-v5", "arm64"]:
        told = run(BINARY, "-version", check=False, env={**os.environ, "LOKITAIL_PROCESSOR": level})
        expect(told.returncode == 2 and level in told.stdout and ", ".join(possible) in told.stdout, "%s is refused" % level)
    return possible


def test_same(possible, folder):
    wanted = explain([BINARY], folder, possible[0])
    expect(wanted.count('"outcome":"out"') == 130 and "credacted:aws_access_key_id" in wanted, "lines go through")
    for level in possible[1:]:
        expect(explain([BINARY], folder, level) == wanted, "%s says what %s says" % (level, possible[0]))
    return wanted


def test_older_processors(wanted, folder):
    for model, level in QEMU.items():
        agent = ["qemu-x86_64", "-cpu", model, BINARY]
        expect(version(agent) == level, "code for %s on %s" % (level, model))
        expect(explain(agent, folder) == wanted, "the same on %s" % model)


def test_no_leak():
    """What the linker takes for one processor must not stand where another comes by: the functions of the C++ parts with
    instructions of later processors are those of their namespaces alone. (OpenSSL, C and assembler, asks for itself.)"""
    newer = re.compile(r"\t(v[a-z]\w+|k[a-z]+[bwdq]|shlx|shrx|sarx|andn|blsr|blsi|blsmsk|mulx|pdep|pext|bzhi)\s")
    names = re.compile(r"^[0-9a-f]+ <(.*)>:$")
    listing = subprocess.Popen(["objdump", "-d", "-C", "--no-show-raw-insn", BINARY], stdout=subprocess.PIPE, text=True)
    found, name = set(), ""
    for line in listing.stdout:
        if title := names.match(line):
            name = title[1]
        elif "::" in name and newer.search(line):
            found.add(name)
    expect(listing.wait() == 0, "objdump")
    expect(any("::v3::" in name for name in found) and any("::v4::" in name for name in found), "there is code to find")
    leaks = [name for name in found if not re.search(r"::v[34]::", name)]
    expect(not leaks, "only in code for them: %s" % leaks[:5])


if __name__ == "__main__":
    if platform.machine() != "x86_64":
        skip("the machine is no x86-64")
    need_programs("objdump")
    work = temporary_folder()
    (work / "stages.yaml").write_text(STAGES)
    (work / "lines.log").write_text("\n".join(records()) + "\n")
    can = test_choice()
    same = test_same(can, work)
    test_no_leak()
    if shutil.which("qemu-x86_64") is None:
        skip("older processors: qemu-x86_64 is not installed")
    test_older_processors(same, work)
    print("processor: passed")
