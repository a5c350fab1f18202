#!/bin/sh
# on_processor.sh PROCESSOR AGENT COMMAND...: runs the command with the agent's code for that processor.
set -eu
LOKITAIL_PROCESSOR=$1
export LOKITAIL_PROCESSOR
if ! "$2" -version | grep -q "code for: *$1\$"; then
  echo "SKIPPED: this processor is no $1"
  exit 0
fi
shift 2
exec "$@"
