#!/usr/bin/env bash
# Set up on a fresh machine, start the local workspace, fill it, open the web app on the Clone page.
# Prints how long each phase took.
set -euo pipefail
cd "$(dirname "$0")/.."

started=$(date +%s.%N)
phase() { # name command...
  local name=$1 from; shift; from=$(date +%s.%N)
  "$@"
  awk -v n="$name" -v a="$from" -v b="$(date +%s.%N)" 'BEGIN { printf "%-28s %6.1f s\n", n, b - a }'
}

phase "environment and kit" make --no-print-directory kit
cx=.venv/bin/clonexs
phase "local workspace" "$cx" local start
phase "demo catalog retail" "$cx" local demo --scale "${CLONEXS_DEMO_SCALE:-medium}"
awk -v a="$started" -v b="$(date +%s.%N)" 'BEGIN { printf "%-28s %6.1f s\n", "in all", b - a }'
exec "$cx" web --target local --page clone "$@"
