"""Two commands cannot start or stop the same stack at the same time."""

import os

import pytest

from local.errors import StackError
from local.stack.lock import exclusive


def test_second_command_gets_an_error_that_names_the_first(tmp_path):
    with exclusive(tmp_path), pytest.raises(StackError, match=rf"process {os.getpid()}\)"), exclusive(tmp_path):
        pass


def test_lock_is_released_even_if_the_command_fails(tmp_path):
    with pytest.raises(ValueError, match="failed"), exclusive(tmp_path):
        raise ValueError("failed")
    with exclusive(tmp_path):
        pass


def test_error_names_the_folder_that_cannot_be_created_and_its_variable(tmp_path):
    (tmp_path / "file").write_text("")
    message = r"file/state cannot be written.*set SPARKIFY_STATE"
    with pytest.raises(StackError, match=message), exclusive(tmp_path / "file" / "state"):
        pass
