#!/usr/bin/env python3
"""Draws the figures that bench_run.py has written: plot.py results.json results.svg

Three groups of bars: what a CPU-second of the agent is enough for beside the yardstick, what memory it takes at most,
and what it costs at a rate. What was not measured is left out.
"""

import json
import pathlib
import statistics
import sys
from xml.sax.saxutils import escape

MB = 1e6
WIDTH, LABELS, BAR, GAP, HEAD = 760, 230, 18, 8, 34
COLORS = {"agent": "#2f6fb0", "yardstick": "#b8c4d0", "target": "#c0392b"}


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def throughput(results):
    """Pairs of bars: MB per CPU-second of the agent and of the program that does the inherent work alone."""
    bars = []
    for name in ("docker", "level", "trace"):
        if name not in results:
            continue
        result = results[name]
        megabytes = result["size"]["bytes"] / MB
        best = min(statistics.median(seconds) for seconds in result["yardsticks"].values())
        bars.append((name, megabytes / median(result["runs"], "cpu"), "agent", None))
        bars.append(("the yardstick", megabytes / best, "yardstick", None))
    for name, what in (("push", "received pushes"), ("syslog", "received syslog")):
        if name in results:
            runs = results[name]["runs"]
            bars.append((what, statistics.median(run["line_bytes"] / MB / run["cpu"] for run in runs), "agent",
                         200 if name == "push" else None))
    return bars


def memory(results):
    bars = []
    for name in ("docker", "level", "trace"):
        if name in results:
            bars.append((f"{name}, full speed", median(results[name]["runs"], "peak"), "agent", 30))
    if "files" in results:
        bars.append(("1,000 files, full speed", median(results["files"]["runs"], "peak"), "agent", 40))
    if "down" in results:
        bars.append(("Loki is down", results["down"]["peak"], "agent", 40))
    if "idle" in results:
        bars.append(("idle, 10 files", results["idle"]["memory"], "agent", 8))
    if "idle10000" in results:
        bars.append(("idle, 10,000 files", results["idle10000"]["memory"], "agent", 40))
    return bars


def rate(results):
    return [(f"{int(lines):,} lines/s to 100 files", 100 * figures["cpu"], "agent", 3 if int(lines) == 10_000 else None)
            for lines, figures in results.get("rate", {}).items()]


def draw(title, unit, bars, top):
    """A group at this height: the lines of SVG, and how high it is."""
    most = max(max(value, target or 0) for _, value, _, target in bars)
    scale = (WIDTH - LABELS - 90) / most
    out = [f'<text x="0" y="{top + 18}" class="title">{escape(title)}</text>']
    y = top + HEAD
    for name, value, kind, target in bars:
        middle = y + BAR - 5
        out.append(f'<text x="{LABELS - 10}" y="{middle}" text-anchor="end">{escape(name)}</text>')
        out.append(f'<rect x="{LABELS}" y="{y}" width="{max(value * scale, 1):.1f}" height="{BAR}" '
                   f'fill="{COLORS[kind]}"/>')
        out.append(f'<text x="{LABELS + value * scale + 6:.1f}" y="{middle}">{value:,.3g} {unit}</text>')
        if target:
            x = LABELS + target * scale
            out.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y - 2}" y2="{y + BAR + 2}" '
                       f'stroke="{COLORS["target"]}" stroke-width="2"><title>target {target} {unit}</title></line>')
        y += BAR + GAP
    return out, y - top + 10


def main():
    results = json.loads(pathlib.Path(sys.argv[1]).read_text())
    groups = [("MB of lines per CPU-second of the whole process", "MB/s", throughput(results)),
              ("Memory at the peak (red: the target)", "MiB", memory(results)),
              ("CPU at a rate (red: the target)", "% of a core", rate(results))]
    body, top = [], 6
    for title, unit, bars in groups:
        if not bars:
            continue
        lines, height = draw(title, unit, bars, top)
        body += lines
        top += height
    style = "text{font:13px sans-serif;fill:#333} .title{font-weight:bold}"
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}">',
           f"<style>{style}</style>", '<rect width="100%" height="100%" fill="#fff"/>', *body, "</svg>"]
    pathlib.Path(sys.argv[2]).write_text("\n".join(svg) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
