#!/usr/bin/env python3
"""systemd/lokitail.service: its exposure by systemd-analyze, and that systemd understands it."""
from support import SOURCE, expect, need_programs, run, temporary_folder

UNIT = SOURCE / "systemd/lokitail.service"
MOST_EXPOSURE = 1.5


def test_exposure():
    limit = str(int(MOST_EXPOSURE * 10))
    done = run("systemd-analyze", "security", "--offline=true", "--threshold=" + limit, UNIT, check=False)
    print(done.stdout.strip().splitlines()[-1])
    expect(done.returncode == 0, "the exposure is at most %s" % MOST_EXPOSURE)

    # The measure measures: without one of the settings it is more.
    weaker = temporary_folder() / "lokitail.service"
    weaker.write_text(UNIT.read_text().replace("ProtectSystem=strict\n", ""))
    done = run("systemd-analyze", "security", "--offline=true", "--threshold=" + limit, weaker, check=False)
    expect(done.returncode != 0, "and is more without ProtectSystem")


def test_understood():
    # The program need not be installed here.
    unit = temporary_folder() / "lokitail.service"
    unit.write_text(UNIT.read_text().replace("/usr/bin/lokitail", "/bin/true"))
    done = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit, check=False)
    expect(done.returncode == 0 and "lokitail.service" not in done.stdout, "systemd-analyze verify has nothing to say")


need_programs("systemd-analyze")
test_exposure()
test_understood()
