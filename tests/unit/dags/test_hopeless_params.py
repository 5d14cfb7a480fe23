"""Params that no run could use are refused by the form or, where the form cannot know, by the first tasks."""

from __future__ import annotations

import copy

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, ParamValidationError

from local.settings import ROOT
from tests.support.airflow_versions import DagBag
from tests.support.warehouse import STAGING, Run


@pytest.fixture(scope="module")
def etl():
    return DagBag(ROOT / "dags", bundle_path=ROOT / "dags").dags["sparkify_etl"]


def fill_in(dag, params):
    form = copy.deepcopy(dag.params)
    form.update(params)
    form.validate()


@pytest.mark.parametrize(
    "params",
    [
        {"lookback_days": 367},
        {"lookback_days": 10**9},
        {"lookback_days": -1},
        {"lookback_days": "1"},
        {"window_start": "0001-01-01T00:00:00Z", "window_end": "2018-11-01T00:00:00Z"},
        {"window_start": "2018-11-01T00:00:00Z", "window_end": "9999-12-31T00:00:00Z"},
        {"window_start": "yesterday"},
        {"max_rejects": -1},
        {"max_rejects": 100_000},
        {"log_prefix": "%n/"},
        {"log_prefix": "log_data/%Y/"},
        {"log_prefix": "log_data"},
        {"log_prefix": "log\n/"},
        {"log_prefix": "a/" * 300},
        {"song_prefix": "song_data/%n/"},
        {"on_missing": "drop"},
    ],
)
def test_form_refuses(etl, params):
    with pytest.raises(ParamValidationError):
        fill_in(etl, params)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"window_start": "2018-11-02T00:00:00Z", "window_end": "2018-11-01T00:00:00Z"}, "is empty"),
        ({"window_start": "1970-01-01T00:00:00Z", "window_end": "2199-12-31T00:00:00Z"}, "longer than 3,653 days"),
        ({"lookback_days": 10**9}, "lookback_days is 1000000000"),
        ({"log_prefix": "%n/"}, "stage_events cannot be used.*%n is not a code"),
        ({"log_prefix": "%H/%M/", "window_start": "2018-11-01T00:00:00Z", "window_end": "2018-12-01T00:00:00Z"},
         "stage_events cannot be used.*more than 20,000 periods of one minute"),
        ({"song_prefix": "song_data/%n/"}, "stage_songs cannot be used.*has codes of a date"),
    ],
)  # fmt: skip
def test_no_source_is_staged_and_nothing_is_retried(etl, params, words):
    # Without a warehouse and without S3, so that a request would raise another error.
    run = Run(etl, "hopeless", {"bucket": "b", **params}, hook=None, s3=None)
    for task_id in STAGING:
        with pytest.raises(AirflowFailException, match=words):
            run.execute(task_id)


@pytest.mark.parametrize("days", [0, 1, 366])
def test_plausible_params_are_accepted(etl, days):
    fill_in(etl, {"lookback_days": days, "window_start": "1970-01-01T00:00:00Z", "window_end": "2199-12-31T00:00:00Z"})
