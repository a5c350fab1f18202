#!/usr/bin/env python3
"""What `lokitail help --format=` makes for packages: completions, asked for in the shells themselves, and a manual page
without complaints."""
import shutil

from support import BINARY, expect, need_programs, run, skip, temporary_folder

folder = temporary_folder()
missing = []


def made(format):
    path = folder / ("_lokitail" if format == "zsh" else format)
    path.write_text(run(BINARY, "help", "--format=" + format).stdout)
    return path


def bash(*words):
    """What bash proposes for the last of these words."""
    script = "source '%s'; COMP_WORDS=(%s); COMP_CWORD=%d; _lokitail; printf '%%s\\n' \"${COMPREPLY[@]}\"" % (
        made("bash"), " ".join("'%s'" % word for word in words), len(words) - 1)
    return run("bash", "-c", script).stdout.split()


def fish(line):
    found = run("fish", "--no-config", "-c", "source '%s'; complete -C '%s'" % (made("fish"), line)).stdout
    return [each.split("\t")[0] for each in found.splitlines()]


COMMANDS = {"check", "demo", "explain", "health", "help", "migrate", "test"}

need_programs("bash")
expect(set(bash("lokitail", "")) >= COMMANDS, "bash: commands")
expect(bash("lokitail", "mig") == ["migrate"], "bash: the beginning of a command")
expect(bash("lokitail", "-config.f") == ["-config.file"], "bash: the agent's flags")
expect(bash("lokitail", "-config.file=x", "-dry") == ["-dry-run"], "bash: further flags of the agent")
expect(bash("lokitail", "check", "--sam") == ["--sample"], "bash: a command's flags")
expect(bash("lokitail", "explain", "--format", "") == ["text", "json"], "bash: words behind a flag")
expect(bash("lokitail", "explain", "--format", "=", "j") == ["json"], "bash: words behind an equals sign")
expect(bash("lokitail", "help", "hea") == ["health"], "bash: help about a command")
expect(bash("lokitail", "check", "x.yam") == [], "bash: files are left to bash")

if shutil.which("fish"):
    expect(set(fish("lokitail ")) >= COMMANDS, "fish: commands")
    expect(fish("lokitail -config.f") == ["-config.file"], "fish: the agent's flags")
    expect(fish("lokitail check --sam") == ["--sample"], "fish: a command's flags")
    expect(fish("lokitail explain --format j") == ["json"], "fish: words behind a flag")
    expect("-config.expand-env" not in fish("lokitail health -"), "fish: no flags of others")
else:
    missing.append("fish")

if shutil.which("zsh"):
    run("zsh", "-n", made("zsh"))
    done = run("zsh", "-f", "-c", "fpath=('%s' $fpath); autoload -Uz compinit; compinit -u -D; "
               "autoload -U +X _lokitail && print ${_comps[lokitail]}" % folder)
    expect(done.stdout.strip() == "_lokitail", "zsh: the file is one of its completion's")
else:
    missing.append("zsh")

if shutil.which("groff"):
    complaints = run("groff", "-man", "-Tutf8", "-ww", "-z", made("man")).stdout
    expect(complaints == "", "groff has nothing to say of the manual page" + complaints)
    page = run("groff", "-man", "-Tutf8", "-P-cbou", made("man")).stdout
    expect("STATUS" in page and "migrate" in page, "which tells of commands and statuses")
else:
    missing.append("groff")

if missing:
    skip("%s: not installed; all else passed" % ", ".join(missing))
