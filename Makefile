# The commands of this project; "make help" lists them.

.DEFAULT_GOAL := help
.PHONY: env image-digests help demo backfill up local down sql notebook airflow mwaa test test-all test-unit test-airflow docs facts reference golden bench bench-full-load bench-memory bench-standin soak lint licenses format lock install

PROGRAMS := .venv/bin
LOCAL := $(PROGRAMS)/python -m local
# For commands that use what the tests share.
TEST_HELPERS := PYTHONPATH=plugins:standin/tests

# Exported, so that a value with quotes reaches the program as it is.
export DATA FILE FROM MINUTES ORDER Q SEED TARGET TO

# exec: a signal to make then reaches the command itself, and not a shell around it.

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: install ## start everything, load data through Airflow, show the results; DATA=dir for your own data
	@exec $(LOCAL) demo $${DATA:+--data "$$DATA"}

backfill: install ## empty the local warehouse, backfill every hour with Airflow, compare with a full load: FROM, TO, ORDER=backwards, DATA
	@exec $(LOCAL) backfill $${FROM:+--from "$$FROM"} $${TO:+--to "$$TO"} \
		$${ORDER:+--order "$$ORDER"} $${DATA:+--data "$$DATA"}

up: install ## start the local stack and leave it running
	@exec $(LOCAL) up

local: install ## start only S3 and Redshift, for any client; prints how to connect
	@exec $(LOCAL) alone

down: install ## stop every process of the local stack
	@exec $(LOCAL) down

sql: install ## open psql on the local warehouse as the administrator; Q="select ..." runs one statement, FILE=path a file
	@exec $(LOCAL) sql $${Q:+--query "$$Q"} $${FILE:+--file "$$FILE"}

notebook: install ## open the analysts' notebook on the local warehouse in JupyterLab; ARGS="--no-browser"
	@exec $(LOCAL) notebook -- $(ARGS)

airflow: install ## run the Airflow CLI on the local stack: ARGS="dags list"
	@exec $(LOCAL) airflow $(ARGS)

# Not "install": a machine with Docker needs only Python.
env: ## write .env with strong random secrets for docker compose: TARGET=aws for an AWS account
	@exec python3 -m local.compose_env $${TARGET:+"$$TARGET"}

image-digests: ## print the current digests of the images that docker compose uses; needs Docker and a network
	@sed -nE 's/^ *(FROM|image:) ([^ ]+:[^ ]+)@sha256.*/\2/p' Dockerfile docker-compose.yaml | while read -r image; do \
		echo "$$image@$$(docker buildx imagetools inspect "$$image" --format '{{.Manifest.Digest}}')" || exit 1; \
	done

test: install ## run the tests, in two processes, but for the long ones; ARGS="-k name" chooses
	@exec $(PROGRAMS)/python -m pytest $(or $(ARGS),--numprocesses=2 --no-loadscope-reorder)

test-all: install ## run every test, in two processes, with more examples of each property; ARGS="-k name" chooses
	@exec $(PROGRAMS)/python -m pytest --long $(or $(ARGS),--numprocesses=2 --no-loadscope-reorder)

test-unit: install ## run the tests that need no services, in two processes, in under a minute; ARGS="-k name" chooses
	@exec $(PROGRAMS)/python -m pytest tests/unit tests/model $(or $(ARGS),--numprocesses=2 --no-loadscope-reorder)

test-airflow: ## test with an Airflow version in an environment of its own: unit tests, DAG files, an hourly run; VERSION=3.1.8
	@exec sh local/test_airflow.sh $(VERSION)

docs: install ## build the documentation as a site in build/docs; fails on broken links
	@exec $(PROGRAMS)/sphinx-build --fail-on-warning --keep-going --quiet --conf-dir docs --doctree-dir build/doctrees . build/docs

mwaa: install ## build what an MWAA environment with this Airflow reads from its bucket, in build/mwaa; VERSION=3.2.1
	@exec $(PROGRAMS)/python -m local.mwaa build/mwaa $(VERSION)

