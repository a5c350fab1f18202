#!/usr/bin/env python3
"""The packages: what is in them, what lintian says, that two runs give the same bytes, and the bill of materials.

Needs the build folder that LOKITAIL_BINARY is in, for its CPack configuration.
"""
import json
import os
import pathlib
import re
import shutil
import time

from support import BINARY, SOURCE, expect, need_programs, run, skip, temporary_folder

BUILD = pathlib.Path(BINARY).resolve().parent
FILES = {"/usr/bin/lokitail", "/etc/lokitail/config.yaml", "/usr/lib/systemd/system/lokitail.service",
         "/usr/lib/sysusers.d/lokitail.conf", "/usr/lib/tmpfiles.d/lokitail.conf", "/usr/share/man/man1/lokitail.1.gz",
         "/usr/share/bash-completion/completions/lokitail", "/usr/share/zsh/vendor-completions/_lokitail",
         "/usr/share/fish/vendor_completions.d/lokitail.fish", "/usr/share/doc/lokitail/copyright",
         "/usr/share/doc/lokitail/changelog.gz", "/usr/share/doc/lokitail/lokitail.spdx.json"}


def make_packages(epoch):
    run(SOURCE / "packaging/package.sh", BUILD, env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)})
    return {path.name: path for path in (BUILD / "packages").iterdir()}


def listed(text):
    return {line.strip().rstrip("/") for line in text.splitlines() if not line.endswith("/")}


def test_reproducible(folder):
    epoch = 1764000000
    first = {name: path.read_bytes() for name, path in make_packages(epoch).items()}
    # Another time, and other times of the files that go in.
    time.sleep(1.1)
    os.utime(SOURCE / "packaging/etc/config.yaml")
    second = make_packages(epoch)
    expect(sorted(first) == sorted(second) and len(first) == 4, "a package, an RPM, an archive and their checksums")
    for name, path in second.items():
        expect(path.read_bytes() == first[name], name + " has the same bytes again")
        shutil.copy(path, folder)


def test_version(folder):
    version = re.search(r"project\(lokitail VERSION (\S+)", (SOURCE / "CMakeLists.txt").read_text()).group(1)
    told = run(BINARY, "-version").stdout
    expect(re.match(r"lokitail, version %s \(branch: \S*, revision: \S+\)\n" % re.escape(version), told),
           "the agent has the project's version")
    expect(run("dpkg-deb", "-f", deb(folder), "Version").stdout.strip() == version, "so has the Debian package")
    expect(run("rpm", "-qp", "--qf", "%{VERSION}", rpm(folder)).stdout.endswith(version), "so has the RPM")


def deb(folder):
    return next(folder.glob("*.deb"))


def rpm(folder):
    return next(folder.glob("*.rpm"))


def test_contents(folder):
    run("dpkg-deb", "-x", deb(folder), folder / "deb")
    found = {"/" + str(path.relative_to(folder / "deb")) for path in (folder / "deb").rglob("*") if path.is_file()}
    expect(found - {"/usr/share/lintian/overrides/lokitail"} == FILES, "the Debian package has its files")
    expect(FILES <= listed(run("rpm", "-qlp", rpm(folder)).stdout), "the RPM has them")
    flags = run("rpm", "-qp", "--qf", "[%{FILENAMES} %{FILEFLAGS:fflags}\\n]", rpm(folder)).stdout
    expect("/etc/lokitail/config.yaml cn\n" in flags, "the RPM keeps a changed configuration (noreplace)")
    run("tar", "-xzf", next(folder.glob("*.tar.gz")), "-C", folder, "--strip-components=1")
    expect(all((folder / name[1:]).is_file() for name in FILES), "the archive has them")
    packed = (folder / "deb/usr/bin/lokitail").read_bytes()
    expect(str(SOURCE).encode() not in packed, "the program does not tell where it was built")
    run(folder / "deb/usr/bin/lokitail", "check", folder / "deb/etc/lokitail/config.yaml")
    print("ok: the configuration that is shipped passes lokitail check")


def test_lintian(folder):
    if shutil.which("lintian") is None:
        skip("lintian is not installed; all else passed")
    done = run("lintian", "--allow-root", "--fail-on", "error,warning", deb(folder), check=False)
    expect(done.returncode == 0, "lintian finds nothing: " + done.stdout)


def test_bill_of_materials(folder):
    bill = json.loads((folder / "deb/usr/share/doc/lokitail/lokitail.spdx.json").read_text())
    expect(bill["spdxVersion"] == "SPDX-2.3" and bill["creationInfo"]["created"] == "2025-11-24T16:00:00Z", "SPDX, dated")
    known = {package["SPDXID"]: package for package in bill["packages"]}
    for package in known.values():
        for key in ("name", "versionInfo", "downloadLocation", "licenseConcluded", "licenseDeclared"):
            if not package.get(key):
                raise AssertionError("%s lacks %s" % (package["SPDXID"], key))
    ends = {end for each in bill["relationships"] for end in (each["spdxElementId"], each["relatedSpdxElement"])}
    expect(ends - {"SPDXRef-DOCUMENT"} == set(known), "every package is related to the agent")
    needed = re.findall(r"NEEDED.*\[lib(\w+)", run("readelf", "-d", BINARY).stdout)
    dynamic = [known[each["relatedSpdxElement"]]["name"] for each in bill["relationships"]
               if each["relationshipType"] == "DYNAMIC_LINK"]
    for library in ("cctz", "fmt", "simdjson"):
        expect((library in needed) == any(library in name for name in dynamic), library + " is listed if it is linked")


need_programs("dpkg-deb", "rpm", "rpmbuild", "cpack", "readelf")
if not (BUILD / "CPackConfig.cmake").exists():
    skip("%s is no build folder" % BUILD)
folder = temporary_folder()
test_reproducible(folder)
test_version(folder)
test_contents(folder)
test_bill_of_materials(folder)
test_lintian(folder)
