#!/usr/bin/env bash
# Set up on a fresh machine, start the local workspace, fill it, open the web app on the Clone page.
# Prints how long each phase took, and the address with a code for one sign-in.
set -euo pipefail
cd "$(dirname "$0")/.."

now() { date +%s.%N; }
since() { awk -v n="$1" -v a="$2" -v b="$(now)" 'BEGIN { printf "%-28s %6.1f s\n", n, b - a }'; }
phase() { # name command...
  local name=$1 from; shift; from=$(now)
  "$@"
  since "$name" "$from"
}

started=$(now)
cx=.venv/bin/clonexs
phase "environment" make --no-print-directory environment
phase "front end" make --no-print-directory kit
phase "local workspace" "$cx" local start
phase "demo catalog retail" "$cx" local demo --scale "${CLONEXS_DEMO_SCALE:-medium}"
since "in all" "$started"
exec "$cx" web --target local --page clone "$@"
