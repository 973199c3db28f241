#!/usr/bin/env bash
# Makes the Python environment of the interop tests, .venv-interop in the project's folder, with the exact versions of
# requirements.txt. Prints the path of its Python. Without a Python from 3.10 on, or without a network, it prints nothing
# on stdout and says so in one line.
set -uo pipefail
cd "$(dirname "$0")/../.."

folder="$PWD/.venv-interop"
requirements=tests/interop/requirements.txt
# Written when everything is installed: the requirements it was made from.
made="$folder/made-from.txt"

usable() { "$1" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; }

if cmp -s "$requirements" "$made" && "$folder/bin/python" -c '' 2>/dev/null; then
  echo "$folder/bin/python"
  exit
fi

for python in python3.13 python3.12 python3.11 python3.10 python3 python; do
  usable "$python" || continue
  log=$(mktemp)
  rm -rf "$folder"
  if "$python" -m venv "$folder" >"$log" 2>&1 &&
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: -r "$requirements" >>"$log" 2>&1 &&
    "$folder/bin/python" -c 'import lightgbm, mlforecast, statsforecast, polars, duckdb' >>"$log" 2>&1; then
    cp "$requirements" "$made"
    echo "$folder/bin/python"
  else
    echo "Interop tests are skipped: $python cannot make their environment ($(tail -n 1 "$log"))" >&2
    rm -rf "$folder"
  fi
  rm -f "$log"
  exit
done
echo "Interop tests are skipped: there is no Python 3.10 or newer with the modules venv and ensurepip" >&2
