"""Rounds of examples: different ones each time, but the same for the same seed."""

import re
from io import StringIO

import pytest
from rich.console import Console

from local.errors import StackError
from local.settings import ROOT
from local.soak import PROPERTIES, soak
from local.stack.progress import Progress
from tests.support.shell import run_in_shell
from tests.support.snippets import command

pytestmark = pytest.mark.long("rounds of make soak")

PROFILE = """
from hypothesis import settings
settings.register_profile("soak", max_examples=20, derandomize=False, database=None)
"""
PROPERTY = """
from pathlib import Path
from hypothesis import given, strategies as st

@given(st.integers(0, 2**64))
def test_numbers_are_even(number):
    with Path(__file__).with_name("tried.txt").open("a") as file:
        file.write(f"{{number}}\\n")
    assert {condition}
"""


@pytest.fixture
def properties(tmp_path):
    """A file with one property, which records its examples."""

    def write(condition):
        (tmp_path / "conftest.py").write_text(PROFILE)
        file = tmp_path / "test_numbers.py"
        file.write_text(PROPERTY.format(condition=condition))
        return file

    return write


def run(file, minutes, seed):
    shown = StringIO()
    status = soak(Progress(Console(file=shown, width=300)), minutes, seed, str(file))
    tried = file.with_name("tried.txt")
    numbers = tried.read_text().split()
    tried.unlink()
    return status, shown.getvalue(), numbers


def test_seed_determines_the_examples_of_a_round(properties):
    file = properties("True")
    status, shown, numbers = run(file, "0", "11")
    assert status == 0
    assert re.search(r"seed 11: 1 passed", shown)
    assert len(numbers) == 20
    assert run(file, "0", "11")[2] == numbers
    assert run(file, "0", "12")[2] != numbers


def test_one_round_tries_every_property_of_the_loads():
    output = run_in_shell(command("make soak MINUTES=0 SEED=1"), {})
    properties = (ROOT / PROPERTIES).read_text("utf-8").count("\n@given(")
    assert re.fullmatch(rf" *\d+\.\d s  seed 1: {properties} passed.*\n", output)


def test_rounds_are_run_until_the_time_is_up(properties):
    file = properties("Path(__file__).with_name('tried.txt').read_text().count('\\n') <= 25")
    status, shown, _ = run(file, "10", "5")
    assert status == 1
    assert "seed 5: 1 passed" in shown
    assert "seed 6: 1 failed" in shown
    assert shown.rstrip().endswith("To repeat this round:  make soak MINUTES=0 SEED=6")


@pytest.mark.parametrize(("minutes", "seed", "named"), [("ten", None, "MINUTES=ten"), ("1", "-1", "SEED=-1")])
def test_invalid_number_is_named(minutes, seed, named):
    with pytest.raises(StackError, match=f"{named} is not a number"):
        soak(Progress(Console(file=StringIO())), minutes, seed)
