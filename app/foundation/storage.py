"""Files (raw mail, images, built guides) behind one port: a local folder or an S3-compatible bucket."""

import os
import secrets
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from app.foundation.errors import InvalidInput, Misconfigured, NotFound, Unavailable


class Storage(Protocol):
    """Keys are relative POSIX paths. `put` is durable when it returns and replaces what was there."""

    def put(self, key: str, data: bytes) -> None: ...

    def get(self, key: str) -> bytes: ...

    def exists(self, key: str) -> bool: ...

    def delete(self, key: str) -> None: ...


@lru_cache(maxsize=1024)
def _checked(key: str) -> str:
    path = PurePosixPath(key)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\x00" in key:
        raise InvalidInput("is not a storage key", field=key[:80])
    return str(path)


class LocalStorage:
    """A folder. Writes go to a temporary name first, so that a crash leaves the old file or the new one."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, data: bytes) -> None:
        target = self.root / _checked(key)
        draft = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, target)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise Unavailable(
                f"Cannot store the file: {error.strerror}.", field="HANDOFF_STORAGE_URL"
            ) from error

    def get(self, key: str) -> bytes:
        try:
            return (self.root / _checked(key)).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"No stored file {key}.") from None

    def path_of(self, key: str) -> Path:
        """Where the file lies, for whoever can hand on a file without reading it. Absolute."""
        return (self.root / _checked(key)).absolute()

    def exists(self, key: str) -> bool:
        return os.path.isfile(f"{self.root}/{_checked(key)}")  # asked for at each download: no Path is made

    def delete(self, key: str) -> None:
        (self.root / _checked(key)).unlink(missing_ok=True)


class S3Storage:
    """A bucket of Amazon S3 or anything that speaks its protocol (the `s3` extra)."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self.client = client
        self.bucket = bucket
        self.prefix = prefix

    def _key(self, key: str) -> str:
        return f"{self.prefix}/{_checked(key)}".lstrip("/")

    def put(self, key: str, data: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=self._key(key), Body=data)

    def get(self, key: str) -> bytes:
        try:
            body: bytes = self.client.get_object(Bucket=self.bucket, Key=self._key(key))["Body"].read()
        except self.client.exceptions.NoSuchKey:
            raise NotFound(f"No stored file {key}.") from None
        return body

    def exists(self, key: str) -> bool:
        listed = self.client.list_objects_v2(Bucket=self.bucket, Prefix=self._key(key), MaxKeys=1)
        return any(item["Key"] == self._key(key) for item in listed.get("Contents", ()))

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=self._key(key))


def open_storage(url: str) -> Storage:
    """`file:///folder` or `s3://bucket/prefix?endpoint_url=…&region=…`.

    Raises Misconfigured naming the setting.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        return LocalStorage(Path(parts.path))
    if parts.scheme == "s3" and parts.netloc:
        return _open_s3(parts.netloc, parts.path.strip("/"), parse_qs(parts.query))
    raise Misconfigured(
        "must be file:///folder or s3://bucket/prefix", field="HANDOFF_STORAGE_URL", hint=f"It is {url!r}."
    )


def _open_s3(bucket: str, prefix: str, query: dict[str, list[str]]) -> S3Storage:
    try:
        import boto3  # an extra: most installations keep their files on a disk
    except ImportError:
        raise Misconfigured(
            "needs the s3 extra", field="HANDOFF_STORAGE_URL", hint="pip install 'handoff[s3]'"
        ) from None
    client = boto3.client(
        "s3",
        endpoint_url=query.get("endpoint_url", [None])[0],
        region_name=query.get("region", [None])[0],
    )
    return S3Storage(client, bucket, prefix)
