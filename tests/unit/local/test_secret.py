"""The secrets of a state folder are generated once, and other users cannot read them."""

import base64

from local.stack.secret import Secrets, write_private


def test_secrets_of_a_folder_do_not_change(tmp_path):
    assert Secrets.of(tmp_path) == Secrets.of(tmp_path)


def test_another_folder_has_different_secrets(tmp_path):
    (tmp_path / "other").mkdir()
    first, second = Secrets.of(tmp_path), Secrets.of(tmp_path / "other")
    assert first.jwt_secret != second.jwt_secret
    assert first.admin_password != second.admin_password


def test_fernet_key_is_32_bytes(tmp_path):
    assert len(base64.urlsafe_b64decode(Secrets.of(tmp_path).fernet_key)) == 32


def test_file_is_readable_by_its_owner_only(tmp_path):
    Secrets.of(tmp_path)
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_readable_file_is_replaced_by_a_private_one(tmp_path):
    file = tmp_path / "passwords.json"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, "new")
    assert file.read_text() == "new"
    assert file.stat().st_mode & 0o777 == 0o600
