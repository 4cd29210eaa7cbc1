#!/usr/bin/env bash
# Databricks Connect owns the same import package as the open client, so it is tested in an
# environment of its own: imports, signatures, session arguments, and a scripted server.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=.venv-connect
if [ ! -f "$venv/.installed" ] || [ pyproject.toml -nt "$venv/.installed" ]; then
  "$(command -v python3.11 || command -v python3)" -m venv "$venv"
  install=("$venv/bin/python" -m pip --disable-pip-version-check -qq install --no-compile)
  "${install[@]}" 'hatchling>=1.25' editables
  CLONEXS_SKIP_KIT=1 "${install[@]}" --no-build-isolation -e '.[connect]' 'pytest>=9.0' 'grpcio-status>=1.67'
  touch "$venv/.installed"
fi
exec "$venv/bin/python" -m pytest -q -p no:cacheprovider tests/connect
