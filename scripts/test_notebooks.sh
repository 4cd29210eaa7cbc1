#!/usr/bin/env bash
# Execute every notebook as it stands, in a home of its own with a local workspace of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
CLONEXS_HOME=$(mktemp -d)
export CLONEXS_HOME PYDEVD_DISABLE_FILE_VALIDATION=1
trap '.venv/bin/clonexs local stop >/dev/null 2>&1 || true; rm -rf "$CLONEXS_HOME"' EXIT
# Pages draw on any workspace; the scheduled notebook needs to be told what to run.
export CLONEXS_TARGET=local CLONEXS_OPERATION=dashboard
.venv/bin/clonexs local start >/dev/null
.venv/bin/python -m pytest -q --nbmake --nbmake-timeout=120 notebooks
unset CLONEXS_OPERATION CLONEXS_TARGET
.venv/bin/python -m pytest -q tests/notebooks
