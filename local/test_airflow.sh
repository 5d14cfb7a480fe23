#!/bin/sh
# test_airflow.sh VERSION: run the unit tests, import the DAG files, and run one hour end to end, with this version of
# Airflow. Versions older than that of requirements.txt have an environment of their own.
set -eu
cd "$(dirname "$0")/.."

newest=$(sed -n 's/^apache-airflow==//p' requirements.txt)
older=$(cd tests/requirements && echo airflow-*.txt | sed 's/airflow-//g; s/\.txt//g')

version=${1:-}
if [ "$version" = "$newest" ]; then
    environment=.venv
    lock=requirements-dev.txt
elif [ -f "tests/requirements/airflow-$version.txt" ]; then
    environment=.venv-$version
    lock=tests/requirements/airflow-$version.txt
else
    echo "error: VERSION=$version is not one of the versions that are tested: $older $newest" >&2
    exit 1
fi

sh local/install.sh "$environment" "$lock"
"$environment/bin/airflow" version
# Not the tests of the documentation, of docker-compose.yaml and of what .venv has installed, which are the same with any
# Airflow.
"$environment/bin/python" -m pytest tests/unit --ignore=tests/unit/test_site.py --ignore=tests/unit/test_snippets.py \
    --ignore=tests/unit/test_documented_commands.py --ignore=tests/unit/local/test_licenses.py --ignore=tests/unit/compose
exec "$environment/bin/python" -m pytest --long tests/airflow/test_one_hour.py tests/airflow/test_runs_that_fail.py
