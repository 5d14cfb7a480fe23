"""Saves the state of the services in one SQLite file, before the response to each request."""

from __future__ import annotations

import io
import pickle
import sqlite3
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from moto.backends import get_backend
from moto.core.base_backend import BaseBackend
from moto.iam.models import AWSManagedPolicy
from moto.s3.models import S3Backend, s3_backends

from redshift_standin.aws.s3.model import PARTITION, RecordingKeyStore, StandInS3, buckets
from redshift_standin.errors import StandinError
from redshift_standin.settings import ACCOUNT

SERVICES = ("ec2", "iam", "redshift", "secretsmanager", "sts")

# Classes that the states of version 1.0.0 name; their objects are ignored.
_REMOVED = {("redshift_standin.aws.redshift.interfaces", "TemporaryPassword")}

_TABLES = """
create table if not exists backends (service text, region text, state blob, primary key (service, region));
create table if not exists objects (bucket text, key text, versions blob, primary key (bucket, key)) without rowid;
"""


class StateFile:
    """The state of every service, in one file.

    Small services are saved whole, the objects of S3 one by one. Incomplete multipart uploads are not saved.

    :param path: the file; created if it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._written: dict[tuple[str, str], bytes] = {}
        self._database = self._open()

    def load(self) -> None:
        """Load the saved state into moto's backends.

        :raises StandinError: it was written by another version and cannot be read.
        """
        rows = self._database.execute("select service, region, state from backends order by service").fetchall()
        for service, region, state in rows:
            try:
                attributes = _Unpickler(state).load()
            except (pickle.UnpicklingError, AttributeError, ImportError, KeyError, TypeError) as error:
                raise StandinError(
                    f"{self._path} cannot be read ({error}): it comes from another version; remove it to start with an "
                    "empty AWS."
                ) from error
            backends_of(service)[ACCOUNT][region].__dict__.update(attributes)
            self._written[service, region] = state
        for bucket in buckets().values():
            bucket.keys = RecordingKeyStore(bucket.name)
            s3_backends.bucket_accounts[bucket.name] = (PARTITION, ACCOUNT)
        for bucket_name, key, versions in self._database.execute("select bucket, key, versions from objects"):
            # A bucket's record is written in the same transaction as its objects.
            buckets()[bucket_name].keys.setlist(key, pickle.loads(versions))  # noqa: S301 our own file
        StandInS3.journal.take()

    def save(self, service: str) -> None:
        """Save the changes of one service."""
        with self._lock, self._database:
            for region, backend in list(backends_of(service)[ACCOUNT].items()):
                if backend.partition == PARTITION:
                    self._save_backend(service, region, backend)

    def save_s3(self, bucket: str, key: str) -> None:
        """Save the buckets, the changed objects, and the object that a request names."""
        with self._lock, self._database:
            self._save_backend("s3", PARTITION, s3_backends[ACCOUNT][PARTITION])
            if key:
                StandInS3.journal.add(bucket, key)
            for bucket_name, key_name in StandInS3.journal.take():
                self._save_object(bucket_name, key_name)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Set before SQLite writes, because its other files get the same mode.
        self._path.touch(mode=0o600)
        self._path.chmod(0o600)
        # isolation_level None would commit every row by itself.
        database = sqlite3.connect(self._path, check_same_thread=False)
        database.execute("pragma journal_mode = wal")
        # Survives the death of the process at any moment; only a crash of the machine can lose the last commits.
        database.execute("pragma synchronous = normal")
        database.executescript(_TABLES)
        return database

    def _save_backend(self, service: str, region: str, backend: BaseBackend) -> None:
        state = _pickle(backend)
        if self._written.get((service, region)) != state:
            self._database.execute("insert or replace into backends values (?, ?, ?)", (service, region, state))
            self._written[service, region] = state

    def _save_object(self, bucket_name: str, key: str) -> None:
        bucket = buckets().get(bucket_name)
        versions = bucket.keys.getlist(key) if bucket else None
        if versions:
            state = pickle.dumps(versions, pickle.HIGHEST_PROTOCOL)
            self._database.execute("insert or replace into objects values (?, ?, ?)", (bucket_name, key, state))
        else:
            self._database.execute("delete from objects where bucket = ? and key = ?", (bucket_name, key))


class _Pickler(pickle.Pickler):
    """Pickles one backend; references to other backends and to managed policies become names."""

    def persistent_id(self, value: Any) -> tuple[str, ...] | None:
        if isinstance(value, BaseBackend):
            return ("backend", _service_of(value), value.region_name)
        if isinstance(value, AWSManagedPolicy):
            return ("policy", value.arn)
        return None


class _Unpickler(pickle.Unpickler):
    def __init__(self, state: bytes) -> None:
        super().__init__(io.BytesIO(state))

    def find_class(self, module: str, name: str) -> Any:
        return SimpleNamespace if (module, name) in _REMOVED else super().find_class(module, name)

    def persistent_load(self, name: tuple[str, ...]) -> Any:
        if name[0] == "backend":
            return backends_of(name[1])[ACCOUNT][name[2]]
        return get_backend("iam")[ACCOUNT][PARTITION].managed_policies[name[1]]


def backends_of(service: str) -> Any:
    """Return moto's backends of a service, by account and region."""
    # Moto's function is typed for literal names.
    return get_backend(cast("Any", service))


def _pickle(backend: BaseBackend) -> bytes:
    attributes = dict(backend.__dict__)
    if isinstance(backend, S3Backend):
        attributes["buckets"] = {name: _without_objects(bucket) for name, bucket in backend.buckets.items()}
        attributes["_pagination_tokens"] = {}
    output = io.BytesIO()
    _Pickler(output, pickle.HIGHEST_PROTOCOL).dump(attributes)
    return output.getvalue()


def _without_objects(bucket: Any) -> Any:
    copy = object.__new__(type(bucket))
    copy.__dict__.update(bucket.__dict__, keys=None, multiparts=type(bucket.multiparts)())
    return copy


def _service_of(backend: BaseBackend) -> str:
    for service in (*SERVICES, "s3"):
        if isinstance(backend, backends_of(service).backend):
            return service
    raise TypeError(f"{type(backend).__name__} is not a backend of a service that the stand-in runs")
