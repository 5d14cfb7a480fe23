"""An upload sends only new and changed objects."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from local.stack.aws_client import aws_client
from local.stack.dataset import Dataset
from local.stack.upload import Upload, delete, upload

DAY = "log_data/2018/11/2018-11-30-events.json"
SONG = "song_data/A/B/C/TRABCAA128F0000001.json"


@pytest.fixture
def directory(tmp_path):
    for name in (DAY, SONG, "log_json_path.json"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return tmp_path


def test_only_new_and_changed_objects_are_uploaded(standin, directory):
    s3 = aws_client(standin.settings, "s3")
    shown = []

    def send():
        return upload(Dataset.open(directory), s3, "uploads-of-a-test", shown.append)

    assert send() == Upload(objects=3, sent=3, foreign=())
    written = s3.head_object(Bucket="uploads-of-a-test", Key=SONG)["LastModified"]
    assert send() == Upload(objects=3, sent=0, foreign=())

    (directory / DAY).write_text("changed")
    assert send() == Upload(objects=3, sent=1, foreign=())
    assert s3.get_object(Bucket="uploads-of-a-test", Key=DAY)["Body"].read() == b"changed"
    assert s3.head_object(Bucket="uploads-of-a-test", Key=SONG)["LastModified"] == written
    assert shown[-1] == "3 objects, 1 new or changed"


def test_foreign_objects_are_named_and_kept(standin, directory):
    s3 = aws_client(standin.settings, "s3")
    s3.create_bucket(Bucket="a-bucket-with-more", CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    written_by_dags = ("manifests/sparkify_etl/0123456789ab/staging_songs.manifest", "reports/index.html")
    for key in ("song_data/other.json", *written_by_dags):
        s3.put_object(Bucket="a-bucket-with-more", Key=key, Body=b"{}")

    assert upload(Dataset.open(directory), s3, "a-bucket-with-more", lambda _: None).foreign == (
        "song_data/other.json",
    )
    assert s3.get_object(Bucket="a-bucket-with-more", Key="song_data/other.json")["Body"].read() == b"{}"


@pytest.mark.long("thousands of objects")
def test_more_objects_than_fit_in_one_request_are_deleted(standin, directory):
    s3 = aws_client(standin.settings, "s3")
    bucket = "a-bucket-to-empty"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    keys = [f"song_data/{number}.json" for number in range(1001)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=bucket, Key=key, Body=b"{}"), [*keys, "song_data/kept.json"]))
    delete(s3, bucket, keys)
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["song_data/kept.json"]
