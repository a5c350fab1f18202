#!/usr/bin/env python3
"""Counts the agent's instructions per line, which repeat where times do not.

    instructions.py --agent build/release/lokitail --programs build/release/tests/bench [--update]

The agent runs under callgrind and drains a corpus of the main workload (Docker's envelope, the JSON inside, the label
level, its timestamp) into bench_receiver: reading, pipeline, batches, compression and sending, on all threads. It runs
twice, with a small and a large corpus; the difference is what lines cost, without the start.

The figure is compared with the one in instructions.txt. More than 3 % above it is a failure: either the change costs
more than it should, or --update writes the new figure, which is committed with the change. Prints "SKIPPED: why" where
callgrind is not there.
"""

import argparse
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import bench_run  # noqa: E402  (beside this file)

SMALL, LARGE = 4_000, 44_000
TOLERANCE = 0.03
RECORD = pathlib.Path(__file__).with_name("instructions.txt")
# What is chosen by the processor is the same everywhere: by the agent, and by the C library as far as it lets itself be
# told.
PROCESSOR = {"LOKITAIL_PROCESSOR": os.environ.get("LOKITAIL_PROCESSOR") or "x86-64"} if platform.machine() == "x86_64" else {}
TUNABLES = "glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-ERMS,-AVX_Fast_Unaligned_Load"


# Which part of a line's way a function belongs to; the first that fits.
PARTS = {
    "compressing": r"snappy",
    "undoing escapes": r"read_escaped_string|unescape|copy_blocks|read_unicode_escape",
    "both JSONs": r"::scan\(|read_other|JsonMembers|JsonWalker|read_(any_)?number|PathScanner|JsonStage|DockerEnvelope",
    "timestamps": r"rfc3339|Rfc3339|TimestampStage|TimeParser|time_layout",
    "labels, streams, entries": r"Batch|Labels|hash_label|xxh|XXH|append_entry|protobuf|Varint|varint",
    "reading, finding lines": r"memchr|FileSource|LineDecoder|line_decoder|Block|Origin|preadv?|read_block",
    "copying and comparing": r"_S_copy|memcpy|memmove|memcmp|memset|bcmp",
    "the heap": r"malloc|_int_free|\bfree\b|operator new|operator delete|calloc|unlink_chunk",
}


def print_profile(annotated):
    """By parts, and by functions as far as they matter."""
    counts = dict.fromkeys([*PARTS, "the rest"], 0)
    shown = []
    for line in annotated.splitlines():
        if not (row := re.match(r"\s*([\d,]+) \([ \d.]+%\)  (?!PROGRAM)(.*)", line)):
            continue
        count = int(row[1].replace(",", ""))
        part = next((name for name, pattern in PARTS.items() if re.search(pattern, row[2])), "the rest")
        counts[part] += count
        shown.append((count, part, row[2]))
    total = sum(counts.values())
    for count, part, function in sorted(shown, reverse=True)[:40]:
        print(f"{100 * count / total:6.2f} %  {part:25} {function[:150]}")
    print()
    for part, count in sorted(counts.items(), key=lambda each: -each[1]):
        print(f"{100 * count / total:6.1f} %  {part}")


def instructions(options, work, lines):
    logs, size = bench_run.corpus(options.programs, work, lines, 8)
    folder = work / "agent"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with bench_run.Receiver(options.programs, "--expect", size["lines"]) as receiver:
        config = folder / "config.yaml"
        config.write_text(bench_run.config_text(folder, bench_run.files_job(logs, "level"), receiver.port))
        out = work / "callgrind.out"
        ran = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", options.agent,
             f"-config.file={config}", "-drain-and-exit"],
            capture_output=True, text=True, timeout=500, env={"GLIBC_TUNABLES": TUNABLES, "PATH": "/usr/bin:/bin", **PROCESSOR})
        if ran.returncode != 0:
            raise bench_run.Failure("the agent ended badly: " + ran.stderr[-2000:])
        if (received := receiver.ask()["entries"]) != size["lines"]:
            raise bench_run.Failure(f"{size['lines']} lines written, {received} received")
    counted = re.search(r"Collected : (\d+)", ran.stderr)
    if not counted:
        raise bench_run.Failure("callgrind counted nothing: " + ran.stderr[-2000:])
    if options.profile and lines == LARGE:
        print_profile(subprocess.run(["callgrind_annotate", "--auto=no", "--tree=none", "--threshold=100", out], capture_output=True, text=True,
                                     check=True).stdout)
    return int(counted[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--agent", type=pathlib.Path, required=True)
    parser.add_argument("--programs", type=pathlib.Path, required=True, help="the folder of bench_corpus, bench_receiver")
    parser.add_argument("--update", action="store_true", help="write the figure to instructions.txt")
    parser.add_argument("--profile", action="store_true", help="say which functions they are in")
    options = parser.parse_args()
    options.agent, options.programs = options.agent.resolve(), options.programs.resolve()
    if shutil.which("valgrind") is None:
        print("SKIPPED: valgrind is not installed")
        return 0
    with tempfile.TemporaryDirectory(prefix="lokitail-instructions-") as work:
        work = pathlib.Path(work)
        few, many = (instructions(options, work, lines) for lines in (SMALL, LARGE))
    per_line = round((many - few) / (LARGE - SMALL))
    known = int(RECORD.read_text().split()[0]) if RECORD.exists() else None
    print(f"{per_line} instructions per line, of 473 bytes; recorded: {known}")
    if options.update:
        RECORD.write_text(f"{per_line} instructions per line: docker, json, labels and timestamp; by instructions.py\n")
        return 0
    if known is None or per_line > known * (1 + TOLERANCE):
        print(f"more than {TOLERANCE:.0%} above what is recorded: make it cheaper, or record it with --update")
        return 1
    if per_line < known * (1 - TOLERANCE):
        print("it has become cheaper: record that with --update")
    return 0


if __name__ == "__main__":
    sys.exit(main())
