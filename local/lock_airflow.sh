#!/bin/sh
# lock_airflow.sh VERSION DAY: write tests/requirements/airflow-VERSION.txt, which make test-airflow installs.
# Airflow's own constraints have the newest packages of the day of its release, and so does this file; only the local
# stack and the tests have newer ones.
set -eu
cd "$(dirname "$0")/.."

version=$1
day=$2
constraints=$(mktemp)
trap 'rm -f "$constraints"' EXIT

lock() {
    .venv/bin/uv pip compile --quiet --universal --python-version 3.10 --no-header --no-annotate "$@"
}

echo "apache-airflow==$version" |
    lock --exclude-newer "$day" tests/requirements/airflow.in - >"$constraints"
lock --generate-hashes --constraints "$constraints" --output-file "tests/requirements/airflow-$version.txt" \
    tests/requirements/airflow.in tests/requirements/tests.in standin/pyproject.toml
