"""Two commands do not start and stop the same stack at once."""

import os

import pytest

from local.errors import StackError
from local.stack.lock import exclusive


def test_the_second_command_is_told_who_is_at_work(tmp_path):
    with exclusive(tmp_path), pytest.raises(StackError, match=rf"process {os.getpid()}\)"), exclusive(tmp_path):
        pass


def test_the_lock_ends_with_the_command_even_if_that_fails(tmp_path):
    with pytest.raises(ValueError, match="failed"), exclusive(tmp_path):
        raise ValueError("failed")
    with exclusive(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_named_with_the_variable(tmp_path):
    (tmp_path / "file").write_text("")
    message = r"file/state cannot be written.*set SPARKIFY_STATE"
    with pytest.raises(StackError, match=message), exclusive(tmp_path / "file" / "state"):
        pass
