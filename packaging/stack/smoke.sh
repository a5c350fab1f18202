#!/bin/sh
# Asks the running stack whether all of it works: every panel's query has data, links from logs to traces lead to
# traces, rules are loaded. ./smoke.sh --help says more.
command -v python3 >/dev/null || { echo "smoke.sh needs python3 (its standard library is enough)." >&2; exit 2; }
exec python3 "$(dirname "$0")/smoke.py" "$@"
