#!/usr/bin/env python3
"""lokitail::telemetry as others meet it: built by itself, installed, found by CMake and by pkg-config, and as the guide
docs/structured-logging.md shows it."""
import json
import os
import re

import logql
from support import BINARY, SOURCE, expect, need_programs, run, temporary_folder

GUIDE = SOURCE / "docs/structured-logging.md"
HEADERS = {path.name for path in (SOURCE / "agent/telemetry/logger/include/lokitail/telemetry").iterdir()}

OUTSIDE_CMAKE = """
cmake_minimum_required(VERSION 3.25)
project(outside LANGUAGES CXX)
find_package(lokitail 0.1 REQUIRED)
add_executable(outside main.cc)
target_link_libraries(outside PRIVATE lokitail::telemetry)
"""

OUTSIDE_PROGRAM = r"""
#include <lokitail/telemetry/logger.h>
#include <lokitail/telemetry/opentelemetry.h>

int main() {
  namespace telemetry = lokitail::telemetry;
  const telemetry::Logger logger({.service = "outside", .async = telemetry::AsyncOptions{}});
  const telemetry::TraceScope scope(telemetry::new_trace());
  logger.info("installed", {telemetry::task_id("task-\xFF"), telemetry::duration_ms(2500)});
}
"""


def blocks(language):
    """The fenced blocks of the guide, in order."""
    return re.findall(r"^```%s\n(.*?)^```$" % language, GUIDE.read_text(), re.MULTILINE | re.DOTALL)


def install(folder):
    build, prefix = folder / "build", folder / "prefix"
    run("cmake", "-S", SOURCE / "agent/telemetry/logger", "-B", build, "-DCMAKE_BUILD_TYPE=Release")
    run("cmake", "--build", build, "-j", "2")
    run("cmake", "--install", build, "--component", "telemetry", "--prefix", prefix)
    return prefix


def test_installed_files(prefix):
    expect({path.name for path in (prefix / "include/lokitail/telemetry").iterdir()} == HEADERS, "all headers, no other")
    libraries = {path.name for path in (prefix / "lib").iterdir() if path.name.startswith("liblokitail")}
    expect({"liblokitail-telemetry.a", "liblokitail-telemetry.so"} < libraries, "the archive and the shared library")
    needed = re.findall(r"NEEDED.*\[(.*?)\]", run("readelf", "-d", prefix / "lib/liblokitail-telemetry.so").stdout)
    strangers = [name for name in needed if not re.match(r"lib(stdc\+\+|gcc_s|c|m)\.so|ld-linux", name)]
    expect(not strangers, "the shared library needs the standard library alone: %s" % needed)


def test_agent_is_installed_without_it(folder):
    """It is a component that a full installation leaves out, and so the agent's packages do."""
    script = folder / "build/cmake_install.cmake"
    run("cmake", "--install", folder / "build", "--prefix", folder / "everything")
    expect(script.exists() and not (folder / "everything").exists(), "without its component nothing of it is installed")


def expect_line(output, how):
    lines = output.strip().splitlines()
    line = json.loads(lines[0])
    expect(len(lines) == 1 and line["service"] == "outside" and line["message"] == "installed"
           and len(line["trace_id"]) == 32 and line["task_id"] == "task-\ufffd" and line["duration_ms"] == 2500,
           "a program logs that was built " + how)


def test_cmake_project(folder, prefix, shared):
    project = folder / ("shared" if shared else "static")
    project.mkdir()
    (project / "CMakeLists.txt").write_text(OUTSIDE_CMAKE)
    (project / "main.cc").write_text(OUTSIDE_PROGRAM)
    run("cmake", "-S", project, "-B", project / "build", "-DCMAKE_PREFIX_PATH=%s" % prefix,
        "-DBUILD_SHARED_LIBS=%s" % ("ON" if shared else "OFF"))
    run("cmake", "--build", project / "build")
    program = project / "build/outside"
    linked = "liblokitail-telemetry.so" in run("readelf", "-d", program).stdout
    expect(linked == shared, "find_package links the %s" % ("shared library" if shared else "archive"))
    expect_line(run(program).stdout, "with find_package")


def pkg_config(prefix, *options):
    environment = dict(os.environ, PKG_CONFIG_PATH=str(prefix / "lib/pkgconfig"))
    return run("pkg-config", *options, "lokitail-telemetry", env=environment).stdout.split()


def compile_and_run(folder, prefix, name, source):
    """With what pkg-config says; the program's output."""
    path, program = folder / (name + ".cc"), folder / name
    path.write_text(source)
    run(os.environ.get("CXX", "c++"), "-std=c++20", "-Wall", "-Wextra", "-Werror", *pkg_config(prefix, "--cflags"),
        path, *pkg_config(prefix, "--libs"), "-o", program)
    return run(program, env=dict(os.environ, LD_LIBRARY_PATH=str(prefix / "lib"))).stdout


def comparable(line):
    """Keys and values in their order, whatever the time."""
    pairs = json.loads(line, object_pairs_hook=list)
    time = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
    return [(key, bool(time.fullmatch(value)) if key == "timestamp" else value) for key, value in pairs]


def test_guide_programs(folder, prefix):
    programs, outputs = blocks("cpp"), blocks("json")
    expect(len(programs) == len(outputs) and len(programs) >= 4, "each program of the guide has its output")
    for number, (source, output) in enumerate(zip(programs, outputs)):
        printed = compile_and_run(folder, prefix, "guide%d" % number, source)
        expect(comparable(printed) == comparable(output), "program %d of the guide prints what stands there" % number)


def test_guide_queries():
    queries = [line for block in blocks("logql") for line in block.splitlines() if line and not line.startswith("#")]
    for query in queries:
        logql.parse(query)
    expect(len(queries) >= 5, "the guide's queries are LogQL")


def test_guide_pipeline(folder):
    """What the guide says about labels, of the agent itself."""
    (stages,) = blocks("yaml")
    config = folder / "guide.yaml"

    def check(stages):
        indented = "".join("      " + line + "\n" for line in stages.splitlines())
        config.write_text("clients: [{url: http://127.0.0.1:3100/loki/api/v1/push}]\n"
                          "positions: {filename: %s/positions.yaml}\n"
                          "scrape_configs:\n  - job_name: docker\n    static_configs:\n"
                          "      - {targets: [localhost], labels: {job: docker, __path__: %s/*.log}}\n"
                          "    pipeline_stages:\n%s" % (folder, folder, indented))
        return run(BINARY, "check", "-config.file=%s" % config, check=False).stdout

    expect("high-cardinality-label" not in check(stages), "the guide's pipeline has no label with many values")
    with_label = stages.replace("- structured_metadata: {trace_id: ,", "- labels: {trace_id: }\n- structured_metadata: {")
    expect("high-cardinality-label" in check(with_label), "and check warns of trace_id as a label")


need_programs("cmake", "c++", "pkg-config", "readelf")
folder = temporary_folder()
prefix = install(folder)
test_installed_files(prefix)
test_agent_is_installed_without_it(folder)
test_cmake_project(folder, prefix, shared=False)
test_cmake_project(folder, prefix, shared=True)
expect_line(compile_and_run(folder, prefix, "outside", OUTSIDE_PROGRAM), "with pkg-config")
test_guide_programs(folder, prefix)
test_guide_queries()
test_guide_pipeline(folder)
