"""Files come back as they went in, from a folder and from a bucket, and nothing else is reachable."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from app.foundation.errors import InvalidInput, Misconfigured, NotFound, Unavailable
from app.foundation.storage import LocalStorage, Storage, open_storage


@pytest.fixture(params=["folder", "bucket"])
def storage(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Storage]:
    if request.param == "folder":
        yield open_storage(f"file://{tmp_path / 'files'}")
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="letters")
        yield open_storage("s3://letters/handoff?region=us-east-1")


def test_what_was_put_can_be_got_replaced_and_deleted(storage: Storage) -> None:
    storage.put("guides/a.pdf", b"one")
    storage.put("guides/a.pdf", b"two")
    assert storage.get("guides/a.pdf") == b"two"
    assert storage.exists("guides/a.pdf")
    assert not storage.exists("guides/a")
    storage.delete("guides/a.pdf")
    with pytest.raises(NotFound):
        storage.get("guides/a.pdf")


@pytest.mark.parametrize("key", ["../secret_key", "/etc/passwd", "", "a/../../b", "a\x00b"])
def test_a_path_that_leaves_the_folder_is_refused(storage: Storage, key: str) -> None:
    with pytest.raises(InvalidInput):
        storage.get(key)


def test_a_full_disk_says_so_and_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = LocalStorage(tmp_path)
    storage.put("a", b"old")

    def no_space(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(Unavailable, match="No space left"):
        storage.put("a", b"new")
    monkeypatch.undo()
    assert storage.get("a") == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_an_unknown_scheme_names_the_setting() -> None:
    with pytest.raises(Misconfigured) as caught:
        open_storage("ftp://somewhere")
    assert caught.value.field == "HANDOFF_STORAGE_URL"
