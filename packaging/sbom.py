#!/usr/bin/env python3
"""Writes the bill of materials of an agent as SPDX 2.3 JSON: the Debian packages whose code is in it or that it
loads.

  sbom.py --binary lokitail --version 0.1.0 [--build build/release] > lokitail.spdx.json

Shared libraries are read from the binary (readelf). What is linked statically, and whose headers were compiled,
is known to the build folder alone (ninja's commands and dependencies); without it these are left out, and a
comment says so. Times are SOURCE_DATE_EPOCH's; equal inputs give equal bytes.
"""
import argparse
import collections
import datetime
import hashlib
import json
import os
import re
import subprocess

# Opened while it runs, where a job needs them (agent/source/*/..._library.cc).
LOADED_AT_RUN_TIME = ("libsystemd.so.0", "librdkafka.so.1")


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def library_paths():
    """{soname: path} of all libraries that the loader finds."""
    paths = {}
    for line in output_of("/sbin/ldconfig", "-p").splitlines():
        match = re.match(r"\s*(\S+) \(.*x86-64.*\) => (\S+)", line) or re.match(r"\s*(\S+) \(.*\) => (\S+)", line)
        if match:
            paths.setdefault(match.group(1), match.group(2))
    return paths


def shared_libraries(binary):
    names = re.findall(r"\(NEEDED\).*\[(.*)\]", output_of("readelf", "-d", binary))
    known = library_paths()
    return [known[name] for name in names if name in known]


def static_libraries(build):
    link = output_of("ninja", "-C", build, "-t", "commands", "-s", "lokitail").splitlines()[-1]
    return [os.path.realpath(word) for word in link.split() if word.startswith("/usr/") and word.endswith(".a")]


def headers(build):
    """Those that the agent's own objects were compiled with."""
    found = set()
    of_agent = False
    for line in output_of("ninja", "-C", build, "-t", "deps").splitlines():
        if line and not line.startswith(" "):
            of_agent = not line.startswith("tests/")
        elif of_agent and line.strip().startswith("/usr/include/"):
            found.add(line.strip())
    return sorted(found)


def owners(paths):
    """The Debian packages of the files: {name without architecture}."""
    found = set()
    paths = sorted({alias for path in paths for alias in aliases(path)})
    for begin in range(0, len(paths), 2000):
        # Not all names are known to dpkg, which makes it fail as a whole; those that are it tells.
        answer = subprocess.run(["dpkg", "-S", *paths[begin:begin + 2000]], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, text=True, env={**os.environ, "LC_ALL": "C"}).stdout
        for line in answer.splitlines():
            if not line.startswith("diversion "):
                found.update(name.split(":")[0] for name in line.split(": ")[0].split(", "))
    return found


def aliases(path):
    """/lib is a link to /usr/lib, and dpkg knows a file under the one name that its package has."""
    real = os.path.realpath(path)
    for name in (path, real):
        yield name
        yield name[len("/usr"):] if name.startswith("/usr/lib") else "/usr" + name


def package_facts(name):
    text = output_of("dpkg-query", "-W", "-f", "${Version}\t${source:Package}\t${Homepage}\n", name)
    version, source, homepage = text.splitlines()[0].split("\t")
    return version, source, homepage


def declared_license(name):
    """Of the files at large, where the copyright file is machine-readable and names SPDX's own identifier."""
    spdx = {"Apache-2.0", "MIT", "BSD-3-Clause", "BSD-2-Clause", "BSL-1.0", "Zlib", "ISC"}
    names = {"Expat": "MIT", "BSL-1": "BSL-1.0", "Boost-1.0": "BSL-1.0", "BSD-3-clause": "BSD-3-Clause", "zlib": "Zlib"}
    try:
        text = open("/usr/share/doc/%s/copyright" % name, encoding="utf-8", errors="replace").read()
    except OSError:
        return "NOASSERTION"
    match = re.search(r"^Files: \*\n(?:.+\n)*?License: *(\S+) *$", text, re.M)
    license_name = names.get(match.group(1), match.group(1)) if match else ""
    return license_name if license_name in spdx else "NOASSERTION"


def spdx_id(name):
    return "SPDXRef-Package-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)


def package_entry(name):
    version, source, homepage = package_facts(name)
    return {
        "SPDXID": spdx_id(name), "name": name, "versionInfo": version, "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False, "licenseConcluded": "NOASSERTION", "licenseDeclared": declared_license(name),
        "copyrightText": "NOASSERTION", "supplier": "Organization: Debian", "sourceInfo": "Debian source: " + source,
        **({"homepage": homepage} if homepage else {}),
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                          "referenceLocator": "pkg:deb/debian/%s@%s" % (name, version.replace("+", "%2B").replace(":", "%3A"))}],
    }


def document(binary, version, build):
    kinds = collections.OrderedDict()  # package: relationship to the agent
    for name in sorted(owners(shared_libraries(binary))):
        kinds[name] = "DYNAMIC_LINK"
    if build:
        for name in sorted(owners(static_libraries(build))):
            kinds.setdefault(name, "STATIC_LINK")
        for name in sorted(owners(headers(build))):
            kinds.setdefault(name, "BUILD_DEPENDENCY_OF")
    known = library_paths()
    for name in sorted(owners([known[each] for each in LOADED_AT_RUN_TIME if each in known])):
        kinds.setdefault(name, "OPTIONAL_DEPENDENCY_OF")

    digest = hashlib.sha256(open(binary, "rb").read()).hexdigest()
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or 0)
    created = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    agent = spdx_id("lokitail")
    relationships = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": agent}]
    for name, kind in kinds.items():
        ends = (spdx_id(name), agent) if kind.endswith("_OF") else (agent, spdx_id(name))
        relationships.append({"spdxElementId": ends[0], "relationshipType": kind, "relatedSpdxElement": ends[1]})
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": "lokitail-" + version, "documentNamespace": "https://spdx.org/spdxdocs/lokitail-%s-%s" % (version, digest),
        "creationInfo": {"created": created, "creators": ["Tool: lokitail packaging/sbom.py"],
                         **({} if build else {"comment": "Without a build folder: what is linked statically is not listed."})},
        "packages": [{
            "SPDXID": agent, "name": "lokitail", "versionInfo": version, "downloadLocation": "NOASSERTION",
            "filesAnalyzed": False, "licenseConcluded": "Apache-2.0", "licenseDeclared": "Apache-2.0",
            "copyrightText": "NOASSERTION", "primaryPackagePurpose": "APPLICATION",
            "checksums": [{"algorithm": "SHA256", "checksumValue": digest}],
            "comment": "The checksum is of the binary before it is stripped.",
        }] + [package_entry(name) for name in sorted(kinds)],
        "relationships": relationships,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--build", help="the build folder that the binary is from")
    arguments = parser.parse_args()
    print(json.dumps(document(arguments.binary, arguments.version, arguments.build), indent=1, sort_keys=True))


if __name__ == "__main__":
    main()
