"""A data directory is validated before anything starts, and its files become objects of a bucket."""

import io
import tarfile
from datetime import date

import pytest

from local.errors import StackError
from local.stack.dataset import Dataset

DAY = "log_data/2018/11/2018-11-30-events.json"
SONG = "song_data/A/B/C/TRABCAA128F0000001.json"


def write(directory, *names):
    for name in names:
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)


def write_archive(file, *names):
    with tarfile.open(file, "w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(name)
            archive.addfile(member, io.BytesIO(name.encode()))


@pytest.mark.parametrize(
    ("present", "missing"),
    [
        ([], "log_data/YYYY/MM/YYYY-MM-DD-events.json; log_json_path.json; song_data/ or song_data*.tar.gz"),
        ([DAY, SONG], "log_json_path.json"),
        ([DAY, "log_json_path.json"], "song_data/ or song_data*.tar.gz"),
        (["log_data/2018-11-30-events.json", "log_json_path.json", SONG], "log_data/YYYY/MM/YYYY-MM-DD-events.json"),
    ],
)
def test_missing_file_is_named(tmp_path, present, missing):
    write(tmp_path, *present)
    with pytest.raises(StackError) as error:
        Dataset.open(tmp_path)
    assert str(error.value) == f"DATA={tmp_path} is incomplete; missing: {missing}."


def test_directory_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(StackError, match=f"DATA={tmp_path}/nowhere is not a directory"):
        Dataset.open(tmp_path / "nowhere")


def test_window_covers_every_day_of_the_logs(tmp_path):
    write(tmp_path, DAY, "log_data/2018/10/2018-10-29-events.json", "log_json_path.json", SONG)
    assert Dataset.open(tmp_path).window == ("2018-10-29T00:00:00+00:00", "2018-12-01T00:00:00+00:00")


def test_log_files_of_other_days_are_left_out(tmp_path):
    earlier = "log_data/2018/11/2018-11-29-events.json"
    write(tmp_path, DAY, earlier, "log_json_path.json", SONG)
    found = Dataset.open(tmp_path).between(date(2018, 11, 1), date(2018, 11, 29))
    assert found.window == ("2018-11-01T00:00:00+00:00", "2018-11-30T00:00:00+00:00")
    assert [key for key, _ in found.objects()] == ["log_json_path.json", earlier, SONG]


def test_days_without_any_log_file_are_refused(tmp_path):
    write(tmp_path, DAY, "log_json_path.json", SONG)
    with pytest.raises(StackError, match="no log files for 2018-11-01 to 2018-11-29; it has files from 2018-11-30"):
        Dataset.open(tmp_path).between(date(2018, 11, 1), date(2018, 11, 29))


def test_files_become_objects_under_their_own_names(tmp_path):
    write(tmp_path, DAY, "log_json_path.json", SONG, "notes.txt", "song_data/A/._B.json", "song_data/A/readme.md")
    assert dict(Dataset.open(tmp_path).objects()) == {name: name.encode() for name in (DAY, "log_json_path.json", SONG)}


def test_archive_of_songs_is_read_without_unpacking_it(tmp_path):
    write(tmp_path, DAY, "log_json_path.json")
    write_archive(tmp_path / "song_data_2.tar.gz", f"./{SONG}", "./song_data/._hidden.json", "elsewhere/x.json")
    found = dict(Dataset.open(tmp_path).objects())
    assert set(found) == {DAY, "log_json_path.json", SONG}
    assert found[SONG] == f"./{SONG}".encode()


def test_broken_archive_is_named(tmp_path):
    write(tmp_path, DAY, "log_json_path.json", "song_data.tar.gz")
    with pytest.raises(StackError, match=r"song_data\.tar\.gz cannot be read as a tar\.gz archive"):
        list(Dataset.open(tmp_path).objects())
