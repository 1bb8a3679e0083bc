#!/bin/sh
# Tests the Spark data source, with a cluster of two executors on this machine, with the program at $MSNCENSUS.
#
#   sh .ci/setup spark && cargo build --locked --all-features && spark/test.sh
#
# What it needs of PyPI it puts into target/spark.
set -eu
cd "$(dirname "$0")"
MSNCENSUS="$(realpath "${MSNCENSUS:-../target/debug/msncensus}")"
export MSNCENSUS

venv="$(realpath ..)/target/spark"
[ -x "$venv/bin/pip" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check '.[test]'
PATH="$venv/bin:$PATH"
# Nothing is left among the sources.
export PYTHONDONTWRITEBYTECODE=1 RUFF_NO_CACHE=true MYPY_CACHE_DIR=/dev/null

ruff check .
ruff format --check .
mypy
exec pytest --durations=5
