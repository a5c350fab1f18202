"""A Debian of the tests' own, made once by debootstrap and kept in ~/.cache/lokitail."""
import os
import pathlib
import shutil

from support import run, skip

CACHE = pathlib.Path(os.environ.get("LOKITAIL_PEERS", pathlib.Path.home() / ".cache/lokitail")) / "debian-root"
PACKAGES = "systemd,dbus,netbase,libcctz2,libfmt9,libprometheus-cpp-core1.0,libsimdjson14"


def debian_root():
    """Its folder, which nobody may write to; without a mirror the test ends here."""
    if not (CACHE / "usr/bin/dpkg").exists():
        half = CACHE.with_name(CACHE.name + ".half")
        shutil.rmtree(half, ignore_errors=True)
        half.parent.mkdir(parents=True, exist_ok=True)
        done = run("debootstrap", "--variant=minbase", "--include=" + PACKAGES, "bookworm", half, check=False)
        if done.returncode != 0:
            skip("debootstrap cannot make a Debian: " + done.stdout[-300:])
        half.rename(CACHE)
    return CACHE


def copy_of_debian(folder):
    run("cp", "-a", debian_root(), folder / "root")
    return folder / "root"