facts: install ## write standin/docs/facts.md from the cases of the stand-in's conformance tests
	@exec env $(TEST_HELPERS) $(PROGRAMS)/python -m standin_support.table

reference: install ## write the reference in docs/operators.md from the docstrings
	@exec env $(TEST_HELPERS) $(PROGRAMS)/python -m tests.support.reference

golden: install ## write the golden files of the statements that the operators send, against a new stand-in
	@exec env $(TEST_HELPERS) $(PROGRAMS)/python -m tests.support.golden

bench: install ## measure the cost of an hourly run after 1, 10 and 100 days of history; ARGS="1 2" selects other lengths
	@exec env $(TEST_HELPERS) $(PROGRAMS)/python -m bench $(ARGS)

bench-memory: install ## measure the memory of staging with a million objects and with many rejects; ARGS="1000 --rejects 1000" selects numbers of both
	@exec env $(TEST_HELPERS) $(PROGRAMS)/python -m bench.memory $(ARGS)

bench-full-load: install ## measure full loads of 30 and of 365 days, and their retries; ARGS="1 2" selects other lengths
	@exec env $(TEST_HELPERS) $(PROGRAMS)/python -m bench.full_load $(ARGS)

bench-standin: install ## compare the speed of the stand-in with PostgreSQL; ARGS="--events 10000 --objects 1000" selects numbers
	@exec env $(TEST_HELPERS) $(PROGRAMS)/python -m bench.standin $(ARGS)

soak: install ## run the property tests of the loads with new random examples: MINUTES=10, SEED=n repeats a round
	@exec $(LOCAL) soak $${MINUTES:+--minutes "$$MINUTES"} $${SEED:+--seed "$$SEED"}

lint: install ## check style, format, imports, types, licenses of dependencies, SQL, and the files for GitHub
	@$(PROGRAMS)/ruff check --quiet .
	@$(PROGRAMS)/ruff format --check --quiet .
	@PYTHONPATH=plugins $(PROGRAMS)/lint-imports --no-logo
	@$(PROGRAMS)/mypy
	@$(PROGRAMS)/python -m local.licenses >/dev/null
	@$(PROGRAMS)/sqlfluff lint include/sql docs/examples tests/unit/golden/statements
	@$(PROGRAMS)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(PROGRAMS)/check-jsonschema --quiet --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/bug.yml .github/ISSUE_TEMPLATE/proposal.yml
	@$(PROGRAMS)/check-jsonschema --quiet --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	@$(PROGRAMS)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml

licenses: install ## list the licenses of all dependencies; fails on those that have not been accepted
	@exec $(PROGRAMS)/python -m local.licenses

format: install ## put every Python file into the project's format
	@$(PROGRAMS)/ruff check --fix .
	@$(PROGRAMS)/ruff format .

# Of each package, all files of its version are accepted: those of every platform and Python.
LOCK := $(PROGRAMS)/uv pip compile --quiet --universal --python-version 3.10 --no-header --no-annotate --generate-hashes

# Of an older Airflow, the newest patch, with the day of its release.
lock: install ## resolve the dependencies again: requirements-dev.txt, requirements-image.txt, requirements-local.txt, local/uv.txt and tests/requirements
	@$(LOCK) requirements-dev.in standin/pyproject.toml --output-file requirements-dev.txt
	@$(LOCK) requirements-image.in --constraints requirements-dev.txt --output-file requirements-image.txt
	@$(LOCK) requirements-local.in standin/pyproject.toml --constraints requirements-dev.txt --output-file requirements-local.txt
	@$(LOCK) local/uv.in --output-file local/uv.txt
	@sh local/lock_airflow.sh 3.1.8 2026-03-11
	@sh local/lock_airflow.sh 3.2.2 2026-05-29
	@$(LOCK) tests/requirements/awscli.in --output-file tests/requirements/awscli.txt
	@$(LOCK) tests/requirements/dbt.in --output-file tests/requirements/dbt.txt

install: ## make .venv; every other command does that by itself
	@sh local/install.sh
